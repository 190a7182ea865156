"""How fast a plan is filled, and when it would be at that pace. Numbers and dates in, numbers and dates out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from archive.queries.figures import Period

WEEKS = 4
FURTHEST = timedelta(days=365 * 100)


class Outlook(StrEnum):
    NO_PLAN = "no_plan"  # nothing planned, or in a unit that records do not tell of
    DONE = "done"
    NO_PACE = "no_pace"  # nothing was published in these weeks: no date can be told
    OPEN = "open"  # a date can be told, and none is asked for
    ON_TIME = "on_time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Pace:
    """What was received and published in the last four full weeks, in the plan's unit."""

    period: Period
    received: int
    published: int

    @property
    def published_a_week(self) -> Decimal:
        return Decimal(self.published) / WEEKS

    @property
    def received_a_week(self) -> Decimal:
        return Decimal(self.received) / WEEKS


@dataclass(frozen=True, slots=True)
class Forecast:
    """expected_on: None where there is no date to tell, or none within a hundred years."""

    outlook: Outlook
    expected_on: date | None = None


def last_full_weeks(today: date) -> Period:
    """Monday to Sunday, four times, before the week of today."""
    monday = today - timedelta(days=today.weekday())
    return Period(monday - timedelta(weeks=WEEKS), monday - timedelta(days=1))


def forecast(*, planned: Decimal | None, published: int, pace: int, due_on: date | None, today: date) -> Forecast:
    """pace: published in the last full weeks; the rest is reckoned to go on at that pace, from today."""
    if not planned:
        return Forecast(Outlook.NO_PLAN)
    left = planned - published
    if left <= 0:
        return Forecast(Outlook.DONE)
    if not pace:
        return Forecast(Outlook.LATE if due_on is not None and due_on < today else Outlook.NO_PACE)
    days = (left * WEEKS * 7 / pace).to_integral_value(ROUND_CEILING)
    expected = today + timedelta(days=int(days)) if days <= FURTHEST.days else None
    if due_on is None:
        return Forecast(Outlook.OPEN, expected)
    late = expected is None or expected > due_on
    return Forecast(Outlook.LATE if late else Outlook.ON_TIME, expected)
