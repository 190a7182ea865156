"""Holds: on all that is named or on none, over what comes into a dossier later, and lifted by somebody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.filing import file_item, move_item, replace_item, withdraw_item
from archive.actions.holds import lift_hold, place_holds
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item, StoredObject
from archive.db.retention import HoldRow
from archive.db.trail import AuditEvent
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.queries.holds import LIFTED, holds, holds_of_dossier, holds_of_item
from tests.conftest import SetClock
from tests.factories import Factory

WHY = {"reason": "Thanh tra về cấp phép", "authority": "Quyết định 12/QĐ-TTr"}


class World:
    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        self.agency: Agency = make.agency("SXD")
        self.manager = make.actor(Role.RECORDS_MANAGER, self.agency)
        self.second = make.actor(Role.RECORDS_MANAGER, self.agency)
        self.dossier: Dossier = make.dossier(self.agency)
        self.other: Dossier = make.dossier(self.agency, fond_id=self.dossier.fond_id)
        self.item: Item = make.item(self.agency, dossier=self.dossier)

    def place(self, *subjects: str, actor: Actor | None = None, **how: Any) -> list[str]:
        with self.app.unit_of_work() as uow:
            actor = actor or self.manager
            placed = place_holds(uow, subjects, **{**WHY, **how}, actor=actor, now=self.clock.now)
            return [row.number for row in placed]

    def lift(self, number: str, actor: Actor | None = None) -> None:
        with self.app.unit_of_work() as uow:
            lift_hold(uow, number, reason="Thanh tra xong", actor=actor or self.second, now=self.clock.now)

    def held(self, item: Item) -> bool:
        with Session(self.app.engine) as session:
            return session.get_one(StoredObject, item.master_digest).legal_hold


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)


def test_a_hold_on_a_dossier_holds_what_is_in_it_and_what_comes_later(world: World) -> None:
    world.place(world.dossier.code)
    assert world.held(world.item)
    later = world.make.item(world.agency)
    assert not world.held(later)
    with world.app.unit_of_work() as uow:
        file_item(uow, later.id, world.dossier.code, reason="Nộp muộn", actor=world.manager, now=world.clock.now)
    assert world.held(later)


def test_a_second_person_lifts_it_and_the_legal_hold_goes(world: World) -> None:
    (number,) = world.place(world.dossier.code)
    assert number == "TD-SXD-2026-00001"
    world.lift(number)
    assert not world.held(world.item)
    with Session(world.app.engine) as session:
        row = session.scalars(select(HoldRow)).one()
        tags = session.execute(
            select(AuditEvent.tag, AuditEvent.subject_kind, AuditEvent.subject_id).order_by(AuditEvent.at)
        ).all()
    assert (row.lifted_by, row.lift_reason) == (world.second.account_id, "Thanh tra xong")
    assert {tuple(event) for event in tags} == {
        ("hold.placed", "dossier", str(world.dossier.id)),
        ("hold.lifted", "dossier", str(world.dossier.id)),
    }


def test_who_placed_it_does_not_lift_it_nor_does_anybody_in_his_name(world: World) -> None:
    (number,) = world.place(world.dossier.code)
    in_his_name = replace(world.second, on_behalf_of=world.manager.account_id)
    himself_for_another = replace(world.manager, on_behalf_of=world.second.account_id)
    for actor in (world.manager, in_his_name, himself_for_another):
        with pytest.raises(Conflict) as refused:
            world.lift(number, actor)
        assert refused.value.reason == "retention.hold_second_person"
    assert world.held(world.item)


def test_lifting_twice_or_before_it_was_placed_is_refused(world: World) -> None:
    (number,) = world.place(world.dossier.code)
    world.clock.now -= timedelta(minutes=1)
    with pytest.raises(Conflict) as early:
        world.lift(number)
    assert early.value.reason == "retention.hold_lifted_too_early"
    world.clock.now += timedelta(minutes=2)
    world.lift(number)
    with pytest.raises(Conflict) as again:
        world.lift(number, world.make.actor(Role.RECORDS_MANAGER, world.agency))
    assert again.value.reason == "retention.hold_lifted_before"


def test_of_two_holds_the_one_that_stays_keeps_the_record(world: World) -> None:
    first, second = (world.place(code)[0] for code in (world.dossier.code, str(world.item.code)))
    world.lift(first)
    assert world.held(world.item)
    world.lift(second)
    assert not world.held(world.item)


def test_several_are_held_or_none(world: World) -> None:
    with pytest.raises(NotFound, match="H99"):
        world.place(world.dossier.code, "H99.2025.0000001")
    assert not world.held(world.item)
    assert len(world.place(world.dossier.code, world.other.code, f" {world.dossier.code} ", "")) == 2
    with pytest.raises(Conflict) as again:
        world.place(world.other.code)
    assert again.value.reason == "hold.placed_before"
    assert len(world.place(world.other.code, authority="Quyết định khác")) == 1


@pytest.mark.parametrize(
    ("how", "field"),
    [({"reason": " "}, "reason"), ({"authority": ""}, "authority"), ({"authority": "x" * 301}, "authority")],
)
def test_reason_and_authority_are_needed(world: World, how: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.place(world.dossier.code, **how)
    assert refused.value.field == field


def test_something_is_named_and_not_too_much(world: World) -> None:
    for subjects in ((), ("  ",), tuple(str(number) for number in range(501))):
        with pytest.raises(InvalidInput):
            world.place(*subjects)


def test_an_item_does_not_leave_a_dossier_that_is_held_but_one_that_is_held_itself_may(world: World) -> None:
    (number,) = world.place(world.dossier.code)
    with pytest.raises(Conflict) as refused, world.app.unit_of_work() as uow:
        move_item(uow, world.item.id, world.other.code, reason="Nhầm", actor=world.manager, now=world.clock.now)
    assert refused.value.reason == "hold.keeps_items"
    world.lift(number)
    world.place(str(world.item.code))
    with world.app.unit_of_work() as uow:
        move_item(uow, world.item.id, world.other.code, reason="Nhầm", actor=world.manager, now=world.clock.now)
    assert world.held(world.item)


def test_what_is_withdrawn_or_replaced_stays_held(world: World) -> None:
    other = world.make.item(world.agency, dossier=world.dossier)
    better = world.make.item(world.agency, dossier=world.dossier)
    world.place(world.dossier.code)
    with world.app.unit_of_work() as uow:
        withdraw_item(uow, world.item.id, reason="Nhầm", actor=world.manager, now=world.clock.now)
        replace_item(uow, other.id, better.id, reason="Mờ", actor=world.manager, now=world.clock.now)
    assert world.held(world.item)
    assert world.held(other)
    assert world.held(better)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.RECORDS_MANAGER}))
def test_only_who_may_places_and_lifts(world: World, role: Role) -> None:
    actor = world.make.actor(role, world.agency)
    with pytest.raises((NotAllowed, NotFound)):
        world.place(world.dossier.code, actor=actor)
    (number,) = world.place(world.dossier.code)
    with pytest.raises((NotAllowed, NotFound)):
        world.lift(number, actor)


def test_from_another_agency_it_is_not_there(world: World) -> None:
    stranger = world.make.actor(Role.RECORDS_MANAGER, world.make.agency("STC"))
    with pytest.raises(NotFound):
        world.place(world.dossier.code, actor=stranger)
    (number,) = world.place(world.dossier.code)
    with pytest.raises(NotFound):
        world.lift(number, stranger)
    with Session(world.app.engine) as session:
        assert len(holds(session, actor=stranger)) == 0
        assert holds_of_dossier(session, world.dossier.id, actor=stranger) is None


def test_they_are_listed_and_seen_at_dossier_and_item(world: World) -> None:
    first, second = (world.place(code)[0] for code in (world.dossier.code, str(world.item.code)))
    auditor = world.make.actor(Role.AUDITOR, world.agency)
    with Session(world.app.engine) as session:
        listed = holds(session, actor=world.second).lines
        assert {each.number for each in listed} == {first, second}
        assert all(each.may_lift for each in listed)
        assert not any(each.may_lift for each in holds(session, actor=world.manager))
        blind = holds(session, actor=auditor).lines
        assert {(each.title, each.link) for each in blind} == {(None, None)}
        for found in (
            holds_of_dossier(session, world.dossier.id, actor=world.second),
            holds_of_item(session, world.item.id, actor=world.second),
        ):
            assert found is not None
            assert {each.number for each in found.holds} == {first, second}
            assert found.may_place
        clerk = world.make.actor(Role.CLERK, world.agency)
        assert holds_of_item(session, world.item.id, actor=clerk) is None
    world.lift(first)
    with Session(world.app.engine) as session:
        assert [each.number for each in holds(session, actor=auditor, state=LIFTED)] == [first]


def test_access_to_a_hold_follows_whoever_has_the_record_now(world: World) -> None:
    (number,) = world.place(world.dossier.code)
    successor = world.make.agency("STC")
    with world.app.unit_of_work() as uow:
        uow.session.get_one(Dossier, world.dossier.id).agency_id = successor.id
    taker = world.make.actor(Role.RECORDS_MANAGER, successor)
    with pytest.raises(NotFound):
        world.lift(number)
    world.lift(number, taker)
