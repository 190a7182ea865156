"""Rules are confirmed and ended, events recorded and withdrawn; whatever the law or the order forbids is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.rules import confirm_rule, end_rule, record_trigger, withdraw_trigger
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, StoredObject
from archive.db.retention import DossierRule, RuleRow, Trigger
from archive.db.trail import AuditEvent
from archive.errors import ArchiveError, Conflict, InvalidInput, NotAllowed, NotFound
from archive.queries.retention import terms
from retention.calculate import Calculation, Verdict
from tests.archive.schedules import Schedules
from tests.conftest import SetClock
from tests.factories import Factory

EVENT = "chấm dứt hợp đồng"
TODAY = date(2026, 3, 2)


class World:
    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        self.agency: Agency = make.agency("SXD")
        self.rules = Schedules(make, clock)
        self.dossier: Dossier = self.rules.closed(self.agency, date(2020, 6, 30))
        self.manager: Actor = make.actor(Role.RECORDS_MANAGER, self.agency)

    def term(self) -> Calculation:
        with Session(self.app.engine) as session:
            return terms(session, [self.dossier.id], TODAY)[self.dossier.id]

    def confirm(self, rule: RuleRow, reason: str = "", **how: bool) -> DossierRule:
        with self.app.unit_of_work() as uow:
            return confirm_rule(
                uow, self.dossier.code, rule.id, reason=reason, actor=self.manager, now=self.clock(), **how
            )

    def end(self, row: DossierRule, reason: str = "nhầm nhóm") -> DossierRule:
        with self.app.unit_of_work() as uow:
            return end_rule(uow, self.dossier.code, row.id, reason=reason, actor=self.manager, now=self.clock())

    def record(self, happened_on: date, event: str = EVENT, document: str = "Biên bản thanh lý 12/BB") -> Trigger:
        with self.app.unit_of_work() as uow:
            how = {"event": event, "happened_on": happened_on, "document": document}
            return record_trigger(uow, self.dossier.code, **how, actor=self.manager, now=self.clock())  # type: ignore[arg-type]

    def withdraw(self, trigger: Trigger) -> None:
        with self.app.unit_of_work() as uow:
            withdraw_trigger(
                uow, self.dossier.code, trigger.id, reason="ghi nhầm", actor=self.manager, now=self.clock()
            )

    def tags(self) -> list[str]:
        with Session(self.app.engine) as session:
            return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.at, AuditEvent.id)))


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)


def reason_of(error: pytest.ExceptionInfo[ArchiveError]) -> str:
    return error.value.reason


def test_a_proposal_counts_only_when_a_person_has_confirmed_it(world: World) -> None:
    rule = world.rules.years(5)
    world.rules.propose(world.dossier, rule)
    assert world.term().verdict is Verdict.NO_RULE
    row = world.confirm(rule)
    assert (row.confirmed_by, row.reasons[0]["kind"]) == (world.manager.account_id, "words")
    assert world.term().due_on == date(2026, 1, 1)
    assert world.tags() == ["rule.confirmed"]


def test_another_rule_than_the_proposed_one_needs_a_reason_and_may_take_its_place(world: World) -> None:
    proposed, chosen = world.rules.years(5), world.rules.years(20)
    waiting = world.rules.propose(world.dossier, proposed)
    with pytest.raises(InvalidInput) as refused:
        world.confirm(chosen, reason="  ")
    assert reason_of(refused) == "reason.missing"
    world.confirm(chosen, reason="Hồ sơ gốc", replaces_proposals=True)
    assert world.term().due_on == date(2041, 1, 1)
    with Session(world.app.engine) as session:
        ended = session.get_one(DossierRule, waiting.id)
        assert (ended.end_reason, ended.ended_by) == ("Hồ sơ gốc", world.manager.account_id)


def test_the_longest_of_two_confirmed_rules_counts_until_it_is_ended(world: World) -> None:
    world.confirm(world.rules.years(5), reason="a")
    longer = world.confirm(world.rules.years(30), reason="b")
    assert world.term().due_on == date(2051, 1, 1)
    world.end(longer)
    assert world.term().due_on == date(2026, 1, 1)
    with pytest.raises(Conflict):
        world.end(longer)


def test_a_rule_is_confirmed_once(world: World) -> None:
    rule = world.rules.years(5)
    world.confirm(rule, reason="a")
    with pytest.raises(Conflict) as refused:
        world.confirm(rule, reason="a")
    assert reason_of(refused) == "rule.confirmed_before"


def test_a_schedule_without_force_for_this_work_is_refused_with_its_dates(world: World) -> None:
    past = world.rules.schedule("CU", date(2000, 1, 1), date(2019, 12, 31))
    coming = world.rules.schedule("SAP", date(2030, 1, 1))
    for schedule in (past, coming):
        with pytest.raises(InvalidInput) as refused:
            world.confirm(world.rules.years(5, schedule), reason="a")
        assert reason_of(refused) == "rule.not_in_force_then"
        assert schedule.code in str(refused.value)
        assert "30/06/2020" in str(refused.value)
    assert world.term().verdict is Verdict.NO_RULE


def test_a_superseded_schedule_counts_for_work_that_ended_while_it_was_in_force(world: World) -> None:
    past = world.rules.schedule("CU", date(2000, 1, 1), date(2020, 6, 30))
    world.confirm(world.rules.years(3, past), reason="a")
    assert world.term().due_on == date(2024, 1, 1)


def test_open_work_takes_a_schedule_that_is_in_force_today(world: World) -> None:
    world.dossier = world.make.dossier(world.agency)
    past = world.rules.schedule("CU", date(2000, 1, 1), date(2024, 12, 31))
    with pytest.raises(InvalidInput) as refused:
        world.confirm(world.rules.years(5, past), reason="a")
    assert reason_of(refused) == "rule.not_in_force"
    world.confirm(world.rules.years(5), reason="a")
    assert world.term().verdict is Verdict.WORK_NOT_ENDED


def test_an_event_is_recorded_with_its_proof_and_the_newest_record_counts(world: World) -> None:
    world.confirm(world.rules.event(EVENT, 5), reason="a")
    assert world.term().verdict is Verdict.WAITS_FOR_EVENT
    world.record(date(2022, 5, 1))
    assert world.term().due_on == date(2028, 1, 1)
    world.clock.advance(hours=1)
    later = world.record(date(2023, 5, 1))
    assert world.term().due_on == date(2029, 1, 1)
    world.withdraw(later)
    assert world.term().due_on == date(2028, 1, 1)
    with pytest.raises(Conflict):
        world.withdraw(later)
    assert world.tags()[-3:] == ["trigger.recorded", "trigger.recorded", "trigger.withdrawn"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"happened_on": TODAY + timedelta(days=1)}, "trigger.in_future"),
        ({"happened_on": date(1700, 1, 1)}, "trigger.too_early"),
        ({"happened_on": TODAY, "event": "chuyện khác"}, "trigger.event_unknown"),
        ({"happened_on": TODAY, "document": " "}, "trigger.document_missing"),
    ],
)
def test_an_event_that_cannot_be_is_refused_with_the_rule_that_it_breaks(
    world: World, how: dict[str, object], reason: str
) -> None:
    world.confirm(world.rules.event(EVENT), reason="a")
    with pytest.raises(InvalidInput) as refused:
        world.record(**how)  # type: ignore[arg-type]
    assert reason_of(refused) == reason
    assert world.term().verdict is Verdict.WAITS_FOR_EVENT


def test_today_is_the_day_in_hanoi(world: World) -> None:
    world.confirm(world.rules.event(EVENT), reason="a")
    world.clock.now = world.clock.now.replace(hour=18)  # 1 o'clock of the next day there
    tomorrow = TODAY + timedelta(days=1)
    assert world.record(tomorrow).happened_on == tomorrow


def test_the_same_event_on_the_same_day_is_recorded_once(world: World) -> None:
    world.confirm(world.rules.event(EVENT), reason="a")
    world.record(TODAY)
    with pytest.raises(Conflict) as refused:
        world.record(TODAY)
    assert reason_of(refused) == "trigger.recorded_before"


def test_a_clock_that_was_set_back_writes_nothing(world: World) -> None:
    world.confirm(world.rules.event(EVENT), reason="a")
    world.clock.advance(minutes=-1)  # machines differ by as much
    trigger = world.record(TODAY)
    world.clock.advance(hours=-1)
    for act in (
        lambda: world.confirm(world.rules.years(5), reason="b"),
        lambda: world.record(date(2025, 1, 1)),
        lambda: world.withdraw(trigger),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert reason_of(refused) == "retention.clock_set_back"


def test_of_two_people_at_once_one_confirms(world: World) -> None:
    rule = world.rules.years(5)
    world.rules.propose(world.dossier, rule)
    together = threading.Barrier(2)

    def confirm() -> str:
        together.wait()
        try:
            world.confirm(rule)
        except Conflict as refused:
            return refused.reason
        return "confirmed"

    with ThreadPoolExecutor(2) as people:
        outcomes = sorted(each.result() for each in [people.submit(confirm) for _ in range(2)])
    assert outcomes == ["confirmed", "rule.confirmed_before"]
    assert world.tags() == ["rule.confirmed"]


def test_the_locks_of_the_masters_follow_the_confirmed_rule(world: World) -> None:
    item = world.make.item(world.agency, dossier=world.dossier)

    def master() -> StoredObject:
        with Session(world.app.engine) as session:
            return session.get_one(StoredObject, item.master_digest)

    world.confirm(world.rules.years(10), reason="a")
    until = master().locked_until
    assert until is not None
    assert until.astimezone(world.clock.now.tzinfo).year == 2030
    forever = world.confirm(world.rules.permanent(), reason="b")
    assert master().legal_hold
    world.end(forever)
    assert not master().legal_hold
    assert master().locked_until == until, "a lock is never shortened"


def test_who_may_not_confirm_leaves_no_trace_and_outsiders_learn_nothing(world: World) -> None:
    rule = world.rules.years(5)
    row = world.rules.propose(world.dossier, rule)
    mine = world.manager
    for role in (Role.CLERK, Role.REVIEWER, Role.OFFICIAL, Role.LEADER):
        world.manager = world.make.actor(role, world.agency)
        with pytest.raises(NotAllowed):
            world.confirm(rule)
        with pytest.raises(NotAllowed):
            world.end(row)
    world.manager = world.make.actor(Role.RECORDS_MANAGER, world.make.agency("KHAC"))
    for act in (lambda: world.confirm(rule), lambda: world.end(row), lambda: world.record(TODAY)):
        with pytest.raises(NotFound):
            act()
    world.manager = mine
    assert world.tags() == []


def test_a_rule_or_event_of_another_dossier_is_not_found(world: World) -> None:
    other = world.rules.closed(world.agency, date(2020, 1, 1))
    row = world.rules.propose(other, world.rules.years(5))
    trigger = world.rules.happened(other, EVENT, date(2021, 1, 1))
    with pytest.raises(NotFound):
        world.end(row)
    with pytest.raises(NotFound):
        world.withdraw(trigger)
