"""Notices and lists for disposal: 30 days, once, by whoever may, and never of what is held."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor, local_date
from archive.access.permissions import Role
from archive.actions.dispositions import propose_disposition, ready_agencies, withdraw_disposition
from archive.actions.notices import give_due_notices, give_notices, see_notices
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.db.retention import HoldRow, RetentionNotice
from archive.db.trail import AuditEvent
from archive.errors import ArchiveError, Conflict, NotAllowed, NotFound
from archive.ids import new_id
from archive.queries.dispositions import DispositionView, disposition, dispositions
from archive.queries.due import Standing, due
from archive.queries.retention import terms
from tests.archive.schedules import Schedules
from tests.conftest import SetClock
from tests.factories import Factory


class World:
    """Three dossiers: long due, due in January 2027, due much later; the clock stands in March 2026."""

    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        self.agency: Agency = make.agency("SXD")
        self.rules = Schedules(make, clock)
        five = self.rules.years(5)
        self.long_due, self.soon, self.later = (
            self.rules.closed(self.agency, date(year, 6, 30)) for year in (2015, 2021, 2024)
        )
        for dossier in (self.long_due, self.soon, self.later):
            self.rules.confirm(dossier, five)
        self.manager: Actor = make.actor(Role.RECORDS_MANAGER, self.agency)

    def notice(self, actor: Actor | None = None) -> list[str]:
        with self.app.unit_of_work() as uow:
            return [line.code for line in give_notices(uow, actor=actor or self.manager, now=self.clock())]

    def propose(self, *codes: str, agency: str = "SXD", actor: Actor | None = None) -> str:
        with self.app.unit_of_work() as uow:
            return propose_disposition(uow, agency, codes, actor=actor or self.manager, now=self.clock()).number

    def withdraw(self, number: str, dossier_code: str | None = None) -> None:
        with self.app.unit_of_work() as uow:
            withdraw_disposition(
                uow, number, reason="còn dùng", dossier_code=dossier_code, actor=self.manager, now=self.clock()
            )

    def view(self, number: str) -> DispositionView:
        with Session(self.app.engine) as session:
            return disposition(session, number, actor=self.manager, today=local_date(self.clock()))

    def standing(self, dossier: Dossier) -> Standing:
        today = local_date(self.clock())
        with Session(self.app.engine) as session:
            lines = due(session, actor=self.manager, until=date(2100, 1, 1), today=today).lines
        return next(line.standing(today) for line in lines if line.code == dossier.code)

    def hold(self, dossier: Dossier) -> HoldRow:
        return self.make.save(
            HoldRow(
                id=new_id(),
                number=f"TG-{new_id()}",
                agency_id=dossier.agency_id,
                dossier_id=dossier.id,
                reason="thanh tra",
                authority="QĐ 1",
                placed_by=self.rules.person,
                placed_at=self.clock(),
            )
        )


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)


def reason_of(error: pytest.ExceptionInfo[ArchiveError]) -> str:
    return error.value.reason


def codes(lines: Sequence[Dossier]) -> list[str]:
    return [line.code for line in lines]


def test_what_is_due_or_becomes_due_within_thirty_days_is_noticed_once(world: World) -> None:
    assert world.notice() == codes([world.long_due])
    assert world.notice() == []
    world.clock.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert world.notice() == [], "31 days before the first of January"
    world.clock.advance(days=1)
    assert world.notice() == codes([world.soon])
    with Session(world.app.engine) as session:
        tags = list(session.scalars(select(AuditEvent.tag)))
    assert tags == ["notice.given", "notice.given"]


def test_the_service_gives_notices_by_itself(world: World) -> None:
    assert give_due_notices(world.app) == 1
    assert give_due_notices(world.app) == 0


def test_notices_are_given_over_the_agencies_where_disposal_may_be_proposed(world: World) -> None:
    assert world.notice(world.make.actor(Role.RECORDS_MANAGER, world.make.agency("KHAC"))) == []
    with pytest.raises(NotAllowed):
        world.notice(world.make.actor(Role.CLERK, world.agency))


def test_who_got_the_dossier_later_is_told_anew(world: World) -> None:
    world.notice()
    other = world.make.agency("KHAC")
    with world.app.unit_of_work() as uow:
        uow.session.get_one(Dossier, world.long_due.id).agency_id = other.id
    assert world.notice(world.make.actor(Role.RECORDS_MANAGER, other)) == codes([world.long_due])


def test_a_day_that_an_event_moved_is_noticed_anew(world: World) -> None:
    rule = world.rules.event("hết hiệu lực", 1)
    dossier = world.rules.closed(world.agency, date(2015, 6, 30))
    world.rules.confirm(dossier, rule)
    world.rules.happened(dossier, "hết hiệu lực", date(2018, 1, 1))
    assert dossier.code in world.notice()
    world.clock.advance(hours=1)
    world.rules.happened(dossier, "hết hiệu lực", date(2020, 1, 1))
    assert world.notice() == [dossier.code]
    assert world.notice() == []


def test_a_clock_that_was_set_back_gives_no_notice(world: World) -> None:
    world.notice()
    world.clock.advance(days=-2)
    with pytest.raises(Conflict) as refused:
        world.notice()
    assert reason_of(refused) == "retention.clock_set_back"


def test_a_notice_is_seen_once_and_by_whom_it_concerns(world: World) -> None:
    world.notice()
    with Session(world.app.engine) as session:
        ids = list(session.scalars(select(RetentionNotice.id)))
    stranger = world.make.actor(Role.RECORDS_MANAGER, world.make.agency("KHAC"))
    with pytest.raises(NotAllowed), world.app.unit_of_work() as uow:
        see_notices(uow, ids, actor=stranger, now=world.clock())
    for seen in (1, 0):
        with world.app.unit_of_work() as uow:
            assert see_notices(uow, ids, actor=world.manager, now=world.clock()) == seen


def test_a_dossier_is_proposed_when_it_is_due_and_was_noticed_thirty_days_ago(world: World) -> None:
    assert world.standing(world.long_due) is Standing.NOT_NOTICED
    world.notice()
    world.clock.advance(days=29)
    assert world.standing(world.long_due) is Standing.NOTICED
    with pytest.raises(Conflict) as refused:
        world.propose()
    assert reason_of(refused) == "disposition.nothing_ready"
    world.clock.advance(days=1)
    assert world.standing(world.long_due) is Standing.READY
    number = world.propose()
    assert number == "DX-SXD-2026-00001"
    assert [entry.code for entry in world.view(number).entries] == codes([world.long_due])
    assert world.standing(world.long_due) is Standing.PROPOSED
    with pytest.raises(Conflict):
        world.propose()


def test_of_two_people_at_once_one_makes_the_list(world: World) -> None:
    world.notice()
    world.clock.advance(days=30)
    together = threading.Barrier(2)

    def propose() -> str:
        together.wait()
        try:
            return world.propose()
        except Conflict as refused:
            return refused.reason

    with ThreadPoolExecutor(2) as people:
        outcomes = sorted(each.result() for each in [people.submit(propose) for _ in range(2)])
    assert outcomes == ["DX-SXD-2026-00001", "disposition.nothing_ready"]


def test_noticed_early_it_is_proposed_no_sooner_than_its_day(world: World) -> None:
    world.clock.now = datetime(2026, 12, 2, 1, tzinfo=UTC)
    world.notice()
    world.clock.now = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
    assert world.standing(world.soon) is Standing.NOTICED
    world.clock.advance(minutes=1)  # midnight in Hà Nội
    assert world.standing(world.soon) is Standing.READY


def test_what_is_held_is_not_proposed_and_a_hold_that_comes_later_is_told_on_the_list(world: World) -> None:
    world.notice()
    world.clock.advance(days=30)
    hold = world.hold(world.long_due)
    assert world.standing(world.long_due) is Standing.HELD
    with pytest.raises(Conflict) as refused:
        world.propose(world.long_due.code)
    assert reason_of(refused) == "disposition.not_ready"
    with world.app.unit_of_work() as uow:
        row = uow.session.get_one(HoldRow, hold.id)
        row.lifted_at, row.lifted_by = world.clock(), world.manager.account_id
    number = world.propose()
    assert world.view(number).entries[0].keeps is None
    world.hold(world.long_due)
    assert world.view(number).entries[0].keeps == "disposition.kept_by_hold"


def test_a_hold_on_one_item_keeps_the_dossier(world: World) -> None:
    item = world.make.item(world.agency, dossier=world.long_due)
    hold = world.hold(world.later)
    with world.app.unit_of_work() as uow:
        row = uow.session.get_one(HoldRow, hold.id)
        row.dossier_id, row.item_id = None, item.id
    assert world.standing(world.long_due) is Standing.HELD
    assert world.standing(world.later) is Standing.NOT_NOTICED


def test_what_was_taken_off_a_list_is_proposed_again_only_by_its_code(world: World) -> None:
    world.notice()
    world.clock.advance(days=30)
    number = world.propose()
    world.withdraw(number)
    assert world.view(number).line.state == "refused"
    assert world.standing(world.long_due) is Standing.REFUSED
    with world.app.unit_of_work() as uow:
        assert ready_agencies(uow, agency_code=None, actor=world.manager, now=world.clock()) == ()
    with pytest.raises(Conflict):
        world.withdraw(number)
    world.clock.advance(days=1)
    again = world.propose(world.long_due.code)
    assert again != number
    assert world.standing(world.long_due) is Standing.PROPOSED


def test_one_dossier_is_taken_off_and_the_rest_stays(world: World) -> None:
    other = world.rules.closed(world.agency, date(2014, 6, 30))
    world.rules.confirm(other, world.rules.years(5))
    world.notice()
    world.clock.advance(days=30)
    number = world.propose()
    world.withdraw(number, other.code)
    view = world.view(number)
    assert (view.line.state, view.line.dossiers) == ("proposed", 1)
    assert {entry.code: entry.state for entry in view.entries} == {
        other.code: "refused",
        world.long_due.code: "proposed",
    }
    world.withdraw(number, world.long_due.code)
    assert world.view(number).line.state == "refused"


def test_a_dossier_that_is_not_due_or_not_there_is_named(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        world.propose(world.later.code)
    assert reason_of(refused) == "disposition.not_due"
    with pytest.raises(NotFound):
        world.propose("SXD.2025.KHONGCO")
    foreign = world.make.dossier(world.make.agency("KHAC"))
    with pytest.raises(NotFound):
        world.propose(foreign.code)


def test_lists_are_the_agencys_own(world: World) -> None:
    world.notice()
    world.clock.advance(days=30)
    with pytest.raises(NotAllowed):
        world.propose(actor=world.make.actor(Role.CLERK, world.agency))
    number = world.propose()
    stranger = world.make.actor(Role.RECORDS_MANAGER, world.make.agency("KHAC"))
    with Session(world.app.engine) as session:
        assert dispositions(session, actor=stranger).lines == ()
        assert [line.number for line in dispositions(session, actor=world.manager)] == [number]
        with pytest.raises(NotFound):
            disposition(session, number, actor=stranger, today=date(2026, 3, 2))
    with pytest.raises(NotFound):
        world.propose(actor=stranger)


def test_the_due_list_has_what_the_arithmetic_calls_due_and_nothing_else(world: World) -> None:
    chance = random.Random(7)
    events = ("hết hiệu lực", "chấm dứt")
    choices = [world.rules.years(count) for count in (1, 5, 20)] + [world.rules.permanent()]
    choices += [world.rules.event(event, years) for event in events for years in (0, 7)]
    made = []
    for _ in range(40):
        ended = date(1990, 1, 1) + timedelta(days=chance.randrange(12_000))
        dossier = world.rules.closed(world.agency, ended)
        world.rules.confirm(dossier, *chance.sample(choices, chance.randint(0, 3)))
        for event in events:
            if chance.random() < 0.6:
                world.rules.happened(dossier, event, date(1990, 1, 1) + timedelta(days=chance.randrange(12_000)))
        made.append(dossier.id)
    today = date(2026, 3, 2)
    for until in (date(2000, 1, 1), date(2019, 12, 31), date(2020, 1, 1), date(2060, 1, 1)):
        with Session(world.app.engine) as session:
            listed = {line.dossier_id for line in due(session, actor=world.manager, until=until, today=today).lines}
            found = terms(session, made, today)
        expected = {each for each, term in found.items() if term.due_on is not None and term.due_on <= until}
        assert listed & set(made) == expected


def test_the_due_list_is_in_the_order_of_the_days_and_in_portions(world: World) -> None:
    with Session(world.app.engine) as session:
        how = {"actor": world.manager, "until": date(2030, 1, 1), "today": date(2026, 3, 2)}
        first = due(session, **how, limit=2)  # type: ignore[arg-type]
        rest = due(session, **how, limit=2, after=first.following)  # type: ignore[arg-type]
    assert [line.code for line in (*first.lines, *rest.lines)] == codes([world.long_due, world.soon, world.later])
    assert (first.total, rest.following) == (3, None)
    assert [line.due_on for line in rest.lines] == [date(2030, 1, 1)]
    assert timedelta(0) < rest.lines[0].due_on - date(2026, 3, 2)
