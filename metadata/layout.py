"""Where words stand on a page once its skew is taken out, and which of them belong together."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from ocr.letters import fold
from ocr.model import Box, PageText, Word

COLUMN_GAP = 1.8  # in heights of the line's words; justified text keeps below it, columns are further apart


@dataclass(frozen=True)
class PlacedWord:
    """place: the word's box with the skew taken out, in fractions of the page's width and height."""

    word: Word
    place: Box
    line: int  # of the reader's lines, by index


@dataclass(frozen=True)
class Segment:
    """Words next to each other in one row."""

    page: int
    placed: tuple[PlacedWord, ...]

    @cached_property
    def words(self) -> tuple[Word, ...]:
        return tuple(placed.word for placed in self.placed)

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def box(self) -> Box:
        return union(word.box for word in self.words)

    @cached_property
    def place(self) -> Box:
        return union(placed.place for placed in self.placed)

    @property
    def centre(self) -> float:
        return (self.place.left + self.place.right) / 2

    @property
    def middle(self) -> float:
        return (self.place.top + self.place.bottom) / 2

    @cached_property
    def height(self) -> float:
        """Of a usual word: the median, as fraction of the page's height."""
        return median(placed.place.height for placed in self.placed)

    @cached_property
    def upper_share(self) -> float:
        letters = [letter for letter in self.text if letter.isalpha()]
        return sum(letter.isupper() for letter in letters) / len(letters) if letters else 0.0

    def part(self, first: int, last: int) -> Segment:
        return Segment(self.page, self.placed[first:last])


@dataclass(frozen=True)
class Layout:
    """A page's words, placed."""

    page: PageText
    words: tuple[PlacedWord, ...]

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Rows cut where a gap is wider than text has it, from top to bottom."""
        found = [part for row in self.rows for part in split_at_gaps(row, self.aspect)]
        return tuple(sorted(found, key=lambda segment: (segment.middle, segment.place.left)))

    @cached_property
    def rows(self) -> tuple[Segment, ...]:
        return self.rows_where(lambda _: True)

    def between(self, top: float, bottom: float) -> tuple[Segment, ...]:
        """Segments whose middle lies there, from top to bottom."""
        return self.segments[bisect_left(self._middles, top) : bisect_right(self._middles, bottom)]

    @cached_property
    def _middles(self) -> list[float]:
        return [segment.middle for segment in self.segments]

    @cached_property
    def pitch(self) -> float:
        """Distance from line to line of running text, as fraction of the page's height; 0 where there is none."""
        wide = [row for row in self.rows if row.place.width > 0.5]
        steps = [below.middle - above.middle for above, below in pairwise(wide)]
        usual = [step for step in steps if step < 0.05]
        return sorted(usual)[len(usual) // 3] if usual else 0.0  # not the wider ones between paragraphs

    @property
    def aspect(self) -> float:
        return self.page.width / max(1, self.page.height)

    def rows_where(self, wanted: Callable[[PlacedWord], bool]) -> tuple[Segment, ...]:
        """Words that pass, joined row by row whatever the gaps between them."""
        pieces: dict[int, list[PlacedWord]] = {}
        for word in self.words:
            if wanted(word):
                pieces.setdefault(word.line, []).append(word)
        rows: list[list[PlacedWord]] = []
        for piece in sorted(pieces.values(), key=_middle):
            if rows and _same_row(rows[-1], piece):
                rows[-1] += piece
            else:
                rows.append(list(piece))
        number = self.page.number
        return tuple(Segment(number, tuple(sorted(row, key=lambda word: word.place.left))) for row in rows)


def lay_out(page: PageText) -> Layout:
    """Place the page's words; the skew is measured on the lines themselves, for want of long ones as the page says."""
    slope = math.tan(math.radians(page.skew_degrees))
    measured = [value for line in page.lines if (value := _slope([word.box for word in line.words])) is not None]
    if len(measured) >= 3:
        slope = median(measured)
    words = []
    for index, line in enumerate(page.lines):
        words += [PlacedWord(word, _place(word.box, page, slope), index) for word in line.words]
    return Layout(page, tuple(words))


def union(boxes: Iterable[Box]) -> Box:
    first, *others = boxes
    for box in others:
        first = first.union(box)
    return first


def gap(left: PlacedWord, right: PlacedWord, aspect: float) -> float:
    """Distance between two words of a row, in heights of the lower of them."""
    height = min(left.place.height, right.place.height)
    return (right.place.left - left.place.right) * aspect / max(height, 1e-6)


def split_at_gaps(row: Segment, aspect: float, wider_than: float = COLUMN_GAP) -> list[Segment]:
    height = max(row.height, 1e-6)
    cuts = [0]
    for index in range(1, len(row.placed)):
        before, after = row.placed[index - 1], row.placed[index]
        distance = (after.place.left - before.place.right) * aspect / height
        if distance > wider_than:
            cuts.append(index)
    return [row.part(first, last) for first, last in zip(cuts, [*cuts[1:], len(row.placed)], strict=True)]


def _place(box: Box, page: PageText, slope: float) -> Box:
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    down = (x - page.width / 2) * slope
    along = (y - page.height / 2) * slope
    width, height = max(1, page.width), max(1, page.height)
    return Box(
        (box.left + along) / width, (box.top - down) / height, (box.right + along) / width, (box.bottom - down) / height
    )


def _slope(boxes: Sequence[Box]) -> float | None:
    """Rise of a line per pixel, from its first three and last three words; None of a short line."""
    if len(boxes) < 8:
        return None
    start, end = boxes[:3], boxes[-3:]
    across = sum(b.left + b.right for b in end) - sum(b.left + b.right for b in start)
    if across <= 0:
        return None
    return (sum(b.top + b.bottom for b in end) - sum(b.top + b.bottom for b in start)) / across


def _middle(words: Sequence[PlacedWord]) -> float:
    return median(word.place.top + word.place.bottom for word in words) / 2


def _same_row(row: Sequence[PlacedWord], piece: Sequence[PlacedWord]) -> bool:
    """At the same height and beside each other."""
    height = min(median(word.place.height for word in row), median(word.place.height for word in piece))
    if abs(_middle(row) - _middle(piece)) >= 0.5 * height:
        return False
    left, right = min(word.place.left for word in piece), max(word.place.right for word in piece)
    over = sum(max(0.0, min(right, word.place.right) - max(left, word.place.left)) for word in row)
    return over < 0.3 * (right - left)
