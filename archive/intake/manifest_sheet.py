"""A manifest of a delivery: its rows as read, and what is wrong with them before the catalogue is asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from archive.intake.names import clean_name
from archive.intake.refusal import Refused
from archive.intake.sheets import Sheet, SheetFinding, SheetRow
from ocr.letters import fold

MAX_ROWS = 10_000
MAX_PAGES = 100_000
NAMES = {  # what a column may be called, without tones; the first is what a finding names
    "name": ("ten tep", "ten file", "tep", "file", "file name", "name"),
    "digest": ("sha-256", "sha256", "ma bam", "checksum"),
    "pages": ("so trang", "trang", "pages"),
    "dossier": ("ma ho so", "so, ky hieu ho so", "so va ky hieu ho so", "dossier"),
}
HEADINGS = {"name": "Tên tệp", "digest": "SHA-256", "pages": "Số trang", "dossier": "Mã hồ sơ"}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """name: cleaned. What is None the deliverer does not say."""

    line: int
    name: str
    digest: str | None
    pages: int | None
    dossier: str | None


def read_manifest(sheet: Sheet) -> tuple[tuple[ManifestRow, ...], tuple[SheetFinding, ...]]:
    """The rows that can be read, and a finding for each that cannot."""
    columns = {part: heading for heading in sheet.columns for part, words in NAMES.items() if fold(heading) in words}
    if "name" not in columns:
        return (), (SheetFinding(1, HEADINGS["name"], "manifest.column_missing"),)
    if len(sheet.rows) > MAX_ROWS:
        return (), (SheetFinding(0, "", "manifest.too_many_rows", {"maximum": MAX_ROWS}),)
    if not sheet.rows:
        return (), (SheetFinding(1, columns["name"], "manifest.no_rows"),)
    rows: list[ManifestRow] = []
    findings: list[SheetFinding] = []
    lines: dict[str, int] = {}
    for row in sheet.rows:
        read = _read(row, columns)
        if isinstance(read, SheetFinding):
            findings.append(read)
        elif first := lines.get(same_name(read.name)):
            findings.append(SheetFinding(row.line, columns["name"], "manifest.name_twice", {"first": first}))
        else:
            lines[same_name(read.name)] = row.line
            rows.append(read)
    return tuple(rows), tuple(findings)


def same_name(name: str) -> str:
    """Names that differ in their case alone are one: file systems of offices take them so."""
    return unicodedata.normalize("NFC", name).casefold()


def _read(row: SheetRow, columns: Mapping[str, str]) -> ManifestRow | SheetFinding:
    cells = {part: row.values.get(columns[part], "") if part in columns else "" for part in NAMES}
    try:
        name = clean_name(cells["name"])
    except Refused as refused:
        rule = refused.refusal.reason if cells["name"] else "manifest.name_empty"
        return SheetFinding(row.line, columns["name"], rule, refused.refusal.values)
    digest = cells["digest"].lower()
    if digest and not _DIGEST.fullmatch(digest):
        return SheetFinding(row.line, columns["digest"], "manifest.digest_invalid")
    pages = cells["pages"]
    if pages and not (pages.isascii() and pages.isdigit() and len(pages) < 7 and 1 <= int(pages) <= MAX_PAGES):
        return SheetFinding(row.line, columns["pages"], "manifest.pages_invalid", {"maximum": MAX_PAGES})
    return ManifestRow(row.line, name, digest or None, int(pages) if pages else None, cells["dossier"] or None)
