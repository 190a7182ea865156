from __future__ import annotations

import datetime

import pytest

from ocr.model import Box, StampKind, StampMark
from ocr.stamp_kinds import with_kind

WIDE = Box(100, 100, 500, 200)


def told(text: str, *, box: Box = WIDE, colour: str = "red") -> StampMark:
    return with_kind(StampMark(box, colour, text, 0.9), 200)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CÔNG VĂN ĐẾN\nSố: 3283\nNgày: 26/11/2020", StampKind.INCOMING),
        ("CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ\nĐẾN Giờ: C", StampKind.INCOMING),
        ("ĐẾN", StampKind.INCOMING),
        ("SAO Y BẢN CHÍNH", StampKind.COPY),
        ("SAO LỤC", StampKind.COPY),
        ("BẢN SAO", StampKind.COPY),
        ("Chứng thực bản sao đúng với bản chính", StampKind.COPY),
        ("MẬT", StampKind.SECRECY),
        ("TUYỆT MẬT", StampKind.SECRECY),
        ("TUYÊT MÂT", StampKind.SECRECY),
        ("KHẨN", StampKind.URGENCY),
        ("THƯỢNG KHẨN", StampKind.URGENCY),
        ("HỎA TỐC", StampKind.URGENCY),
        ("HỎA TỐC\nHẸN GIỜ", StampKind.URGENCY),
        ("Ký bởi: Ủy ban nhân dân tỉnh", StampKind.SIGNATURE),
        ("(gười ký: Cổng Thông tin điện tử Chính phủ", StampKind.SIGNATURE),
        ("DỰ THẢO", StampKind.OTHER),
        ("Danh mục bí mật nhà nước độ Tuyệt mật và Tối mật", StampKind.OTHER),
        ("TRUNG TÂM THÔNG TIN", StampKind.OTHER),
        ("SỐ ĐIỆN THOẠI KHẨN CẤP", StampKind.OTHER),
        ("", StampKind.OTHER),
    ],
)
def test_words_tell_the_kind(text: str, kind: StampKind) -> None:
    assert told(text).kind is kind


def test_an_incoming_stamp_tells_its_number_and_day() -> None:
    stamp = told("CÔNG VĂN ĐẾN\nSố: 3283\nNgày: 26/11/2020")
    assert (stamp.number, stamp.date) == ("3283", datetime.date(2020, 11, 26))


@pytest.mark.parametrize(
    "text", ["CÔNG VĂN ĐẾN\nSố: ....\nNgày: 31/02/2020", "CÔNG VĂN ĐẾN", "ĐẾN Số: 4/QĐ Ngày: 8079"]
)
def test_what_is_no_day_is_told_as_none(text: str) -> None:
    assert told(text).date is None


def test_a_signature_tells_its_day() -> None:
    assert told("Ký bởi: Sở Nội vụ\nThời gian ký: 18/03/2024 08:41:42").date == datetime.date(2024, 3, 18)
    assert told("Thời gian ký: 09.07.2025 08:44:47 +07:00").date == datetime.date(2025, 7, 9)


def test_a_number_is_not_made_of_other_stamps() -> None:
    stamp = told("BẢN SAO\nSố: 12")
    assert (stamp.kind, stamp.number, stamp.date) == (StampKind.COPY, None, None)


def test_a_round_red_mark_without_a_mark_s_words_is_a_seal() -> None:
    assert told("N\nx\nNG", box=Box(0, 0, 290, 300)).kind is StampKind.SEAL
    assert told("N", box=Box(0, 0, 290, 300), colour="blue").kind is StampKind.OTHER
    assert told("N", box=Box(0, 0, 40, 40)).kind is StampKind.OTHER
    assert told("N", box=Box(0, 0, 600, 200)).kind is StampKind.OTHER
    assert told("MẬT", box=Box(0, 0, 290, 300)).kind is StampKind.SECRECY
