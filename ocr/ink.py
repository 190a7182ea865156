"""Black ink apart from coloured: seals and stamps lie over text, and each is read better without the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.model import Box

Pixels = NDArray[np.uint8]

_DARK = 70  # below the paper, of 255
_MOSTLY_COLOURED = 0.5  # a page that loses more of its ink with the colours is written in colour
_COLOUR_STANDS_OUT = 38  # of one channel above the others, and of the ink above the paper's own cast
_WORK_DPI = 150
_GAP_INCHES = 0.11  # between the parts of one stamp
_SMALLEST_INCHES = (0.22, 0.1)
_MAX_REGIONS = 10
_EDGE = 4  # pixels
_RIM_PIXELS = 5
_RIM_KEPT = 0.6  # of the paper's brightness: print is darker


@dataclass(frozen=True, slots=True)
class InkRegion:
    """A place of coloured ink, or a boxed stamp in black, in pixels of the page searched."""

    box: Box
    colour: str


def gray_of(page: Pixels) -> Pixels:
    """Brightness with all inks in it."""
    import cv2

    return cv2.cvtColor(page, cv2.COLOR_BGR2GRAY) if page.ndim == 3 else page  # type: ignore[return-value]


def is_gray(page: Pixels) -> bool:
    """Whether all three channels are the same everywhere."""
    return np.array_equal(*_extremes(page))


def without_coloured_ink(page: Pixels) -> Pixels:
    """Brightness in which red and blue ink is nearly paper: the brightest channel of each pixel.

    A page written in colour keeps its ink.
    """
    if page.ndim == 2:
        return page
    gray, (brightest, darkest) = gray_of(page), _extremes(page)
    all_ink = np.count_nonzero(dark(gray))
    kept = np.count_nonzero(dark(brightest))
    if all_ink and kept < _MOSTLY_COLOURED * all_ink:
        return gray
    return _without_rims(brightest, darkest)


def _extremes(page: Pixels) -> tuple[Pixels, Pixels]:
    """The brightest and the darkest channel of each pixel; plane by plane, in a thirtieth of numpy's time."""
    import cv2

    blue, green, red = cv2.split(page)
    return cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)  # type: ignore[return-value]


def _without_rims(brightest: Pixels, darkest: Pixels) -> Pixels:
    """Without the pale rim that a stroke of colour leaves where it meets the paper."""
    import cv2

    colour = brightest - darkest
    coloured = (colour > int(np.median(colour)) + _COLOUR_STANDS_OUT).astype(np.uint8)
    if not coloured.any():
        return brightest
    near = cv2.dilate(coloured, np.ones((_RIM_PIXELS, _RIM_PIXELS), np.uint8)) > 0
    paper = float(np.median(brightest))
    mended = brightest.copy()
    mended[near & (brightest > _RIM_KEPT * paper)] = int(paper)
    return mended


def dark(gray: Pixels) -> NDArray[np.bool_]:
    """Where it is clearly darker than the paper around, whatever the lighting."""
    import cv2

    small = cv2.resize(gray, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 21)
    paper = cv2.resize(paper, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.subtract(paper, gray) > _DARK


def coloured_regions(page: Pixels, dpi: int) -> list[InkRegion]:
    """Places of red and of blue ink, the largest first."""
    import cv2

    if page.ndim == 2:
        return []
    scale = min(1.0, _WORK_DPI / dpi)
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.int16)
    blue, green, red = small[:, :, 0], small[:, :, 1], small[:, :, 2]
    redness, blueness = red - np.maximum(green, blue), blue - red
    found = []
    for colour, strength in (("red", redness), ("blue", blueness)):
        cast = int(np.median(strength))
        mask = (strength > max(_COLOUR_STANDS_OUT, cast + _COLOUR_STANDS_OUT)).astype(np.uint8)
        found += [InkRegion(box, colour) for box in _blots(mask, dpi * scale, scale)]
    return sorted(found, key=lambda region: -region.box.width * region.box.height)[:_MAX_REGIONS]


