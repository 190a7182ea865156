"""Text that a page reading passed over: sparse lines, signature blocks between scribbles and seals."""

from __future__ import annotations

import numpy as np

from ocr.engine import Gray, OcrEngine
from ocr.ink import Pixels, dark
from ocr.model import Box, Line

_LETTER_INCHES = (0.05, 0.3)  # height; width up to the same
_FEWEST_LETTERS = 5  # in one row, for a second look
_ROW_INCHES = 0.12
_LINE_COUNTS = 0.6  # a sparse reading also finds words in dirt
_MARGIN_INCHES = 0.02


def with_leftover(lines: list[Line], known: list[Box], gray: Gray, dpi: int, engine: OcrEngine) -> list[Line]:
    """The lines, and between them those of a second, sparse reading of what the first left uncovered.

    known: places that were read already.
    """
    uncovered = dark(gray)
    margin = int(_MARGIN_INCHES * dpi)
    covered = [*known, *(line.box for line in lines)]
    for box in covered:
        _clear(uncovered, box, margin)
    if not _holds_a_row(uncovered, dpi):
        return lines
    rest = gray.copy()
    paper = int(np.median(gray))
    for box in covered:
        _clear(rest, box, margin, paper)
    found = [line for line in engine.read_sparse(rest, dpi) if _is_text(line)]
    merged = list(lines)
    for line in found:
        merged.insert(_place(merged, line), line)
    return merged


def _holds_a_row(uncovered: Pixels | np.ndarray, dpi: int) -> bool:
    """Are there pieces the size of letters, several at one height?"""
    import cv2

    _, _, stats, centres = cv2.connectedComponentsWithStats(uncovered.astype(np.uint8), connectivity=8)
    low, high = (inches * dpi for inches in _LETTER_INCHES)
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    letters = (low <= heights) & (heights <= high) & (widths <= high) & (widths >= low / 3)
    if np.count_nonzero(letters) < _FEWEST_LETTERS:
        return False
    rows = np.bincount((centres[letters, 1] / (_ROW_INCHES * dpi)).astype(np.int64))
    return bool(rows.max(initial=0) >= _FEWEST_LETTERS)


def _is_text(line: Line) -> bool:
    letters = sum(character.isalnum() for character in line.text)
    return line.confidence >= _LINE_COUNTS and letters >= 3 and letters >= 0.6 * len(line.text.replace(" ", ""))


def _place(lines: list[Line], line: Line) -> int:
    """Before the first line that begins below its middle."""
    middle = (line.box.top + line.box.bottom) / 2
    return next((index for index, other in enumerate(lines) if other.box.top > middle), len(lines))


def _clear(image: np.ndarray, box: Box, margin: int, value: int = 0) -> None:
    top, left = max(0, int(box.top) - margin), max(0, int(box.left) - margin)
    image[top : int(box.bottom) + margin, left : int(box.right) + margin] = value
