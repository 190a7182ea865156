"""What people write of targets, tasks and agencies' shares, on a page or in a sheet: read as values, with findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from archive import i18n
from archive.errors import InvalidInput
from archive.intake.sheets import Sheet, SheetFinding, SheetRow
from ocr.letters import fold

MAX_CHARACTERS = {"title": 1000, "unit": 50, "source": 1000, "owner": 32, "agency": 32}
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
LARGEST = Decimal(10) ** 12

Value = str | int | Decimal | date | None
Content = Mapping[str, Value]


class Kind(StrEnum):
    TARGET = "target"
    TASK = "task"
    PLAN = "plan"  # an agency's share of a task


KEYS = {Kind.TARGET: ("number",), Kind.TASK: ("number",), Kind.PLAN: ("task_number", "agency")}
FIELDS = {
    Kind.TARGET: ("title", "source"),
    Kind.TASK: ("title", "target_number", "owner", "planned_quantity", "unit", "due_on", "source"),
    Kind.PLAN: ("planned_quantity", "unit", "due_on", "source"),
}


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line of a sheet: whom it is about, and what it says of the fields that the sheet has."""

    line: int
    key: tuple[int | str, ...]
    content: Content


@dataclass(frozen=True, slots=True)
class ProgrammeSheet:
    lines: tuple[ReadLine, ...]
    findings: tuple[SheetFinding, ...]
    headings: Mapping[str, str]  # field -> as the sheet calls it


def heading(name: str) -> str:
    """What a column is called in the sheets that we give out."""
    return i18n.text(f"programme.column_{name}")


def value_of(name: str, text: str) -> Value:
    """Empty text is no value. Raises InvalidInput for what cannot be one, with the rule that it breaks."""
    text = " ".join(text.split())
    return _READ.get(name, _text)(name, text) if text else None


def require_whole(content: Content) -> None:
    """What the fields must be together. Raises InvalidInput."""
    if content.get("planned_quantity") is not None and not content.get("unit"):
        raise InvalidInput("programme.unit_missing", field="unit")


def read_programme(kind: Kind, sheet: Sheet) -> ProgrammeSheet:
    """A column that the sheet does not have leaves its field as it is; an empty cell empties it."""
    columns, findings = _columns(kind, sheet)
    if findings:
        return ProgrammeSheet((), tuple(findings), columns)
    lines: list[ReadLine] = []
    known: dict[tuple[Value, ...], int] = {}
    for row in sheet.rows:
        values, wrong = _values(row, columns)
        key = tuple(values.pop(name, None) for name in KEYS[kind])
        wrong += _wrong_keys(kind, row, key, columns, known)
        if not wrong:
            known[key] = row.line
            lines.append(ReadLine(row.line, tuple(part for part in key if isinstance(part, int | str)), values))
        findings += wrong
    return ProgrammeSheet(tuple(lines), tuple(findings), columns)


def _columns(kind: Kind, sheet: Sheet) -> tuple[dict[str, str], list[SheetFinding]]:
    """Field -> heading of the sheet; headings are known by our name or by the Vietnamese one, with or without tones."""
    names = (*KEYS[kind], *FIELDS[kind])
    known = {_key(word): name for name in names for word in (name, heading(name))}
    columns: dict[str, str] = {}
    findings = []
    for column in sheet.columns:
        name = known.get(_key(column))
        if name is None:
            names_told = ", ".join(heading(each) for each in names)
            findings.append(SheetFinding(1, column, "programme.column_unknown", {"names": names_told}))
        elif name in columns:
            findings.append(SheetFinding(1, column, "programme.column_twice", {"other": columns[name]}))
        else:
            columns[name] = column
    missing = [name for name in KEYS[kind] if name not in columns]
    findings += [SheetFinding(1, heading(name), "programme.column_missing") for name in missing]
    return columns, findings


def _values(row: SheetRow, columns: Mapping[str, str]) -> tuple[dict[str, Value], list[SheetFinding]]:
    values: dict[str, Value] = {}
    findings = []
    for name, column in columns.items():
        try:
            values[name] = value_of(name, row.values[column])
        except InvalidInput as wrong:
            findings.append(SheetFinding(row.line, column, wrong.reason, wrong.values))
    return values, findings


def _wrong_keys(
    kind: Kind,
    row: SheetRow,
    key: tuple[Value, ...],
    columns: Mapping[str, str],
    known: Mapping[tuple[Value, ...], int],
) -> list[SheetFinding]:
    if key in known:
        return [SheetFinding(row.line, columns[KEYS[kind][0]], "programme.line_twice", {"other": known[key]})]
    return [
        SheetFinding(row.line, columns[name], "programme.key_empty")
        for name in KEYS[kind]
        if not row.values[columns[name]]
    ]


def _key(word: str) -> str:
    return fold(" ".join(word.replace("_", " ").split()))


def _text(name: str, text: str) -> Value:
    limit = MAX_CHARACTERS[name]
    if len(text) > limit:
        raise InvalidInput("programme.too_long", field=name, limit=limit)
    return text


def _number(name: str, text: str) -> Value:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise InvalidInput("programme.number_unreadable", field=name, given=text[:40])
    return int(text)


def _quantity(name: str, text: str) -> Value:
    """`12000`, `12.000`, `12,5`: a point parts thousands, a comma or a lone point decimals; nothing is guessed."""
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+", text):
        plain = text.replace(".", "")
    elif re.fullmatch(r"[0-9]{1,13}([.,][0-9]{1,2})?", text):
        plain = text.replace(",", ".")
    else:
        raise InvalidInput("programme.quantity_unreadable", field=name, given=text[:40])
    quantity = Decimal(plain)
    if not 0 < quantity <= LARGEST:
        raise InvalidInput("programme.quantity_out_of_range", field=name)
    return quantity.normalize() if quantity != quantity.to_integral() else quantity.to_integral()


def _day(name: str, text: str) -> Value:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 a date has no zone
        except ValueError:
            continue
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidInput("programme.day_out_of_range", field=name, given=text)
        return day
    raise InvalidInput("programme.day_unreadable", field=name, given=text[:40])


def _unit(name: str, text: str) -> Value:
    _text(name, text)
    return text.lower()


_READ: dict[str, Callable[[str, str], Value]] = {
    "number": _number,
    "task_number": _number,
    "target_number": _number,
    "planned_quantity": _quantity,
    "due_on": _day,
    "unit": _unit,
}
