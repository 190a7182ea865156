"""Figures written by hand into a letterhead: found by the print around them, read, and doubted where they must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr import stored
from ocr.figures import classify, read_figures, squared
from ocr.handwriting import FITS, UNKNOWN, choose, with_handwriting
from ocr.model import Box, Line, PageText, TextSource, Word
from ocr.written_ink import written_ink
from ocr.written_places import PlaceKind, find_places
from tests.ocr import drawn

Strokes = list[list[tuple[float, float]]]
FIGURES: dict[str, Strokes] = {  # of the figure's width and height
    "1": [[(0.1, 0.35), (0.6, 0.0), (0.5, 1.0)]],
    "2": [[(0.1, 0.25), (0.4, 0.0), (0.8, 0.12), (0.75, 0.4), (0.05, 1.0), (0.95, 0.97)]],
    "5": [[(0.9, 0.0), (0.3, 0.03), (0.2, 0.42), (0.7, 0.45), (0.85, 0.75), (0.55, 1.0), (0.05, 0.92)]],
    "7": [[(0.05, 0.05), (0.9, 0.0), (0.4, 1.0)], [(0.2, 0.5), (0.9, 0.45)]],
}
SIZE = 34
TOP = 60
BLUE = (40, 60, 170)


def head(parts: list[str | tuple[str, str]], *, pen: tuple[int, int, int] = (20, 20, 20)) -> tuple[Line, np.ndarray]:
    """A row of print; a pair is (what is written by hand there, what the engine took it for). Its words and pixels."""
    image = Image.new("RGB", (1400, 160), (252, 251, 248))
    draw, x, words = ImageDraw.Draw(image), 40.0, []
    for part in parts:
        if isinstance(part, str):
            draw.text((x, TOP), part, fill=(20, 20, 20), font=drawn.font(SIZE))
            left, top, right, bottom = draw.textbbox((x, TOP), part, font=drawn.font(SIZE))
            words.append(Word(part, Box(left, top, right, bottom), 0.95))
            x = right + 12
        else:
            start = x + 8
            for figure in part[0]:
                x = write(draw, figure, x + 8, pen)
            words += [Word(part[1], Box(start, TOP, x, TOP + 40), 0.4)] if part[1] else []
            x += 18
    return Line(tuple(words)), drawn.pixels(image)


def write(draw: ImageDraw.ImageDraw, figure: str, x: float, pen: tuple[int, int, int]) -> float:
    height, width = 40, 24
    for stroke in FIGURES[figure]:
        points = [(x + across * width, TOP + 6 + down * height) for across, down in stroke]
        draw.line(points, fill=pen, width=6, joint="curve")
        for across, down in points:
            draw.ellipse((across - 3, down - 3, across + 3, down + 3), fill=pen)
    return x + width


def test_a_written_number_takes_the_place_of_what_the_engine_made_of_it() -> None:
    line, pixels = head(["Số:", ("275", "2†ƒ"), "/QĐ-UBND"])
    (read,) = with_handwriting([line], pixels)
    assert read.text == "Số: 275 /QĐ-UBND"
    assert [word.hand for word in read.words] == [False, True, False]
    number = read.words[1]
    assert abs(number.box.left - line.words[1].box.left) < 8
    assert abs(number.box.right - line.words[1].box.right) < 8


@pytest.mark.parametrize("pen", [(20, 20, 20), BLUE])
def test_day_and_month_are_read_between_the_words_of_the_date(pen: tuple[int, int, int]) -> None:
    line, pixels = head(["Hà Nội,", "ngày", ("25", "0"), "tháng", ("12", "⁄2"), "năm", "2025"], pen=pen)
    (read,) = with_handwriting([line], pixels)
    assert read.text == "Hà Nội, ngày 25 tháng 12 năm 2025"
    assert [word.text for word in read.words if word.hand] == ["25", "12"]


def test_a_word_that_held_print_and_writing_becomes_two() -> None:
    line, pixels = head(["Hà Nội,", "ngày", ("25", ""), "tháng", "5", "năm", "2025"])
    words = list(line.words)
    day, month = words[1], words[2]
    words[1:3] = [Word("ngày4†tháng", day.box.union(month.box), 0.3)]
    (read,) = with_handwriting([Line(tuple(words))], pixels)
    assert read.text == "Hà Nội, ngày 25 tháng 5 năm 2025"


def test_writing_that_the_engine_saw_nothing_of_is_found() -> None:
    line, pixels = head(["Hà Nội,", "ngày", ("12", ""), "tháng", "5", "năm", "2025"])
    (read,) = with_handwriting([line], pixels)
    assert read.text == "Hà Nội, ngày 12 tháng 5 năm 2025"


def test_print_is_left_as_the_engine_read_it() -> None:
    line, pixels = head(["Số:", "275", "/QĐ-UBND", "Hà Nội,", "ngày", "25", "tháng", "12", "năm", "2025"])
    doubted = Line(tuple(replace(word, confidence=0.6) for word in line.words))
    assert with_handwriting([line, doubted], pixels) == [line, doubted]


def test_an_empty_place_stays_empty() -> None:
    line, pixels = head(["Số:", ("", ""), "/QĐ-UBND"])
    words = (line.words[0], replace(line.words[1], box=_moved(line.words[1].box, 90)))
    blank = np.full_like(pixels, 250)
    assert with_handwriting([Line(words)], blank) == [Line(words)]


def test_what_cannot_be_read_keeps_the_engines_text_hardly_sure() -> None:
    line, pixels = head(["Hà Nội,", "ngày", ("77", "7?"), "tháng", "5", "năm", "2025"])  # no month has so many days
    (read,) = with_handwriting([line], pixels)
    (written,) = [word for word in read.words if word.hand]
    assert written.text == "7?"
    assert written.confidence <= UNKNOWN


def test_two_readings_that_come_near_are_no_reading() -> None:
    line, pixels = head(["Số:", ("17", ""), "/QĐ-UBND"])
    place = next(find_places(line))
    ink = written_ink(pixels, place)
    assert ink is not None
    readings = read_figures(ink.pieces, FITS[PlaceKind.NUMBER], 5)
    assert choose(readings)[1] > choose([readings[0], replace(readings[0], text="99")])[1]
    assert choose([]) == ("", 0.0)


def test_numbers_that_running_text_cites_are_no_places() -> None:
    cited = Line(head(["số", ("75", "75"), "/TTr-UBND", "ngày", "25", "tháng", "12", "năm", "2024", "của"])[0].words)
    assert list(find_places(cited)) == []


def test_a_figure_is_told_from_what_is_none() -> None:
    image = Image.new("RGB", (80, 160), "white")
    write(ImageDraw.Draw(image), "7", 20, (0, 0, 0))
    seven = 255 - drawn.pixels(image)[:, :, 0]
    told = classify(np.stack([squared(seven), np.zeros((28, 28), np.uint8)]))
    assert told.shape == (2, 11)
    assert np.allclose(told.sum(axis=1), 1, atol=1e-5)
    assert told[0].argmax() == 7


def test_pages_stored_before_writing_was_marked_are_read() -> None:
    written = Line((Word("275", Box(1, 1, 9, 9), 0.9, hand=True),))
    told = stored.page_to_json(PageText(1, 100, 100, 300, 0, 0.0, False, TextSource.RECOGNISED, (written,)))
    assert stored.page_from_json(told).lines == (written,)
    del told["hand"]
    assert not stored.page_from_json(told).lines[0].words[0].hand


def _moved(box: Box, by: float) -> Box:
    return Box(box.left + by, box.top, box.right + by, box.bottom)
