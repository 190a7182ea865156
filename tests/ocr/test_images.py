"""Whatever the mode of a picture, a page of three channels comes out, or a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ocr.errors import FileRefused
from ocr.images import load_page


def saved(tmp_path: Path, image: Image.Image, suffix: str, **options: object) -> Path:
    file = tmp_path / f"page.{suffix}"
    image.save(file, **options)
    return file


def ramp() -> Image.Image:
    return Image.fromarray(np.tile(np.linspace(0, 255, 80, dtype=np.uint8), (60, 1)))


MODES = [
    ("1", "png"), ("1", "tif"), ("L", "jpg"), ("LA", "png"), ("P", "png"), ("RGB", "jpg"), ("RGBA", "png"),
    ("CMYK", "jpg"), ("CMYK", "tif"), ("I;16", "png"), ("I;16", "tif"), ("F", "tif"), ("YCbCr", "jpg"), ("LAB", "tif"),
]  # fmt: skip


def ramp_in(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(ramp()).astype(np.uint16) * 257)
    if mode == "LAB":
        flat = Image.new("L", (80, 60), 128)
        return Image.merge("LAB", (ramp(), flat, flat))
    return ramp().convert(mode)


@pytest.mark.parametrize(("mode", "suffix"), MODES)
def test_every_mode_gives_dark_left_and_light_right(tmp_path: Path, mode: str, suffix: str) -> None:
    pixels, _ = load_page(saved(tmp_path, ramp_in(mode), suffix), 1)
    assert pixels.shape == (60, 80, 3)
    assert pixels.dtype == np.uint8
    assert pixels[:, :10].mean() < 60
    assert pixels[:, -10:].mean() > 190


@pytest.mark.parametrize(("mode", "suffix"), MODES)
def test_a_page_of_more_pixels_than_are_read_is_made_smaller_in_every_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, suffix: str
) -> None:
    monkeypatch.setattr("ocr.images.MAX_READ_PIXELS", 2000)
    pixels, dpi = load_page(saved(tmp_path, ramp_in(mode), suffix, dpi=(600, 600)), 1)
    assert pixels.shape == (30, 40, 3)
    assert dpi == pytest.approx(300, abs=1)
    assert pixels[:, :5].mean() < 60
    assert pixels[:, -5:].mean() > 190


def test_colours_of_a_palette_and_transparency_outlast_being_made_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = ramp().convert("P")
    image.putpalette([255 - shade for shade in range(256) for _ in range(3)])
    file = saved(tmp_path, image, "png", transparency=255)  # black at the right, but transparent there
    monkeypatch.setattr("ocr.images.MAX_READ_PIXELS", 2000)
    pixels, _ = load_page(file, 1)
    assert pixels[:, :5].mean() > 190
    assert pixels[:, 33:36].mean() < 60
    assert (pixels[:, -1] > 100).all()


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
@pytest.mark.parametrize("limit", [10**6, 2000])
def test_a_sideways_picture_stands_upright_whatever_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, limit: int
) -> None:
    image = Image.new("L", (80, 60), 255)
    image.paste(0, (0, 0, 80, 12))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    file = saved(tmp_path, image, suffix, exif=exif)
    monkeypatch.setattr("ocr.images.MAX_READ_PIXELS", limit)
    pixels, _ = load_page(file, 1)
    height, width = pixels.shape[:2]
    assert height > width
    assert pixels[:, -width // 8 :].mean() < 60
    assert pixels[:, : width // 2].mean() > 200


def test_of_an_animation_the_first_picture_is_the_page(tmp_path: Path) -> None:
    still, moved = Image.new("L", (40, 30), 255), Image.new("L", (40, 30), 0)
    pixels, _ = load_page(saved(tmp_path, still, "png", save_all=True, append_images=[moved]), 1)
    assert (pixels == 255).all()


def test_what_is_transparent_is_paper(tmp_path: Path) -> None:
    pixels, _ = load_page(saved(tmp_path, Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "png"), 1)
    assert (pixels == 255).all()


def test_a_photo_taken_sideways_stands_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (80, 60), "white")
    image.paste("black", (0, 0, 80, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    pixels, _ = load_page(saved(tmp_path, image, "jpg", exif=exif, quality=95), 1)
    assert pixels.shape == (80, 60, 3)
    assert pixels[:, -8:].mean() < 30


def test_the_resolution_is_believed_where_it_can_be(tmp_path: Path) -> None:
    image = Image.new("L", (80, 60), 255)
    assert load_page(saved(tmp_path, image, "jpg", dpi=(200, 200)), 1)[1] == 200
    assert load_page(saved(tmp_path, image, "jpg", dpi=(1, 1)), 1)[1] is None
    assert load_page(saved(tmp_path, image, "png"), 1)[1] is None


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_a_page_too_large_to_read_is_made_smaller_with_its_resolution(tmp_path: Path, suffix: str) -> None:
    file = saved(tmp_path, Image.new("L", (9000, 9000), 255), suffix, dpi=(600, 600))
    pixels, dpi = load_page(file, 1)
    assert pixels.shape[0] * pixels.shape[1] <= 40_000_000
    assert dpi == pytest.approx(600 * pixels.shape[1] / 9000, abs=1)


def test_each_page_of_a_tiff_is_its_own(tmp_path: Path) -> None:
    file = tmp_path / "pages.tif"
    Image.new("L", (40, 40), 255).save(file, save_all=True, append_images=[Image.new("L", (50, 30), 0)])
    assert load_page(file, 1)[0].mean() == 255
    assert load_page(file, 2)[0].shape == (30, 50, 3)


def test_a_damaged_picture_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path, ramp(), "tif")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(FileRefused) as refusal:
        load_page(file, 1)
    assert refusal.value.reason == "file.damaged"
