"""What a running service needs, looked at one by one: present, which version, and what to do where not."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from archive import i18n
from archive.bootstrap import App
from archive.db.trail import Outbox
from archive.errors import ArchiveError
from search.errors import SearchError

ROOT = Path(__file__).parents[1]
PAGE_PACKAGES = ("htmx.org", "openseadragon")
LANGUAGES = ("vie", "osd")
LOW_DISK_BYTES = 2 * 2**30
OLDEST_PYTHON = (3, 11)


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"  # runs, but somebody should look
    MISSING = "missing"  # does not run without it


@dataclass(frozen=True, slots=True)
class Check:
    """name: message id `doctor.<name>`; found: what was seen, in words; advice: what to do unless all is well."""

    name: str
    state: State
    found: str
    advice: str = ""


def of_machine() -> list[Check]:
    """Programs and packages that lie outside the data directory."""
    return [_python(), *_tesseract(), _page_packages()]


def _python() -> Check:
    enough = sys.version_info >= OLDEST_PYTHON
    return _check("python", platform.python_version(), State.OK if enough else State.MISSING)


def _tesseract() -> list[Check]:
    version = _first_line("tesseract", "--version")
    if version is None:
        return [_check("tesseract", "", State.MISSING), _check("languages", "", State.MISSING)]
    installed = (_output("tesseract", "--list-langs") or "").split()
    absent = [language for language in LANGUAGES if language not in installed]
    present = ", ".join(language for language in LANGUAGES if language in installed)
    return [
        _check("tesseract", version, State.OK),
        _check("languages", present, State.MISSING if absent else State.OK),
    ]


def _page_packages() -> Check:
    absent = [name for name in PAGE_PACKAGES if not (ROOT / "node_modules" / name).is_dir()]
    present = ", ".join(name for name in PAGE_PACKAGES if name not in absent)
    return _check("pages", present, State.MISSING if absent else State.OK)


def of_directory(directory: Path) -> list[Check]:
    """The data directory and the disk below it."""
    if not directory.is_dir():
        return [_check("data", i18n.text("doctor.data_absent", directory=directory), State.MISSING)]
    if not os.access(directory, os.W_OK | os.X_OK):
        found = i18n.text("doctor.data_unwritable", directory=directory)
        return [Check("data", State.MISSING, found, i18n.text("doctor.data_unwritable_advice"))]
    disk = shutil.disk_usage(directory)
    found = i18n.text("doctor.disk_found", free=size(disk.free), total=size(disk.total), directory=directory)
    low = disk.free < LOW_DISK_BYTES
    return [
        _check("data", str(directory), State.OK),
        _check("disk", found, State.WARNING if low else State.OK, minimum=size(LOW_DISK_BYTES)),
    ]


def of_holdings(app: App) -> list[Check]:
    """Database, objects, index, and what waits for the index."""
    return [_database(app), _store(app), _index(app)]


def _database(app: App) -> Check:
    with app.unit_of_work() as uow:
        version = uow.session.scalar(text("show server_version"))
        revision = uow.session.scalar(text("select version_num from alembic_version"))
    return _check("database", i18n.text("doctor.database_found", version=version, revision=revision), State.OK)


def _store(app: App) -> Check:
    try:
        sizes = [held.size_bytes for held in app.store.digests()]
    except ArchiveError as error:
        return Check("store", State.MISSING, "", str(error))
    return _check("store", i18n.text("doctor.store_found", objects=len(sizes), size=size(sum(sizes))), State.OK)


def _index(app: App) -> Check:
    try:
        documents = sum(1 for _ in app.index.revisions())
    except SearchError as error:
        return _check("index", _in_words(error), State.MISSING)
    with app.unit_of_work() as uow:
        waiting = uow.session.scalar(select(func.count()).where(Outbox.topic == "index"))
    return _check("index", i18n.text("doctor.index_found", documents=documents, waiting=waiting), State.OK)


def _in_words(error: SearchError) -> str:
    values: dict[str, Any] = {**error.values}
    return i18n.text(error.reason, **values)


def _check(name: str, found: str, state: State, **values: Any) -> Check:
    advice = "" if state is State.OK else i18n.text(f"doctor.{name}_advice", **values)
    return Check(name, state, found, advice)


def size(count: int) -> str:
    """Bytes as people read them."""
    amount, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def _first_line(*command: str) -> str | None:
    output = _output(*command)
    return output.splitlines()[0] if output else None


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout or done.stderr
