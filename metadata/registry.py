"""The seeds: document classes, the plan's targets and tasks. Unknown keys are refused.

After set-up the database is the truth for targets and tasks; these files only start it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, get_args, get_type_hints

from metadata.errors import RegistryError
from metadata.model import FieldName

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Target:
    number: int
    title: str
    filled_in: bool  # False: the title only says that it is not known
    source: str


@dataclass(frozen=True, slots=True)
class Task:
    """planned_quantity: None as long as the coordinating office has not given it; then there is no percentage."""

    number: int
    title: str
    filled_in: bool
    source: str
    target: int | None = None
    owner: str | None = None
    series: str | None = None
    planned_quantity: int | None = None
    unit: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class DocumentClass:
    """One kind of document.

    code: file name of the seed, ASCII. type_code: `typeName` of Thông tư 05/2025, "32" (khác) where it has none.
    abbreviation: as it stands in a reference code; None for công văn, thư công and papers that carry none.
    kind: administrative, legal, certificate, permit or form.
    fields: what a description can hold; required: what is always on such a paper.
    also_written: other titles that mean this class.
    takes_qualifier: the printed title may go on (Hợp đồng kinh tế, Giấy phép lái xe).
    """

    code: str
    name: str
    kind: str
    type_code: str
    legal_basis: str
    fields: tuple[FieldName, ...]
    required: tuple[FieldName, ...]
    abbreviation: str | None = None
    also_written: tuple[str, ...] = ()
    takes_qualifier: bool = False


KINDS = frozenset({"administrative", "legal", "certificate", "permit", "form"})


@cache
def targets() -> tuple[Target, ...]:
    """The pillar's 7 targets, by number."""
    return _numbered("tasks/targets.toml", "target", Target, lambda entry: entry.number)


@cache
def tasks() -> tuple[Task, ...]:
    """The pillar's 24 digitization tasks, by number."""
    found = _numbered("tasks/tasks.toml", "task", Task, lambda entry: entry.number)
    known = {target.number for target in targets()}
    for task in found:
        if task.target is not None and task.target not in known:
            raise RegistryError("tasks/tasks.toml", f"task {task.number}: no target {task.target}")
    return found


@cache
def classes() -> dict[str, DocumentClass]:
    """Document classes by code."""
    found: dict[str, DocumentClass] = {}
    for file in sorted(files("metadata").joinpath("classes").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        name = f"classes/{file.name}"
        values = _parse(name, file.read_text(encoding="utf-8"))
        entry = read_class(name, file.name.removesuffix(".toml"), values)
        found[entry.code] = entry
    return found


def read_class(file: str, code: str, values: dict[str, Any]) -> DocumentClass:
    values = {"code": code, **values}
    if isinstance(values.get("also_written"), list):
        values["also_written"] = tuple(values["also_written"])
    for name in ("fields", "required"):
        unknown = set(values.get(name, ())) - set(FieldName)
        if unknown:
            raise RegistryError(file, f"unknown fields {', '.join(sorted(unknown))}")
        if isinstance(values.get(name), list):
            values[name] = tuple(FieldName(field) for field in values[name])
    entry = read_entry(file, values, DocumentClass)
    beyond = set(entry.required) - set(entry.fields)
    if beyond:
        raise RegistryError(file, f"required, but not among fields: {', '.join(sorted(beyond))}")
    if entry.kind not in KINDS:
        raise RegistryError(file, f"kind is {entry.kind!r}, not one of {', '.join(sorted(KINDS))}")
    if not (len(entry.type_code) == 2 and entry.type_code.isdigit() and 1 <= int(entry.type_code) <= 32):
        raise RegistryError(file, f"type_code is {entry.type_code!r}, not 01 to 32")
    return entry


def read_entry(file: str, values: dict[str, Any], kind: type[Entry]) -> Entry:
    """Make one entry, refusing keys that it does not have, missing ones and wrong types."""
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    unknown = set(values) - set(known)
    if unknown:
        raise RegistryError(file, f"unknown keys {', '.join(sorted(unknown))}")
    missing = {name for name, field in known.items() if field.default is MISSING and name not in values}
    if missing:
        raise RegistryError(file, f"missing keys {', '.join(sorted(missing))}")
    for name, value in values.items():
        allowed = tuple(getattr(hint, "__origin__", hint) for hint in get_args(hints[name]) or (hints[name],))
        if getattr(hints[name], "__origin__", None) is tuple:
            allowed = (tuple,)
        if type(value) not in allowed and not (isinstance(value, str) and str in allowed):
            raise RegistryError(file, f"{name} has the wrong type: {value!r}")
    return kind(**values)


def _numbered(file: str, table: str, kind: type[Entry], number: Callable[[Entry], int]) -> tuple[Entry, ...]:
    values = _parse(file, files("metadata").joinpath(file).read_text(encoding="utf-8"))
    if set(values) != {table}:
        raise RegistryError(file, f"holds {', '.join(sorted(values))}, not only {table}")
    entries = tuple(read_entry(file, entry, kind) for entry in values[table])
    numbers = [number(entry) for entry in entries]
    if numbers != list(range(1, len(numbers) + 1)):
        raise RegistryError(file, "numbers are not 1, 2, 3 … in order")
    return entries


def _parse(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(file, str(error)) from error
