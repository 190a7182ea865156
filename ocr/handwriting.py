"""Number, day and month that were written by hand into a printed letterhead, read by a reader of figures alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ocr.figures import Reading, read_figures
from ocr.ink import Pixels
from ocr.model import Line, Word
from ocr.written_ink import written_ink
from ocr.written_places import PlaceKind, find_places

READ_BY_ENGINE = 0.95  # printed figures, as sure as this, are left alone
SURE_ENOUGH = 0.5  # below it the reader does not know, and says so
AGREED = 0.7  # what it is worth that the engine, another reader, saw the same figures
UNKNOWN = 0.3  # confidence of what the engine made of handwriting
LONGEST = {PlaceKind.NUMBER: 5, PlaceKind.DAY: 2, PlaceKind.MONTH: 2}


def with_handwriting(lines: Iterable[Line], pixels: Pixels) -> list[Line]:
    """The lines, written figures in them read anew and marked as written.

    pixels: the level page with all its inks. What cannot be read keeps the engine's text, hardly sure.
    """
    return [_reread(line, pixels) for line in lines]


def _reread(line: Line, pixels: Pixels) -> Line:
    for kind in reversed(list(PlaceKind)):  # a place found anew after each change: two of them share a printed word
        place = next((place for place in find_places(line) if place.kind is kind), None)
        if place is None:
            continue
        read = place.text.isdecimal() and FITS[kind](place.text)
        if read and place.confidence >= READ_BY_ENGINE:
            continue
        ink = written_ink(pixels, place)
        if ink is None or not ink.by_hand:
            continue
        text, sure = choose(read_figures(ink.pieces, FITS[place.kind], LONGEST[place.kind]))
        if read and text == place.text:
            sure = 1 - (1 - sure) * (1 - AGREED)
        if sure < SURE_ENOUGH:
            text, sure = place.text, min(UNKNOWN, place.confidence)
        written = (Word(text, ink.box, sure, hand=True),) if text else ()
        line = Line((*line.words[: place.first], place.before, *written, place.after, *line.words[place.last :]))
    return line


def choose(readings: list[Reading]) -> tuple[str, float]:
    """The likeliest and how sure it is: its own probability, less where another reading comes near."""
    if not readings:
        return "", 0.0
    best = readings[0]
    second = next((each.probability for each in readings[1:] if int(each.text) != int(best.text)), 0.0)
    return best.text, best.probability * best.probability / (best.probability + second)


def _is_number(text: str) -> bool:
    return int(text) > 0


def _is_between(least: int, most: int) -> Callable[[str], bool]:
    return lambda text: least <= int(text) <= most


FITS: dict[PlaceKind, Callable[[str], bool]] = {
    PlaceKind.NUMBER: _is_number,
    PlaceKind.DAY: _is_between(1, 31),
    PlaceKind.MONTH: _is_between(1, 12),
}
