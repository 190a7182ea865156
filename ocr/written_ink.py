"""The ink of a pen in its place: cut from the page, freed of print, dots and rules, apart into pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.ink import Pixels, gray_of
from ocr.model import Box
from ocr.written_places import Place

Mask = NDArray[np.uint8]

_FIGURE = 24  # pixels of a printed figure's height, to which the place is scaled
_ABOVE, _BELOW, _BESIDE = 2.0, 1.0, 0.6  # heights of a figure around the place that are cut out with it
_INK_SHARE = 0.45  # of the darkest, from the paper
_FAINTEST = 45
_SMALL, _FLAT = 0.42, 0.2  # heights of a figure
_RULE = 1.7
_INSIDE, _OUTSIDE = 0.85, 0.35  # share of a piece of ink within the place
_TWO_WIDE = 0.75  # wider than this part of its height, a piece may be two figures
_MOST_CUTS = 4
_TALL, _LOW, _THICK, _COLOURED = 1.22, 0.2, 1.12, 40


@dataclass(frozen=True, slots=True)
class WrittenInk:
    """pieces: masks of one size, from left to right. by_hand: higher, thicker or of another colour than print."""

    pieces: list[Mask]
    box: Box
    by_hand: bool


def written_ink(pixels: Pixels, place: Place) -> WrittenInk | None:
    """None where nothing of a figure's size stands in the place. pixels: the level page, in colour where it has it."""
    import cv2

    unit = place.figure
    left, top = max(0, int(place.left - _BESIDE * unit)), max(0, int(place.feet - _ABOVE * unit))
    right, bottom = int(place.right + _BESIDE * unit), int(place.feet + _BELOW * unit)
    part = pixels[top:bottom, left:right]
    if min(part.shape[:2]) < 8:
        return None
    scale = _FIGURE / unit
    part = np.asarray(
        cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    )
    mask = _without_rules(_ink(gray_of(part)))
    feet, inside = (place.feet - top) * scale, ((place.left - left) * scale, (place.right - left) * scale)
    kept = _of_figures(mask, inside, feet)
    groups = _groups(kept)
    if not groups:
        return None
    whole = np.maximum.reduce(groups)
    rows, columns = np.nonzero(whole)
    box = Box(
        left + columns.min() / scale, top + rows.min() / scale,
        left + (columns.max() + 1) / scale, top + (rows.max() + 1) / scale,
    )  # fmt: skip
    coloured = _is_coloured(part, whole)
    written = (
        coloured
        or _stands_out(groups, feet)
        or _thickness(whole) > _THICK * _thickness_of(pixels, place.after.box, scale)
    )
    return WrittenInk([piece for group in groups for piece in _cut_up(group)], box, written)


def _ink(gray: Pixels) -> Mask:
    paper = int(np.percentile(gray, 80))
    ink = np.clip(paper - gray.astype(np.int16), 0, 255)
    least = max(_FAINTEST, _INK_SHARE * float(np.percentile(ink, 99)))
    return np.asarray((ink > least) * 255, np.uint8)


def _without_rules(mask: Mask) -> Mask:
    import cv2

    rule = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, int(_RULE * _FIGURE)), np.uint8))
    if not rule.any():
        return mask
    freed = cv2.subtract(mask, rule)
    return np.asarray(cv2.morphologyEx(freed, cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8)), np.uint8)


def _of_figures(mask: Mask, inside: tuple[float, float], feet: float) -> list[Mask]:
    """The connected pieces that stand in the place and are no dots, flat strokes or ends of other lines."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    start, end = (max(0, int(edge)) for edge in inside)
    kept = []
    for label in range(1, count):
        _, top, width, height, area = stats[label]
        piece = np.asarray((labels == label) * 255, np.uint8)
        share = np.count_nonzero(piece[:, start:end]) / max(1, area)
        if share < _OUTSIDE or top + height < feet - 0.5 * _FIGURE or top > feet - 0.1 * _FIGURE:
            continue
        if share < _INSIDE:
            piece[:, :start] = 0
            piece[:, end:] = 0
            width = np.count_nonzero(piece.any(axis=0))
        if height < _SMALL * _FIGURE or (height < _FLAT * width):
            continue
        kept.append(piece)
    return kept


def _groups(pieces: list[Mask]) -> list[Mask]:
    """Joined where one stands above the other: the top of a 5, a loose bar."""
    spans = sorted(((*_columns(piece), piece) for piece in pieces), key=lambda each: each[0])
    groups: list[tuple[int, int, Mask]] = []
    for left, right, piece in spans:
        if groups:
            start, end, before = groups[-1]
            if min(end, right) - left > 0.6 * min(end - start, right - left):
                groups[-1] = (start, max(end, right), np.maximum(before, piece))
                continue
        groups.append((left, right, piece))
    return [piece for _, _, piece in groups]


def _cut_up(group: Mask) -> list[Mask]:
    """The group cut where its ink is thin from top to bottom, if it is wide enough for two figures."""
    left, right = _columns(group)
    rows = np.nonzero(group.any(axis=1))[0]
    height = int(rows.max() - rows.min()) + 1
    if right - left <= _TWO_WIDE * height:
        return [group]
    depth = np.convolve(np.count_nonzero(group, axis=0), np.ones(3) / 3, "same")
    edge = int(0.22 * height)
    low = [
        x for x in range(left + edge, right - edge)
        if depth[x] == depth[max(left, x - 4) : x + 5].min() and depth[x] < 0.55 * depth[left:right].max()
    ]  # fmt: skip
    cuts: list[int] = []
    for x in sorted(low, key=lambda x: float(depth[x])):
        if len(cuts) < _MOST_CUTS and all(abs(x - other) > edge for other in cuts):
            cuts.append(x)
    pieces = []
    for start, end in zip([left, *sorted(cuts)], [*sorted(cuts), right], strict=True):
        piece = np.zeros_like(group)
        piece[:, start:end] = group[:, start:end]
        pieces.append(piece)
    return pieces


def _stands_out(groups: list[Mask], feet: float) -> bool:
    for group in groups:
        rows = np.nonzero(group.any(axis=1))[0]
        if rows.max() - rows.min() > _TALL * _FIGURE or rows.max() > feet + _LOW * _FIGURE:
            return True
    return False


def _thickness(mask: Mask) -> float:
    """Of its strokes, in pixels: four times the mean way out of the ink."""
    import cv2

    if not mask.any():
        return 0.0
    return 4 * float(cv2.distanceTransform(mask, cv2.DIST_L2, 3)[mask > 0].mean())


def _thickness_of(pixels: Pixels, box: Box, scale: float) -> float:
    import cv2

    part = pixels[max(0, int(box.top)) : int(box.bottom) + 1, max(0, int(box.left)) : int(box.right) + 1]
    if min(part.shape[:2], default=0) < 4:
        return 1.0
    part = np.asarray(
        cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    )
    return max(1.0, _thickness(_ink(gray_of(part))))


def _is_coloured(part: Pixels, mask: Mask) -> bool:
    if part.ndim == 2:
        return False
    inked = part[mask > 0].astype(np.int16)
    return float(np.median(inked.max(axis=1) - inked.min(axis=1))) > _COLOURED


def _columns(mask: Mask) -> tuple[int, int]:
    columns = np.nonzero(mask.any(axis=0))[0]
    return int(columns.min()), int(columns.max()) + 1
