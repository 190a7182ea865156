from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.gate import find_marks
from metadata.model import Secrecy
from ocr.model import Line, PageText
from tests.metadata.pages import PARAGRAPH, body, centred, decision, joined, letterhead, line, page, recognition, stamp

SPELLINGS = {
    Secrecy.SECRET: [
        "MẬT",
        "MAT",
        "M ẬT",
        "M Ậ T",
        "MÂT",
        "MẠT",
        "MậT",
        "|MẬT|",
        "[ MẬT ]",
        "MẬT.",
        "—MẬT—",
        "M4T",
        "MẶT",
    ],
    Secrecy.TOP_SECRET: [
        "TỐI MẬT",
        "TÔI MẬT",
        "TOI MAT",
        "T0I MẬT",
        "TỐI MÂT",
        "TỐIMẬT",
        "T ỐI M ẬT",
        "TỒI MẬT",
        "TỐL MẬT",
        "TỐI MẬI",
    ],
    Secrecy.STATE_TOP_SECRET: [
        "TUYỆT MẬT",
        "TUYET MAT",
        "TUYỆTMẬT",
        "TUYÊT MÂT",
        "TUYỆT M ẬT",
        "TUYỆI MẬT",
        "TUYẾT MẬT",
    ],
}
ALL_SPELLINGS = [(level, text) for level, texts in SPELLINGS.items() for text in texts]


def levels(*pages: PageText) -> list[tuple[Secrecy, int]]:
    return [(mark.level, mark.page) for mark in find_marks(recognition(*pages))]


@pytest.mark.parametrize(("level", "text"), ALL_SPELLINGS)
def test_a_mark_in_a_coloured_region_is_found_however_it_is_read(level: Secrecy, text: str) -> None:
    assert levels(decision(stamps=(stamp(text),))) == [(level, 1)]


@pytest.mark.parametrize(("level", "text"), ALL_SPELLINGS)
def test_a_mark_in_black_on_a_row_of_its_own_is_found(level: Secrecy, text: str) -> None:
    assert levels(decision(line(text, 394, 541))) == [(level, 1)]


@pytest.mark.parametrize("text", ["NẬT", "MẬI", "MẬF", "WẬT", "HẬT", "MET"])
def test_a_damaged_mark_is_found_in_a_stamp_and_in_the_head_of_a_page(text: str) -> None:
    assert levels(decision(stamps=(stamp(text),))) == [(Secrecy.SECRET, 1)]
    assert levels(decision(line(text, 394, 541))) == [(Secrecy.SECRET, 1)]


@pytest.mark.parametrize("text", ["HẬI", "NAI", "WẬF", "|NẬI|"])
def test_a_worn_mark_is_found_where_it_is_all_that_stands_in_a_stamp(text: str) -> None:
    assert levels(decision(stamps=(stamp(text),))) == [(Secrecy.SECRET, 1)]
    assert levels(decision(stamps=(stamp(f"{text} ngày 12"),))) == []


@pytest.mark.parametrize(
    "beside",
    [
        centred("QUYẾT ĐỊNH", 1317, 545),
        centred("BÁO CÁO", 1317, 545),
        line("Số: 15/QĐ-UBND", 620, 545),
        line("Quảng Ngãi, ngày 08 tháng 5 năm 2024", 1300, 545),
        line("SỞ NỘI VỤ", 620, 545),
        line("V/v phê duyệt kế hoạch", 620, 545),
        line("Kính gửi: Ủy ban nhân dân xã Uy Nỗ", 941, 545),
    ],
)
def test_a_mark_run_together_with_a_line_of_the_head_is_found(beside: Line) -> None:
    assert levels(page([*letterhead(), joined(line("MẬT", 394, 545), beside)])) == [(Secrecy.SECRET, 1)]


@pytest.mark.parametrize(
    "text", ["MẬT QUYẾT ĐỊNH", "Số: 15/QĐ-UBND MẬT", "TỐI MẬT SỞ NỘI VỤ", "MẬT V/v phê duyệt kế hoạch"]
)
def test_a_mark_next_to_a_line_of_the_head_with_no_more_than_a_space_is_found(text: str) -> None:
    assert len(levels(page([*letterhead(), line(text, 394, 545)]))) == 1


def test_a_mark_on_the_second_page_alone_is_found() -> None:
    second = page([line("2", 1240, 144), line("TUYỆT MẬT", 394, 200), *body(300, *PARAGRAPH)], number=2)
    assert levels(decision(), second) == [(Secrecy.STATE_TOP_SECRET, 2)]


def test_a_mark_low_on_a_page_is_found() -> None:
    assert levels(decision(line("TỐI MẬT", 394, 3200))) == [(Secrecy.TOP_SECRET, 1)]


def test_a_mark_in_a_stamp_that_holds_more_is_found() -> None:
    assert levels(decision(stamps=(stamp("CÔNG VĂN ĐẾN\nSố: 12\nTỐI MẬT"),))) == [(Secrecy.TOP_SECRET, 1)]


def test_a_mark_is_larger_than_the_text_that_it_was_stamped_over() -> None:
    crossed = joined(line("MẬT", 394, 1150, size=80), line("và không quá 23 ngày làm việc", 620, 1160, size=36))
    assert levels(page([*letterhead(), crossed])) == [(Secrecy.SECRET, 1)]


