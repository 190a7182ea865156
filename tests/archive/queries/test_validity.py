"""Whether a paper is in force on a day, as far as it says so itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.queries.validity import ValidityState, validity

DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "on", "state"),
    [
        ("2026-01-01", "2026-12-31", "2026-06-01", "valid"),
        ("2026-01-01", "2026-12-31", "2026-12-31", "valid"),  # its last day
        ("2026-01-01", "2026-12-31", "2027-01-01", "expired"),
        ("2026-01-01", "2026-12-31", "2025-12-31", "not_yet"),
        (None, "2026-12-31", "2026-06-01", "valid"),
        (None, None, "2026-06-01", "not_stated"),
        ("2026-01-01", None, "2026-06-01", "not_stated"),  # it names no end
        ("2026-01-01", None, "2025-06-01", "not_yet"),
        (None, "2026", "2026-06-01", "not_stated"),  # some day of that year
        (None, "2026", "2025-12-31", "valid"),
        (None, "2026", "2027-01-01", "expired"),
        ("2026-02", "2027-01-01", "2026-02-10", "not_stated"),
        ("2026-02", "2027-01-01", "2026-02-28", "valid"),
        (None, "vô thời hạn", "2026-06-01", "not_stated"),
        ("không rõ", "2026-12-31", "2026-06-01", "not_stated"),
        (None, "2026-02-31", "2026-06-01", "not_stated"),
    ],
)
def test_what_the_paper_says_decides(valid_from: str | None, valid_until: str | None, on: str, state: str) -> None:
    found = validity(valid_from, valid_until, date.fromisoformat(on))
    assert (found.state, found.valid_from, found.valid_until) == (state, valid_from, valid_until)


@given(begins=DAYS, length=st.integers(0, 20_000), on=DAYS)
def test_valid_is_said_exactly_of_the_days_between_both_ends(begins: date, length: int, on: date) -> None:
    ends = begins + timedelta(days=length)
    found = validity(begins.isoformat(), ends.isoformat(), on).state
    assert (found is ValidityState.VALID) == (begins <= on <= ends)
    assert (found is ValidityState.EXPIRED) == (on > ends)


@given(written=DAYS, form=st.sampled_from(["%Y", "%Y-%m"]), on=DAYS)
def test_of_a_part_of_a_date_only_what_is_sure_is_said(written: date, form: str, on: date) -> None:
    """Whatever day of that year or month was meant, the answer would be the same one, or it is not given."""
    found = validity(None, written.strftime(form), on).state
    if found is ValidityState.NOT_STATED:
        assert on.strftime(form) == written.strftime(form)
    else:
        assert found is validity(None, written.isoformat(), on).state
