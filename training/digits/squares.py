"""Single figures as the reader cuts them out, and what is no single figure, each in a square of 28 x 28."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.figures import NOT_ONE, squared
from training.digits.pens import Drawer
from training.digits.sources import Ink, Sources

_KINDS = {"mnist": 0.32, "font": 0.23, "strokes": 0.4, "print": 0.05}
_NOT_ONE_SHARE = 0.25
_LETTERS = ["/", "t", "y", "S", "o", ":", "Q", "D", "-", "n", "g", "a", ".", "th", "T", "C", "U", "K", "B"]
_HEIGHT = 48


def make_squares(
    count: int, sources: Sources, seed: int, *, held_out: bool = False, kind: str | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(count, 28, 28), 255 is ink, and the class of each. kind: figures of one kind of pen only."""
    rng = np.random.default_rng(seed)
    drawer = Drawer(sources, rng, held_out=held_out)
    squares, classes = [], []
    for _ in range(count):
        pen = kind or str(rng.choice(list(_KINDS), p=list(_KINDS.values())))
        if kind is None and rng.random() < _NOT_ONE_SHARE:
            ink, named = _not_one(drawer, rng, pen), NOT_ONE
        else:
            named = int(rng.integers(10))
            ink = _figure(drawer, rng, pen, str(named))
        squares.append(squared(_scanned(ink, rng)))
        classes.append(named)
    return np.stack(squares), np.array(classes)


def _figure(drawer: Drawer, rng: np.random.Generator, pen: str, figure: str) -> Ink:
    ink = drawer.pen(pen)(figure, _HEIGHT)
    if pen == "font" and figure == "7" and rng.random() < 0.5:
        ink, middle = np.pad(ink, ((0, 0), (2, 8))), ink.shape[0] // 2
        cv2.line(ink, (3, middle + 2), (ink.shape[1] - 3, middle - 2), 255, 4)
    lean, flat = rng.normal(0.0, 0.12), rng.uniform(0.85, 1.2)
    height, width = ink.shape
    turn = np.array([[flat, -lean, max(0.0, lean) * height + 8], [rng.normal(0, 0.05), 1, 8]])
    ink = cv2.warpAffine(ink, turn, (int(width * flat + abs(lean) * height) + 20, height + 24))
    if pen != "print":
        grow = int(rng.choice([0, 0, 2, 3, 5, 7]))
        ink = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow + 1, grow + 1))) if grow else ink
    return np.asarray(ink, np.uint8)


def _not_one(drawer: Drawer, rng: np.random.Generator, pen: str) -> Ink:
    """Two figures that touch, a part of one, or a letter."""
    way = rng.random()
    if way < 0.3:
        return drawer.text(str(rng.choice(_LETTERS)), 40, italic=bool(rng.random() < 0.5))
    first = _close(_figure(drawer, rng, pen, str(rng.integers(10))))
    if way < 0.65:
        second = _close(_figure(drawer, rng, pen, str(rng.integers(10))))
        overlap = int(rng.integers(-6, 5))
        height = max(first.shape[0], second.shape[0])
        both = np.zeros((height, max(first.shape[1] + second.shape[1] - overlap, 1)), np.uint8)
        both[height - first.shape[0] :, : first.shape[1]] = first
        place = both[height - second.shape[0] :, both.shape[1] - second.shape[1] :]
        np.maximum(place, second, out=place)
        return both
    return _part(drawer, rng, pen)


def _part(drawer: Drawer, rng: np.random.Generator, pen: str) -> Ink:
    """Of figures whose parts are no figures themselves: half of an 8 is a 3, the foot of a 6 a 0, most are a 1."""
    share, way = rng.uniform(0.3, 0.6), rng.integers(3)
    figure = str(rng.choice(list(("0258", "0256", "25")[way])))
    ink = _close(_figure(drawer, rng, pen, figure))
    height, width = (max(1, int(size * share)) for size in ink.shape)
    if way == 0:
        return ink[:, :width]
    return ink[:, -width:] if way == 1 else ink[:height]


def _scanned(ink: Ink, rng: np.random.Generator) -> Ink:
    """Softened as by a scan of few dots, then black and white as the reader makes it."""
    scale = rng.uniform(0.35, 0.8)
    ink = np.pad(ink, 6)
    small = cv2.resize(
        cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 2.0)), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    rough = small + rng.normal(0, rng.uniform(0, 25), small.shape)
    mask = np.asarray((rough > rng.uniform(80, 150)) * 255, np.uint8)
    return mask if np.count_nonzero(mask) > 4 else ink


def _close(ink: Ink) -> Ink:
    rows, columns = np.nonzero(ink > 100)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] if rows.size else ink