def boxed_regions(gray: Pixels, dpi: int) -> list[InkRegion]:
    """Framed stamps in black: a frame around one or a few lines that stands alone, unlike the cells of a table."""
    import cv2

    scale = min(1.0, 2 * _WORK_DPI / dpi)
    small = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    unit = dpi * scale
    mask = cv2.morphologyEx(dark(small).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    outlines, kinship = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    holes: dict[int, list[Box]] = {}
    for outline, (_, _, _, parent) in zip(outlines, kinship[0] if kinship is not None else [], strict=False):
        left, top, width, height = cv2.boundingRect(outline)
        fits = 0.35 * unit <= width <= 2.6 * unit and 0.15 * unit <= height <= 0.8 * unit
        if parent >= 0 and fits and cv2.contourArea(outline) > 0.85 * width * height:
            holes.setdefault(int(parent), []).append(_scaled(left, top, width, height, scale))
    return [InkRegion(boxes[0], "black") for boxes in holes.values() if len(boxes) == 1][:_MAX_REGIONS]


def own_ink_of(page: Pixels, region: InkRegion) -> Pixels:
    """The region with its own ink dark, and all else, its frame included, paper."""
    cut = _cut(page, region.box)
    if cut.ndim == 2 or region.colour == "black":
        return _without_frame(gray_of(cut))
    wide = cut.astype(np.int16)
    if region.colour == "red":
        strength = wide[:, :, 2] - np.maximum(wide[:, :, 0], wide[:, :, 1])
    else:
        strength = wide[:, :, 0] - wide[:, :, 2]
    top = max(1.0, float(np.percentile(strength, 99)))
    return _without_frame((255 - np.clip(strength / top, 0, 1) * 255).astype(np.uint8))


def looks_of(page: Pixels, region: InkRegion) -> Pixels:
    """The region as it looks, all inks in it, its contrast stretched, specks smoothed, its outermost edge cut off."""
    import cv2

    gray = gray_of(_cut(page, region.box))
    darkest, paper = np.percentile(gray, 2), np.percentile(gray, 75)
    stretched = np.clip((gray - darkest) / max(1.0, paper - darkest) * 255, 0, 255).astype(np.uint8)
    smooth = cv2.medianBlur(stretched, 3)
    return smooth[_EDGE:-_EDGE, _EDGE:-_EDGE] if min(smooth.shape) > 4 * _EDGE else smooth  # type: ignore[return-value]


def _cut(page: Pixels, box: Box) -> Pixels:
    return page[max(0, int(box.top)) : int(np.ceil(box.bottom)), max(0, int(box.left)) : int(np.ceil(box.right))]


def _without_frame(gray: Pixels) -> Pixels:
    """White where a line runs along an edge for most of it."""
    import cv2

    ink = (gray < int(gray.max()) - _DARK).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    height, width = gray.shape
    cleaned = gray.copy()
    for label in range(1, count):
        _, _, part_width, part_height, area = stats[label]
        thin = area < 0.3 * part_width * part_height
        long = part_width > 0.7 * width or part_height > 0.8 * height
        if long and (thin or min(part_width, part_height) < 0.12 * height):
            cleaned[cv2.dilate((labels == label).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0] = 255
    return cleaned


def _blots(mask: Pixels, unit: float, scale: float) -> list[Box]:
    """Boxes of the patches of a mask once gaps are closed; specks and hairlines left out. unit: pixels an inch."""
    import cv2

    reach = max(3, int(unit * _GAP_INCHES))
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    boxes = []
    for label in range(1, count):
        left, top, width, height, _ = stats[label]
        inked = np.count_nonzero(mask[top : top + height, left : left + width])
        if width < _SMALLEST_INCHES[0] * unit or height < _SMALLEST_INCHES[1] * unit:
            continue
        if inked >= 0.03 * width * height:
            boxes.append(_scaled(left, top, width, height, scale))
    return boxes


def _scaled(left: int, top: int, width: int, height: int, scale: float) -> Box:
    return Box(left / scale, top / scale, (left + width) / scale, (top + height) / scale)
