"""What paper, copiers and scanners do to a line: each takes and gives grey pixels, 0 black, (height, width)."""

from __future__ import annotations

import random
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def worn(image: Gray, rng: random.Random) -> Gray:
    """The line after a random few of them, in the order in which they happen to paper. Never the same twice."""
    noise = np.random.default_rng(rng.getrandbits(63))
    for often, step in _STEPS:
        if rng.random() < often:
            image = step(image, rng, noise)
    return image


def _pen(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    """Thinner or thicker letters, as of little or much toner."""
    kernel = np.ones((2, 2), np.uint8) if rng.random() < 0.6 else np.ones((1, 2), np.uint8)
    changed = cv2.erode(image, kernel) if rng.random() < 0.6 else cv2.dilate(image, kernel)
    return _as_gray(cv2.addWeighted(image, 0.4, changed, 0.6, 0))


def _underline(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    height, width = image.shape
    row = int(height * rng.uniform(0.8, 0.95))
    left, right = sorted(rng.sample(range(width), 2)) if width > 2 else (0, width)
    image = image.copy()
    image[row : row + rng.randint(1, 3), left:right] = rng.randint(0, 90)
    return image


def _skew(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    """A lean of the rest that straightening left, and slanted letters."""
    height, width = image.shape
    lean = rng.uniform(-0.25, 0.25) * height / max(width, 4 * height)
    slant = rng.gauss(0, 0.05)
    matrix = np.array([[1, slant, -slant * height / 2], [lean, 1, -lean * width / 2]], dtype=np.float64)
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(255.0,))
    return _as_gray(moved)


def _stamp(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    """What is left of a seal or a signature over the line once its colour is taken out."""
    over = np.full_like(image, 255)
    height, width = image.shape
    shade = rng.randint(120, 215)
    centre = (rng.randrange(width), rng.randint(-height, 2 * height))
    if rng.random() < 0.6:
        for radius in (rng.randint(height, 3 * height),) * 2:
            cv2.circle(over, centre, radius - rng.randint(0, 8), (shade,), rng.randint(1, 5))
    else:
        points = np.array([[rng.randrange(width), rng.randint(0, height)] for _ in range(6)], np.int32)
        cv2.polylines(over, [points], isClosed=False, color=(shade,), thickness=rng.randint(1, 3), lineType=cv2.LINE_AA)
    return np.minimum(image, over)


def _bleed(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    """The other side of the paper: the line itself in a mirror, moved and pale."""
    back = np.roll(image[:, ::-1], (rng.randint(-8, 8), rng.randrange(image.shape[1])), axis=(0, 1))
    back = cv2.GaussianBlur(back, (0, 0), rng.uniform(0.8, 2))
    strength = rng.uniform(0.08, 0.3)
    return np.minimum(image, (255 - (255 - back.astype(np.float32)) * strength).astype(np.uint8))


def _lower(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    """Scanned with fewer pixels; the size stays."""
    height, width = image.shape
    factor = rng.uniform(0.4, 0.9)
    smaller = (max(8, int(width * factor)), max(8, int(height * factor)))
    small = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    return _as_gray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _blur(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    return _as_gray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6)))


def _fade(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    """Pale ink on paper that is not white, brighter on one side."""
    ink, paper = rng.uniform(0, 120), rng.uniform(190, 255)
    across = np.linspace(1, rng.uniform(0.85, 1), image.shape[1], dtype=np.float32)
    return _clipped((ink + image.astype(np.float32) / 255 * (paper - ink)) * across)


def _grain(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    return _clipped(image + noise.normal(0, rng.uniform(2, 18), image.shape))


def _photocopy(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    """Black and white alone, with specks."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.7).astype(np.float32) + noise.normal(0, 12, image.shape)
    level = np.mean([np.percentile(soft, 2), np.percentile(soft, 90)]) + rng.uniform(-25, 30)
    copied = np.where(soft < level, 0, 255).astype(np.uint8)
    specks = noise.random(image.shape)
    copied[specks < rng.uniform(0, 0.004)] = 0
    copied[specks > 1 - rng.uniform(0, 0.01)] = 255
    return copied


def _jpeg(image: Gray, rng: random.Random, noise: np.random.Generator) -> Gray:
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(25, 85)])
    return _as_gray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE))


_STEPS: tuple[tuple[float, Callable[[Gray, random.Random, np.random.Generator], Gray]], ...] = (
    (0.35, _pen),
    (0.08, _underline),
    (0.5, _skew),
    (0.1, _bleed),
    (0.35, _lower),
    (0.4, _blur),
    (0.12, _stamp),
    (0.5, _fade),
    (0.45, _grain),
    (0.2, _photocopy),
    (0.4, _jpeg),
)


def _clipped(image: np.ndarray) -> Gray:
    return np.clip(image, 0, 255).astype(np.uint8)


def _as_gray(image: np.ndarray) -> Gray:
    return np.asarray(image, dtype=np.uint8)
