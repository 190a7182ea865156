"""When the term of a dossier ends, and every step of the arithmetic.

Counted from the year in which the work ended; a dossier with several terms takes the longest. Source: Luật Lưu trữ
33/2024/QH15, Điều 15 khoản 3 and 4. A term of N years from work that ended in year Y is kept to 31 December of Y + N.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from retention.schedule import RetentionSchedule, Rule, RuleKind


class Verdict(StrEnum):
    DUE = "due"  # on `due_on`, and from then on
    PERMANENT = "permanent"
    WAITS_FOR_EVENT = "waits_for_event"
    WORK_NOT_ENDED = "work_not_ended"
    NO_RULE = "no_rule"
    NO_SCHEDULE_IN_FORCE = "no_schedule_in_force"  # chưa có bảng thời hạn đang áp dụng


class StepKind(StrEnum):
    """One step of the explanation; the values of each are named here."""

    WORK_ENDED = "work_ended"  # on
    SCHEDULE_IN_FORCE = "schedule_in_force"  # schedule, version, legal_basis, on
    SCHEDULE_SUPERSEDED = "schedule_superseded"  # the same, but in force only when the work ended
    SCHEDULE_NOT_IN_FORCE = "schedule_not_in_force"  # schedule, version, legal_basis, on
    KEPT_PERMANENTLY = "kept_permanently"  # rule, title
    EVENT_HAPPENED = "event_happened"  # rule, title, event, on
    EVENT_AWAITED = "event_awaited"  # rule, title, event
    YEARS_ADDED = "years_added"  # rule, title, counted_from, years, kept_until
    LONGEST_TAKEN = "longest_taken"  # rules, kept_until


@dataclass(frozen=True, slots=True)
class Step:
    kind: StepKind
    values: Mapping[str, str | int | date]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A rule that applies to the dossier or to a document in it, with the schedule that it stands in."""

    schedule: RetentionSchedule
    rule: Rule


@dataclass(frozen=True, slots=True)
class Calculation:
    """due_on: the first day after the term; only with verdict DUE. What it was made from tells its steps."""

    verdict: Verdict
    due_on: date | None
    assigned: Sequence[Assigned]
    work_ended_on: date | None
    today: date
    events: Mapping[str, date]

    def is_due(self, today: date) -> bool:
        return self.due_on is not None and self.due_on <= today

    @property
    def steps(self) -> tuple[Step, ...]:
        """The arithmetic in the order in which a person would do it; none before there is anything to count."""
        if self.work_ended_on is None or self.verdict in (Verdict.NO_RULE, Verdict.WORK_NOT_ENDED):
            return ()
        steps = [Step(StepKind.WORK_ENDED, {"on": self.work_ended_on})]
        for each in self.assigned:
            force = _force(each.schedule, self.work_ended_on, self.today)
            steps += [force] if force not in steps else []
        if self.verdict is Verdict.NO_SCHEDULE_IN_FORCE:
            return tuple(steps)
        ends: list[date] = []
        for each in self.assigned:
            told, kept_until = _term(each.rule, self.work_ended_on, self.today, self.events)
            steps += told
            ends += [kept_until] if kept_until is not None else []
        if self.verdict is Verdict.DUE and len(ends) > 1:
            steps.append(Step(StepKind.LONGEST_TAKEN, {"rules": len(ends), "kept_until": max(ends)}))
        return tuple(steps)


def due_on(
    assigned: Sequence[Assigned], work_ended_on: date | None, today: date, events: Mapping[str, date] | None = None
) -> Calculation:
    """What becomes of the dossier by these rules, and why.

    events: when what rules wait for happened, by the rule's `event`; one in the future has not happened.
    A superseded schedule counts only for work that ended while it was in force; where the schedule of any rule does
    not count, the dossier's term is not known, and it is never due.
    """
    verdict, due = _outcome(assigned, work_ended_on, today, events or {})
    return Calculation(verdict, due, assigned, work_ended_on, today, events or {})


def _outcome(
    assigned: Sequence[Assigned], work_ended_on: date | None, today: date, events: Mapping[str, date]
) -> tuple[Verdict, date | None]:
    if not assigned:
        return Verdict.NO_RULE, None
    if work_ended_on is None or work_ended_on > today:
        return Verdict.WORK_NOT_ENDED, None
    for each in assigned:
        if not (each.schedule.in_force(today) or each.schedule.in_force(work_ended_on)):
            return Verdict.NO_SCHEDULE_IN_FORCE, None
    waits, last_year = False, 0
    for each in assigned:
        if each.rule.kind is RuleKind.PERMANENT:
            return Verdict.PERMANENT, None
        counted_from = _counted_from(each.rule, work_ended_on, today, events)
        waits = waits or counted_from is None
        last_year = max(last_year, (counted_from or 0) + (each.rule.years or 0))
    return (Verdict.WAITS_FOR_EVENT, None) if waits else (Verdict.DUE, date(last_year + 1, 1, 1))


def _counted_from(rule: Rule, work_ended_on: date, today: date, events: Mapping[str, date]) -> int | None:
    """The year after whose end the years of the rule run; None while what it waits for has not happened."""
    if rule.kind is not RuleKind.EVENT:
        return work_ended_on.year
    happened_on = events.get(rule.event or "")
    if happened_on is None or happened_on > today:
        return None
    return max(work_ended_on.year, happened_on.year)


def _force(schedule: RetentionSchedule, work_ended_on: date, today: date) -> Step:
    if schedule.in_force(today):
        kind = StepKind.SCHEDULE_IN_FORCE
    elif schedule.in_force(work_ended_on):
        kind = StepKind.SCHEDULE_SUPERSEDED
    else:
        kind = StepKind.SCHEDULE_NOT_IN_FORCE
    on = today if kind is StepKind.SCHEDULE_IN_FORCE else work_ended_on
    told: dict[str, str | int | date] = {
        "schedule": schedule.code,
        "version": schedule.version,
        "legal_basis": schedule.legal_basis,
        "on": on,
    }
    return Step(kind, told)


def _term(rule: Rule, work_ended_on: date, today: date, events: Mapping[str, date]) -> tuple[list[Step], date | None]:
    """The steps for one rule, and the last day of its term; None where it has no end or none that is known."""
    named: dict[str, str | int | date] = {"rule": rule.ordinal, "title": rule.title}
    if rule.kind is RuleKind.PERMANENT:
        return [Step(StepKind.KEPT_PERMANENTLY, named)], None
    counted_from = _counted_from(rule, work_ended_on, today, events)
    event = rule.event or ""
    if counted_from is None:
        return [Step(StepKind.EVENT_AWAITED, {**named, "event": event})], None
    steps: list[Step] = []
    if rule.kind is RuleKind.EVENT:
        steps.append(Step(StepKind.EVENT_HAPPENED, {**named, "event": event, "on": events[event]}))
    years = rule.years or 0
    kept_until = date(counted_from + years, 12, 31)
    added = {**named, "counted_from": counted_from, "years": years, "kept_until": kept_until}
    return [*steps, Step(StepKind.YEARS_ADDED, added)], kept_until
