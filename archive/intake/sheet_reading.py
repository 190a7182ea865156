"""The child's side of archive.intake.sheets: the bytes of a sheet as columns and lines of text."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16
EXPANDED_BYTES = 512 << 20
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,  # entities of XML, too: defusedxml refuses them
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    NotImplementedError,
)
"""What openpyxl raises for a damaged or a hostile file, as it comes."""

Line = tuple[int, list[str]]


class _Refused(Exception):
    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


def read_in_child(path: str, most: dict[str, int]) -> dict[str, Any]:
    """most: rows, columns and text_bytes that are taken."""
    try:
        columns, lines = _table(_lines(Path(path)), most)
    except _Refused as refused:
        return {"refused": refused.reason, "values": refused.values}
    return {"columns": columns, "lines": lines}


def _lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        head = file.read(4)
    if head == ZIP:
        return _of_xlsx(path)
    if head == OLD_EXCEL:
        raise _Refused("sheet.old_excel")
    if head.startswith(MARKS):
        raise _Refused("sheet.not_utf8")
    return _of_csv(path.read_bytes())


def _of_csv(content: bytes) -> Iterator[Line]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Refused("sheet.not_utf8") from None
    if "\0" in text:
        raise _Refused("sheet.damaged")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [_text(cell) for cell in cells]
            line = reader.line_num + 1  # a quoted cell may go over several lines
    except csv.Error:
        raise _Refused("sheet.quotes", line=line) from None


def _delimiter(text: str) -> str:
    """Whichever parts the heading into most columns."""
    heading = next((line for line in text.splitlines() if line.strip(",;\t ")), "")
    return max(",;\t", key=lambda sign: len(next(csv.reader([heading], delimiter=sign), [])))


def _of_xlsx(path: Path) -> Iterator[Line]:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > EXPANDED_BYTES:
                raise _Refused("sheet.too_long_text")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)  # a path is judged by its name
            sheet = next(each for each in book.worksheets if each.sheet_state == "visible")
            sheet.reset_dimensions()  # what the file says of its size is not to be relied on
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                yield number, [_text(cell) for cell in cells]
    except StopIteration:
        raise _Refused("sheet.damaged") from None
    except _DAMAGES:
        raise _Refused("sheet.damaged") from None


def _table(lines: Iterable[Line], most: dict[str, int]) -> tuple[list[str], list[Line]]:
    """The heading is the first line that has anything in it."""
    columns: list[str] = []
    taken: list[Line] = []
    length = 0
    for line, cells in lines:
        if not any(cells):
            continue
        if not columns:
            columns = _heading(cells, most["columns"])
            continue
        if any(cells[len(columns) :]):
            raise _Refused("sheet.beyond_heading", line=line)
        if len(taken) == most["rows"]:
            raise _Refused("sheet.too_many_rows", limit=most["rows"])
        length += sum(len(cell.encode()) for cell in cells)
        if length > most["text_bytes"]:
            raise _Refused("sheet.too_long_text")
        taken.append((line, (cells + [""] * len(columns))[: len(columns)]))
    if not columns:
        raise _Refused("sheet.empty")
    return columns, taken


def _heading(cells: list[str], most: int) -> list[str]:
    columns = list(cells)
    while not columns[-1]:
        columns.pop()
    if len(columns) > most:
        raise _Refused("sheet.too_many_columns", limit=most)
    for place, name in enumerate(columns, start=1):
        if not name:
            raise _Refused("sheet.column_unnamed", place=place)
        if columns.count(name) > 1:
            raise _Refused("sheet.column_twice", column=name)
    return columns


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case datetime() if cell.time() == time.min:
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
    return " ".join(unicodedata.normalize("NFC", str(cell)).split())
