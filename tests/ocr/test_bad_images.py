"""Images that no scanner should send, through the child processes: read, or refused with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ocr import work
from ocr.errors import FileRefused
from ocr.model import PageText
from tests.ocr import drawn


def read(tmp_path: Path, image: Image.Image, suffix: str = "png", **options: object) -> PageText:
    file = tmp_path / f"image.{suffix}"
    image.save(file, **options)
    [page] = work.recognise(file).pages
    return page


@pytest.mark.parametrize("size", [(1, 1), (40, 40), (1654, 2339), (3, 4000)])
@pytest.mark.parametrize("shade", [0, 255])
def test_black_and_white_of_any_size_hold_no_text(tmp_path: Path, size: tuple[int, int], shade: int) -> None:
    page = read(tmp_path, Image.new("L", size, shade))
    assert (page.width, page.height) == size
    assert page.lines == ()
    if shade:
        assert page.blank


def test_a_page_of_twenty_thousand_pixels_a_side_is_refused_from_its_header(tmp_path: Path) -> None:
    file = tmp_path / "huge.png"
    Image.new("1", (20_000, 20_000), 1).save(file)
    with pytest.raises(FileRefused) as refusal:
        work.inspect(file)
    assert refusal.value.reason == "file.too_many_pixels"


def test_a_large_sheet_of_one_bit_is_made_smaller_and_read(tmp_path: Path) -> None:
    large = drawn.page().convert("L").resize((5000, 7070)).resize((6616, 9356)).point(lambda shade: 255 * (shade > 127))
    page = read(tmp_path, large.convert("1"), "tif", compression="group4", dpi=(800, 800))
    assert (page.width, page.dpi) == (3308, 400)
    assert "QUYẾT ĐỊNH" in page.text


def deep(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def transparent(image: Image.Image) -> Image.Image:
    """The letters alone, on nothing."""
    letters = Image.new("RGBA", image.size, (0, 0, 0, 0))
    letters.putalpha(image.convert("L").point(lambda shade: 255 - shade))
    return letters


@pytest.mark.parametrize(
    ("name", "make", "suffix"),
    [
        ("one bit", lambda page: page.convert("1"), "tif"),
        ("cmyk", lambda page: page.convert("CMYK"), "jpg"),
        ("sixteen bits", deep, "png"),
        ("alpha", transparent, "png"),
    ],
)
def test_a_page_is_read_in_every_kind_of_pixel(tmp_path: Path, name: str, make: object, suffix: str) -> None:
    text = read(tmp_path, make(drawn.page()), suffix, dpi=(drawn.DPI, drawn.DPI)).text  # type: ignore[operator]
    assert "Căn cứ Luật Tổ chức chính quyền địa phương" in text, name


def test_a_photo_with_a_turn_in_its_exif_is_read_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page = read(tmp_path, drawn.page().rotate(90, expand=True), "jpg", exif=exif, dpi=(drawn.DPI, drawn.DPI))
    assert (page.width, page.height, page.rotation) == (*drawn.SIZE, 0)
    assert "QUYẾT ĐỊNH" in page.text


def test_of_an_animation_its_first_picture_is_read_and_of_a_gif_the_reason_is_told(tmp_path: Path) -> None:
    blank = Image.new("RGB", drawn.SIZE, "white")
    page = read(tmp_path, blank, "png", save_all=True, append_images=[drawn.page()])
    assert page.blank
    file = tmp_path / "moving.gif"
    blank.save(file, save_all=True, append_images=[drawn.page()])
    with pytest.raises(FileRefused) as refusal:
        work.inspect(file)
    assert refusal.value.reason == "file.type_unknown"
