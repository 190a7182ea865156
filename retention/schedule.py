"""Retention schedules (bảng thời hạn): what the law says of how long, as data with its basis and dates of force."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from retention.errors import InvalidSchedule

MAX_YEARS = 200


class RuleKind(StrEnum):
    PERMANENT = "permanent"  # vĩnh viễn
    YEARS = "years"
    EVENT = "event"  # until something happens, such as a contract's end, and perhaps years more


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a schedule.

    years: of a rule of kind YEARS, or after the event of a rule of kind EVENT (0: to the end of the event's year).
    event: what must have happened, in the words of the schedule.
    group, term: the heading under which it stands, and its term in the words of the schedule.
    """

    ordinal: int
    title: str
    kind: RuleKind
    years: int | None = None
    event: str | None = None
    note: str = ""
    group: str | None = None
    term: str | None = None


@dataclass(frozen=True, slots=True)
class RetentionSchedule:
    """One version; in force from `valid_from` to `valid_to`, both included. valid_to None: not superseded."""

    code: str
    version: int
    title: str
    legal_basis: str
    source: str
    valid_from: date
    valid_to: date | None
    rules: tuple[Rule, ...]

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def load(text: str) -> RetentionSchedule:
    """Read a schedule's TOML. Raises InvalidSchedule for an unknown, missing or contradictory value."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidSchedule("retention.schedule_unreadable", detail=str(error)) from error
    values = _Table(table, "")
    schedule = RetentionSchedule(
        code=values.text("code"),
        version=values.number("version", 1, 10_000),
        title=values.text("title"),
        legal_basis=values.text("legal_basis"),
        source=values.text("source"),
        valid_from=values.day("valid_from"),
        valid_to=values.day("valid_to") if "valid_to" in table else None,
        rules=tuple(_rule(_Table(rule, f"rules[{at}].")) for at, rule in enumerate(values.tables("rules"), 1)),
    )
    values.refuse_others()
    if schedule.valid_to is not None and schedule.valid_to < schedule.valid_from:
        raise InvalidSchedule("retention.schedule_value", place="valid_to", expected="valid_from <= valid_to")
    ordinals = [rule.ordinal for rule in schedule.rules]
    if len(set(ordinals)) != len(ordinals):
        raise InvalidSchedule("retention.schedule_value", place="rules", expected="ordinal: unique")
    return schedule


def _rule(values: _Table) -> Rule:
    ordinal, title = values.number("ordinal", 1, 100_000), values.text("title")
    try:
        kind = RuleKind(values.text("kind"))
    except ValueError as error:
        raise InvalidSchedule(
            "retention.schedule_value", place=values.place + "kind", expected=", ".join(RuleKind)
        ) from error
    years = event = None
    if kind is RuleKind.YEARS:
        years = values.number("years", 1, MAX_YEARS)
    elif kind is RuleKind.EVENT:
        event = values.text("event")
        years = values.number("years", 0, MAX_YEARS) if values.has("years") else 0
    rule = Rule(ordinal, title, kind, years, event, values.text("note") if values.has("note") else "")
    values.refuse_others()
    return rule


class _Table:
    """A table whose keys must all be asked for."""

    def __init__(self, table: Mapping[str, Any], place: str) -> None:
        self.place = place
        self._table = table
        self._asked: set[str] = set()

    def has(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "text")
        return value

    def number(self, key: str, least: int, most: int) -> int:
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(key, f"{least} – {most}")
        return value

    def day(self, key: str) -> date:
        value = self._get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self._wrong(key, "YYYY-MM-DD")
        return value

    def tables(self, key: str) -> list[dict[str, Any]]:
        value = self._get(key)
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            raise self._wrong(key, f"[[{key}]]")
        return value

    def refuse_others(self) -> None:
        unknown = sorted(set(self._table) - self._asked)
        if unknown:
            raise InvalidSchedule("retention.schedule_key_unknown", place=self.place + unknown[0])

    def _get(self, key: str) -> Any:
        self._asked.add(key)
        if key not in self._table:
            raise InvalidSchedule("retention.schedule_key_missing", place=self.place + key)
        return self._table[key]

    def _wrong(self, key: str, expected: str) -> InvalidSchedule:
        return InvalidSchedule("retention.schedule_value", place=self.place + key, expected=expected)
