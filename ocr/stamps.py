"""Stamps and seals read on their own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ocr.engine import Gray, OcrEngine
from ocr.ink import InkRegion, Pixels, boxed_regions, coloured_regions, looks_of, own_ink_of
from ocr.model import Box, Line, StampKind, StampMark, Word
from ocr.stamp_kinds import with_kind

_WORD_COUNTS = 0.45  # below it, what is read in a seal is scribble
_FEWEST_LETTERS = 3
_READ_WELL = 0.88  # a reading that needs no second one
_PADDING = 24
_INSIDE = 0.6
_PALE = 90  # below the paper, of 255: coloured ink in its brightest channel; text is darker
_LOW_INCHES = 1.0  # a stamp of text is at most so high; a seal is higher and lies over text


def read_stamps(page: Pixels, gray: Gray, dpi: int, engine: OcrEngine) -> tuple[StampMark, ...]:
    """Every stamp of a level page; boxes in its pixels. A seal whose ring cannot be read has an empty text."""
    regions = _apart(coloured_regions(page, dpi) + boxed_regions(gray, dpi))
    return tuple(with_kind(_read(page, region, dpi, engine), dpi) for region in regions)


def lines_of(stamp: StampMark) -> tuple[Line, ...]:
    """The text of a stamp as lines of words; the box is shared out by rows and letters."""
    rows = [row.split() for row in stamp.text.split("\n") if row.strip()]
    lines = []
    for index, row in enumerate(rows):
        top = stamp.box.top + stamp.box.height * index / len(rows)
        bottom = stamp.box.top + stamp.box.height * (index + 1) / len(rows)
        letters = sum(map(len, row)) + len(row) - 1
        left, words = stamp.box.left, []
        for text in row:
            right = left + stamp.box.width * len(text) / letters
            words.append(Word(text, Box(left, top, right, bottom), stamp.confidence))
            left = right + stamp.box.width / letters
        lines.append(Line(tuple(words)))
    return tuple(lines)


def outside_stamps(lines: Iterable[Line], stamps: Iterable[StampMark], gray: Gray) -> tuple[Line, ...]:
    """The lines without the words of stamps: all that lie in a black one, and in coloured ones what is pale in `gray`.

    gray: what the lines were read in; coloured ink is pale there, and the text under it dark.
    """
    black = [stamp.box for stamp in stamps if stamp.text and stamp.colour == "black"]
    coloured = [
        stamp.box
        for stamp in stamps
        if stamp.colour == "red" or (stamp.colour == "blue" and stamp.kind is not StampKind.OTHER)
    ]

    def is_of_a_stamp(word: Word) -> bool:
        if any(_inside(word.box, box) > _INSIDE for box in black):
            return True
        return any(_inside(word.box, box) > _INSIDE for box in coloured) and _is_pale(gray, word.box)

    kept = []
    for line in lines:
        words = tuple(word for word in line.words if not is_of_a_stamp(word))
        if words:
            kept.append(Line(words))
    return tuple(kept)


def _is_pale(gray: Gray, box: Box) -> bool:
    cut = gray[int(box.top) : int(np.ceil(box.bottom)), int(box.left) : int(np.ceil(box.right))]
    if cut.size == 0:
        return False
    ink, paper = np.percentile(cut, (5, 90))
    return bool(paper - ink < _PALE)


def _read(page: Pixels, region: InkRegion, dpi: int, engine: OcrEngine) -> StampMark:
    """Its own ink first; where that reads badly and no other text can lie in it, as it looks."""
    best = _text_in(own_ink_of(page, region), dpi, engine)
    if best[1] < _READ_WELL and region.box.height <= _LOW_INCHES * dpi:
        other = _text_in(looks_of(page, region), dpi, engine)
        best = max(best, other, key=lambda reading: reading[1] * min(len(reading[0]), 40))
    return StampMark(region.box, region.colour, *best)


def _text_in(image: Pixels, dpi: int, engine: OcrEngine) -> tuple[str, float]:
    """Text and mean confidence of what is legible; empty where that is less than a word."""
    image = np.pad(image, _PADDING, constant_values=255)
    rows = [
        [word for word in line.words if word.confidence >= _WORD_COUNTS and any(map(str.isalnum, word.text))]
        for line in engine.read_block(image, dpi)
    ]
    letters = sum(len(word.text) for row in rows for word in row)
    if letters < _FEWEST_LETTERS:
        return "", 0.0
    confidence = sum(word.confidence * len(word.text) for row in rows for word in row) / letters
    return "\n".join(" ".join(word.text for word in row) for row in rows if row), confidence


def _apart(regions: list[InkRegion]) -> list[InkRegion]:
    """Without those that lie in another."""
    kept: list[InkRegion] = []
    for region in regions:
        if all(_inside(region.box, other.box) < _INSIDE for other in kept):
            kept.append(region)
    return kept


def _inside(box: Box, other: Box) -> float:
    """Share of a box that lies in another."""
    width = min(box.right, other.right) - max(box.left, other.left)
    height = min(box.bottom, other.bottom) - max(box.top, other.top)
    return max(0.0, width) * max(0.0, height) / max(1.0, box.width * box.height)
