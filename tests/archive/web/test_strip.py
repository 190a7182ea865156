import io

import pytest
from PIL import Image

from archive.errors import InvalidInput
from archive.web.strip import TALLEST, cut_around, draw, read_marks


def page() -> io.BytesIO:
    written = io.BytesIO()
    Image.new("RGB", (1240, 1754), "white").save(written, "JPEG")
    written.seek(0)
    return written


def test_a_strip_shows_the_asked_part_with_the_words_marked() -> None:
    drawn = Image.open(io.BytesIO(draw(page(), 0.5, 0.6, [(0.25, 0.54, 0.5, 0.56)])))
    assert drawn.width == 720
    assert drawn.height == pytest.approx(720 * 0.1 * 1754 / 1240, abs=2)
    inside = drawn.getpixel((int(0.4 * 720), drawn.height // 2))
    outside = drawn.getpixel((int(0.8 * 720), drawn.height // 2))
    assert inside[2] < 150 < 240 < outside[2]


def test_a_cut_holds_the_first_words_and_what_is_near() -> None:
    cut = cut_around([(0.1, 0.9, 0.2, 0.92), (0.1, 0.3, 0.2, 0.32), (0.5, 0.34, 0.6, 0.36)])
    assert cut.top < 0.3
    assert 0.36 < cut.bottom < 0.3 + TALLEST
    assert cut.marks.count(";") == 1


def test_a_word_as_tall_as_a_page_makes_no_taller_cut() -> None:
    cut = cut_around([(0.0, 0.0, 1.0, 1.0)])
    draw(page(), cut.top, cut.bottom, read_marks(cut.marks))
    assert cut.bottom < 0.2


def test_marks_survive_the_way_through_an_address() -> None:
    assert read_marks(cut_around([(0.1, 0.3, 0.2, 0.32)]).marks) == ((0.1, 0.3, 0.2, 0.32),)


@pytest.mark.parametrize("text", ["1", "a,b,c,d", "0,0,1", "0,0,1,2", "nan,0,1,1", ";".join(["0,0,1,1"] * 61)])
def test_marks_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_marks(text)


@pytest.mark.parametrize(
    ("top", "bottom"), [(0.5, 0.5), (0.6, 0.5), (-0.1, 0.05), (0.95, 1.05), (float("nan"), 1), (0, 1), (0.2, 0.4)]
)
def test_a_strip_outside_the_page_or_of_much_of_it_is_refused(top: float, bottom: float) -> None:
    with pytest.raises(InvalidInput):
        draw(page(), top, bottom, [])
