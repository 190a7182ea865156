"""What this machine must have, looked at one by one: present, which version, and what to do where not."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from archive import i18n
from ocr import tools

ROOT = Path(__file__).parents[1]
PAGE_PACKAGES = ("htmx.org", "openseadragon")
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
    return check("python", platform.python_version(), State.OK if enough else State.MISSING)


def _tesseract() -> list[Check]:
    tool = tools.tesseract()
    present = [language for language in tools.LANGUAGES if language not in tool.missing_parts]
    return [
        check("tesseract", tool.version or "", State.OK if tool.version else State.MISSING),
        check("languages", ", ".join(present), State.MISSING if tool.missing_parts else State.OK),
    ]


def _page_packages() -> Check:
    absent = [name for name in PAGE_PACKAGES if not (ROOT / "node_modules" / name).is_dir()]
    present = ", ".join(name for name in PAGE_PACKAGES if name not in absent)
    return check("pages", present, State.MISSING if absent else State.OK)


def of_directory(directory: Path) -> list[Check]:
    """The data directory and the disk below it."""
    if not directory.is_dir():
        return [check("data", i18n.text("doctor.data_absent", directory=directory), State.MISSING)]
    if not os.access(directory, os.W_OK | os.X_OK):
        found = i18n.text("doctor.data_unwritable", directory=directory)
        return [Check("data", State.MISSING, found, i18n.text("doctor.data_unwritable_advice"))]
    disk = shutil.disk_usage(directory)
    found = i18n.text("doctor.disk_found", free=size(disk.free), total=size(disk.total), directory=directory)
    low = disk.free < LOW_DISK_BYTES
    return [
        check("data", str(directory), State.OK),
        check("disk", found, State.WARNING if low else State.OK, minimum=size(LOW_DISK_BYTES)),
    ]


def check(name: str, found: str, state: State, **values: Any) -> Check:
    """With the catalogue's advice, unless all is well."""
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
