from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.registry import classes
from metadata.types.number import organ_initials, parse_code
from ocr.letters import fold

abbreviations = sorted(entry.abbreviation for entry in classes().values() if entry.abbreviation)


@pytest.mark.parametrize(
    ("text", "organ", "number", "notation"),
    [
        ("Số: 15/QĐ-BNV", "BỘ NỘI VỤ", "15", "QĐ-BNV"),
        ("Số: 154/2024/NĐ-CP", "CHÍNH PHỦ", "154", "2024/NĐ-CP"),
        ("Số 921/PTP-TNMT", "PHÒNG TƯ PHÁP", "921", "PTP-TNMT"),
        ("Số: 261/2017/HĐKT", None, "261", "2017/HĐKT"),
        ("Số: 2827 /QD-BGDĐT", "BỘ GIÁO DỤC VÀ ĐÀO TẠO", "2827", "QĐ-BGDĐT"),
        ("Số: 2676 /QĐÐ-BGDĐT", "BỘ GIÁO DỤC VÀ ĐÀO TẠO", "2676", "QĐ-BGDĐT"),
        ("Số: 5/QĐ- UBND", "UBND THÀNH PHỐ HÀ NỘI", "5", "QĐ-UBND"),
        ("S0: 12/TTr-SLDTBXH", "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "12", "TTr-SLĐTBXH"),
        ("Số:    /CT-UBND", "ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI", "", "CT-UBND"),
        ("Số 12-QD/TU", None, "12", "QĐ/TU"),
    ],
)
def test_number_and_notation_are_read(text: str, organ: str | None, number: str, notation: str) -> None:
    code = parse_code(text, organ)
    assert code is not None
    assert (code.number, code.notation) == (number, notation)


@pytest.mark.parametrize("text", ["Số: 1775", "Số điện thoại: 0967292805", "Số 12 ngõ 28 phố Xã Đàn", "", "/"])
def test_what_has_no_notation_is_no_code(text: str) -> None:
    assert parse_code(text) is None


@settings(deadline=None)
@given(st.integers(1, 99999), st.sampled_from(abbreviations), st.sampled_from(["UBND", "BNV", "STP", "CP"]))
def test_a_code_read_without_tones_gets_its_letters_back(number: int, abbreviation: str, organ: str) -> None:
    read = fold(abbreviation).upper() if abbreviation.isupper() else fold(abbreviation)
    code = parse_code(f"Số: {number:02}/{read[0].upper()}{read[1:]}-{organ}")
    assert code is not None
    assert (code.number, code.known) == (f"{number:02}", True)
    assert fold(code.notation) == fold(f"{abbreviation}-{organ}")


def test_a_reading_that_is_put_right_keeps_what_was_read() -> None:
    code = parse_code("Số: 15/QD-BNV", "BỘ NỘI VỤ")
    assert code is not None
    assert (code.notation, code.read_as) == ("QĐ-BNV", "QD-BNV")


def test_agreement_with_type_and_organ_supports_a_reading() -> None:
    supports = [
        parse_code(text, "BỘ NỘI VỤ") for text in ("Số: 15/QĐ-BNV", "Số: 15/XX-BNV", "Số: 15/XX-YYY", "Số: 15/XX-YY#")
    ]
    values = [code.support for code in supports if code]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4


@pytest.mark.parametrize(
    ("organ", "initials"),
    [
        ("CHÍNH PHỦ", "CP"),
        ("SỞ QUY HOẠCH - KIẾN TRÚC", "SQHKT"),
        ("HỘI ĐỒNG NHÂN DÂN TỈNH QUẢNG NGÃI", "HĐND"),
        ("BỘ GIÁO DỤC VÀ ĐÀO TẠO", "BGDĐT"),
    ],
)
def test_an_organ_is_abbreviated_by_its_first_letters(organ: str, initials: str) -> None:
    assert organ_initials(organ) == (initials,)
