"""The arithmetic of terms against a second one that counts day by day, for any rules, events and days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from archive.access.identity import local_date
from retention.calculate import Assigned, Verdict, due_on
from retention.schedule import RetentionSchedule, Rule, RuleKind

EVENTS = ("chấm dứt hợp đồng", "văn bản hết hiệu lực", "người dân qua đời")
DAY = timedelta(days=1)
EDGES = (
    date(2000, 2, 29),
    date(2024, 2, 29),
    date(2023, 2, 28),
    date(2020, 1, 1),
    date(2019, 12, 31),
    date(2020, 12, 31),
)
days = st.dates(date(1960, 1, 1), date(2060, 12, 31)) | st.sampled_from(EDGES)


@st.composite
def schedules(draw: st.DrawFn) -> RetentionSchedule:
    first = draw(days)
    last = draw(st.none() | st.dates(first, date(2061, 1, 1)))
    return RetentionSchedule(draw(st.sampled_from("AB")), 1, "Bảng", "Điều 1", "thử", first, last, ())


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from(RuleKind))
    ordinal = draw(st.integers(1, 9))
    if kind is RuleKind.PERMANENT:
        return Rule(ordinal, "vĩnh viễn", kind)
    if kind is RuleKind.YEARS:
        return Rule(ordinal, "năm", kind, draw(st.integers(1, 200)))
    return Rule(ordinal, "sự kiện", kind, draw(st.integers(0, 100)), draw(st.sampled_from(EVENTS)))


assignments = st.lists(st.builds(Assigned, schedules(), rules()), max_size=4)
happenings = st.dictionaries(st.sampled_from(EVENTS), days)


def day_after(rule: Rule, ended: date, today: date, events: Mapping[str, date]) -> date | None:
    """Walk to the end of the year in which counting begins, then a year at a time, and one day more."""
    begun = ended
    if rule.kind is RuleKind.PERMANENT:
        return None
    if rule.kind is RuleKind.EVENT:
        happened = [day for event, day in events.items() if event == rule.event and day <= today]
        if not happened:
            return None
        begun = max(ended, *happened)
    while (begun + DAY).year == begun.year:
        begun += DAY
    for _ in range(rule.years or 0):
        begun += DAY
        while (begun + DAY).year == begun.year:
            begun += timedelta(days=min(300, (date(begun.year, 12, 31) - begun).days or 1))
    return begun + DAY


def naive(
    assigned: Sequence[Assigned], ended: date | None, today: date, events: Mapping[str, date]
) -> tuple[Verdict, date | None]:
    if not assigned:
        return Verdict.NO_RULE, None
    if ended is None or ended > today:
        return Verdict.WORK_NOT_ENDED, None
    for each in assigned:
        first, last = each.schedule.valid_from, each.schedule.valid_to or date.max
        if not (first <= ended <= last or first <= today <= last):
            return Verdict.NO_SCHEDULE_IN_FORCE, None
    latest = date.min
    waits = False
    for each in assigned:
        if each.rule.kind is RuleKind.PERMANENT:
            return Verdict.PERMANENT, None
        day = day_after(each.rule, ended, today, events)
        waits = waits or day is None
        latest = max(latest, day or date.min)
    return (Verdict.WAITS_FOR_EVENT, None) if waits else (Verdict.DUE, latest)


@given(assignments, st.none() | days, days, happenings)
def test_two_ways_of_counting_agree(
    assigned: list[Assigned], ended: date | None, today: date, events: dict[str, date]
) -> None:
    found = due_on(assigned, ended, today, events)
    assert (found.verdict, found.due_on) == naive(assigned, ended, today, events)


@given(assignments, days, days, happenings, st.randoms(use_true_random=False))
def test_the_order_of_rules_changes_nothing(
    assigned: list[Assigned], ended: date, today: date, events: dict[str, date], random: object
) -> None:
    found = due_on(assigned, ended, today, events)
    shuffled = list(assigned)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = due_on(shuffled, ended, today, events)
    assert (found.verdict, found.due_on) == (again.verdict, again.due_on)


@given(assignments, st.builds(Assigned, schedules(), rules()), days, days, happenings)
def test_one_more_rule_never_makes_a_dossier_due_sooner(
    assigned: list[Assigned], more: Assigned, ended: date, today: date, events: dict[str, date]
) -> None:
    before = due_on(assigned, ended, today, events)
    after = due_on([*assigned, more], ended, today, events)
    if assigned and after.due_on is not None:
        assert before.due_on is not None
        assert before.due_on <= after.due_on


@given(assignments, days, days, happenings, st.sampled_from(EVENTS), st.integers(1, 4000))
def test_an_event_that_moves_to_a_later_day_never_makes_a_dossier_due_sooner(
    assigned: list[Assigned], ended: date, today: date, events: dict[str, date], event: str, later: int
) -> None:
    if event not in events:
        return
    before = due_on(assigned, ended, today, events)
    after = due_on(assigned, ended, today, {**events, event: events[event] + timedelta(days=later)})
    if after.due_on is not None:
        assert before.due_on is not None
        assert before.due_on <= after.due_on


@given(st.integers(1, 70), days, st.integers(-14, 14))
def test_a_dossier_falls_due_at_midnight_in_hanoi_wherever_the_machine_is(years: int, ended: date, offset: int) -> None:
    schedule = RetentionSchedule("A", 1, "Bảng", "Điều 1", "thử", date(1900, 1, 1), None, ())
    rule = Assigned(schedule, Rule(1, "năm", RuleKind.YEARS, years))
    midnight = datetime(ended.year + years + 1, 1, 1, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    elsewhere = timezone(timedelta(hours=offset))
    for moment, due in ((midnight - timedelta(seconds=1), False), (midnight, True)):
        today = local_date(moment.astimezone(elsewhere))
        assert due_on([rule], ended, today).is_due(today) is due
