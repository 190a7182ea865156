"""Whether a paper is in force on a day, as far as the paper itself says so."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class ValidityState(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    NOT_STATED = "not_stated"  # the paper names no end, or its dates do not decide this day


@dataclass(frozen=True, slots=True)
class Validity:
    """valid_from, valid_until: as on the paper, both included; ISO 8601, of some papers only year or month."""

    state: ValidityState
    valid_from: str | None
    valid_until: str | None
    on: date


def validity(valid_from: str | None, valid_until: str | None, on: date) -> Validity:
    """A paper that names no end is never called valid: most have no term, some have it in a law that it does not cite.

    Of a year or month alone: what is sure of every day in it is said, else nothing.
    """
    first, last = _span(valid_from), _span(valid_until)
    state = ValidityState.NOT_STATED
    if last is not None and on > last[1]:
        state = ValidityState.EXPIRED
    elif first is not None and on < first[0]:
        state = ValidityState.NOT_YET
    elif last is not None and on <= last[0] and (valid_from is None or (first is not None and on >= first[1])):
        state = ValidityState.VALID
    return Validity(state, valid_from, valid_until, on)


def _span(written: str | None) -> tuple[date, date] | None:
    """The days that may be meant; None for what is no date."""
    match = _DAY.fullmatch(written) if written else None
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
        final = month or 12
        return first, first if day else date(year, final, calendar.monthrange(year, final)[1])
    except ValueError:
        return None
