"""Which way up a page lies: proved by its lines; else by the engine's detector, then by which way reads best."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ocr.engine import Gray, OcrEngine
from ocr.geometry import turned
from ocr.model import Line

_DETECT_DPI = 150
_SURE = 1.0
_AXIS_SURE = 0.2  # lying or standing is seen more surely than which end is up
_READS_WELL = (0.8, 80)  # mean confidence and letters that no page gives upside down
_BETTER_BY = 1.15


def quarter_turn(gray: Gray, dpi: int, engine: OcrEngine) -> int:
    """Clockwise degrees that make the page upright; 0 for a page without text."""
    small, small_dpi = _at_detection_size(gray, dpi)
    degrees, sure = engine.orientation(small, small_dpi)
    if sure >= _SURE:
        return degrees
    ways = [degrees, (degrees + 180) % 360]
    if sure < _AXIS_SURE:
        ways += [(degrees + 90) % 360, (degrees + 270) % 360]
    return _by_reading(small, small_dpi, engine, ways)


def _by_reading(small: Gray, dpi: int, engine: OcrEngine, ways: list[int]) -> int:
    """The way that reads best, the first tried if it reads well enough to end the search."""
    scores: dict[int, float] = {}
    for degrees in ways:
        lines = engine.read_page(turned(small, degrees), dpi)
        scores[degrees] = legibility(lines)
        if stands_upright(lines):
            return degrees
    best = max(scores, key=lambda degrees: scores[degrees])
    # as it lies, unless another way reads clearly better: most pages are put in the right way up
    return best if scores[best] > _BETTER_BY * scores.get(0, 0.0) else 0


def stands_upright(lines: tuple[Line, ...]) -> bool:
    """Whether what was read proves it: much, with confidence, in lines that lie.

    An engine may read lines that stand on end as well as others; none reads what is upside down.
    """
    lying = [line for line in lines if line.box.width > line.box.height]
    letters = sum(len(line.text) for line in lying)
    sure = sum(line.confidence * len(line.text) for line in lying) / max(1, letters)
    most = 2 * letters > sum(len(line.text) for line in lines)
    return most and sure >= _READS_WELL[0] and letters >= _READS_WELL[1]


def legibility(lines: Iterable[Line]) -> float:
    """Letters read, weighted so that many doubtful ones count for little."""
    return sum(len(word.text) * word.confidence**3 for line in lines for word in line.words)


def _at_detection_size(gray: Gray, dpi: int) -> tuple[Gray, int]:
    import cv2

    if dpi <= _DETECT_DPI:
        return gray, dpi
    scale = _DETECT_DPI / dpi
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8), _DETECT_DPI
