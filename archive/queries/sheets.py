"""Sheets that people take away: XLSX, whose text is never a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from archive.access.identity import OFFICE_HOURS

Cell = str | int | float | Decimal | date | datetime | None
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML has no way to write
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")
TITLE_LETTERS = 31
CELL_LETTERS = 32_767


def write_xlsx(sheets: Mapping[str, Iterable[Sequence[Cell]]]) -> bytes:
    """One sheet a title, its first row the heading. Text stays text, also where it begins with = + - or @."""
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(_NO_TITLE.sub(" ", title)[:TITLE_LETTERS])
        sheet.freeze_panes = "A2"
        for number, row in enumerate(rows):
            sheet.append([_cell(sheet, value, heading=number == 0) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: object, value: Cell, *, heading: bool) -> WriteOnlyCell:
    if isinstance(value, datetime):
        value = value.astimezone(OFFICE_HOURS).replace(tzinfo=None)  # a sheet has no zones: times of Hanoi
    cell = WriteOnlyCell(sheet)
    if isinstance(value, str):
        # set as text before openpyxl looks at it: it would take "=1+1" for a formula, "#N/A" for an error
        cell._value, cell.data_type = _UNFIT.sub("�", value)[:CELL_LETTERS], "s"
        cell.quotePrefix = True
    else:
        cell.value = value
    if heading:
        cell.font = Font(bold=True)
    return cell
