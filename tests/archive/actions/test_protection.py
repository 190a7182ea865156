"""Locks follow the term and the holds: lengthened, never shortened, as the strictest holder of the bytes wants them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from archive.access.identity import OFFICE_HOURS
from archive.actions.protection import MASTER_LOCK, renew_protection
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item, StoredObject
from archive.db.retention import DossierRule, HoldRow, RuleRow, ScheduleRow, Trigger
from archive.errors import StoreUnavailable
from archive.ids import new_id
from archive.protection import roll_locks, tell_store
from tests.conftest import SetClock
from tests.factories import Factory


class World:
    """A dossier whose work ended in 2015, with one master; rules are confirmed on it as a test asks."""

    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        self.agency: Agency = make.agency("SXD")
        self.dossier: Dossier = make.dossier(self.agency, year=2015, state="closed", work_ended_on=date(2015, 6, 30))
        self.item: Item = make.item(self.agency, dossier=self.dossier)
        self.person = make.account().id
        self.schedule = make.save(
            ScheduleRow(
                id=new_id(),
                code="BTH",
                version=1,
                title="Bảng thời hạn thử",
                legal_basis="Văn bản thử",
                valid_from=date(2010, 1, 1),
                source="thử",
            )
        )
        self._ordinal = 0

    def confirm(self, kind: str, years: int | None = None, event: str | None = None, on: Dossier | None = None) -> None:
        self._ordinal += 1
        rule = self.make.save(
            RuleRow(
                id=new_id(),
                schedule_id=self.schedule.id,
                ordinal=self._ordinal,
                title="Hồ sơ",
                kind=kind,
                years=years,
                event=event,
            )
        )
        self.make.save(
            DossierRule(
                id=new_id(),
                dossier_id=(on or self.dossier).id,
                rule_id=rule.id,
                reasons=[],
                proposed_at=self.clock.now,
                confirmed_at=self.clock.now,
                confirmed_by=self.person,
            )
        )

    def hold(self, **subject: uuid.UUID) -> HoldRow:
        return self.make.save(
            HoldRow(
                id=new_id(),
                number=f"TD-SXD-2026-{new_id().hex[-5:]}",
                agency_id=self.agency.id,
                reason="Thanh tra",
                authority="QĐ 12/QĐ-TTr",
                placed_by=self.person,
                placed_at=self.clock.now,
                **subject,
            )
        )

    def renew(self, *dossiers: Dossier) -> int:
        with self.app.unit_of_work() as uow:
            return renew_protection(uow, [each.id for each in dossiers or (self.dossier,)], now=self.clock.now)

    @property
    def row(self) -> StoredObject:
        with Session(self.app.engine) as session:
            return session.get_one(StoredObject, self.item.master_digest)


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)


def first_of(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=OFFICE_HOURS)


def test_a_confirmed_term_locks_to_its_end_and_not_a_day_less(world: World) -> None:
    world.confirm("years", 20)
    assert world.renew() == 1
    assert (world.row.locked_until, world.row.legal_hold) == (first_of(2036), False)
    assert world.row.protection_pending


def test_the_longest_of_several_terms_counts_and_a_shorter_one_later_shortens_nothing(world: World) -> None:
    world.confirm("years", 50)
    world.renew()
    world.confirm("years", 20)
    assert world.renew() == 0
    assert world.row.locked_until == first_of(2066)


@pytest.mark.parametrize(("kind", "event"), [("permanent", None), ("event", "chấm dứt hợp đồng")])
def test_a_term_without_end_is_a_legal_hold_over_a_lock_that_rolls_on(
    world: World, kind: str, event: str | None
) -> None:
    world.confirm(kind, event=event)
    world.renew()
    assert world.row.legal_hold
    assert world.row.locked_until == world.clock.now + MASTER_LOCK


def test_what_the_rule_waited_for_turns_the_legal_hold_into_a_date(world: World) -> None:
    world.confirm("event", 10, event="chấm dứt hợp đồng")
    world.renew()
    world.make.save(
        Trigger(
            id=new_id(),
            dossier_id=world.dossier.id,
            event="chấm dứt hợp đồng",
            happened_on=date(2020, 3, 1),
            document="Biên bản thanh lý",
            recorded_at=world.clock.now,
            recorded_by=world.person,
        )
    )
    assert world.renew() == 1
    assert (world.row.locked_until, world.row.legal_hold) == (first_of(2031), False)


def test_without_a_rule_the_lock_rolls_on_when_half_of_it_has_gone_by(world: World) -> None:
    assert world.renew() == 1
    first = world.row.locked_until
    assert first == world.clock.now + MASTER_LOCK
    world.clock.now += timedelta(days=14)
    assert world.renew() == 0
    world.clock.now += timedelta(days=2)
    assert world.renew() == 1
    assert world.row.locked_until == world.clock.now + MASTER_LOCK


def test_a_hold_on_the_dossier_or_on_the_item_is_a_legal_hold_until_it_is_lifted(world: World) -> None:
    world.confirm("years", 5)
    for subject in ({"dossier_id": world.dossier.id}, {"item_id": world.item.id}):
        hold = world.hold(**subject)
        world.renew()
        assert world.row.legal_hold
        with world.app.unit_of_work() as uow:
            row = uow.session.get_one(HoldRow, hold.id)
            row.lifted_at, row.lifted_by = world.clock.now, world.make.account().id
        world.renew()
        assert not world.row.legal_hold


def test_an_object_of_two_holders_is_kept_as_the_stricter_one_wants_it(world: World) -> None:
    other_agency = world.make.agency("STC")
    other = world.make.dossier(other_agency, year=2015, state="closed", work_ended_on=date(2015, 6, 30))
    receipt = world.make.receipt(world.make.batch(other_agency), digest=world.item.master_digest, size_bytes=10)
    world.make.item(other_agency, dossier=other, receipt=receipt)
    world.confirm("years", 5)
    world.confirm("permanent", on=other)
    world.renew()
    assert world.row.legal_hold
    hold = world.hold(dossier_id=other.id)
    world.renew(other)
    with world.app.unit_of_work() as uow:
        row = uow.session.get_one(HoldRow, hold.id)
        row.lifted_at, row.lifted_by = world.clock.now, world.make.account().id
    assert world.renew(other, world.dossier) == 0
    assert world.row.legal_hold


def test_a_term_that_has_ended_asks_for_no_lock_and_repeating_changes_nothing(world: World) -> None:
    world.confirm("years", 1)
    assert world.renew() == 0
    assert world.row.locked_until is None
    assert world.renew() == 0


def pending(world: World) -> bool:
    return world.row.protection_pending


def put(world: World, content: bytes) -> str:
    path = world.app.settings.data / "delivered"
    path.write_bytes(content)
    return world.app.store.put(path).digest


def test_the_store_is_told_once_and_what_it_could_not_be_told_is_told_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = put(world, b"a master")
    receipt = world.make.receipt(world.make.batch(world.agency), b"a master")
    world.item = world.make.item(world.agency, dossier=world.dossier, receipt=receipt)
    world.confirm("permanent")
    assert world.renew() == 2
    with monkeypatch.context() as away:
        away.setattr(world.app.store, "protect", _refuses)
        with pytest.raises(StoreUnavailable):
            tell_store(world.app)
    assert pending(world)
    assert tell_store(world.app) == 1  # the other's bytes are not in the store: its mark stays
    assert not pending(world)
    found = world.app.store.protection(digest)
    assert (found.legal_hold, found.retain_until) == (True, (world.clock.now + MASTER_LOCK).astimezone(UTC))
    assert tell_store(world.app) == 0


def _refuses(*_: object, **__: object) -> None:
    raise StoreUnavailable(detail="away")


def test_locks_without_a_known_end_are_set_anew_and_those_of_a_term_are_not(world: World) -> None:
    other = world.make.item(world.agency)  # in no dossier: no term
    world.confirm("years", 20)
    world.renew()
    with world.app.unit_of_work() as uow:
        uow.session.get_one(StoredObject, other.master_digest).locked_until = world.clock.now + MASTER_LOCK
    world.clock.now += timedelta(days=17)
    assert roll_locks(world.app) == 0
    world.clock.now += timedelta(days=2)
    assert roll_locks(world.app) == 1
    with Session(world.app.engine) as session:
        rolled = session.get_one(StoredObject, other.master_digest)
        assert rolled.locked_until == world.clock.now + MASTER_LOCK
        assert rolled.protection_pending
    assert world.row.locked_until == first_of(2036)
