"""What was misread in a list is known from the item before it."""

from __future__ import annotations

import pytest

from ocr.enumeration import in_sequence
from tests.ocr.test_marks import line


@pytest.mark.parametrize(
    ("read", "true"),
    [
        (["b) hai", "o) Ba", "đ) bốn", "đ) năm", "s) sáu"], ["b)", "c)", "d)", "đ)", "e)"]),
        (["c) ba", "và tiếp theo", "đ) bốn"], ["c)", "và", "d)"]),
        (["đ) năm", "e) sáu", "h) tám"], ["đ)", "e)", "h)"]),
        (["c) ba", "2. Hai", "đ) năm"], ["c)", "2.", "đ)"]),
        (["1) một", "2) hai", "d) bốn"], ["1)", "2)", "d)"]),
    ],
)
def test_points_follow_one_another(read: list[str], true: list[str]) -> None:
    assert [each.words[0].text for each in in_sequence([line(text) for text in read])] == true


@pytest.mark.parametrize(
    ("read", "true"),
    [
        (
            ["I. Mục đích", "và yêu cầu", "IH. Nội dung", "HI. Kết quả", "1V. Đề xuất"],
            ["I.", "và", "II.", "III.", "IV."],
        ),
        (["I. Mục đích", "II. Nội dung", "II. Kết quả"], ["I.", "II.", "III."]),
        (["III. Kết quả", "IIl. Đề xuất"], ["III.", "IIl."]),  # a stroke is not taken for a slanting letter
        (["I. Phần một", "I. Phụ lục"], ["I.", "I."]),
        (["IH. Nội dung", "II. Kết quả"], ["IH.", "II."]),
        (["I. Mục đích", "II. và các"], ["I.", "II."]),
    ],
)
def test_headings_follow_one_another(read: list[str], true: list[str]) -> None:
    assert [each.words[0].text for each in in_sequence([line(text) for text in read])] == true


def test_a_mended_heading_keeps_what_was_read() -> None:
    *_, told = in_sequence([line("I. Mục đích"), line("IH. Nội dung")])
    assert told.words[0].read_as == "IH."
