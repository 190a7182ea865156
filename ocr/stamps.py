"""Stamps and seals read on their own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ocr.engine import Gray, OcrEngine
from ocr.ink import InkRegion, Pixels, boxed_regions, coloured_regions, stamp_image
from ocr.model import Box, Line, StampMark, Word

_WORD_COUNTS = 0.45  # below it, what is read in a seal is scribble
_PADDING = 24
_LETTER_PIXELS = 40  # of the capitals of a one-line stamp, as an engine likes them
_INSIDE = 0.6


def read_stamps(page: Pixels, gray: Gray, dpi: int, engine: OcrEngine) -> tuple[StampMark, ...]:
    """Every stamp of a level page; boxes in its pixels. A seal whose ring cannot be read has an empty text."""
    regions = _apart(coloured_regions(page, dpi) + boxed_regions(gray, dpi))
    return tuple(_read(page, region, dpi, engine) for region in regions)


def outside_stamps(lines: Iterable[Line], stamps: Iterable[StampMark]) -> tuple[Line, ...]:
    """The lines without those words that were read as a stamp's."""
    read = [stamp for stamp in stamps if stamp.text]
    kept = []
    for line in lines:
        words = tuple(word for word in line.words if not any(_is_of(word, stamp) for stamp in read))
        if words:
            kept.append(Line(words))
    return tuple(kept)


def _is_of(word: Word, stamp: StampMark) -> bool:
    return _inside(word.box, stamp.box) > _INSIDE and (stamp.colour == "black" or word.text in stamp.text.split())


def _read(page: Pixels, region: InkRegion, dpi: int, engine: OcrEngine) -> StampMark:
    image = stamp_image(page, region)
    image = np.pad(image, _PADDING, constant_values=255)
    lines = [line for line in engine.read_block(image, dpi) if line.confidence >= _WORD_COUNTS]
    words = [[word for word in line.words if word.confidence >= _WORD_COUNTS] for line in lines]
    text = "\n".join(" ".join(word.text for word in line) for line in words if line)
    letters = [(word.confidence, len(word.text)) for line in words for word in line]
    weight = sum(count for _, count in letters)
    confidence = sum(sure * count for sure, count in letters) / weight if weight else 0.0
    return StampMark(region.box, region.colour, text, confidence)


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
