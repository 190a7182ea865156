from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import SYSTEM, Actor, actor_of
from archive.access.permissions import Permission, Role
from archive.bootstrap import App
from archive.db.accounts import Account, Agency, Assignment
from archive.db.digitization import Batch
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.states import READABLE, ItemState
from archive.errors import NotAllowed
from archive.ids import new_id
from search.query import AllOf, AnyValue, Filter, Not, OneOf
from tests.conftest import SetClock
from tests.factories import Factory


def selects(tree: Filter, document: dict[str, str]) -> bool:
    """The plain meaning of a filter, as search.query words it."""
    match tree:
        case AnyValue(name, values):
            return document[name] in values
        case AllOf(parts):
            return all(selects(part, document) for part in parts)
        case OneOf(parts):
            return any(selects(part, document) for part in parts)
        case Not(part):
            return not selects(part, document)
    raise AssertionError(tree)


@dataclass(frozen=True)
class World:
    parents: tuple[int | None, ...]
    assignments: tuple[tuple[Role, int], ...]
    items: tuple[tuple[int, ItemState, str], ...]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 6))
    parents = tuple(draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(count))
    agencies = st.integers(0, count - 1)
    assignments = draw(st.lists(st.tuples(st.sampled_from(Role), agencies), max_size=4))
    levels = st.sampled_from(["open", "conditional"])
    items = draw(st.lists(st.tuples(agencies, st.sampled_from(ItemState), levels), min_size=1, max_size=8))
    return World(parents, tuple(assignments), tuple(items))


def settle(session: Session, world: World, clock: SetClock) -> tuple[Actor, list[Item]]:
    agencies = [Agency(id=new_id(), code=f"G{number}", name="") for number in range(len(world.parents))]
    for agency, parent in zip(agencies, world.parents, strict=True):
        agency.parent_id = None if parent is None else agencies[parent].id
        session.add(agency)
        session.flush()
    account = Account(id=new_id(), login=f"p{new_id()}", name="", created_at=clock())
    session.add(account)
    session.flush()
    for role, agency in world.assignments:
        session.add(
            Assignment(
                id=new_id(),
                account_id=account.id,
                role=role,
                agency_id=agencies[agency].id,
                valid_from=date(2020, 1, 1),
            )
        )
    items = [
        Item(
            id=new_id(), receipt_id=_receipt(session, agencies[agency], account, clock), agency_id=agencies[agency].id,
            state=state, level=level, task_number=1, received_at=clock(),
            stop_reason="gate.secret" if state is ItemState.STOPPED else None,
        )
        for agency, state, level in world.items
    ]  # fmt: skip
    session.add_all(items)
    session.flush()
    return actor_of(session, account.id, clock()), items


def _receipt(session: Session, agency: Agency, account: Account, clock: SetClock) -> uuid.UUID:
    batch = Batch(
        id=new_id(), number=str(new_id()), agency_id=agency.id, task_number=1, opened_by=account.id, opened_at=clock()
    )
    session.add(batch)
    session.flush()
    receipt = Receipt(
        id=new_id(), number=str(new_id()), agency_id=agency.id, digest=str(new_id()), size_bytes=1, media_type="",
        batch_id=batch.id, received_at=clock(), received_by=account.id,
    )  # fmt: skip
    session.add(receipt)
    session.flush()
    return receipt.id


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_allows_sql_and_search_filter_are_one_rule(app: App, clock: SetClock, world: World) -> None:
    with Session(app.engine) as session:
        actor, items = settle(session, world, clock)
        for permission in Permission:
            allowed = {item.id for item in items if policy.allows(actor, permission, policy.access_of(item))}
            by_sql = set(session.scalars(select(Item.id).where(policy.filter_items(actor, permission))))
            tree = policy.filter_search(actor, permission)
            by_search = {
                item.id
                for item in items
                if selects(tree, {"agency": str(item.agency_id), "state": item.state, "level": item.level})
            }
            assert allowed == by_sql == by_search, permission
        session.rollback()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_no_role_reads_a_stopped_or_unreadable_item(app: App, clock: SetClock, world: World) -> None:
    with Session(app.engine) as session:
        actor, items = settle(session, world, clock)
        read = set(session.scalars(select(Item.state).where(policy.filter_items(actor, Permission.ITEM_READ))))
        assert read <= set(READABLE)
        assert {item.state for item in items} >= read
        session.rollback()


