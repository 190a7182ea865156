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
    """due_on: the first day after the term; only with verdict DUE."""

    verdict: Verdict
    due_on: date | None
    steps: tuple[Step, ...]

    def is_due(self, today: date) -> bool:
        return self.due_on is not None and self.due_on <= today


def due_on(
    assigned: Sequence[Assigned], work_ended_on: date | None, today: date, events: Mapping[str, date] | None = None
) -> Calculation:
    """What becomes of the dossier by these rules, and why.

    events: when what rules wait for happened, by the rule's `event`; one in the future has not happened.
    A superseded schedule counts only for work that ended while it was in force; where the schedule of any rule does
    not count, the dossier's term is not known, and it is never due.
    """
    if not assigned:
        return Calculation(Verdict.NO_RULE, None, ())
    if work_ended_on is None or work_ended_on > today:
        return Calculation(Verdict.WORK_NOT_ENDED, None, ())
    steps = [Step(StepKind.WORK_ENDED, {"on": work_ended_on})]
    schedules = [_force(each.schedule, work_ended_on, today) for each in assigned]
    steps += [step for at, step in enumerate(schedules) if step not in schedules[:at]]
    if any(step.kind is StepKind.SCHEDULE_NOT_IN_FORCE for step in schedules):
        return Calculation(Verdict.NO_SCHEDULE_IN_FORCE, None, tuple(steps))
    return _longest([each.rule for each in assigned], work_ended_on, today, events or {}, steps)


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


def _longest(
    rules: Sequence[Rule], work_ended_on: date, today: date, events: Mapping[str, date], steps: list[Step]
) -> Calculation:
    ends: list[date] = []
    for rule in rules:
        told, kept_until = _term(rule, work_ended_on, today, events)
        steps += told
        if kept_until is not None:
            ends.append(kept_until)
    kinds = {step.kind for step in steps}
    for kind, verdict in (
        (StepKind.KEPT_PERMANENTLY, Verdict.PERMANENT),
        (StepKind.EVENT_AWAITED, Verdict.WAITS_FOR_EVENT),
    ):
        if kind in kinds:
            return Calculation(verdict, None, tuple(steps))
    if len(ends) > 1:
        steps.append(Step(StepKind.LONGEST_TAKEN, {"rules": len(ends), "kept_until": max(ends)}))
    return Calculation(Verdict.DUE, date(max(ends).year + 1, 1, 1), tuple(steps))


def _term(rule: Rule, work_ended_on: date, today: date, events: Mapping[str, date]) -> tuple[list[Step], date | None]:
    """The steps for one rule, and the last day of its term; None where it has no end or none that is known."""
    named: dict[str, str | int | date] = {"rule": rule.ordinal, "title": rule.title}
    if rule.kind is RuleKind.PERMANENT:
        return [Step(StepKind.KEPT_PERMANENTLY, named)], None
    steps: list[Step] = []
    counted_from = work_ended_on.year
    if rule.kind is RuleKind.EVENT:
        event = rule.event or ""
        happened_on = events.get(event)
        if happened_on is None or happened_on > today:
            return [Step(StepKind.EVENT_AWAITED, {**named, "event": event})], None
        steps.append(Step(StepKind.EVENT_HAPPENED, {**named, "event": event, "on": happened_on}))
        counted_from = max(counted_from, happened_on.year)
    years = rule.years or 0
    kept_until = date(counted_from + years, 12, 31)
    added = {**named, "counted_from": counted_from, "years": years, "kept_until": kept_until}
    return [*steps, Step(StepKind.YEARS_ADDED, added)], kept_until
