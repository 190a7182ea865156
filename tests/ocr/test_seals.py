"""A seal on a copy without colour goes, print under it stays; other round and dark things stay too."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from ocr.ink import without_coloured_ink
from ocr.seals import without_gray_seals
from tests.ocr import drawn

MIDDLE, RADIUS = (900, 1600), 142  # 36 mm wide at 200 dpi
NAME = "Khuất Đức Chiến"


def sealed(colour: tuple[int, int, int], *, arc: int = 360, radius: int = RADIUS) -> Image.Image:
    """A page with a name on which the lower part of a seal lies."""
    page = drawn.page()
    x, y = MIDDLE
    ImageDraw.Draw(page).text((x - 60, y + 90), NAME, fill=(20, 20, 20), font=drawn.font(34))
    seal = Image.new("RGB", drawn.SIZE, "white")
    pen = ImageDraw.Draw(seal)
    for size in (radius, radius - 40):
        pen.arc((x - size, y - size, x + size, y + size), 0, arc, fill=colour, width=6)
    pen.text((x - 90, y - 20), "ỦY BAN", fill=colour, font=drawn.font(48))
    return ImageChops.multiply(page, seal)


def disc(image: np.ndarray) -> np.ndarray:
    x, y = MIDDLE
    return image[y - RADIUS - 4 : y + RADIUS + 4, x - RADIUS - 4 : x + RADIUS + 4]


def test_a_gray_seal_goes_and_the_name_under_it_stays() -> None:
    marked = np.asarray(sealed((120, 120, 120)).convert("L"))
    bare = np.asarray(sealed((255, 255, 255)).convert("L"))
    mended = without_gray_seals(marked, drawn.DPI)
    ink = disc(bare) < 100
    assert (disc(mended)[ink] < 100).mean() > 0.95
    assert (disc(mended)[~ink] > 200).mean() > 0.95
    assert np.array_equal(mended[:1400], marked[:1400])


@pytest.mark.parametrize(
    ("colour", "arc", "radius"),
    [
        ((20, 20, 20), 360, RADIUS),  # as dark as print: what is what cannot be told
        ((120, 120, 120), 220, RADIUS),  # not whole
        ((120, 120, 120), 360, 60),  # too small for a seal
    ],
)
def test_what_is_no_gray_seal_stays(colour: tuple[int, int, int], arc: int, radius: int) -> None:
    marked = np.asarray(sealed(colour, arc=arc, radius=radius).convert("L"))
    assert np.array_equal(without_gray_seals(marked, drawn.DPI), marked)


def test_a_red_seal_leaves_no_rim_on_yellowed_paper() -> None:
    paper = Image.new("RGB", drawn.SIZE, (240, 222, 180))
    small = ImageChops.multiply(sealed((200, 40, 50)), paper).resize((827, 1170), Image.Resampling.LANCZOS)
    told = without_coloured_ink(drawn.pixels(small))
    x, y = (value // 2 for value in MIDDLE)
    ring = told[y - 75 : y + 40, x - 75 : x + 75]  # above the name
    assert (ring > 0.8 * np.median(told)).mean() > 0.98
    bare = without_coloured_ink(drawn.pixels(ImageChops.multiply(sealed((255, 255, 255)), paper).resize((827, 1170))))
    assert abs(float(np.median(told)) - float(np.median(bare))) < 3


def test_a_scrap_too_small_for_a_seal_stays_whatever_its_resolution() -> None:
    scrap = np.full((8, 8), 100, np.uint8)
    assert np.array_equal(without_gray_seals(scrap, 10_000), scrap)
