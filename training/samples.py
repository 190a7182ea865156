"""Line images with what they say: made on demand, each by its number alone, so that nothing need be stored."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr.engines.line_images import HEIGHT, as_line_image
from training.degradations import worn
from training.fonts import Face, faces
from training.texts import Texts

_EM = (26, 62)  # pixels: letters of 11 to 14 points at 150 to 300 dpi


@dataclass(frozen=True)
class Sample:
    pixels: NDArray[np.uint8]  # (HEIGHT, width), 0 black
    text: str
    middles: tuple[float, ...]  # of each symbol, in pixels from the left


class Samples:
    """An endless row of samples: the same seed and number give the same bytes."""

    def __init__(self, prepared: Path, lists: Path, fonts: Path, seed: int) -> None:
        self._texts, self._faces, self._seed = Texts(prepared, lists), faces(fonts), seed
        self._weights = [face.weight for face in self._faces]

    def sample(self, number: int, longest: int = 90) -> Sample:
        """longest: symbols of the text."""
        rng = random.Random(f"{self._seed} {number}")
        face = rng.choices(self._faces, self._weights)[0]
        text = _in_letters_of(face, self._texts.line(rng, longest))
        if not text:
            return self.sample(number + (1 << 40), longest)
        size = rng.randint(*_EM)
        spacing = rng.uniform(0, 0.08) * size if rng.random() < 0.1 else 0.0
        ink, edges = face.draw(text, size, spacing)
        page, left, scale = _cut_and_worn(255 - ink, edges, rng)
        middles = tuple((start + end) / 2 * scale - left for start, end in edges)
        return Sample(page, text, middles)


def _in_letters_of(face: Face, text: str) -> str:
    return " ".join("".join(symbol for symbol in text if symbol == " " or symbol in face.letters).split())


def _cut_and_worn(
    image: NDArray[np.uint8], edges: list[tuple[float, float]], rng: random.Random
) -> tuple[NDArray[np.uint8], float, float]:
    """The line cut out about as a line finder cuts, worn, at the reader's height. Then how far and how it was moved.

    A place of the drawing is, in the line image, `place * scale - left`.
    """
    rows = np.flatnonzero((image < 128).any(axis=1))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, image.shape[0])
    tall = bottom - top
    room = [max(0, int(tall * rng.gauss(0.06, 0.05))) for _ in range(2)]
    top, bottom = max(0, top - room[0]), min(image.shape[0], bottom + room[1])
    side = [int(tall * rng.uniform(0.02, 0.3)) for _ in range(2)]
    left = max(0, int(edges[0][0]) - side[0])
    right = min(image.shape[1], int(edges[-1][1]) + side[1])
    cut = worn(np.ascontiguousarray(image[top:bottom, left:right]), rng)
    scale = HEIGHT / cut.shape[0]
    return as_line_image(cut), left * scale, scale
