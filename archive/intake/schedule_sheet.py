"""A retention schedule as a sheet: its rows as rules, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from archive.intake.sheets import Sheet, SheetFinding, SheetRow
from ocr.letters import fold
from retention.schedule import Rule
from retention.terms import parse_term

MAX_RULES = 5000
MAX_CHARACTERS = {"title": 2000, "term": 300, "group": 300, "note": 2000}
NAMES = {  # what a column is called in sheets, without tones; the first is ours
    "title": (
        "record_series_vi",
        "title",
        "ten nhom ho so tai lieu",
        "ten nhom ho so",
        "nhom ho so tai lieu",
        "tieu de",
    ),
    "term": ("retention", "term", "thoi han bao quan", "thoi han luu tru", "thbq", "thoi han"),
    "group": ("group_no", "group", "nhom", "de muc", "linh vuc"),
    "note": ("note", "ghi chu"),
    "source": ("source", "nguon"),
}
NEEDED = ("title", "term")
BRANCH = " - "  # parts a series from one of its kinds: "Báo cáo thống kê - Hàng năm"


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule and the line of the sheet that it stands on; its ordinal is its place among the rows taken."""

    line: int
    rule: Rule


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """passed_over: rows of other sources than the one asked for."""

    rules: tuple[ReadRule, ...]
    findings: tuple[SheetFinding, ...]
    passed_over: int = 0


def read_rules(sheet: Sheet, *, rows_of: str = "") -> RuleSheet:
    """rows_of: take only rows whose source begins so; a sheet of several sources needs it.

    A column of numbers in the source is not read: an ordinal is a place in our list, never an official number.
    """
    columns = _columns(sheet.columns)
    missing = [SheetFinding(1, NAMES[name][0], "schedule.column_missing") for name in NEEDED if name not in columns]
    if missing:
        return RuleSheet((), tuple(missing))
    taken = [row for row in sheet.rows if _key(_cell(row, columns, "source")).startswith(_key(rows_of))]
    if not taken:
        return RuleSheet((), (SheetFinding(1, columns["title"], "schedule.no_rows"),), len(sheet.rows))
    if len(taken) > MAX_RULES:
        too_many = SheetFinding(1, columns["title"], "schedule.too_many_rows", {"maximum": MAX_RULES})
        return RuleSheet((), (too_many,), len(sheet.rows) - len(taken))
    read = [_read(row, ordinal, columns) for ordinal, row in enumerate(taken, 1)]
    rules = tuple(found for found in read if isinstance(found, ReadRule))
    broken = (found for found in read if isinstance(found, SheetFinding))
    findings = sorted(
        chain(_several_sources(taken, columns), broken, _overlaps(rules, columns["title"])),
        key=lambda found: found.line,
    )
    return RuleSheet(rules, tuple(findings), len(sheet.rows) - len(taken))


def _columns(headings: Iterable[str]) -> dict[str, str]:
    """Our name -> the sheet's heading; the first that fits counts."""
    found: dict[str, str] = {}
    for heading in headings:
        for name, words in NAMES.items():
            if name not in found and _key(heading) in {_key(each) for each in words}:
                found[name] = heading
    return found


def _read(row: SheetRow, ordinal: int, columns: Mapping[str, str]) -> ReadRule | SheetFinding:
    cells = {name: _cell(row, columns, name) for name in MAX_CHARACTERS}
    for name, most in MAX_CHARACTERS.items():
        if name in NEEDED and not cells[name]:
            return SheetFinding(row.line, columns[name], "schedule.cell_empty")
        if len(cells[name]) > most:
            return SheetFinding(row.line, columns[name], "schedule.cell_too_long", {"maximum": most})
    term = parse_term(cells["term"])
    if term is None:
        return SheetFinding(row.line, columns["term"], "schedule.term_unknown", {"term": cells["term"]})
    rule = Rule(
        ordinal=ordinal,
        title=cells["title"],
        kind=term.kind,
        years=term.years,
        event=term.event,
        note=cells["note"],
        group=cells["group"] or None,
        term=cells["term"],
    )
    return ReadRule(row.line, rule)


def _several_sources(taken: list[SheetRow], columns: Mapping[str, str]) -> Iterable[SheetFinding]:
    """Rows of a superseded schedule beside those of a current one would be one schedule that never was."""
    first = _cell(taken[0], columns, "source")
    for row in taken:
        if (source := _cell(row, columns, "source")) != first:
            values = {"first": first, "other": source}
            yield SheetFinding(row.line, columns["source"], "schedule.several_sources", values)
            return


def _overlaps(rules: tuple[ReadRule, ...], column: str) -> Iterable[SheetFinding]:
    """The same series twice, or a series beside its own kinds: a dossier would stand under both."""
    seen: dict[tuple[str | None, str], ReadRule] = {}
    for found in rules:
        place = found.rule.group, _key(found.rule.title)
        earlier = seen.setdefault(place, found)
        if earlier is not found:
            same = (earlier.rule.kind, earlier.rule.years, earlier.rule.event) == (
                found.rule.kind, found.rule.years, found.rule.event,
            )  # fmt: skip
            rule = "schedule.row_double" if same else "schedule.row_contradicts"
            yield SheetFinding(found.line, column, rule, {"line": earlier.line, "term": earlier.rule.term})
    for found in rules:
        stem, branch, _ = found.rule.title.rpartition(BRANCH)
        whole = seen.get((found.rule.group, _key(stem))) if branch else None
        if whole is not None:
            yield SheetFinding(found.line, column, "schedule.row_overlaps", {"line": whole.line})


def _cell(row: SheetRow, columns: Mapping[str, str], name: str) -> str:
    return " ".join(row.values[columns[name]].split()) if name in columns else ""


def _key(text: str) -> str:
    """The same for headings and titles that differ in case, tones, punctuation or spaces alone."""
    return " ".join(re.findall(r"\w+", fold(text).replace("_", " ")))
