"""Which way up a page lies: the engine's detector, and where that is unsure, which way reads best."""

from __future__ import annotations

import numpy as np

from ocr.engine import Gray, OcrEngine
from ocr.geometry import turned

_DETECT_DPI = 150
_SURE = 0.25
_BETTER_BY = 1.15


def quarter_turn(gray: Gray, dpi: int, engine: OcrEngine) -> int:
    """Clockwise degrees that make the page upright; 0 for a page without text."""
    small, small_dpi = _at_detection_size(gray, dpi)
    degrees, sure = engine.orientation(small, small_dpi)
    if sure >= _SURE:
        return degrees
    return _by_reading(small, small_dpi, engine, degrees)


def _by_reading(small: Gray, dpi: int, engine: OcrEngine, guess: int) -> int:
    scores = {degrees: _legibility(turned(small, degrees), dpi, engine) for degrees in (0, 90, 180, 270)}
    best = max(scores, key=lambda degrees: (scores[degrees], degrees == guess))
    # as it lies, unless another way reads clearly better: most pages are put in the right way up
    return best if scores[best] > _BETTER_BY * scores[0] else 0


def _legibility(image: Gray, dpi: int, engine: OcrEngine) -> float:
    """Letters read, weighted so that many doubtful ones count for little."""
    return sum(
        len(word.text) * word.confidence**3 for line in engine.read_page(image, dpi) for word in line.words
    )


def _at_detection_size(gray: Gray, dpi: int) -> tuple[Gray, int]:
    import cv2

    if dpi <= _DETECT_DPI:
        return gray, dpi
    scale = _DETECT_DPI / dpi
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8), _DETECT_DPI
