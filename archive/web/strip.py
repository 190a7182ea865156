"""A cut of a page image with the found words marked: what a search result shows of the paper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageChops, ImageDraw

from archive.errors import InvalidInput
from archive.queries.views import FractionBox

WIDTH = 720
MARK = (255, 226, 110)
A4_RATIO = 1.414
MARGIN = 0.015
TALLEST = 0.12  # of the page, between the margins
MAX_MARKS = 60


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of the page a strip shows, as fractions of its height; `marks` for the address."""

    top: float
    bottom: float
    marks: str

    @property
    def height(self) -> int:
        return round((self.bottom - self.top) * WIDTH * A4_RATIO)


def cut_around(boxes: Sequence[FractionBox]) -> Cut:
    """From a little above the first found word down to the last one that is near it."""
    ordered = sorted(boxes, key=lambda box: (box[1], box[0]))
    top = max(0.0, ordered[0][1] - MARGIN)
    near = [box for box in ordered if box[3] <= top + TALLEST] or ordered[:1]
    bottom = min(1.0, top + TALLEST + MARGIN, max(box[3] for box in near) + MARGIN)
    return Cut(round(top, 4), round(bottom, 4), ";".join(_written(box) for box in near[:MAX_MARKS]))


def read_marks(text: str) -> tuple[FractionBox, ...]:
    try:
        boxes = [tuple(float(part) for part in box.split(",")) for box in text.split(";") if box]
    except ValueError:
        boxes = [()]
    if len(boxes) > MAX_MARKS or any(len(box) != 4 or not all(0 <= part <= 1 for part in box) for box in boxes):
        raise InvalidInput("web.bad_request", field="marks")
    return tuple((box[0], box[1], box[2], box[3]) for box in boxes)


def draw(source: BinaryIO, top: float, bottom: float, marks: Sequence[FractionBox]) -> bytes:
    """A JPEG, WIDTH pixels wide; the marks lie over the paper as a marker pen does.

    Raises InvalidInput for what `cut_around` never asks: an excerpt is no page.
    """
    if not 0 <= top < bottom <= 1 or bottom - top > TALLEST + 3 * MARGIN:
        raise InvalidInput("web.bad_request", field="top")
    with Image.open(source) as image:
        width, height = image.size
        image.draft("RGB", (WIDTH, WIDTH * height // max(1, width)))
        scale_x, scale_y = image.size
        part = image.crop((0, int(top * scale_y), scale_x, max(int(top * scale_y) + 1, int(bottom * scale_y))))
        part = part.convert("RGB")
    pen = Image.new("RGB", part.size, "white")
    canvas = ImageDraw.Draw(pen)
    for left, upper, right, lower in marks:
        corner = (left * scale_x - 1, upper * scale_y - top * scale_y - 1)
        canvas.rectangle(
            (corner, (max(corner[0], right * scale_x + 1), max(corner[1], (lower - top) * scale_y + 1))), MARK
        )
    marked = ImageChops.multiply(part, pen)
    marked = marked.resize((WIDTH, max(1, round(marked.height * WIDTH / marked.width))), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    marked.save(written, "JPEG", quality=80)
    return written.getvalue()


def _written(box: FractionBox) -> str:
    return ",".join(f"{min(1.0, max(0.0, part)):.4f}" for part in box)
