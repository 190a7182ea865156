"""Text that a page reading passed over: sparse lines, signature blocks between scribbles and seals, page numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ocr.engine import Gray, OcrEngine
from ocr.ink import Pixels, dark
from ocr.model import Box, Line

_LETTER_INCHES = (0.05, 0.3)  # height; width up to the same
_FEWEST_LETTERS = 5  # in one row, for a second look
_ROW_INCHES = 0.12
_LINE_COUNTS = 0.6  # a sparse reading also finds words in dirt
_MARGIN_INCHES = 0.02
_NUMBER_INCHES = (0.06, 0.2)  # height of a page number's figures
_NUMBER_REACH, _NUMBER_BESIDE = 0.45, 0.15  # inches: width of the whole number; white around it for a reading
_EDGE_INCHES = 1.2  # from the upper or lower edge: where page numbers stand
_MIDDLE = 0.15  # of the width, to both sides
_PAGE_NUMBER = re.compile(r"\d{1,3}")


def with_leftover(lines: list[Line], known: list[Box], gray: Gray, dpi: int, engine: OcrEngine) -> list[Line]:
    """The lines, and between them those of a second, sparse reading of what the first left uncovered.

    known: places that were read already.
    """
    uncovered = dark(gray)
    margin = int(_MARGIN_INCHES * dpi)
    covered = [*known, *(line.box for line in lines)]
    for box in covered:
        _clear(uncovered, box, margin)
    letters = _letters(uncovered, dpi)
    found = []
    if _hold_a_row(letters, dpi):
        rest = gray.copy()
        paper = int(np.median(gray))
        for box in covered:
            _clear(rest, box, margin, paper)
        found = [line for line in engine.read_sparse(rest, dpi) if _is_text(line)]
    found += _page_number(letters, gray, dpi, engine)
    merged = list(lines)
    for line in found:
        merged.insert(_place(merged, line), line)
    return merged


def _letters(uncovered: Pixels | np.ndarray, dpi: int) -> list[Box]:
    """Pieces the size of letters."""
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(uncovered.astype(np.uint8), connectivity=8)
    low, high = (inches * dpi for inches in _LETTER_INCHES)
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    fit = (low <= heights) & (heights <= high) & (widths <= high) & (widths >= low / 3)
    return [Box(left, top, left + wide, top + high) for left, top, wide, high, _ in stats[fit].tolist()]


def _hold_a_row(letters: list[Box], dpi: int) -> bool:
    """Are there several at one height?"""
    if len(letters) < _FEWEST_LETTERS:
        return False
    middles = np.array([(box.top + box.bottom) / 2 for box in letters])
    rows = np.bincount((middles / (_ROW_INCHES * dpi)).astype(np.int64))
    return bool(rows.max(initial=0) >= _FEWEST_LETTERS)


def _page_number(letters: list[Box], gray: Gray, dpi: int, engine: OcrEngine) -> list[Line]:
    """A number of one to three figures that stands alone in the middle of the upper or lower edge."""
    height, width = gray.shape
    low, high = (inches * dpi for inches in _NUMBER_INCHES)
    figures = [
        box
        for box in letters
        if low <= box.height <= high
        and min(box.top, height - box.bottom) < _EDGE_INCHES * dpi
        and abs((box.left + box.right) / 2 - width / 2) < _MIDDLE * width
    ]
    if not 1 <= len(figures) <= 3:
        return []
    whole = figures[0]
    for box in figures[1:]:
        whole = whole.union(box)
    if whole.width > _NUMBER_REACH * dpi or whole.height > 1.5 * high:
        return []
    beside = int(_NUMBER_BESIDE * dpi)
    left, top = max(0, int(whole.left) - beside), max(0, int(whole.top) - beside)
    cut = np.ascontiguousarray(gray[top : int(whole.bottom) + beside, left : int(whole.right) + beside])
    return [
        Line((replace(word, box=word.box.moved(left, top)),))
        for line in engine.read_block(cut, dpi)
        for word in line.words
        if _PAGE_NUMBER.fullmatch(word.text) and word.confidence >= _LINE_COUNTS
    ][:1]


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
