"""Blocks side by side: cut apart, the left before the right; what is not side by side comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.columns import in_columns
from ocr.model import Box, Line, Word

WIDTH, HEIGHT, LETTER = 1654, 2339, 16.0


def line(*parts: tuple[float, str], top: float, height: float = 30) -> Line:
    """parts: where each begins, and its text; a space is as wide as a letter."""
    words = []
    for start, text in parts:
        at = start
        for each in text.split():
            words.append(Word(each, Box(at, top, at + LETTER * len(each), top + height), 0.9))
            at += LETTER * (len(each) + 1)
    return Line(tuple(words))


TITLE, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
BODY = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015 và các quy định của pháp luật"


def head(gap: float = 60) -> list[Line]:
    right = 200 + LETTER * len("ỦY BAN NHÂN DÂN") + gap + 300
    return [
        line((200, "ỦY BAN NHÂN DÂN"), (right, TITLE), top=200),
        line((220, "THÀNH PHỐ HÀ NỘI"), (right + 60, MOTTO), top=240),
        line((230, "Số: 123/QĐ-UBND"), (right, "Hà Nội, ngày 08 tháng 5 năm 2017"), top=300),
        line((700, "QUYẾT ĐỊNH"), top=380),
        line((120, BODY), top=440),
    ]


def texts(lines: list[Line]) -> list[str]:
    return [each.text for each in lines]


def test_the_halves_of_a_head_are_never_one_line() -> None:
    assert texts(in_columns(head(), WIDTH, HEIGHT)) == [
        "ỦY BAN NHÂN DÂN",
        "THÀNH PHỐ HÀ NỘI",
        "Số: 123/QĐ-UBND",
        TITLE,
        MOTTO,
        "Hà Nội, ngày 08 tháng 5 năm 2017",
        "QUYẾT ĐỊNH",
        BODY,
    ]


def test_an_organ_close_to_the_national_title_is_cut_from_it() -> None:
    organ = "BỘ GIÁO DỤC VÀ ĐÀO TẠO VIỆT NAM"
    left = 200 + LETTER * (len(organ) + 1)
    lines = [line((200, organ), (left, TITLE), top=200), *head()[1:]]
    assert texts(in_columns(lines, WIDTH, HEIGHT))[0] == organ


def test_the_body_is_not_cut_at_a_gutter_that_a_head_has() -> None:
    wide = line((120, "Căn cứ Luật Tổ chức"), (120 + LETTER * 23, "chính quyền địa phương ngày 19 tháng 6"), top=500)
    assert wide in in_columns([*head(), wide], WIDTH, HEIGHT)


def test_a_title_in_the_middle_cuts_nothing() -> None:
    lines = [line((560, TITLE), top=200), line((620, MOTTO), top=240), line((120, BODY), top=300)]
    assert in_columns(lines, WIDTH, HEIGHT) == lines


def test_a_sentence_that_names_the_republic_is_no_head() -> None:
    lines = [line((120, f"Luật này được Quốc hội nước {TITLE.capitalize()} khóa XIV thông qua"), top=900)]
    assert in_columns(lines, WIDTH, HEIGHT) == lines


def test_a_signature_stands_before_the_recipients_beside_it() -> None:
    lines = [
        line((120, BODY), top=1500),
        line((150, "Nơi nhận:"), (950, "TM. ỦY BAN NHÂN DÂN"), top=1600),
        line((150, "- Như Điều 3;"), (1050, "CHỦ TỊCH"), top=1640),
        line((150, "- Lưu: VT."), top=1680),
        line((1000, "Nguyễn Hoàng Giang"), top=1800),
    ]
    assert texts(in_columns(lines, WIDTH, HEIGHT)) == [
        BODY,
        "TM. ỦY BAN NHÂN DÂN",
        "CHỦ TỊCH",
        "Nguyễn Hoàng Giang",
        "Nơi nhận:",
        "- Như Điều 3;",
        "- Lưu: VT.",
    ]


@pytest.mark.parametrize("top", [150, 1600])  # a last page may hold nothing else
def test_two_signers_stand_one_after_the_other(top: int) -> None:
    lines = [
        line((250, "ĐẠI DIỆN BÊN A"), (1000, "ĐẠI DIỆN BÊN B"), top=top),
        line((230, "Nguyễn Văn An"), (1010, "Trần Thị Bình"), top=top + 200),
    ]
    ordered = ["ĐẠI DIỆN BÊN A", "Nguyễn Văn An", "ĐẠI DIỆN BÊN B", "Trần Thị Bình"]
    assert texts(in_columns(lines, WIDTH, HEIGHT)) == ordered


@pytest.mark.parametrize(
    "text", ["Nơi nhận:", "Nơi nhận giấy tờ: Phòng Tư pháp, bộ phận một cửa của Ủy ban nhân dân quận"]
)
def test_recipients_with_nothing_beside_them_stay(text: str) -> None:
    lines = [line((150, text), top=1600), line((150, "- Lưu: VT."), top=1640)]
    assert in_columns(lines, WIDTH, HEIGHT) == lines


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1200),
            st.integers(0, 2200),
            st.sampled_from(["Nơi nhận:", TITLE, "Số: 1/QĐ", "ĐẠI DIỆN BÊN A", "x", BODY]),
            st.sampled_from(["", TITLE, "CHỦ TỊCH", "ĐẠI DIỆN BÊN B", "y"]),
            st.integers(20, 500),
        ),
        max_size=8,
    )
)
def test_no_word_is_lost_or_doubled(told: list[tuple[int, int, str, str, int]]) -> None:
    lines = []
    for left, top, text, beside, gap in told:
        behind = left + LETTER * len(text) + gap
        lines.append(line((left, text), *([(behind, beside)] if beside else []), top=top))
    words = [word for each in in_columns(lines, WIDTH, HEIGHT) for word in each.words]
    key = lambda word: (word.box.top, word.box.left, word.text)  # noqa: E731
    assert sorted(words, key=key) == sorted((word for each in lines for word in each.words), key=key)
