"""Numbers, codes and units get the shape that offices print; digits and letters stay what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.codes import mended_codes
from ocr.model import Line, Word
from tests.ocr.test_marks import line


def mended(*texts: str) -> str:
    return "\n".join(each.text for each in mended_codes([line(text) for text in texts]))


@pytest.mark.parametrize(
    ("read", "true"),
    [
        ("sinh ngày O8/O7/1980 tại", "sinh ngày 08/07/1980 tại"),
        ("ngõ 27O phố", "ngõ 270 phố"),
        ("CCCD số OO1887216681", "CCCD số 001887216681"),
        ("Luật Đất đai số 31/2024/QHI5, Luật", "Luật Đất đai số 31/2024/QH15, Luật"),
        ("số 101/2024NĐ-CP ngày", "số 101/2024/NĐ-CP ngày"),
        ("Tờ trình số 1420TTr-BQL ngày", "Tờ trình số 1420/TTr-BQL ngày"),
        ("Quyết định số 1 33/QĐ-TTg ngày", "Quyết định số 133/QĐ-TTg ngày"),
        ("tổng diện tích 496,2 m?.", "tổng diện tích 496,2 m²."),
        ("tổng diện tích sàn: 152,8 mỶ;", "tổng diện tích sàn: 152,8 m²;"),
    ],
)
def test_what_no_office_prints_is_mended(read: str, true: str) -> None:
    assert mended(read) == true


@pytest.mark.parametrize(
    "text",
    [
        "Khối lượng 12,5 m? bê tông",  # may be cubic
        "diện tích 5 m2",
        "O8/0O'7/1980",
        "số 1 và số 2/QĐ",
        "Điều 1 33/QĐ-TTg",
        "QO 12 OO O",
        "O",
        "lô số 12 34 ngày",
        "số 12/2021/QĐ-TTg",
    ],
)
def test_what_may_be_meant_stays(text: str) -> None:
    assert mended(text) == text


def test_an_area_may_be_named_on_the_line_before() -> None:
    assert mended("có tổng diện tích", "767,6 m?.") == "có tổng diện tích\n767,6 m²."


def test_words_far_apart_are_not_one_number() -> None:
    words = line("số 1 33/QĐ-TTg").words
    far = Word(words[2].text, words[2].box.__class__(900, 100, 1100, 140), 0.9)
    [told] = mended_codes([Line((*words[:2], far))])
    assert told.text == "số 1 33/QĐ-TTg"


def test_a_number_in_one_piece_has_the_place_of_both_and_keeps_what_was_read() -> None:
    [read] = [line("số 1 33/QĐ-TTg")]
    [told] = mended_codes([read])
    assert told.words[1].read_as == "1 33/QĐ-TTg"
    assert told.words[1].box == read.words[1].box.union(read.words[2].box)


@given(st.lists(st.sampled_from(["số", "1", "12", "33/QĐ-TTg", "27O", "m?", "diện", "tích", "OO", "a"]), min_size=1))
def test_no_digit_is_lost_or_made_but_of_a_nought(texts: list[str]) -> None:
    def digits(text: str) -> str:
        return "".join("0" if c in "Oo" else c for c in text if c.isdigit() or c in "Oo").replace("²", "")

    read = " ".join(texts)
    assert digits(mended(read)).replace("²", "") == digits(read)