def test_the_place_of_a_mark_is_where_its_words_stand() -> None:
    (mark,) = find_marks(recognition(decision(line("TỐI MẬT", 394, 541))))
    assert (mark.box.left, mark.box.top, mark.box.bottom) == (394, 541, 581)
    assert 0.5 <= mark.confidence <= 1


DECOYS = [
    "Việc sao y, trích sao tài liệu mật chỉ do người được giao thẩm quyền thực hiện;",
    "- Mật độ xây dựng: 66,6%, hệ số sử dụng đất: 6,2 lần;",
    "MẬT ĐỘ XÂY DỰNG",
    "Mật khẩu: ABC123",
    "MẬT KHẨU ĐĂNG NHẬP",
    "- Mật;",
    "- MẬT;",
    "a) MẬT",
    "Mật",
    "mật",
    "Điều 5. Độ mật",
    "ĐIỀU 5. ĐỘ MẬT",
    "QUY CHẾ BẢO VỆ BÍ MẬT NHÀ NƯỚC",
    "DANH MỤC BÍ MẬT",
    "SỔ ĐĂNG KÝ VĂN BẢN MẬT",
    "Nguyễn Văn Mật",
    "NGUYỄN VĂN MẬT",
    "đóng dấu chỉ độ mật TUYỆT MẬT, TỐI MẬT, MẬT theo quy định",
    "các tài liệu có độ MẬT trở lên",
    "“MẬT”",
    "MẶT BẰNG TẦNG 1",
    "MẬT ONG",
    "BẢO MẬT",
    "Ban Cơ yếu và Mật mã",
    "MỘT",
    "TÓM TẮT",
    "MỤC LỤC",
    "MẪU",
]


@pytest.mark.parametrize("text", DECOYS)
@pytest.mark.parametrize("top", [541, 1500])
def test_the_words_in_running_text_lists_names_and_headings_are_no_mark(text: str, top: float) -> None:
    assert levels(decision(), page([*letterhead(), line(text, 504, top)])) == []


def test_a_paragraph_that_wraps_before_the_word_is_no_mark() -> None:
    text = body(1500, "Khi chuyển giao, người giao phải đóng dấu chỉ mức độ bảo vệ lên bì và ghi", "MẬT")
    assert levels(page([*letterhead(), *text])) == []


def test_a_heading_that_wraps_before_the_word_is_no_mark() -> None:
    heading = [centred("QUY CHẾ BẢO VỆ TÀI LIỆU", 1317, 640), centred("MẬT", 1317, 690)]
    assert levels(page([*letterhead(), *heading])) == []


def test_a_list_whose_entries_begin_with_dashes_is_no_mark() -> None:
    entries = [line(text, 504, 1500 + 76 * row) for row, text in enumerate(["- TUYỆT MẬT", "- TỐI MẬT", "- MẬT"])]
    assert levels(page([*letterhead(), *entries])) == []


def test_the_headings_of_a_table_are_no_mark() -> None:
    row = joined(line("TUYỆT MẬT", 500, 600), line("TỐI MẬT", 1200, 600), line("MẬT", 1900, 600))
    assert levels(page([*letterhead(), row])) == []


def test_a_cell_of_a_table_is_no_mark() -> None:
    row = joined(line("1", 400, 1900), line("Báo cáo kết quả", 600, 1900), line("MẬT", 1900, 1900))
    assert levels(page([*letterhead(), row])) == []


def test_a_stamp_that_says_declassified_is_no_mark() -> None:
    assert levels(decision(stamps=(stamp("ĐÃ GIẢI MẬT"),))) == []


@pytest.mark.parametrize(
    "text", ["", "CÔNG VĂN ĐẾN\nSố: 8079", "THƯỢNG KHẨN", "HỎA TỐC", "ĐẾN", "SAO Y", "Trần Văn Mật"]
)
def test_other_stamps_are_no_mark(text: str) -> None:
    assert levels(decision(stamps=(stamp(text),))) == []


syllables = st.sampled_from(
    ["mật", "Mật", "bảo", "bí", "tài", "liệu", "độ", "khẩu", "xây", "tuyệt", "tối", "Tối", "nhà", "nước", "về", "việc"]
)


@settings(deadline=None)
@given(st.lists(syllables, min_size=2, max_size=12), st.integers(450, 3000))
def test_no_running_text_without_capitals_is_a_mark(text: list[str], top: int) -> None:
    assert levels(page([*letterhead(), line(" ".join(text), 354, top)])) == []


@settings(deadline=None)
@given(
    st.sampled_from(ALL_SPELLINGS),
    st.floats(200, 1500),
    st.sampled_from([480.0, 541.0, 560.0, 3100.0]),
    st.floats(30, 80),
    st.floats(0.05, 1),
)
def test_a_mark_on_a_row_of_its_own_is_found_wherever_it_stands(
    spelt: tuple[Secrecy, str], left: float, top: float, size: float, sure: float
) -> None:
    level, text = spelt
    assert levels(decision(line(text, left, top, size=size, sure=sure))) == [(level, 1)]


@settings(deadline=None)
@given(st.integers(0, 2), st.integers(0, 2))
def test_a_mark_is_found_on_any_page(where: int, after: int) -> None:
    pages = [page(body(300, *PARAGRAPH), number=number) for number in range(1, where + after + 2)]
    marked = page([line("MẬT", 394, 200), *body(300, *PARAGRAPH)], number=where + 1)
    pages[where] = marked
    assert levels(*pages) == [(Secrecy.SECRET, where + 1)]
