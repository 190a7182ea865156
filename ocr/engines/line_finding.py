"""Where the lines of an upright page stand, by its connected pieces of ink; no word of it is read.

Sizes are told by the letters themselves: half the height of the middle letter is the unit, whatever the resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr.engine import Gray
from ocr.ink import dark

_SMALLEST_PAGE = 16  # pixels of a side
_LARGEST_SIDE = 5000  # pixels; lines of a larger page are found on a smaller picture of it
_LETTER_PIXELS = 6  # height of the smallest letter that can be read
_TALLEST_SHARE = 0.12  # of the page's height: larger pieces are pictures, frames, dirt of the edge
_TALL = 2.2  # letters; taller pieces are no core of a line
_GAP = 1.6  # letters between two words of one line
_MARK_REACH = 0.7  # letters from the core of a line to its marks
_TWO_LINES = 2.6  # letters; a taller core is looked at for a seam
_ROOM = 0.12  # letters left free around the ink
_RULE = 12.0  # times as long as thick
_FEWEST_LETTERS_TOLD = 3

Pieces = NDArray[np.int64]  # (count, 4): left, top, right, bottom


@dataclass(frozen=True, slots=True)
class FoundLine:
    """In pixels of the page; the box holds all marks of the line."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


def find_lines(page: Gray) -> tuple[FoundLine, ...]:
    """In reading order: rows from the top, each from the left."""
    import cv2

    height, width = page.shape
    if min(height, width) < _SMALLEST_PAGE:
        return ()
    scale = min(1.0, _LARGEST_SIDE / max(height, width))
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else page
    if min(small.shape) < _SMALLEST_PAGE:
        return ()
    ink = dark(np.asarray(small, dtype=np.uint8)).astype(np.uint8)
    pieces = _pieces(ink)
    letter = _letter_height(pieces, small.shape[0])
    if letter is None:
        return ()
    room = max(1, round(_ROOM * letter))
    boxes = _with_marks(_cores(ink, pieces, letter), pieces, letter) + np.array([-room, -room, room, room])
    boxes = np.clip(boxes, 0, [small.shape[1], small.shape[0]] * 2)
    boxes = np.clip(np.rint(boxes / scale).astype(np.int64), 0, [width, height] * 2)
    lines = [FoundLine(*(int(edge) for edge in box)) for box in boxes]
    return _in_order([line for line in lines if line.height >= _LETTER_PIXELS and line.width >= 2])


def _pieces(ink: NDArray[np.uint8]) -> Pieces:
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, tall = (stats[1:, at].astype(np.int64) for at in range(4))
    return np.stack([left, top, left + wide, top + tall], axis=1)


def _letter_height(pieces: Pieces, page_height: int) -> float | None:
    """Of the middle letter; None where too few pieces are of a letter's shape."""
    wide, tall = _sizes(pieces)
    letters = (tall >= _LETTER_PIXELS) & (tall <= max(40, _TALLEST_SHARE * page_height))
    letters &= (wide <= 4 * tall) & (tall <= 6 * wide)
    if np.count_nonzero(letters) < _FEWEST_LETTERS_TOLD:
        return None
    return float(np.median(tall[letters]))


def _cores(ink: NDArray[np.uint8], pieces: Pieces, letter: float) -> Pieces:
    """Bands of letters that stand beside one another."""
    import cv2

    wide, tall = _sizes(pieces)
    kept = (tall >= 0.5 * letter) & (tall <= _TALL * letter) & ~_is_rule(wide, tall)
    mask = np.zeros_like(ink)
    for left, top, right, bottom in pieces[kept]:
        mask[top:bottom, left:right] |= ink[top:bottom, left:right]
    reach = max(3, int(_GAP * letter)) | 1
    bands = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8), borderValue=0)
    bands = cv2.morphologyEx(bands, cv2.MORPH_OPEN, np.ones((max(1, int(0.3 * letter)), 1), np.uint8))
    found = _pieces(np.asarray(bands, dtype=np.uint8))
    parts = [part for core in found for part in _split(mask, core, letter)]
    cores = np.array(parts, np.int64).reshape(-1, 4)
    return cores[[not _is_mark(core, cores, letter) for core in cores]]


def _is_mark(core: NDArray[np.int64], cores: Pieces, letter: float) -> bool:
    """A hat with its tone over a letter of a longer core just below, or a sign just under one."""
    left, top, right, bottom = core
    if bottom - top >= 0.8 * letter:
        return False
    over = (cores[:, 0] <= left) & (cores[:, 2] >= right) & (cores[:, 2] - cores[:, 0] > right - left)
    apart = np.maximum(cores[:, 1] - bottom, top - cores[:, 3])
    return bool((over & (apart <= _MARK_REACH * letter)).any())


def _split(mask: NDArray[np.uint8], core: NDArray[np.int64], letter: float) -> list[NDArray[np.int64]]:
    """The core, or its parts where it holds several lines that touch: cut at the emptiest row."""
    left, top, right, bottom = (int(edge) for edge in core)
    if bottom - top <= _TWO_LINES * letter:
        return [core]
    rows = mask[top:bottom, left:right].sum(axis=1)
    edge = int(0.8 * letter)
    inner = rows[edge : len(rows) - edge]
    if not inner.size or inner.min() > 0.35 * np.median(rows):
        return [core]
    seam = top + edge + int(inner.argmin())
    above, below = np.array([left, top, right, seam]), np.array([left, seam, right, bottom])
    return _split(mask, above, letter) + _split(mask, below, letter)


def _with_marks(cores: Pieces, pieces: Pieces, letter: float) -> Pieces:
    """The cores grown by the pieces that belong to them: tones, dots, commas, tall letters."""
    grown = cores.copy()
    wide, tall = _sizes(pieces)
    marks = pieces[(tall <= _TALL * letter) & ~_is_rule(wide, tall) & (wide * tall >= 4)]
    reach = _MARK_REACH * letter
    for mark in marks:
        left, top, right, bottom = mark
        beside = (cores[:, 0] - letter <= right) & (cores[:, 2] + letter >= left)
        apart = np.maximum(0, np.maximum(cores[:, 1] - bottom, top - cores[:, 3]))
        near = np.flatnonzero(beside & (apart <= reach))
        if near.size:
            middle = (top + bottom) / 2
            # to the line it stands in or nearest to; a mark between two belongs to the one below, as tones do
            away = apart[near] + 0.01 * np.abs((cores[near, 1] + cores[near, 3]) / 2 - middle)
            away = away + 0.3 * letter * (cores[near, 3] <= middle)
            line = near[int(away.argmin())]
            grown[line, :2] = np.minimum(grown[line, :2], mark[:2])
            grown[line, 2:] = np.maximum(grown[line, 2:], mark[2:])
    return grown


def _in_order(lines: list[FoundLine]) -> tuple[FoundLine, ...]:
    rows: list[list[FoundLine]] = []
    for line in sorted(lines, key=lambda each: (each.top + each.bottom, each.left)):
        middle = (line.top + line.bottom) / 2
        if rows and any(other.top <= middle <= other.bottom for other in rows[-1][:1]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda each: each.left))


def _sizes(pieces: Pieces) -> tuple[NDArray[Any], NDArray[Any]]:
    return pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1]


def _is_rule(wide: NDArray[Any], tall: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray((wide > _RULE * tall) | (tall > _RULE * np.maximum(1, wide)))
