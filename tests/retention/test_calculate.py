from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from retention.calculate import Assigned, Calculation, StepKind, Verdict, due_on
from retention.schedule import RetentionSchedule, Rule, RuleKind

TODAY = date(2026, 6, 1)


def schedule(valid_from: str = "2020-01-01", valid_to: str | None = None, code: str = "A") -> RetentionSchedule:
    ended = date.fromisoformat(valid_to) if valid_to else None
    return RetentionSchedule(code, 1, "Bảng", "Thông tư, Điều 1", "phép thử", date.fromisoformat(valid_from), ended, ())


CURRENT = schedule()
PERMANENT = Assigned(CURRENT, Rule(1, "vĩnh viễn", RuleKind.PERMANENT))


def years(count: int, of: RetentionSchedule = CURRENT) -> Assigned:
    return Assigned(of, Rule(count + 1, f"{count} năm", RuleKind.YEARS, count))


def after(event: str, count: int = 0) -> Assigned:
    return Assigned(CURRENT, Rule(900, f"sau {event}", RuleKind.EVENT, count, event))


def kinds(calculation: Calculation) -> list[StepKind]:
    return [step.kind for step in calculation.steps]


def test_the_term_is_counted_from_the_year_in_which_the_work_ended() -> None:
    for ended in (date(2020, 1, 1), date(2020, 12, 31)):
        found = due_on([years(5)], ended, TODAY)
        assert (found.verdict, found.due_on) == (Verdict.DUE, date(2026, 1, 1))
        assert found.steps[-1].values["kept_until"] == date(2025, 12, 31)


def test_a_dossier_is_due_from_the_first_day_after_its_term_on() -> None:
    found = due_on([years(5)], date(2020, 6, 1), TODAY)
    assert [found.is_due(day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2030, 1, 1))] == [
        False,
        True,
        True,
    ]


def test_the_longest_of_several_terms_is_taken_and_told() -> None:
    found = due_on([years(5), years(20), years(10)], date(2020, 6, 1), TODAY)
    assert found.due_on == date(2041, 1, 1)
    assert found.steps[-1].kind is StepKind.LONGEST_TAKEN
    assert found.steps[-1].values == {"rules": 3, "kept_until": date(2040, 12, 31)}


def test_one_permanent_document_keeps_the_dossier_for_ever() -> None:
    found = due_on([years(5), after("hết hiệu lực"), PERMANENT], date(1990, 1, 1), TODAY)
    assert (found.verdict, found.due_on) == (Verdict.PERMANENT, None)
    assert not found.is_due(date(9999, 1, 1))


def test_a_term_that_waits_for_an_event_runs_from_the_year_of_the_event() -> None:
    rules = [after("chấm dứt hợp đồng", 10), years(1)]
    for events in ({}, {"chấm dứt hợp đồng": TODAY + timedelta(days=1)}, {"khác": date(2021, 1, 1)}):
        waits = due_on(rules, date(2020, 6, 1), TODAY, events)
        assert (waits.verdict, waits.due_on) == (Verdict.WAITS_FOR_EVENT, None)
    found = due_on(rules, date(2020, 6, 1), TODAY, {"chấm dứt hợp đồng": date(2023, 3, 3)})
    assert found.due_on == date(2034, 1, 1)
    assert kinds(found).count(StepKind.EVENT_HAPPENED) == 1


def test_an_event_before_the_work_ended_shortens_nothing() -> None:
    found = due_on([after("hết hiệu lực")], date(2022, 6, 1), TODAY, {"hết hiệu lực": date(2015, 1, 1)})
    assert found.due_on == date(2023, 1, 1)


def test_without_rules_or_before_the_work_has_ended_nothing_is_due() -> None:
    assert due_on([], date(2000, 1, 1), TODAY).verdict is Verdict.NO_RULE
    for ended in (None, TODAY + timedelta(days=1)):
        found = due_on([years(1)], ended, TODAY)
        assert (found.verdict, found.due_on, found.steps) == (Verdict.WORK_NOT_ENDED, None, ())


def test_a_superseded_schedule_counts_for_work_that_ended_while_it_was_in_force() -> None:
    old = schedule("2011-01-01", "2019-12-31", code="OLD")
    found = due_on([years(5, old)], date(2015, 6, 1), TODAY)
    assert found.due_on == date(2021, 1, 1)
    assert StepKind.SCHEDULE_SUPERSEDED in kinds(found)
    assert found.steps[1].values["legal_basis"] == "Thông tư, Điều 1"


