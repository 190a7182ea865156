"""The foot of a page once more, half by half, where the reading ran recipients and signature together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ocr.columns import is_capitals, usual_height, widest_gap
from ocr.engine import LINE_COUNTS, Gray, OcrEngine
from ocr.model import Box, Line, Word
from ocr.orientation import legibility

_LOWER = 0.3  # of the page's height: above it no signature stands
_GUTTER = (0.3, 0.75)  # of the width
_GAP = 3.0  # heights of the line's words
_DOUBTFUL = 0.85
_ROOM = 0.3  # heights above the first such line
_BETTER_BY = 1.05


def with_halves(lines: list[Line], gray: Gray, dpi: int, engine: OcrEngine) -> list[Line]:
    """The lines; those of a foot that was read across its gutter as each half reads alone, where that reads better."""
    place = _run_together(lines, gray)
    if place is None:
        return lines
    inside = [line for line in lines if place.top <= _middle(line) < place.bottom]
    right = replace(place, left=place.right, right=gray.shape[1])
    again = [line for half in (place, right) for line in _read(gray, half, dpi, engine)]
    if legibility(again) < _BETTER_BY * legibility(inside):
        return lines
    first = next(index for index, line in enumerate(lines) if line in inside)
    rest = [line for line in lines[first:] if line not in inside]
    return [*lines[:first], *again, *rest]


def _run_together(lines: Sequence[Line], gray: Gray) -> Box | None:
    """The left half of such a foot; None where every line across a gutter was read with confidence."""
    height, width = gray.shape
    merged = [parts for line in lines if (parts := _parts(line, width)) and line.box.top > _LOWER * height]
    if not any(_confidence([*left, *right]) < _DOUBTFUL for left, right in merged):
        return None
    usual = usual_height([word for left, right in merged for word in (*left, *right)])
    top = min(left[0].box.top for left, _ in merged) - _ROOM * usual
    starts = min(right[0].box.left for _, right in merged)
    below = [line for line in lines if line.box.top > top and _parts(line, width) is None]
    ends = [left[-1].box.right for left, _ in merged]
    ends += [line.box.right for line in below if line.box.right < starts]
    gutter = (max(ends) + starts) / 2
    if max(ends) >= starts:
        return None
    across = [
        line.box.top
        for line in below
        if line.confidence >= _DOUBTFUL and line.box.left < gutter - usual and line.box.right > gutter + usual
    ]
    place = Box(0, max(0.0, top), gutter, min(across, default=float(height)))
    return place if place.height >= usual else None


def _parts(line: Line, width: int) -> tuple[tuple[Word, ...], tuple[Word, ...]] | None:
    """What stands before and behind a gutter, if that is the title of a signer."""
    cut = widest_gap(line.words, _GUTTER[0] * width, _GUTTER[1] * width, _GAP)
    if cut is None or len(line.words) - cut < 2 or not is_capitals(line.words[cut:]):
        return None
    return line.words[:cut], line.words[cut:]


def _read(gray: Gray, half: Box, dpi: int, engine: OcrEngine) -> list[Line]:
    top, left = int(half.top), int(half.left)
    cut = np.ascontiguousarray(gray[top : int(half.bottom), left : int(half.right)])
    return [
        Line(tuple(replace(word, box=word.box.moved(left, top)) for word in line.words))
        for line in engine.read_page(cut, dpi)
        if line.confidence >= LINE_COUNTS
    ]


def _middle(line: Line) -> float:
    return (line.box.top + line.box.bottom) / 2


def _confidence(words: Sequence[Word]) -> float:
    return sum(word.confidence for word in words) / len(words)
