"""Written figures as masks of ink: of MNIST, of a handwriting font, of strokes in the Vietnamese habit, of print."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.digits.sources import Ink, Sources

Pen = Callable[[str, int], Ink]
"""(figure, height in pixels) to its mask, cut close"""

# of the figure's own height and width; a 1 with a long flag, 4 open above, 7 barred, 9 hooked, 2 looped
_STROKES: dict[str, list[list[list[tuple[float, float]]]]] = {
    "0": [[[(0.6, 0.0), (0.1, 0.3), (0.1, 0.8), (0.5, 1.0), (0.85, 0.7), (0.85, 0.25), (0.55, 0.03)]],
          [[(0.75, 0.1), (0.35, 0.05), (0.05, 0.5), (0.3, 1.0), (0.8, 0.8), (0.9, 0.3), (0.6, 0.0)]]],
    "1": [[[(0.0, 0.5), (0.5, 0.0), (0.42, 1.0)]], [[(0.1, 0.3), (0.45, 0.0), (0.4, 1.0)]],
          [[(0.0, 0.6), (0.6, 0.0), (0.4, 1.0)]], [[(0.3, 0.0), (0.25, 1.0)]],
          [[(-0.4, 0.95), (0.6, 0.0), (0.5, 1.0)]], [[(-0.2, 0.75), (0.55, 0.0), (0.45, 1.0)]],
          [[(-0.5, 0.8), (0.1, 0.35), (0.6, 0.0), (0.5, 1.0)]]],
    "2": [[[(0.1, 0.3), (0.35, 0.0), (0.8, 0.15), (0.65, 0.5), (0.05, 0.95), (0.15, 0.7), (0.5, 0.95), (0.95, 0.9)]],
          [[(0.1, 0.25), (0.4, 0.0), (0.8, 0.2), (0.5, 0.6), (0.0, 1.0), (0.9, 0.97)]]],
    "3": [[[(0.15, 0.1), (0.6, 0.0), (0.75, 0.25), (0.35, 0.45), (0.85, 0.65), (0.6, 1.0), (0.05, 0.9)]],
          [[(0.15, 0.03), (0.8, 0.0), (0.4, 0.4), (0.85, 0.65), (0.55, 1.0), (0.05, 0.92)]]],
    "4": [[[(0.45, 0.0), (0.05, 0.6), (1.0, 0.57)], [(0.75, 0.3), (0.62, 1.0)]],
          [[(0.3, 0.05), (0.1, 0.5), (0.85, 0.5)], [(0.8, 0.0), (0.65, 1.0)]],
          [[(0.6, 0.0), (0.05, 0.65), (0.95, 0.62)], [(0.62, 0.0), (0.6, 1.0)]],
          [[(0.65, 0.0), (0.0, 0.6), (1.1, 0.4)], [(0.7, 0.02), (0.4, 1.0)]],
          [[(0.7, 0.0), (0.0, 0.65), (1.2, 0.5)], [(0.72, 0.1), (0.5, 1.0)]]],
    "5": [[[(0.3, 0.05), (0.2, 0.45), (0.65, 0.4), (0.8, 0.75), (0.4, 1.0), (0.05, 0.9)], [(0.3, 0.05), (0.95, 0.0)]],
          [[(0.9, 0.0), (0.35, 0.03), (0.2, 0.45), (0.75, 0.5), (0.7, 0.9), (0.05, 1.0)]]],
    "6": [[[(0.7, 0.0), (0.2, 0.4), (0.1, 0.85), (0.5, 1.0), (0.8, 0.7), (0.45, 0.5), (0.15, 0.75)]],
          [[(0.45, 0.0), (0.1, 0.6), (0.35, 1.0), (0.85, 0.8), (0.5, 0.55), (0.15, 0.8)]]],
    "7": [[[(0.05, 0.1), (0.9, 0.05), (0.4, 1.0)], [(0.25, 0.5), (0.85, 0.45)]],
          [[(0.05, 0.25), (0.1, 0.05), (0.9, 0.0), (0.45, 1.0)], [(0.3, 0.52), (0.9, 0.5)]],
          [[(0.1, 0.1), (0.95, 0.05), (0.45, 1.0)], [(0.0, 0.5), (1.25, 0.45)]],
          [[(0.05, 0.05), (0.9, 0.0), (0.35, 1.0)]]],
    "8": [[[(0.75, 0.15), (0.4, 0.0), (0.2, 0.25), (0.8, 0.7), (0.5, 1.0), (0.12, 0.75), (0.7, 0.25), (0.6, 0.05)]],
          [[(0.8, 0.1), (0.35, 0.05), (0.3, 0.35), (0.75, 0.65), (0.5, 1.0), (0.1, 0.8), (0.85, 0.15)]]],
    "9": [[[(0.8, 0.2), (0.4, 0.0), (0.1, 0.3), (0.4, 0.55), (0.8, 0.2), (0.7, 0.75), (0.25, 1.0), (0.1, 0.85)]],
          [[(0.75, 0.15), (0.3, 0.05), (0.15, 0.4), (0.6, 0.45), (0.8, 0.1), (0.65, 1.0)]]],
}  # fmt: skip


class Drawer:
    """Holds what is drawn with; `rng` decides all."""

    def __init__(self, sources: Sources, rng: np.random.Generator, *, held_out: bool = False) -> None:
        self._rng = rng
        self._mnist = sources.mnist_test if held_out else sources.mnist
        self._written = [_opened(data) for data in (sources.written_held_out if held_out else sources.written)]
        self._printed = [_opened(data) for data in sources.printed]

    def pen(self, kind: str) -> Pen:
        """One writer of the kind mnist, font, strokes or print."""
        rng = self._rng
        if kind == "mnist":
            return lambda figure, height: _cut(
                _grown(self._mnist[figure][rng.integers(len(self._mnist[figure]))], height)
            )
        if kind == "strokes":
            return self._by_strokes()
        fonts = self._printed if kind == "print" else self._written
        font = fonts[rng.integers(len(fonts))]
        return lambda text, height: glyphs(font, text, height)

    def text(self, text: str, height: int, *, italic: bool) -> Ink:
        """Print, `height` that of its figures."""
        fonts = self._printed[1::2] if italic else self._printed[::2]
        font = fonts[self._rng.integers(len(fonts))]
        scale = height / glyphs(font, "0", 64).shape[0]
        size = font.font_variant(size=max(4, round(64 * scale)))
        return _drawn(size, text)

    def _by_strokes(self) -> Pen:
        rng = self._rng
        lean, wide = rng.normal(0.1, 0.12), rng.uniform(0.45, 0.75)
        habit = {figure: rng.integers(len(ways)) for figure, ways in _STROKES.items()}
        thick = rng.uniform(0.06, 0.24)

        def draw(figure: str, height: int) -> Ink:
            width = max(3, int(height * wide * (rng.uniform(0.6, 1.1) if figure == "1" else 1.0)))
            mask = np.zeros((height * 2, width + height * 2), np.uint8)
            for stroke in _STROKES[figure][habit[figure]]:
                points = np.array(stroke) + rng.normal(0, 0.035, (len(stroke), 2))
                points = _smooth(points) if len(stroke) > 3 else points
                across = points[:, 0] * width + (1 - points[:, 1]) * lean * height + height
                line = np.stack([across, points[:, 1] * height + height / 2], axis=1)
                cv2.polylines(
                    mask, [np.round(line * 8).astype(np.int32)], False, 255, max(1, int(thick * height)), cv2.LINE_AA, 3
                )
            return _cut(mask)

        return draw


def glyphs(font: ImageFont.FreeTypeFont, text: str, height: int) -> Ink:
    """Text cut close and scaled to the height."""
    mask = _cut(_drawn(font, text))
    width = max(2, round(mask.shape[1] * height / mask.shape[0]))
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _opened(data: bytes) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(data), 64)


def _drawn(font: ImageFont.FreeTypeFont, text: str) -> Ink:
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(1, int(right - left) + 2), max(1, int(bottom - top) + 2)))
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=font)
    return np.asarray(image).copy()


def _grown(image: Ink, height: int) -> Ink:
    """28 x 28 brought near the height with smooth edges."""
    size = round(28 * height / 20)
    large = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip((cv2.GaussianBlur(large, (0, 0), size / 60).astype(np.float32) - 90) * 3, 0, 255).astype(np.uint8)


def _smooth(points: np.ndarray) -> np.ndarray:
    """Chaikin's corner cutting, the ends kept."""
    for _ in range(3):
        near, far = points[:-1] * 0.75 + points[1:] * 0.25, points[:-1] * 0.25 + points[1:] * 0.75
        points = np.concatenate([points[:1], np.stack([near, far], axis=1).reshape(-1, 2), points[-1:]])
    return points


def _cut(mask: Ink) -> Ink:
    rows, columns = np.nonzero(mask > 100)
    if rows.size == 0:
        return np.zeros((2, 2), np.uint8)
    return mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