def test_who_holds_nothing_sees_nothing(make: Factory, app: App, clock: SetClock) -> None:
    agency = make.agency()
    item = make.item(agency, state="published", level="open")
    stranger = Actor(make.account().id, "stranger", "")
    assert not policy.allows(stranger, Permission.ITEM_READ, policy.access_of(item))
    assert not policy.may(stranger, Permission.BATCH_INGEST)
    with Session(app.engine) as session:
        assert session.scalars(select(Item).where(policy.filter_items(stranger, Permission.ITEM_READ))).all() == []
        assert session.scalars(select(Batch).where(policy.filter_batches(stranger))).all() == []


def test_an_official_reads_another_agencys_item_only_when_published_and_open(make: Factory) -> None:
    own, other = make.agency(), make.agency()
    official = make.actor(Role.OFFICIAL, own)

    def reads(agency: Agency, state: str, level: str) -> bool:
        return policy.allows(official, Permission.ITEM_READ, policy.RecordAccess(agency.id, state, level))

    assert reads(own, "described", "conditional")
    assert reads(other, "published", "open")
    assert not reads(other, "published", "conditional")
    assert not reads(other, "reviewed", "open")


def test_a_role_reaches_the_agencies_below_and_not_those_above(make: Factory) -> None:
    city = make.agency()
    department = make.agency(parent=city)
    office = make.agency(parent=department)
    clerk = make.actor(Role.CLERK, department)
    assert policy.may(clerk, Permission.BATCH_INGEST, office.id)
    assert policy.may(clerk, Permission.BATCH_INGEST, department.id)
    assert not policy.may(clerk, Permission.BATCH_INGEST, city.id)


def test_operators_administer_and_read_no_contents(make: Factory) -> None:
    agency = make.agency()
    operator = make.actor(Role.OPERATOR, agency)
    published = policy.RecordAccess(agency.id, "published", "open")
    assert policy.may(operator, Permission.ACCOUNT_MANAGE, agency.id)
    assert not policy.allows(operator, Permission.ITEM_READ, published)
    assert not policy.may(operator, Permission.DOSSIER_READ)


def test_dossiers_and_batches_of_other_agencies_are_filtered_out(make: Factory, app: App) -> None:
    own, other = make.agency(), make.agency()
    mine, _ = make.dossier(own), make.dossier(other)
    my_batch, _ = make.batch(own), make.batch(other)
    clerk = make.actor(Role.CLERK, own)
    with Session(app.engine) as session:
        assert session.scalars(select(Dossier.id).where(policy.filter_dossiers(clerk))).all() == [mine.id]
        assert session.scalars(select(Batch.id).where(policy.filter_batches(clerk))).all() == [my_batch.id]


def test_require_raises_in_plain_vietnamese(make: Factory) -> None:
    own, other = make.agency(), make.agency()
    clerk = make.actor(Role.CLERK, own)
    policy.require(clerk, Permission.BATCH_INGEST, own.id)
    with pytest.raises(NotAllowed, match="không có quyền"):
        policy.require(clerk, Permission.BATCH_INGEST, other.id)
    with pytest.raises(NotAllowed):
        policy.require(clerk, Permission.ITEM_READ, policy.RecordAccess(own.id, "stopped", "conditional"))


def test_the_service_itself_reaches_every_state(make: Factory, app: App) -> None:
    items = {make.item(state=state).id for state in ItemState}
    with Session(app.engine) as session:
        assert (
            set(session.scalars(select(Item.id).where(policy.filter_items(SYSTEM, Permission.ITEM_RECOGNISE)))) == items
        )


def test_what_belongs_to_all_needs_the_permission_over_every_agency_at_the_top_that_is_in_force(
    app: App, make: Factory
) -> None:
    city = make.agency("TP")
    ward = make.agency("TP.P1", parent=city)
    make.agency("CU", valid_to=date(2025, 6, 30))  # has ended: nobody needs to hold anything over it
    over_all = make.actor(Role.RECORDS_MANAGER, city)
    others = [make.actor(Role.RECORDS_MANAGER, ward), make.actor(Role.CLERK, city), Actor(new_id(), "ai", "Ai")]

    def holders(today: date) -> list[Actor]:
        with app.unit_of_work() as uow:
            return [
                actor
                for actor in (SYSTEM, over_all, *others)
                if policy.may_at_top(uow.session, actor, Permission.SCHEDULE_IMPORT, today)
            ]

    assert holders(date(2025, 7, 1)) == [SYSTEM, over_all]
    assert holders(date(2025, 6, 30)) == [SYSTEM]
    with app.unit_of_work() as uow, pytest.raises(NotAllowed):
        policy.require_at_top(uow.session, others[0], Permission.SCHEDULE_IMPORT, date(2025, 7, 1))
    make.agency("TW", valid_from=date(2026, 1, 1))
    assert holders(date(2025, 12, 31)) == [SYSTEM, over_all]
    assert holders(date(2026, 1, 1)) == [SYSTEM]
