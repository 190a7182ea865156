"""Nơi nhận: who gets the document (ô 9b of Nghị định 30/2020), lower left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from metadata.layout import Layout, Segment, split_at_gaps
from metadata.types.person import recipients_heading

DASH = re.compile(r"^\s*[-–—+•*~_]\s*")
FILED = re.compile(r"^[\W_]*l[uư]?[uư]\s*[:.;]", re.IGNORECASE)


@dataclass(frozen=True)
class Recipients:
    values: tuple[str, ...]
    evidence: tuple[Segment, ...]
    support: float


def find_recipients(layouts: Sequence[Layout]) -> Recipients | None:
    """The first list headed Nơi nhận; its entries begin with a dash and end with a semicolon."""
    for layout in layouts:
        heading = recipients_heading(layout)
        if heading:
            lines = _lines(layout, heading)
            values = _entries([line.text for line in lines])
            closed = any(FILED.match(value) for value in values)
            return Recipients(tuple(values), (heading, *lines), 2.0 if closed else 0.7 if values else 0.1)
    return None


def _lines(layout: Layout, heading: Segment) -> list[Segment]:
    left = heading.place.left
    column = layout.rows_where(
        lambda word: word.place.left < 0.56 and (word.place.top + word.place.bottom) / 2 > heading.place.bottom - 0.004
    )
    lines: list[Segment] = []
    for row in column:
        start = row if row.place.left < left + 0.12 else None
        above = lines[-1] if lines else heading
        if start is None:
            continue
        if row.place.top - above.place.bottom > 2.2 * row.height:
            break
        lines.append(_left_part(row, layout.aspect))
        if FILED.match(DASH.sub("", row.folded)) and row.text.rstrip().endswith("."):
            break
    return [line for line in lines if line.middle > heading.middle + 0.3 * heading.height]


def _left_part(row: Segment, aspect: float) -> Segment:
    first, *rest = split_at_gaps(row, aspect, 3.0)
    if rest and not any(letter.isalnum() for letter in first.text):
        return Segment(first.page, first.placed + rest[0].placed)
    return first


def _entries(lines: Sequence[str]) -> list[str]:
    entries: list[str] = []
    ended = True
    for line in lines:
        begins = bool(DASH.match(line)) or bool(FILED.match(line))
        text = re.sub(r"\s*[-–—]{2,}\s*", " - ", DASH.sub("", line)).strip()
        if not any(letter.isalnum() for letter in text):
            continue
        if entries and not begins and not ended:
            entries[-1] += f" {text}"
        else:
            entries.append(text)
        ended = text.endswith((";", ".", ":"))
    return [_filed(entry.strip(" .;,:/-–—_|'\"")) for entry in entries]


def _filed(entry: str) -> str:
    """The last entry's form is given: "Lưu: VT, …"."""
    return re.sub(r"^[Ll][uưUƯ]{1,2}\s*[:.;]\s*V[TIJ1Ï](?![\wÀ-ỹ])\s*[,;.]?\s*(?=\S)", "Lưu: VT, ", entry)
