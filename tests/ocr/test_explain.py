"""The picture of what was done to a page, and the command that writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ocr import work
from ocr.explain import COLOURS, draw_page
from ocr.model import Box, Line, PageText, StampMark, TextSource, Word
from tests.cli.running import archive
from tests.ocr import drawn

LEGEND = {name: name for name in COLOURS}
SIZE = (400, 300)
WORDS = {
    "sure": Word("a", Box(20, 40, 80, 70), 0.99),
    "doubtful": Word("b", Box(100, 40, 160, 70), 0.9),
    "unsure": Word("c", Box(180, 40, 240, 70), 0.3),
    "corrected": Word("tổ", Box(260, 140, 320, 170), 0.99, read_as="tô"),
}
PAGE = PageText(
    1, 400, 300, 200, 0, 0.0, False, TextSource.RECOGNISED, (Line(tuple(WORDS.values())),),
    (StampMark(Box(20, 200, 200, 280), "red", "CÔNG VĂN ĐẾN", 0.9),),
)  # fmt: skip


def shown(page: PageText, scale: int = 1) -> tuple[np.ndarray, int]:
    """Pixels, and how high the legend stands above the page."""
    size = SIZE[0] * scale, SIZE[1] * scale
    whole = np.asarray(draw_page(Image.new("RGB", size, "white"), page, LEGEND))
    return whole, whole.shape[0] - size[1]


@pytest.mark.parametrize("scale", [1, 2])
def test_each_word_is_framed_in_the_colour_of_its_kind_where_it_stands(scale: int) -> None:
    pixels, legend = shown(PAGE, scale)
    for name, word in WORDS.items():
        top, left = int(word.box.top * scale) + legend, int(word.box.left * scale)
        assert tuple(pixels[top, left + 5]) == COLOURS[name], name
        assert tuple(pixels[top + 10, left + 10]) == (255, 255, 255), "the word itself stays to be seen"
    assert tuple(pixels[200 * scale + legend, 100 * scale]) == COLOURS["stamp"]


def test_what_was_read_stands_above_a_corrected_word_only() -> None:
    def ink_above(page: PageText) -> int:
        pixels, legend = shown(page)
        return int(np.count_nonzero((pixels[legend + 115 : legend + 138, 255:325] != 255).any(axis=2)))

    uncorrected = replace(PAGE, lines=(Line(tuple(replace(word, read_as=None) for word in WORDS.values())),))
    assert ink_above(PAGE) > 10
    assert ink_above(uncorrected) == 0


def test_the_legend_names_every_colour() -> None:
    pixels, legend = shown(replace(PAGE, lines=(), stamps=()), scale=2)
    colours = {tuple(map(int, pixel)) for pixel in pixels[:legend].reshape(-1, 3)}
    assert set(COLOURS.values()) <= colours


def test_a_turned_page_is_drawn_upright_in_a_child_process(tmp_path: Path) -> None:
    file = tmp_path / "page.png"
    drawn.page().rotate(90, expand=True).save(file, dpi=(200, 200))
    out = tmp_path / "explained.png"
    work.explain(file, PageText(1, *drawn.SIZE, 200, 90, 0.0, False, TextSource.RECOGNISED, ()), out, LEGEND)
    with Image.open(out) as image:
        assert image.height > image.width


@pytest.mark.slow
def test_the_command_writes_one_image_a_page_beside_its_answer(tmp_path: Path) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page(), drawn.page())
    done = archive(tmp_path / "none", "ocr", file, "--explain", tmp_path / "seen.png", "--json")
    assert (done.code, len(done.document["pages"])) == (0, 2)
    assert sorted(path.name for path in tmp_path.glob("seen*")) == ["seen-0001.png", "seen-0002.png"]


def test_an_image_that_cannot_be_written_is_told_before_the_reading(tmp_path: Path) -> None:
    file = tmp_path / "page.png"
    Image.new("L", (40, 40), 255).save(file)
    for name in ("seen.gif", "none/seen.png", "page.png"):
        done = archive(tmp_path / "none", "ocr", file, "--explain", tmp_path / name)
        assert done.code == 2
        assert name in done.stderr
    assert file.stat().st_size < 1000, "the file that is to be read is not written over"