def test_a_superseded_schedule_counts_for_no_other_work_and_that_is_never_due() -> None:
    old = schedule("2011-01-01", "2019-12-31", code="OLD")
    future = schedule("2030-01-01", code="FUTURE")
    for assigned in ([years(5, old)], [years(5), years(1, old)], [years(5, future)], [years(1, old), PERMANENT]):
        for ended in (date(2010, 12, 31), date(2020, 1, 1)):
            found = due_on(assigned, ended, TODAY)
            assert (found.verdict, found.due_on) == (Verdict.NO_SCHEDULE_IN_FORCE, None)
            assert not found.is_due(date(9999, 1, 1))


def test_every_schedule_is_told_once() -> None:
    found = due_on([years(5), years(6), years(7)], date(2020, 6, 1), TODAY)
    assert kinds(found).count(StepKind.SCHEDULE_IN_FORCE) == 1


days = st.dates(date(1950, 1, 1), date(2100, 12, 31))
schedules = st.builds(
    lambda first, length: RetentionSchedule(
        "S", 1, "t", "b", "s", first, None if length is None else first + timedelta(days=length), ()
    ),
    days,
    st.none() | st.integers(0, 20_000),
)
rules = (
    st.just(Rule(1, "p", RuleKind.PERMANENT))
    | st.builds(lambda n: Rule(2, "y", RuleKind.YEARS, n), st.integers(1, 200))
    | st.builds(lambda n, e: Rule(3, "e", RuleKind.EVENT, n, e), st.integers(0, 200), st.sampled_from("uv"))
)
assignments = st.lists(st.builds(Assigned, schedules, rules), max_size=4)


def first_day_nobody_keeps(
    assigned: list[Assigned], ended: date | None, today: date, events: dict[str, date]
) -> date | None:
    """The same rule written the long way: go through the years, and ask of each whether anybody still keeps it."""
    if not assigned or ended is None or ended > today:
        return None
    for each in assigned:
        last = each.schedule.valid_to or date.max
        if not (each.schedule.valid_from <= today <= last or each.schedule.valid_from <= ended <= last):
            return None
    for year in range(ended.year + 1, 2400):
        kept = False
        for each in assigned:
            match each.rule.kind:
                case RuleKind.PERMANENT:
                    kept = True
                case RuleKind.YEARS:
                    kept |= year - ended.year <= (each.rule.years or 0)
                case RuleKind.EVENT:
                    happened = events.get(each.rule.event or "")
                    kept |= happened is None or happened > today
                    kept |= happened is not None and year <= happened.year + (each.rule.years or 0)
                    kept |= year <= ended.year + (each.rule.years or 0)
        if not kept:
            return date(year, 1, 1)
    return None


@given(assignments, st.none() | days, days, st.dictionaries(st.sampled_from("uv"), days))
def test_the_arithmetic_is_that_of_a_naive_second_implementation(
    assigned: list[Assigned], ended: date | None, today: date, events: dict[str, date]
) -> None:
    assert due_on(assigned, ended, today, events).due_on == first_day_nobody_keeps(assigned, ended, today, events)


@given(assignments, st.builds(Assigned, schedules, rules), days, days, st.dictionaries(st.sampled_from("uv"), days))
def test_one_more_rule_never_makes_a_dossier_due_earlier(
    assigned: list[Assigned], more: Assigned, ended: date, today: date, events: dict[str, date]
) -> None:
    before = due_on(assigned, ended, today, events)
    after_ = due_on([*assigned, more], ended, today, events)
    if before.due_on and after_.due_on:
        assert after_.due_on >= before.due_on
    elif assigned and not before.due_on:
        assert after_.due_on is None


@given(assignments, st.none() | days, days, st.dictionaries(st.sampled_from("uv"), days))
def test_only_what_is_due_has_a_day_and_the_steps_lead_to_it(
    assigned: list[Assigned], ended: date | None, today: date, events: dict[str, date]
) -> None:
    found = due_on(assigned, ended, today, events)
    assert (found.verdict is Verdict.DUE) == (found.due_on is not None)
    if found.due_on:
        last = found.steps[-1].values["kept_until"]
        assert isinstance(last, date)
        assert found.due_on == last + timedelta(days=1)
