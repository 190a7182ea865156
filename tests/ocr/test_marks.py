"""Specks go, marks that were meant stay; a word that was changed keeps what was read."""

from __future__ import annotations

import pytest

from ocr.marks import mended_marks
from ocr.model import Box, Line, Word

HEIGHT = 40
SIZES = {"-": (13, 5), ":": (7, 28), ";": (9, 40)}  # as printed
SPECK = (3, 3)


def line(text: str, specks: tuple[int, ...] = ()) -> Line:
    """specks: words that are but a dot on the paper."""
    words, left = [], 0.0
    for at, word in enumerate(text.split()):
        width, height = SPECK if at in specks else SIZES.get(word, (16 * len(word), HEIGHT))
        words.append(Word(word, Box(left, 100, left + width, 100 + height), 0.9, choices=((),) * len(word)))
        left += width + 12
    return Line(tuple(words))


def mended(text: str, specks: tuple[int, ...] = ()) -> str:
    return "\n".join(each.text for each in mended_marks([line(text, specks)]))


@pytest.mark.parametrize(
    ("read", "true"),
    [
        ("chấp ` hành án phạt tù", "chấp hành án phạt tù"),
        ("của Luật _ này; trường hợp", "của Luật này; trường hợp"),
        ("| quản lý cư trú", "quản lý cư trú"),
        ("bảo đảm. quyền tự do", "bảo đảm quyền tự do"),
        ("theo quy' định của 'Việt Nam", "theo quy định của Việt Nam"),
        ("Cơ :sở dữ .liệu", "Cơ sở dữ liệu"),
        ("1, Công dân đến", "1. Công dân đến"),
        ("Điều 10, Quyền, nghĩa vụ của", "Điều 10. Quyền, nghĩa vụ của"),
        ("©) Có xác nhận của", "c) Có xác nhận của"),
        ("~ Thứ trưởng Phạm Ngọc Thưởng;", "- Thứ trưởng Phạm Ngọc Thưởng;"),
        ("trong vũ (rang nhân dân", "trong vũ trang nhân dân"),
        ("số 1368/QĐÐ- UBND ngày", "số 1368/QĐ-UBND ngày"),
        ("ngày l2 tháng II năm 2019", "ngày 12 tháng 11 năm 2019"),
        ("khoản § Điều 3", "khoản 8 Điều 3"),
        (". .", ""),
    ],
)
def test_what_no_text_has_is_mended(read: str, true: str) -> None:
    assert mended(read) == true


@pytest.mark.parametrize(
    "text",
    [
        "Độc lập - Tự do - Hạnh phúc",
        "- Lưu: VT, KT.",
        "Kính gửi : Hội đồng nhân dân",
        "Họ và tên .......... . Ngày sinh",
        "do Bộ trưởng quy định. Trong thời hạn",
        "theo TP. Hà Nội v.v. và các quận",
        'gọi là "hồ sơ" và (sau đây gọi tắt',
        "(trong nước) và (ngoài nước",
        "1,5 triệu đồng; 2, 3 và 4 Điều này",
        "số 123/HĐ-NN ngày 03 tháng 5",
        "Biểu II năm 2019 lO",
    ],
)
def test_what_was_meant_stays(text: str) -> None:
    assert mended(text) == text


def test_a_dash_of_speckle_is_told_from_a_dash_by_its_size() -> None:
    assert mended("kinh tế - xã hội") == "kinh tế - xã hội"
    assert mended("kinh tế - xã hội", specks=(2,)) == "kinh tế xã hội"
    assert mended("gửi : Hội", specks=(1,)) == "gửi Hội"


def test_a_changed_word_keeps_what_was_read_and_its_place() -> None:
    read = line(".liệu thông. tin số 7/QĐ- CP")
    [told] = mended_marks([read])
    assert [(word.text, word.read_as) for word in told.words] == [
        ("liệu", ".liệu"), ("thông", "thông."), ("tin", None), ("số", None), ("7/QĐ-CP", "7/QĐ- CP"),
    ]  # fmt: skip
    assert told.words[0].box == read.words[0].box
    assert told.words[4].box == read.words[4].box.union(read.words[5].box)
    assert len(told.words[0].choices) == len("liệu")
