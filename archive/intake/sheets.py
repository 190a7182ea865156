"""Sheets that people fill in (CSV, XLSX): read whole in a child process, as text; and what is found wrong in them.

An import is a dry run first: the rows, read once, travel on in a hidden field of the page (`carried`), and are checked
anew when somebody confirms. So nobody uploads twice, and nothing that lies in between is trusted.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive import i18n
from archive.errors import InvalidInput
from ocr import sandbox
from ocr.errors import OcrError

ROWS = 50_000
COLUMNS = 100
FILE_BYTES = 20 << 20
CARRIED_BYTES = 16 << 20  # of a hidden field
TEXT_BYTES = 64 << 20  # of all cells together
_LIMITS = sandbox.Limits(seconds=60, cpu_seconds=60, resident_bytes=768 << 20, address_bytes=2 << 30)
_MAX = {"rows": ROWS, "columns": COLUMNS, "text_bytes": TEXT_BYTES}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """line: where people find it, counted from 1 with the heading; values: text by column, "" where empty."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """columns: as the heading has them; rows that are wholly empty are left out.

    Cells are NFC text without space around it: dates as ISO 8601, whole numbers without .0.
    """

    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class SheetFinding:
    """What is wrong with a line. rule: message id of archive.i18n, filled by `values`; line 0: the sheet as a whole."""

    line: int
    column: str
    rule: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return i18n.filled(self.rule, self.values)


def read_sheet(path: Path) -> Sheet:
    """The first sheet of the file; CSV (UTF-8; comma, semicolon or tab) or XLSX, told by the bytes, never by the name.

    Raises InvalidInput for what cannot be read whole: another form, another encoding, too big, damaged.
    """
    if path.stat().st_size > FILE_BYTES:
        raise InvalidInput("sheet.too_big", field="sheet", megabytes=FILE_BYTES >> 20)
    try:
        told = sandbox.call(
            "archive.intake.sheet_reading:read_in_child", {"path": str(path), "most": _MAX}, limits=_LIMITS
        )
    except OcrError as error:
        if error.retry:
            raise
        raise InvalidInput("sheet.damaged", field="sheet") from error
    if told.get("refused"):
        raise InvalidInput(told["refused"], field="sheet", **told["values"])
    return _sheet(told["columns"], told["lines"])


def carried(sheet: Sheet) -> str:
    """The sheet as the text of a hidden field; `carried_sheet` reads it back."""
    lines = [[row.line, [row.values[column] for column in sheet.columns]] for row in sheet.rows]
    told = json.dumps([sheet.columns, lines], ensure_ascii=False, separators=(",", ":"))
    text = base64.urlsafe_b64encode(zlib.compress(told.encode())).decode()
    if len(text) > CARRIED_BYTES:
        raise InvalidInput("sheet.too_big", field="sheet", megabytes=FILE_BYTES >> 20)
    return text


def carried_sheet(text: str) -> Sheet:
    """Raises InvalidInput for whatever `carried` did not make, within the limits of a sheet."""
    try:
        packed = base64.urlsafe_b64decode(text.encode("ascii"))
        unpacking = zlib.decompressobj()
        told = unpacking.decompress(packed, 2 * TEXT_BYTES)
        if not unpacking.eof:
            raise ValueError("cut off, or too much")
        columns, lines = json.loads(told)
        return _sheet(_checked_columns(columns), [_checked_line(line, len(columns)) for line in _checked_rows(lines)])
    except (ValueError, TypeError, RecursionError, binascii.Error, zlib.error) as error:
        raise InvalidInput("sheet.carried_unreadable", field="carried") from error


def _sheet(columns: list[str], lines: list[Any]) -> Sheet:
    rows = (SheetRow(line, dict(zip(columns, cells, strict=True))) for line, cells in lines)
    return Sheet(tuple(columns), tuple(rows))


def _checked_columns(columns: Any) -> list[str]:
    if not (isinstance(columns, list) and len(columns) <= COLUMNS and all(isinstance(name, str) for name in columns)):
        raise ValueError("columns")
    if len(set(columns)) != len(columns):
        raise ValueError("columns")
    return columns


def _checked_rows(lines: Any) -> list[Any]:
    if not (isinstance(lines, list) and len(lines) <= ROWS):
        raise ValueError("rows")
    return lines


def _checked_line(line: Any, width: int) -> tuple[int, list[str]]:
    number, cells = line
    if type(number) is not int or not (isinstance(cells, list) and all(isinstance(cell, str) for cell in cells)):
        raise ValueError("line")
    if len(cells) != width:
        raise ValueError("line")
    return number, cells
