from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.actions.field_values import field_value
from archive.errors import InvalidInput
from metadata.model import FieldName

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("name", "given_text", "value"),
    [
        ("subject", "  Về   việc\tcấp phép ", "Về việc cấp phép"),
        ("subject", "Về việc", "Về việc"),  # NFD becomes NFC
        ("issued_date", "2024-03-15", "2024-03-15"),
        ("issued_date", "15/03/2024", "2024-03-15"),
        ("issued_date", "ngày 05 tháng 3 năm 2024", "2024-03-05"),
        ("issued_date", "1986", "1986"),
        ("issued_date", "1986-07", "1986-07"),
        ("valid_until", "2036-03-01", "2036-03-01"),
        ("page_count", "12", 12),
        ("page_count", 3, 3),
        ("recipients", "Như Điều 3\n\nLưu: VT", ["Như Điều 3", "Lưu: VT"]),
        ("references", ["Luật Đất đai"], ["Luật Đất đai"]),
        ("secrecy", "không", "không"),
    ],
)
def test_a_value_takes_the_form_that_its_field_has(name: str, given_text: object, value: object) -> None:
    assert field_value(name, given_text, today=TODAY) == value


@pytest.mark.parametrize(
    ("name", "given_text", "reason"),
    [
        ("colour", "đỏ", "field.unknown"),
        ("subject", " \n ", "field.empty"),
        ("subject", "a" * 2001, "field.too_long"),
        ("subject", "a\x00b", "field.letters_unreadable"),
        ("recipients", "\n \n", "field.empty"),
        ("recipients", ["a"] * 201, "field.too_many"),
        ("issued_date", "hôm qua", "field.no_date"),
        ("issued_date", "2024-02-30", "field.no_date"),
        ("issued_date", "0024-02-03", "field.no_date"),
        ("issued_date", "2026-03-03", "field.date_in_future"),
        ("holder_birth_date", "03/03/2026", "field.date_in_future"),
        ("page_count", "0", "field.no_count"),
        ("page_count", "mười", "field.no_count"),
        ("page_count", "-1", "field.no_count"),
        ("secrecy", "MẬT", "field.secret"),
        ("secrecy", "tối mật", "field.secret"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_reason(name: str, given_text: object, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        field_value(name, given_text, today=TODAY)
    assert refused.value.reason == reason
    assert refused.value.field == name


@given(st.sampled_from(FieldName), st.text() | st.lists(st.text()) | st.integers())
def test_any_input_is_taken_or_refused_and_what_was_taken_is_taken_again(name: FieldName, given_text: object) -> None:
    try:
        value = field_value(name, given_text, today=TODAY)
    except InvalidInput:
        return
    assert field_value(name, value, today=TODAY) == value
