"""Reading written figures: pieces of ink, each way to join them into figures, and the likeliest by a small network.

The network (figures.npz, made by training/digits) sees directions of edges, not pixels. figures.json is its card.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]  # (height, width), 255 where there is ink
Values = NDArray[np.float32]

SIDE, _FITS = 28, 20  # a figure is scaled into the middle of a square
_CELL, _DIRECTIONS = 4, 8
NOT_ONE = 10  # class of what is no single figure: a part, two of them, a letter, a line
_WIDEST = 1.2  # of its height, for one figure
_MOST_JOINED = 3  # pieces
_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read the ink. probability: that of all its figures together, as the network sees them."""

    text: str
    probability: float


def read_figures(pieces: Sequence[Mask], fits: Callable[[str], bool], longest: int) -> list[Reading]:
    """The readings that `fits` allows, the likeliest first.

    pieces: of one height and width, from left to right; each holds ink that belongs to one figure.
    """
    spans = [(start, end) for start in range(len(pieces)) for end in range(start + 1, len(pieces) + 1)]
    spans = [(start, end) for start, end in spans if end - start <= _MOST_JOINED]
    joined = {span: np.maximum.reduce(list(pieces[span[0] : span[1]])) for span in spans}
    joined = {span: ink for span, ink in joined.items() if _may_be_one(ink)}
    if not joined:
        return []
    told = dict(zip(joined, classify(np.stack([squared(ink) for ink in joined.values()])), strict=True))
    ways: list[dict[str, float]] = [{"": 1.0}] + [{} for _ in pieces]
    for start in range(len(pieces)):
        for end in range(start + 1, min(len(pieces), start + _MOST_JOINED) + 1):
            for text, so_far in ways[start].items():
                for figure, value in enumerate(told.get((start, end), ())[:NOT_ONE]):
                    longer = text + str(figure)
                    if so_far * value > _LEAST and len(longer) <= longest:
                        ways[end][longer] = max(ways[end].get(longer, 0.0), so_far * float(value))
    readings = [Reading(text, value) for text, value in ways[-1].items() if text and fits(text)]
    return sorted(readings, key=lambda reading: -reading.probability)


def classify(squares: NDArray[np.uint8]) -> Values:
    """squares: (n, 28, 28), 255 is ink. Returns (n, 11), rows sum to 1; column 10 is `NOT_ONE`."""
    weights = _weights()
    hidden = np.maximum(features(squares) @ weights["hidden"] + weights["hidden_bias"], 0)
    logits = (hidden @ weights["out"] + weights["out_bias"]) / weights["temperature"]
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Values = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def features(squares: NDArray[np.uint8]) -> Values:
    """Directions of edges, summed over cells of 4 x 4 pixels: (n, 28, 28) to (n, 392), each of length 1."""
    ink = squares.astype(np.float32) / 255
    down, across = np.gradient(ink, axis=(1, 2))
    strength = np.hypot(down, across)
    turn = (np.arctan2(down, across) / (2 * np.pi) % 1) * _DIRECTIONS
    lower = np.floor(turn)
    share = turn - lower
    cells = SIDE // _CELL
    sums = np.zeros((len(ink), cells, cells, _DIRECTIONS), np.float32)
    for direction in range(_DIRECTIONS):
        part = strength * (
            (lower % _DIRECTIONS == direction) * (1 - share) + ((lower + 1) % _DIRECTIONS == direction) * share
        )
        sums[..., direction] = part.reshape(len(ink), cells, _CELL, cells, _CELL).sum(axis=(2, 4))
    flat = np.sqrt(sums.reshape(len(ink), -1))
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    found: Values = (flat / np.maximum(lengths, 1e-6)).astype(np.float32)
    return found


def squared(ink: Mask) -> NDArray[np.uint8]:
    """The ink cut close, its longer side 20 pixels, in the middle of 28 x 28."""
    import cv2

    cut = _cut(ink)
    height, width = cut.shape
    scale = _FITS / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square


def _may_be_one(ink: Mask) -> bool:
    height, width = _cut(ink).shape
    return height > 1 and bool(width <= _WIDEST * height)


def _cut(ink: Mask) -> Mask:
    rows, columns = np.nonzero(ink)
    if rows.size == 0:
        return np.zeros((1, 1), np.uint8)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@cache
def figures_version() -> str:
    """The first digits of the network's digest, from its card."""
    card = json.loads(resources.files("ocr").joinpath("figures.json").read_text(encoding="utf-8"))
    return str(card["sha256"])[:8]


@cache
def _weights() -> dict[str, Values]:
    with resources.files("ocr").joinpath("figures.npz").open("rb") as file, np.load(file) as kept:
        return {name: kept[name].astype(np.float32) for name in kept.files}
