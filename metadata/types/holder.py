"""Whom a certificate, permit or form is about, and from when to when it holds: lines of label and value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from metadata.layout import Layout, Segment
from metadata.types.date import find_date
from metadata.types.person import read_name
from ocr.letters import fold

NUMBERED = r"^[\W_]*(?:\d{1,2}\s*[.)]\s*)?"
NAME_LABELS = re.compile(
    NUMBERED + r"(?:ten toi la|ho,? chu dem,? ten|ho ten|ho va ten(?: chu ho kinh doanh| khai sinh| nguoi duoc cap)?"
    r"|chung nhan(?: ong| ba)?)\s*(?:\([^)]*\))?\s*[:;.]\s*"
)
GIVEN_TO = re.compile(NUMBERED + r"cap cho\s*[:;.]?\s*(?:ong|ba)\s*(?:[(/]\s*(?:ong|ba)\s*\)?)?\s*[:;.]?\s*")
IDENTIFIER_LABELS = re.compile(
    NUMBERED + r"(?:so (?:dinh danh(?: ca nhan)?|can cuoc(?: cong dan)?|cccd|cmnd|cmt|giay to)|cccd|cmnd|can cuoc)"
    r"[^:;\d]{0,30}[:;.]?\s*"
)
BIRTH_LABELS = re.compile(NUMBERED + r"(?:ngay,? thang,? nam sinh|sinh ngay|ngay sinh)\s*(?:\([^)]*\))?\s*[:;.]?\s*")
UNTIL = re.compile(r"(?:co (?:gia tri|hieu luc)|thoi han)\b.{0,60}?\bden\s*(?:het\s*)?(?=ngay|\d)")
FROM = re.compile(r"(?:co (?:gia tri|hieu luc))\b.{0,20}?\b(?:ke )?tu\s*(?=ngay\s*\d|\d)")
MONTHS = re.compile(
    r"(?:hieu luc|gia tri)\b.{0,60}?\btrong (?:thoi han|vong)\s*(?P<count>\d{1,3})\s*(?:\([^)]{0,12}\)\s*)?"
    r"(?P<unit>thang|nam)\s*,?\s*ke tu ngay (?:cap|ky)"
)
IDENTIFIER = re.compile(r"(?<!\d)(?:\d[\s.]?){11}\d(?!\d)|(?<!\d)(?:\d[\s.]?){8}\d(?!\d)")
DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8"})


@dataclass(frozen=True)
class Found:
    value: str
    read_as: str
    evidence: tuple[Segment, ...]
    support: float


def holder_name(layouts: Sequence[Layout]) -> Found | None:
    for row, rest, evidence in _labelled(layouts, NAME_LABELS, GIVEN_TO):
        value = re.split(r"[;,:(]|\s(?:địa chỉ|sinh|giới tính)\b", rest, maxsplit=1)[0]
        name, support = read_name(value)
        if name:
            return Found(name, value.strip(), evidence, support)
        return Found("", rest, (row,), 0.05)
    return None


def holder_identifier(layouts: Sequence[Layout]) -> Found | None:
    for row, rest, evidence in _labelled(layouts, IDENTIFIER_LABELS):
        found = IDENTIFIER.search(rest) or IDENTIFIER.search(rest.translate(DIGITS))
        if found:
            value = re.sub(r"\D", "", found[0])
            exact = IDENTIFIER.search(rest) is not None
            return Found(value, rest.strip(), evidence, (4.0 if exact else 0.4) * _identifier_fit(value))
        return Found("", rest, (row,), 0.05)
    return None


def holder_birth_date(layouts: Sequence[Layout]) -> Found | None:
    for row, rest, evidence in _labelled(layouts, BIRTH_LABELS):
        reading = find_date(rest)
        if reading and reading.iso:
            support = (3.0 if reading.value else 0.1) * (0.3 if reading.guessed else 1.0)
            return Found(reading.iso, reading.written, evidence, support)
        return Found("", rest, (row,), 0.05)
    return None


def validity(layouts: Sequence[Layout], issued: date | None) -> tuple[Found | None, Found | None]:
    """From and until: as dates in the text, or so many months or years after the day of issue."""
    first = last = None
    for row, text in _sentences(layouts):
        folded = fold(text)
        for pattern in (FROM, UNTIL):
            match = pattern.search(folded)
            reading = find_date(text[match.end() :]) if match else None
            if reading is None or reading.start > 12 or not reading.value:
                continue
            found = Found(reading.iso, reading.written, row, 0.5 if reading.guessed else 3.0)
            first, last = (first or found, last) if pattern is FROM else (first, last or found)
        match = MONTHS.search(folded)
        if match and issued and last is None:
            months = int(match["count"]) * (12 if match["unit"] == "nam" else 1)
            written = text[match.start() : match.end()]
            first = first or Found(issued.isoformat(), written, row, 2.0)
            last = Found(_months_later(issued, months).isoformat(), written, row, 2.0)
    return first, last


def _labelled(
    layouts: Sequence[Layout], *labels: re.Pattern[str]
) -> Iterator[tuple[Segment, str, tuple[Segment, ...]]]:
    """(row, text after the label, evidence) of rows that begin with a label."""
    for layout in layouts:
        for row in layout.rows:
            match = next((match for label in labels if (match := label.match(row.folded))), None)
            if match:
                yield row, row.text[match.end() :], (_after(row, match.end()),)


def _after(row: Segment, offset: int) -> Segment:
    position = 0
    for index, word in enumerate(row.words):
        if position + len(word.text) > offset:
            return row.part(index, len(row.placed))
        position += len(word.text) + 1
    return row


def _sentences(layouts: Sequence[Layout]) -> Iterator[tuple[tuple[Segment, ...], str]]:
    """Each row with the next one, so that a sentence may run over the end of a row."""
    for layout in layouts:
        for row, following in zip(layout.rows, [*layout.rows[1:], None], strict=True):
            if re.search(r"gia tri|hieu luc|thoi han", row.folded):
                rows = (row, following) if following else (row,)
                yield rows, " ".join(part.text for part in rows)


def _identifier_fit(value: str) -> float:
    """A personal identifier of 12 figures begins with a province's code (001 to 096) and a century's figure."""
    return 1.0 if len(value) == 9 or (value[0] == "0" and 1 <= int(value[:3]) <= 96) else 0.3


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
