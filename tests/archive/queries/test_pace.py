from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from archive.queries.pace import Outlook, forecast, last_full_weeks

MONDAY = date(2026, 3, 2)


@given(st.dates(date(2020, 1, 1), date(2099, 1, 1)))
def test_the_last_full_weeks_are_28_days_from_monday_to_sunday_before_this_week(today: date) -> None:
    period = last_full_weeks(today)
    assert (period.first.weekday(), period.last.weekday()) == (0, 6)
    assert (period.last - period.first).days == 27
    assert 1 <= (today - period.last).days <= 7


def test_the_date_is_told_at_the_pace_of_these_weeks() -> None:
    told = forecast(planned=Decimal(100), published=60, pace=8, due_on=None, today=MONDAY)
    assert (told.outlook, told.expected_on) == (Outlook.OPEN, MONDAY + timedelta(days=140))


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**4), st.integers(-500, 5000))
def test_a_forecast_agrees_with_filling_the_plan_day_by_day(
    planned: int, published: int, pace: int, due_in: int
) -> None:
    due = MONDAY + timedelta(days=due_in)
    told = forecast(planned=Decimal(planned), published=published, pace=pace, due_on=due, today=MONDAY)
    left = planned - published
    if left <= 0:
        assert told.outlook is Outlook.DONE
    elif pace == 0:
        assert told.expected_on is None
        assert told.outlook is (Outlook.LATE if due < MONDAY else Outlook.NO_PACE)
    elif told.expected_on is None:
        assert told.outlook is Outlook.LATE
        assert pace * 365 * 100 < left * 28
    else:
        days = (told.expected_on - MONDAY).days
        assert pace * (days - 1) < left * 28 <= pace * days
        assert told.outlook is (Outlook.LATE if told.expected_on > due else Outlook.ON_TIME)


def test_without_a_plan_nothing_is_foretold() -> None:
    for planned in (None, Decimal(0)):
        told = forecast(planned=planned, published=5, pace=5, due_on=MONDAY, today=MONDAY)
        assert told.outlook is Outlook.NO_PLAN
