"""A sheet of agencies, or of who took over from whom: told apart by its columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date

from archive.errors import InvalidInput
from archive.intake.agency_rows import AgencyRow, AgencyRows, SuccessionRow
from archive.intake.sheets import Sheet, SheetFinding, SheetRow
from metadata.agency_identifiers import Scheme
from ocr.letters import fold

COLUMNS = {  # ours -> as people head them, folded
    "code": ("code", "ma", "ma co quan"),
    "name": ("name", "ten", "ten co quan"),
    "kind": ("kind", "loai"),
    "parent": ("parent", "co quan cap tren", "truc thuoc", "ma cap tren"),
    "valid_from": ("valid_from", "tu ngay"),
    "last_day": ("last_day", "den ngay", "ngay cuoi"),
    "organ": ("organ", "ma dinh danh"),
    "unit": ("unit", "ma dvhc", "ma don vi hanh chinh"),
    "legal_basis": ("legal_basis", "can cu"),
    "predecessor": ("predecessor", "co quan cu", "ma cu"),
    "successor": ("successor", "co quan ke thua", "co quan moi", "ma moi"),
    "effective_on": ("effective_on", "ngay hieu luc", "co hieu luc tu"),
    "partial": ("partial", "mot phan"),
    "note": ("note", "ghi chu"),
}
KINDS = {
    "thanh pho": "city",
    "so": "department",
    "quan": "district",
    "huyen": "district",
    "phuong": "ward",
    "xa": "commune",
    "thi tran": "township",
    "don vi": "unit",
}
SUCCESSIONS = {
    "sap nhap": "merger",
    "hop nhat": "merger",
    "chia": "split",
    "tach": "separation",
    "doi ten": "renaming",
    "giai the": "closure",
}
YES, NO = frozenset({"x", "co", "1", "true", "mot phan"}), frozenset({"", "khong", "0", "false", "toan bo"})
NEEDED = {"agency": ("code", "name"), "succession": ("predecessor", "successor", "kind", "effective_on", "legal_basis")}


def agency_rows(sheet: Sheet) -> AgencyRows:
    """Raises InvalidInput for a sheet that lacks a column; a line that cannot be read is a finding."""
    heads = _heads(sheet)
    of_successions = "predecessor" in heads or "successor" in heads
    needed = NEEDED["succession" if of_successions else "agency"]
    if missing := [name for name in needed if name not in heads]:
        named = ", ".join(COLUMNS[name][-1 if len(COLUMNS[name]) == 1 else 1] for name in missing)
        raise InvalidInput("agency.sheet_columns", field="sheet", missing=named)
    agencies, successions, findings = [], [], []
    for row in sheet.rows:
        line = _Line(row, heads)
        if of_successions:
            successions.append(_succession(line))
        else:
            agencies.append(_agency(line))
        findings += line.findings
    if findings:
        return AgencyRows(findings=tuple(findings))
    return AgencyRows(tuple(each for each in agencies if each), tuple(each for each in successions if each))


class _Line:
    """One row by our names of its columns; what cannot be read is noted and read as nothing."""

    def __init__(self, row: SheetRow, heads: Mapping[str, str]) -> None:
        self.number = row.line
        self._values = {name: row.values.get(head, "") for name, head in heads.items()}
        self._heads = heads
        self.findings: list[SheetFinding] = []

    def text(self, name: str) -> str:
        return self._values.get(name, "")

    def needed(self, name: str) -> str:
        if not self.text(name):
            self._note(name, "agency.sheet_empty")
        return self.text(name)

    def day(self, name: str) -> date | None:
        if not self.text(name):
            return None
        try:
            return _day(self.text(name))
        except ValueError:
            self._note(name, "agency.sheet_day")
            return None

    def choice(self, name: str, words: Mapping[str, str]) -> str | None:
        text = self.text(name)
        if not text:
            return None
        found = text if text in words.values() else words.get(_folded(text))
        if found is None:
            self._note(name, "agency.sheet_word", known=", ".join(words))
        return found

    def yes(self, name: str) -> bool:
        word = _folded(self.text(name))
        if word not in YES | NO:
            self._note(name, "agency.sheet_word", known="x")
        return word in YES

    def _note(self, name: str, rule: str, **values: object) -> None:
        told = {"column": self._heads.get(name, name), "value": self.text(name), **values}
        self.findings.append(SheetFinding(self.number, self._heads.get(name, name), rule, told))


def _agency(line: _Line) -> AgencyRow | None:
    schemes = ((Scheme.ORGAN, "organ"), (Scheme.UNIT, "unit"))
    row = AgencyRow(
        line=line.number,
        code=line.needed("code").upper(),
        name=line.needed("name"),
        kind=line.choice("kind", KINDS),
        parent=line.text("parent").upper() or None,
        valid_from=line.day("valid_from"),
        last_day=line.day("last_day"),
        legal_basis=line.text("legal_basis"),
        identifiers=tuple((str(scheme), line.text(name)) for scheme, name in schemes if line.text(name)),
    )
    return None if line.findings else row


def _succession(line: _Line) -> SuccessionRow | None:
    kind, effective_on = line.choice("kind", SUCCESSIONS), line.day("effective_on")
    for name in NEEDED["succession"]:
        line.needed(name)
    partial = line.yes("partial")
    if line.findings or kind is None or effective_on is None:
        return None
    return SuccessionRow(
        line=line.number,
        predecessor=line.text("predecessor").upper(),
        successor=line.text("successor").upper(),
        kind=kind,
        effective_on=effective_on,
        legal_basis=line.text("legal_basis"),
        partial=partial,
        note=line.text("note"),
    )


def _heads(sheet: Sheet) -> dict[str, str]:
    """Our name -> the sheet's own head."""
    found: dict[str, str] = {}
    for column in sheet.columns:
        folded = _folded(column)
        for name, known in COLUMNS.items():
            if folded in known or folded == name.replace("_", " "):
                found.setdefault(name, column)
    return found


def _folded(text: str) -> str:
    return " ".join(fold(unicodedata.normalize("NFC", text)).replace("_", " ").split())


def _day(text: str) -> date:
    """ISO, or day/month/year."""
    if "/" in text:
        day, month, year = (int(part) for part in text.split("/"))
        return date(year, month, day)
    return date.fromisoformat(text)
