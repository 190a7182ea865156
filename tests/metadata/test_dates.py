from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.types.date import find_date, in_words
from ocr.letters import fold

dates = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@settings(deadline=None)
@given(dates)
def test_a_date_in_words_is_read_as_it_is_written(value: date) -> None:
    reading = find_date(f"Hà Nội, {in_words(value)}")
    assert reading is not None
    assert (reading.value, reading.guessed) == (value, False)


@settings(deadline=None)
@given(dates)
def test_a_date_in_words_is_read_without_tones_and_in_capitals(value: date) -> None:
    for text in (fold(in_words(value)), in_words(value).upper()):
        reading = find_date(text)
        assert reading is not None
        assert reading.value == value


@settings(deadline=None)
@given(dates, st.sampled_from("/-."))
def test_a_date_in_figures_is_read_as_it_is_written(value: date, sign: str) -> None:
    reading = find_date(f"Sinh ngày: {value.day:02}{sign}{value.month:02}{sign}{value.year}")
    assert reading is not None
    assert reading.value == value


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    reading = find_date(text)
    assert reading is None or text[reading.start : reading.end] == reading.written


@pytest.mark.parametrize(
    ("text", "iso", "guessed"),
    [
        ("ngày l4 tháng 1O năm 2025", "2025-10-14", True),
        ("ngày22 tháng9 năm 2025", "2025-09-22", False),
        ("ngày 03. tháng I0năm 2025", "2025-10-03", True),
        ("ngày 16 tháng 6 1997", "1997-06-16", False),
        ("ngày    tháng    năm 2021", "2021", False),
        ("ngày    tháng 12 năm 2024", "2024-12", False),
        ("ngày 31 tháng 02 năm 2024", "2024-02", False),
        ("ngày 5 tháng 13 năm 2024", "2024", False),
    ],
)
def test_what_is_damaged_or_missing_is_said(text: str, iso: str, guessed: bool) -> None:
    reading = find_date(text)
    assert reading is not None
    assert (reading.iso, reading.guessed) == (iso, guessed)


def test_days_and_the_first_months_are_written_with_a_zero() -> None:
    assert in_words(date(2024, 2, 5)) == "ngày 05 tháng 02 năm 2024"
    assert in_words(date(2024, 6, 15)) == "ngày 15 tháng 6 năm 2024"
