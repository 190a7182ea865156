"""The head of a first page: organ and number on the left, national title, place and date on the right."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from metadata.layout import Layout, PlacedWord, Segment, gap
from ocr.letters import fold

NATIONAL_TITLES = ("cong hoa xa hoi chu nghia viet nam", "dang cong san viet nam")
MOTTO = "doc lap - tu do - hanh phuc"
HEAD_DEPTH = 0.22  # the columns end at most so far below the national title
ALIKE = 78.0
NUMBER_LINE = re.compile(
    r"^[\W_]*(?:(?:bo luat|luat|nghi quyet|phap lenh) )?(?:s[o0]|5o)\s*[:.;,]|^[\W_]*so\s*\d"
    r"|^[\W_]*/\s*\d{0,4}/?\s*[a-z]{1,5}\s*[-–]"
)


@dataclass(frozen=True)
class Letterhead:
    """left, right: rows of each column from top to bottom; left is empty where the title stands alone, centred."""

    title: Segment
    motto: Segment | None
    left: tuple[Segment, ...]
    right: tuple[Segment, ...]

    @property
    def bottom(self) -> float:
        """Where the national title and its motto end, as fraction of the page."""
        return (self.motto or self.title).place.bottom


def find_letterhead(layout: Layout) -> Letterhead | None:
    """The head of this page, None where no national title is to be seen."""
    title = find_phrase(layout.rows, NATIONAL_TITLES)
    if title is None:
        return None
    below = [row for row in layout.rows if 0 < row.middle - title.middle < 0.06]
    motto = find_phrase(below, (MOTTO,))
    edge = title.place.left - 0.01 if title.centre > 0.56 else 0.0
    floor = _floor(layout, title, edge)
    top = title.place.top - 0.03
    moved = _reaching_left(layout, edge, title, floor) if edge else frozenset[PlacedWord]()

    def in_right(word: PlacedWord) -> bool:
        return word in moved or (word.place.left + word.place.right) / 2 >= edge

    def in_head(word: PlacedWord) -> bool:
        return top <= (word.place.top + word.place.bottom) / 2 < floor

    left = layout.rows_where(lambda word: in_head(word) and not in_right(word)) if edge else ()
    right = layout.rows_where(lambda word: in_head(word) and in_right(word))
    return Letterhead(title, motto, left, right)


def find_phrase(rows: tuple[Segment, ...] | list[Segment], phrases: tuple[str, ...]) -> Segment | None:
    """The words of the first row that spell one of the phrases, whatever stands beside them."""
    for row in rows:
        for phrase in phrases:
            part = match_phrase(row, phrase)
            if part:
                return part
    return None


def match_phrase(row: Segment, phrase: str) -> Segment | None:
    if len(row.folded) < 0.8 * len(phrase):
        return None
    found = fuzz.partial_ratio_alignment(phrase, row.folded, score_cutoff=ALIKE)
    if found is None:
        return None
    offset, first, last = 0, None, 0
    for index, word in enumerate(row.words):
        start, end = offset, offset + len(word.text)
        offset = end + 1
        if min(end, found.dest_end) - max(start, found.dest_start) > 0.5 * len(word.text):
            first, last = index if first is None else first, index + 1
    return None if first is None else row.part(first, last)


def _floor(layout: Layout, title: Segment, edge: float) -> float:
    """Where the columns end: at the first row of running text or addressee, at most HEAD_DEPTH down."""
    floor = title.place.bottom + HEAD_DEPTH
    for segment in layout.segments:
        if segment.middle <= title.place.bottom + 0.01 or segment.middle >= floor:
            continue
        crossing = edge and segment.place.left < edge - 0.12 and segment.place.right > edge + 0.12
        if re.match(r"kinh gui\b", segment.folded) or (crossing and not NUMBER_LINE.match(segment.folded)):
            return segment.place.top
    return floor


def _reaching_left(layout: Layout, edge: float, title: Segment, floor: float) -> frozenset[PlacedWord]:
    """Words left of the edge that belong to a place and date that begins there, wider than the national title."""
    moved: set[PlacedWord] = set()
    for row in layout.rows:
        if not title.place.bottom < row.middle < floor or not re.search(r"ng.y.*th.ng|, ng.y", row.folded):
            continue
        beyond = [index for index, placed in enumerate(row.placed) if placed.place.left >= edge]
        if not beyond:
            continue
        index = beyond[0]
        while index > 0 and gap(row.placed[index - 1], row.placed[index], layout.aspect) < 1.2:
            index -= 1
            if "/" in row.placed[index].word.text:
                break
            moved.add(row.placed[index])
    return frozenset(moved)


def is_capitals(segment: Segment) -> bool:
    letters = sum(letter.isalpha() for letter in segment.text)
    return letters >= 3 and segment.upper_share > 0.75


def starts_with(segment: Segment, *beginnings: str) -> bool:
    text = fold(segment.text).lstrip(" -–.,|'\"“‘_")
    return text.startswith(beginnings)
