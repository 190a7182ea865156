"""Căn cứ …: the documents that this one rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from metadata.layout import Layout, Segment

BEGINNING = re.compile(r"^[\W_]*can c[uư]\b")
OTHER_PARAGRAPH = re.compile(
    r"^[\W_]*(?:theo (?:de nghi|to trinh)|xet (?:de nghi|to trinh)|quyet dinh\s*:|quyet nghi\s*:|dieu \d|[1-9][.)]\s|"
    r"bo truong\b|chinh phu ban hanh|uy ban nhan dan .{0,60} ban hanh|hom nay)"
)


@dataclass(frozen=True)
class References:
    values: tuple[str, ...]
    evidence: tuple[Segment, ...]
    support: float


def find_references(layouts: Sequence[Layout]) -> References | None:
    """Paragraphs that begin with Căn cứ before the first article, on the first two pages."""
    values: list[list[Segment]] = []
    for layout in layouts[:2]:
        for row in layout.rows:
            if BEGINNING.match(row.folded):
                values.append([row])
            elif values and values[-1] and not _is_closed(values[-1]) and not OTHER_PARAGRAPH.match(row.folded):
                if any(letter.isalpha() for letter in row.text) and row.place.width > 0.05:
                    values[-1].append(row)
            elif (
                values and OTHER_PARAGRAPH.match(row.folded) and re.match(r"^[\W_]*(?:dieu 1|quyet dinh)\b", row.folded)
            ):
                return _references(values)
    return _references(values) if values else None


def _is_closed(rows: list[Segment]) -> bool:
    return rows[-1].text.rstrip().endswith((";", ".", ":")) or len(rows) >= 8


def _references(values: list[list[Segment]]) -> References:
    texts = [re.sub(r"\s+", " ", " ".join(row.text for row in rows)).strip(" .;,-–'\"") for rows in values]
    closed = sum(_is_closed(rows) and len(rows) < 8 for rows in values) / len(values)
    return References(tuple(texts), tuple(row for rows in values for row in rows), 0.5 + 1.5 * closed)
