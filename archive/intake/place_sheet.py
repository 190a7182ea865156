"""A sheet of places of paper: its rows as read, and what is wrong with them before the catalogue is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archive.intake.sheets import Sheet, SheetFinding, SheetRow
from ocr.letters import fold

MAX_ROWS = 5000
MAX_SHEETS = 100_000
MAX_CHARACTERS = {"dossier": 60, "place": 200, "shelf": 200, "box": 200, "note": 1000}
NAMES = {  # what a column may be called, without tones; the first is what a finding names
    "dossier": ("ma ho so", "so, ky hieu ho so", "so va ky hieu ho so", "dossier"),
    "place": ("kho", "phong kho", "place", "storeroom"),
    "shelf": ("gia", "ke", "shelf"),
    "box": ("hop", "hop so", "so hop", "hop/cap", "cap", "box"),
    "sheets": ("so to", "sheets"),
    "note": ("ghi chu", "note"),
}
HEADINGS = {
    "dossier": "Mã hồ sơ",
    "place": "Kho",
    "shelf": "Giá",
    "box": "Hộp",
    "sheets": "Số tờ",
    "note": "Ghi chú",
}
NEEDED = ("dossier", "place")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    line: int
    dossier: str
    place: str
    shelf: str | None
    box: str | None
    sheets: int | None  # None: as counted before
    note: str


def read_places(sheet: Sheet) -> tuple[tuple[PlaceRow, ...], tuple[SheetFinding, ...]]:
    """The rows that can be read, and a finding for each that cannot."""
    columns = {name: heading for heading in sheet.columns for name, words in NAMES.items() if fold(heading) in words}
    missing = [SheetFinding(1, HEADINGS[name], "paper.column_missing") for name in NEEDED if name not in columns]
    if missing:
        return (), tuple(missing)
    if len(sheet.rows) > MAX_ROWS:
        return (), (SheetFinding(0, "", "paper.too_many_rows", {"maximum": MAX_ROWS}),)
    if not sheet.rows:
        return (), (SheetFinding(1, columns["dossier"], "paper.no_rows"),)
    rows: list[PlaceRow] = []
    findings: list[SheetFinding] = []
    lines: dict[str, int] = {}
    for row in sheet.rows:
        read = _read(row, columns)
        if isinstance(read, SheetFinding):
            findings.append(read)
        elif first := lines.get(read.dossier):
            twice = {"code": read.dossier, "first": first}
            findings.append(SheetFinding(row.line, columns["dossier"], "paper.dossier_twice", twice))
        else:
            lines[read.dossier] = row.line
            rows.append(read)
    return tuple(rows), tuple(findings)


def _read(row: SheetRow, columns: Mapping[str, str]) -> PlaceRow | SheetFinding:
    cells = {name: row.values.get(columns[name], "") if name in columns else "" for name in NAMES}
    for name, maximum in MAX_CHARACTERS.items():
        if name in NEEDED and not cells[name]:
            return SheetFinding(row.line, columns[name], "paper.cell_empty")
        if len(cells[name]) > maximum:
            return SheetFinding(row.line, columns[name], "paper.text_too_long", {"maximum": maximum})
    sheets = _number(cells["sheets"])
    if cells["sheets"] and sheets is None:
        wrong = {"least": 1, "maximum": MAX_SHEETS}
        return SheetFinding(row.line, columns["sheets"], "paper.sheets_invalid", wrong)
    return PlaceRow(
        row.line, cells["dossier"], cells["place"], cells["shelf"] or None, cells["box"] or None, sheets, cells["note"]
    )


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return int(text) if 1 <= int(text) <= MAX_SHEETS else None
