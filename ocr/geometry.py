"""Quarter turns and skew: of pages, and of boxes there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr.model import Box

Pixels = NDArray[np.uint8]

_MAX_SKEW = 6.0
_COARSE_STEP = 0.4
_FINE_STEP = 0.05
_CLEARER_BY = 1.03  # a skew is believed when the rows stand out this much better than without it
_PROFILE_WIDTH = 900


def turned(image: Pixels, degrees: int) -> Pixels:
    """The image turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(image, k=-(degrees // 90) % 4))


def turned_box(box: Box, degrees: int, width: float, height: float) -> Box:
    """Where a box of a page of `width` x `height` lies after the page was turned clockwise."""
    match degrees % 360:
        case 0:
            return box
        case 90:
            return Box(height - box.bottom, box.left, height - box.top, box.right)
        case 180:
            return Box(width - box.right, height - box.bottom, width - box.left, height - box.top)
        case 270:
            return Box(box.top, width - box.right, box.bottom, width - box.left)
    raise ValueError(f"no quarter turn: {degrees}")


@dataclass(frozen=True, slots=True)
class Straightening:
    """A small turn about the middle of the page that makes its lines level; the canvas grows with it."""

    degrees: float  # the skew that is taken out; above 0 the page leans clockwise
    width: int  # of the page before
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the straightened page."""
        angle = np.radians(abs(self.degrees))
        cos, sin = np.cos(angle), np.sin(angle)
        return (
            int(np.ceil(self.width * cos + self.height * sin)),
            int(np.ceil(self.width * sin + self.height * cos)),
        )

    def _forward(self) -> NDArray[np.float64]:
        """2 x 3: page -> straightened page."""
        angle = np.radians(self.degrees)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        new_width, new_height = self.size
        x, y = self.width / 2, self.height / 2
        return np.array(
            [
                [cos, sin, new_width / 2 - cos * x - sin * y],
                [-sin, cos, new_height / 2 + sin * x - cos * y],
            ]
        )

    def straighten(self, image: Pixels, paper: int = 255) -> Pixels:
        import cv2

        straight: Pixels = cv2.warpAffine(  # type: ignore[assignment]
            image, self._forward(), self.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
            borderValue=(paper, paper, paper),
        )  # fmt: skip
        return straight

    def there(self, box: Box) -> Box:
        """The level box around a box of the page, on the straightened page."""
        return _around(box, self._forward())

    def back(self, box: Box) -> Box:
        """Where a level box of the straightened page lies on the page: its middle moved, its size kept.

        The size is kept because a level box around a leaning word would reach into the lines above and below.
        """
        forward = self._forward()
        turn = forward[:, :2]
        middle = np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])
        x, y = turn.T @ (middle - forward[:, 2])
        return Box(
            float(np.clip(x - box.width / 2, 0, self.width)),
            float(np.clip(y - box.height / 2, 0, self.height)),
            float(np.clip(x + box.width / 2, 0, self.width)),
            float(np.clip(y + box.height / 2, 0, self.height)),
        )


def _around(box: Box, matrix: NDArray[np.float64]) -> Box:
    corners = np.array([(x, y, 1.0) for x in (box.left, box.right) for y in (box.top, box.bottom)])
    moved = corners @ matrix.T
    (left, top), (right, bottom) = moved.min(axis=0), moved.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def skew_of(ink: Pixels) -> float:
    """Degrees by which the lines of an upright page lean, above 0 clockwise; 0 where no lean makes rows clearer.

    ink: not 0 where there is ink. The feet of the letters are summed along slanted rows: level, they fall together.
    """
    rows, columns = _feet(ink)
    if rows.size < 200:
        return 0.0

    def clearness(degrees: float) -> float:
        level = rows - np.tan(np.radians(degrees)) * columns
        sums = np.bincount((level - level.min()).astype(np.int64)).astype(np.float64)
        return float(np.square(sums).sum())

    coarse = np.arange(-_MAX_SKEW, _MAX_SKEW + _COARSE_STEP / 2, _COARSE_STEP)
    best = max(coarse, key=clearness)
    fine = np.arange(best - _COARSE_STEP, best + _COARSE_STEP + _FINE_STEP / 2, _FINE_STEP)
    best = max(fine, key=clearness)
    return float(best) if clearness(best) > _CLEARER_BY * clearness(0.0) else 0.0


def _feet(ink: Pixels) -> tuple[NDArray[Any], NDArray[Any]]:
    import cv2

    scale = _PROFILE_WIDTH / ink.shape[1]
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else ink
    dark = small > small.max(initial=1) // 3
    foot = dark[:-1] & ~dark[1:]
    rows, columns = np.nonzero(foot)
    return rows, columns
