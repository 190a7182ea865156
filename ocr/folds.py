"""Creases of folded paper: faint straight lines from edge to edge, which a reader takes for rules through the text."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr.engine import Gray

_STRIPS = 16  # of a side: a crease is looked for in each, and followed from one to the next
_SEEN_IN = 14  # strips; the rest may be a punched hole, a seal, the dark beside the paper
_EVERY = 3  # pixels looked at along the crease
_DEEP = 0.05  # how much darker than the paper beside it, at least
_FAINT = 0.35  # of the paper's brightness, at least: ink is darker, and a rule of a table stays
_WIDEST = 0.012  # of the page's height
_DRIFT = 0.004  # of the page's height, from one strip to the next
_SHADE = 0.015  # where a crease ends
_MOST = 40  # dark rows of a strip: of more none is a crease, the page is noise

Levels = NDArray[np.floating]


def without_folds(gray: Gray) -> Gray:
    """gray: (height, width). The same page, creases as bright as the paper beside them; itself where there are none."""
    across = _lightened(gray)
    return np.ascontiguousarray(_lightened(np.ascontiguousarray(across.T)).T) if across.size else gray


def _lightened(gray: Gray) -> Gray:
    """Without the creases that run from left to right."""
    import cv2

    height, width = gray.shape
    if min(height, width) < _STRIPS * _EVERY:
        return gray
    levels = _levels(gray)
    reach = max(3, int(_WIDEST * height)) | 1
    paper = cv2.morphologyEx(levels, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    depth = 1 - levels / np.maximum(paper, 1)
    gains = np.ones_like(levels)
    drift = max(2, int(_DRIFT * height))
    for places in _creases(depth, drift):
        for strip, at in places:
            rows = _extent(depth[:, strip], at)
            gains[rows, strip] = 1 / (1 - np.minimum(depth[rows, strip], 1 - _FAINT))
    creased = np.flatnonzero(gains.max(axis=1) > 1)
    if not creased.size:
        return gray
    told = gray.copy()
    gain = cv2.resize(gains[creased], (width, creased.size), interpolation=cv2.INTER_LINEAR)
    told[creased] = np.clip(gray[creased] * gain, 0, 255).astype(np.uint8)
    return told


def _levels(gray: Gray) -> Levels:
    """(height, strips): the middle brightness of each row within each strip. Of text most is paper."""
    edges = np.linspace(0, gray.shape[1], _STRIPS + 1).astype(int)
    told = [np.median(gray[:, left:right:_EVERY], axis=1) for left, right in pairwise(edges)]
    return np.stack(told, axis=1).astype(np.float32)


def _creases(depth: Levels, drift: int) -> list[list[tuple[int, int]]]:
    """Each as (strip, row) of its deepest place in every strip where it is seen."""
    valleys = [_valleys(depth[:, strip]) for strip in range(_STRIPS)]
    middle = _STRIPS // 2
    told = []
    for start in valleys[middle]:
        places = [(middle, start)]
        for strips in (range(middle - 1, -1, -1), range(middle + 1, _STRIPS)):
            at, missed = start, 1
            for strip in strips:
                near = [row for row in valleys[strip] if abs(row - at) <= drift * missed]
                missed += 1
                if near:
                    at, missed = min(near, key=lambda row: abs(row - at)), 1
                    places.append((strip, at))
        if len(places) >= _SEEN_IN:
            told.append(places)
    return told


def _valleys(depth: NDArray[np.floating]) -> list[int]:
    deep = (depth >= _DEEP) & (depth <= 1 - _FAINT)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], deep.astype(np.int8), [0]))))
    if len(edges) > 2 * _MOST:
        return []
    return [int(first + np.argmax(depth[first:last])) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _extent(depth: NDArray[np.floating], at: int) -> slice:
    """The rows around `at` that are shaded."""
    first, last = at, at + 1
    while first > 0 and depth[first - 1] > _SHADE:
        first -= 1
    while last < len(depth) and depth[last] > _SHADE:
        last += 1
    return slice(first, last)
