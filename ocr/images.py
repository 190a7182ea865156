"""Pages of image files as pixels, by Pillow: whatever the mode, three channels of 8 bits come out."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ocr.errors import FileRefused
from ocr.limits import MAX_READ_PIXELS, check_pixels
from ocr.pdf_pages import Pixels

_DPI_BELIEVED = (60, 1300)
_A4_WIDTH_INCHES = 8.27
_ORIENTATION = 0x0112  # of EXIF
_SMALLER_AS = {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "I;16": "I",
    "I;16B": "I",
    "I;16L": "I",
}  # modes that cannot be reduced
_BAND_ROWS = 64


@contextmanager
def refusing_damage() -> Iterator[None]:
    """Pillow's many ways to say that a file is broken, as one."""
    try:
        yield
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, struct.error, OverflowError):
        raise FileRefused("file.damaged") from None


@contextmanager
def open_image(file: Path) -> Iterator[Any]:
    """Reads the header only; the caller checks the size before the pixels."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the limit is ocr.limits' own, for every kind of file alike
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # by a stream: Pillow maps an uncompressed TIFF that has a name, and then mixes up the rows of a turned one
        with file.open("rb") as stream, Image.open(stream, formats=["JPEG", "PNG", "TIFF"]) as image:
            yield image


def load_page(file: Path, number: int) -> tuple[Pixels, int | None]:
    """Pixels of page `number` in the order blue, green, red, upright as its EXIF says, and its dpi if it tells one.

    A page of more pixels than are read is made smaller, and its dpi with it.
    """
    from PIL import ImageOps

    with refusing_damage(), open_image(file) as image:
        if number > 1:
            image.seek(number - 1)
        check_pixels(image.width, image.height, number)
        dpi = _told_dpi(image)
        width = image.width
        too_large = (image.width * image.height / MAX_READ_PIXELS) ** 0.5
        if too_large > 1:
            image.draft(None, (int(image.width / too_large), int(image.height / too_large)))
        page: Any = image
        if too_large > 1 and page.width == width:
            page = _reduced(page, int(np.ceil(too_large)))
        if dpi is not None:
            dpi = round(dpi * page.width / width)
        page = ImageOps.exif_transpose(page)
        return _three_channels(page), dpi


def _reduced(image: Any, factor: int) -> Any:
    """Made smaller, in bands where the mode has to be another first; it is never whole in that one."""
    from PIL import Image

    image.load()
    mode = _SMALLER_AS.get(image.mode, image.mode)
    if mode == "RGB" and "transparency" in image.info:
        mode = "RGBA"
    if mode == image.mode:
        smaller = image.reduce(factor)
    else:
        smaller = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
        for top in range(0, image.height, _BAND_ROWS * factor):
            band = image.crop((0, top, image.width, min(image.height, top + _BAND_ROWS * factor)))
            smaller.paste(band.convert(mode).reduce(factor), (0, top // factor))
    smaller.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
    return smaller


def guessed_dpi(width: int, height: int) -> int:
    """Of a page that does not tell: as if its shorter side were that of an A4 sheet."""
    return int(np.clip(min(width, height) / _A4_WIDTH_INCHES, 70, 600))


def _told_dpi(image: Any) -> int | None:
    try:
        told = float(image.info["dpi"][0])
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return round(told) if _DPI_BELIEVED[0] <= told <= _DPI_BELIEVED[1] else None


def _three_channels(image: Any) -> Pixels:
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(np.asarray(image))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    rgb = np.asarray(image.convert("RGB"))
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _from_deep(values: np.ndarray[Any, Any]) -> Pixels:
    """16 and 32 bits and floats, by the range they span in whole bytes."""
    values = values.astype(np.float32)
    top = float(values.max(initial=0))
    full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    gray = np.clip(values / full * 255, 0, 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)
