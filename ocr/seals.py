"""Round seals on copies without colour: their ink is grayer than print, and goes where the two can be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.engine import Gray
from ocr.ink import dark

_WORK_DPI = 100
_RADIUS_INCHES = (0.5, 0.85)  # Vietnamese seals are 30 to 42 mm wide
_ANGLES = 180
_ON_THE_RING = 0.85  # share of the angles at which there is ink: a seal's ring is whole, but for what lies over it
_RING_PIXELS = 3  # of the work picture, to both sides
_RIM = 1.06  # of the radius: how far the ink of the ring may reach
_TOLD_APART = 25  # gray levels between print and seal
_KEPT_BELOW = 0.6  # of the way from print to seal
_MOST_SEALS = 4


@dataclass(frozen=True, slots=True)
class _Ring:
    """In pixels of the work picture. level: the gray of its ink."""

    x: float
    y: float
    radius: float
    level: float


def without_gray_seals(gray: Gray, dpi: int) -> Gray:
    """The same page, seals as bright as paper where print is clearly darker; itself where there are none."""
    import cv2

    if min(gray.shape) < 2 * _RADIUS_INCHES[0] * dpi:
        return gray
    scale = min(1.0, _WORK_DPI / dpi)
    small = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    rings = _rings(small, dpi * scale)
    if not rings:
        return gray
    print_level = _print_level(small, rings)
    paper = float(np.median(gray))
    told = gray.copy()
    for ring in rings:
        if ring.level - print_level >= _TOLD_APART:
            _lighten(told, ring, scale, print_level + _KEPT_BELOW * (ring.level - print_level), paper)
    return told


def _print_level(small: Gray, rings: list[_Ring]) -> float:
    """How dark ink is elsewhere; in the small picture paler than it is, which keeps more of it."""
    ink = dark(small)
    rows, columns = np.ogrid[: small.shape[0], : small.shape[1]]
    for ring in rings:
        ink[(rows - ring.y) ** 2 + (columns - ring.x) ** 2 <= (_RIM * ring.radius) ** 2] = False
    return float(np.percentile(small[ink], 20)) if ink.any() else 0.0


def _rings(small: Gray, dpi: float) -> list[_Ring]:
    import cv2

    low, high = (round(inches * dpi) for inches in _RADIUS_INCHES)
    smooth = cv2.medianBlur(small, 3)
    found = cv2.HoughCircles(
        smooth, cv2.HOUGH_GRADIENT, 1, minDist=low, param1=120, param2=45, minRadius=low, maxRadius=high
    )
    if found is None:
        return []
    inked = dark(small)
    checked = (_checked(small, inked, *map(float, circle)) for circle in found[0][: 4 * _MOST_SEALS])
    return [ring for ring in checked if ring is not None][:_MOST_SEALS]


def _checked(small: Gray, inked: NDArray[np.bool_], x: float, y: float, radius: float) -> _Ring | None:
    """The ring, where there is ink nearly all around."""
    angles = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    radii = np.arange(radius - _RING_PIXELS, radius + _RING_PIXELS + 1)
    columns = np.rint(x + np.outer(radii, np.cos(angles))).astype(int).clip(0, small.shape[1] - 1)
    rows = np.rint(y + np.outer(radii, np.sin(angles))).astype(int).clip(0, small.shape[0] - 1)
    hit = inked[rows, columns].any(axis=0)
    if hit.mean() < _ON_THE_RING:
        return None
    darkest = small[rows, columns].min(axis=0)[hit]
    return _Ring(x, y, radius, float(np.median(darkest)))


def _lighten(gray: Gray, ring: _Ring, scale: float, keep_below: float, paper: float) -> None:
    reach = ring.radius * _RIM / scale
    x, y = ring.x / scale, ring.y / scale
    top, left = max(0, int(y - reach)), max(0, int(x - reach))
    cut = gray[top : int(y + reach) + 1, left : int(x + reach) + 1]
    rows, columns = np.ogrid[: cut.shape[0], : cut.shape[1]]
    inside = (rows + top - y) ** 2 + (columns + left - x) ** 2 <= reach**2
    cut[inside & (cut > keep_below)] = paper
