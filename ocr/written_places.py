"""Where an office's paper leaves room for a pen: "Số: … /QĐ-UBND", "ngày … tháng … năm 2024", found by the print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from ocr.letters import fold
from ocr.model import Box, Line, Word

_YEAR = re.compile(r"\d{4}\W?")
_NUMBER_LABEL, _DAY_LABEL, _MONTH_LABEL = (
    re.compile(p) for p in (r"[s5][o0]\s?[:;.]?", r"ng.{0,2}[yv]", r"th.{0,2}ng")
)
_SLASH, _YEAR_LABEL = re.compile(r"[/\u2044]"), re.compile(r"n.m$")
_FURTHEST = 4  # words from one mark to the next
_YEAR_EM, _FIGURE_EM = 1.95, 0.67  # width of a printed year, height of a printed figure, of the letters' size
_EXACT = 1.25  # times its usual width a printed word may be wide, before something else is in its box
_NARROWEST_EM, _WIDEST_EM = 0.35, 7.0
_TAIL_EM = 0.16  # of Q
_NOT_ALONE = 0.5
_LABEL_READ = 0.8  # how sure a known label is at least, whatever the ink beside it did to the engine
_WIDTHS_EM = {
    "m": 0.75,
    "M": 0.89,
    "/": 0.28,
    "\u2044": 0.28,
    "-": 0.33,
    ":": 0.28,
    ".": 0.25,
    "I": 0.33,
} | dict.fromkeys("iltrfj", 0.3)


class PlaceKind(StrEnum):
    NUMBER = "number"
    DAY = "day"
    MONTH = "month"


_MARKS = {
    PlaceKind.NUMBER: (_NUMBER_LABEL, _SLASH),
    PlaceKind.DAY: (_DAY_LABEL, _MONTH_LABEL),
    PlaceKind.MONTH: (_MONTH_LABEL, _YEAR_LABEL),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Room between two printed words of a line, in pixels; words[first:last] of the line are what was read there.

    before, after: the printed words on both sides, without what was read as part of them. text: the rest, "" where
    nothing was. confidence: of the rest. feet: the row that print stands on. figure: height of a printed figure.
    """

    kind: PlaceKind
    first: int
    last: int
    before: Word
    after: Word
    text: str
    confidence: float
    feet: float
    figure: float

    @property
    def left(self) -> float:
        return self.before.box.right

    @property
    def right(self) -> float:
        return self.after.box.left


def find_places(line: Line) -> Iterator[Place]:
    """From left to right. Dates count only where they end the line, as in a letterhead or above a signature."""
    folded = [fold(word.text) for word in line.words]
    number = next((i for i in range(min(2, len(folded))) if _opens_number(line.words[i].text, folded[i])), None)
    if number is not None:
        yield from _number_place(line, folded, number)
    year = len(folded) - 1
    if year < 2 or not _YEAR.fullmatch(folded[year]):
        return
    size = line.words[year].box.width / _YEAR_EM
    feet = line.words[year].box.bottom
    starts = [index for index in range(year) if _DAY_LABEL.match(folded[index])]
    if not starts or year - starts[-1] > 2 * _FURTHEST:
        return
    for kind in (PlaceKind.DAY, PlaceKind.MONTH):
        place = _between(line, folded, kind, starts[-1], size=size, feet=feet)
        if place:
            yield place


def _number_place(line: Line, folded: list[str], at: int) -> Iterator[Place]:
    found = ((word, _SLASH.search(bare)) for word, bare in zip(line.words[at:], folded[at:], strict=True))
    symbol, slash = next(((word, match) for word, match in found if match), (None, None))
    if symbol is None or slash is None:
        return
    usual = _usual_width(symbol.text)
    size = symbol.box.width / usual if slash.start() == 0 and usual > 1.5 else symbol.box.height / 0.7
    feet = symbol.box.bottom - (_TAIL_EM * size if "Q" in symbol.text else 0.0)
    place = _between(line, folded, PlaceKind.NUMBER, at, size=size, feet=feet)
    if place:
        yield place


def _between(line: Line, folded: list[str], kind: PlaceKind, start: int, *, size: float, feet: float) -> Place | None:
    """The place after the first word from `start` on that holds its label and before the next that ends it."""
    marks = _marks(folded, start, *_MARKS[kind])
    if marks is None:
        return None
    words = line.words
    before, after = _first_part(words[marks.at], marks.cut, size), _last_part(words[marks.end], marks.stop, size)
    texts, sure = _read_there(words, marks)
    if kind is not PlaceKind.NUMBER:
        after = replace(after, confidence=max(after.confidence, _LABEL_READ))
    elif texts[1:] and texts[1] in (":", ";", "."):
        before = replace(before, text=before.text + texts.pop(1), box=before.box.union(words[marks.at + 1].box))
    gap = after.box.left - before.box.right
    if not _NARROWEST_EM * size <= gap <= _WIDEST_EM * size:
        return None
    return Place(kind, marks.at, marks.end + 1, before, after, "".join(texts), sure, feet, size * _FIGURE_EM)


@dataclass(frozen=True, slots=True)
class _Marks:
    """at: word whose first `cut` letters are the label; end: word that ends the place from its letter `stop` on."""

    at: int
    cut: int
    end: int
    stop: int


def _marks(folded: list[str], start: int, label: re.Pattern[str], closing: re.Pattern[str]) -> _Marks | None:
    for at in range(start, len(folded)):
        opened = label.search(folded[at])
        if not opened:
            continue
        for end in range(at, min(len(folded), at + _FURTHEST + 1)):
            closed = closing.search(folded[end], opened.end() if end == at else 0)
            if closed:
                return _Marks(at, opened.end(), end, closed.start())
        return None
    return None


def _read_there(words: tuple[Word, ...], marks: _Marks) -> tuple[list[str], float]:
    """What the engine read in the place, a part a word, and how surely; half at most where a word holds print too."""
    if marks.at == marks.end:
        word = words[marks.at]
        return [word.text[marks.cut : marks.stop]], min(_NOT_ALONE, word.confidence)
    between = words[marks.at + 1 : marks.end]
    first, last = words[marks.at].text[marks.cut :], words[marks.end].text[: marks.stop]
    sure = min((word.confidence for word in between), default=0.0)
    return [first, *(word.text for word in between), last], min(_NOT_ALONE, sure) if first or last else sure


def _first_part(word: Word, cut: int, size: float) -> Word:
    """The print that a word begins with; its box cut to the usual width where more is in it."""
    text = word.text[:cut]
    usual = _usual_width(text) * size
    box = word.box
    if cut < len(word.text) or box.width > _EXACT * usual:
        box = Box(box.left, box.top, min(box.right, box.left + usual), box.bottom)
    return replace(word, text=text, box=box, confidence=max(word.confidence, _LABEL_READ), choices=())


def _last_part(word: Word, cut: int, size: float) -> Word:
    text = word.text[cut:]
    usual = _usual_width(text) * size
    box = word.box
    if cut > 0 or (box.width > _EXACT * usual and len(text) <= 6):
        box = Box(max(box.left, box.right - usual), box.top, box.right, box.bottom)
    return replace(word, text=text, box=box, choices=())


def _usual_width(text: str) -> float:
    """Of print in the size of 1: a face with serifs, as offices use."""
    return sum(_WIDTHS_EM.get(letter, 0.67 if letter.isupper() else 0.5) for letter in text)


def _opens_number(text: str, bare: str) -> bool:
    """A capital: the numbers that running text cites follow a small one."""
    return _NUMBER_LABEL.match(bare) is not None and not text[0].islower()
