from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Permission, Role
from archive.actions import agencies, filing
from archive.actions.custody import move_custody
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Custody, Dossier, Fond, Item, PhysicalLocation, Receipt
from archive.db.retention import DispositionEntry, DispositionRow, HoldRow
from archive.db.states import READABLE, ItemState
from archive.db.trail import AuditDetails, AuditEvent
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.ids import new_id
from archive.indexing import drain, index_document
from archive.queries import dossiers as dossier_queries
from archive.queries import items as item_queries
from archive.queries.searching import search
from search.adapters.memory import MemoryIndex
from tests.archive.queries.records import describe, page, read
from tests.conftest import SetClock
from tests.factories import Factory

BASIS, MINUTES = "Nghị quyết 1656/NQ-UBTVQH15", "Biên bản 12/BB ngày 20/02/2026"
STATES = sorted(set(ItemState) - {ItemState.RECEIVED, ItemState.STOPPED})
ROLES = [role for role in Role if role not in {Role.SERVICE, Role.OPERATOR}]


class World:
    """A former ward and its successor below one city, and an agency beside them."""

    def __init__(self, app: App, make: Factory) -> None:
        self.app, self.make = app, make
        self.city = make.agency("HN")
        self.former, self.new = (make.agency(code, parent=self.city) for code in ("CU", "MOI"))
        self.other = make.agency("NGOAI")
        self.fond: Fond = make.fond(self.former, code="CU")
        self.dossier: Dossier = make.dossier(self.former, fond_id=self.fond.id, code="CU.2019.0001", year=2019)
        self.keeper = make.actor(Role.RECORDS_MANAGER, self.city)

    def move(self, to: str = "MOI", *, fond: str = "CU", by: Actor | None = None, **given: Any) -> Custody:
        given = {"legal_basis": BASIS, "document": MINUTES, "handed_over_on": date(2026, 3, 2), **given}
        with self.app.unit_of_work() as uow:
            return move_custody(uow, fond, to, **given, actor=by or self.keeper, now=self.app.clock())

    def row(self, table: Any, id_: Any) -> Any:
        with Session(self.app.engine) as session:
            return session.get_one(table, id_)


@pytest.fixture
def world(app: App, make: Factory) -> World:
    return World(app, make)


def test_a_fond_goes_over_with_everything_in_it_and_keeps_creator_codes_and_receipts(
    world: World, make: Factory, app: App
) -> None:
    item = make.item(world.former, dossier=world.dossier)
    paper = make.save(
        PhysicalLocation(
            id=new_id(), agency_id=world.former.id, dossier_id=world.dossier.id, place="Kho 1", valid_from=app.clock()
        )
    )
    hold = make.save(
        HoldRow(
            id=new_id(),
            number="TD-CU-2026-00001",
            agency_id=world.former.id,
            dossier_id=world.dossier.id,
            reason="Thanh tra",
            authority="Quyết định 1",
            placed_by=make.account().id,
            placed_at=app.clock(),
        )
    )
    moved = world.move()
    fond, dossier, kept = (
        world.row(table, id_) for table, id_ in ((Fond, world.fond.id), (Dossier, world.dossier.id), (Item, item.id))
    )
    assert (fond.agency_id, fond.creator_id) == (world.new.id, world.former.id)
    assert (dossier.agency_id, dossier.code) == (world.new.id, "CU.2019.0001")
    assert (kept.agency_id, kept.code, kept.master_digest) == (world.new.id, item.code, item.master_digest)
    assert world.row(Receipt, item.receipt_id).agency_id == world.former.id
    assert world.row(PhysicalLocation, paper.id).agency_id == world.new.id
    held = world.row(HoldRow, hold.id)
    assert (held.agency_id, held.number, held.lifted_at) == (world.new.id, "TD-CU-2026-00001", None)
    assert (moved.legal_basis, moved.document, moved.valid_to) == (BASIS, MINUTES, None)
    with Session(app.engine) as session:
        told = select(AuditEvent.agency_id, AuditDetails.details).join(
            AuditDetails, AuditDetails.event_id == AuditEvent.id
        )
        events = session.execute(told.where(AuditEvent.tag == "custody.moved")).all()
    assert {event.agency_id for event in events} == {world.former.id, world.new.id}
    assert events[0].details["document"] == MINUTES


def test_periods_of_custody_follow_each_other(world: World, make: Factory, app: App, clock: SetClock) -> None:
    with app.unit_of_work() as uow:
        agencies.create_agency(uow, code="P1", name="Phường 1", parent_code="HN", actor=SYSTEM, now=app.clock())
    keeper = make.actor(Role.RECORDS_MANAGER, world.city)
    world.move("MOI", fond="P1", by=keeper, handed_over_on=date(2025, 7, 5))
    clock.now += timedelta(days=1)
    world.move("CU", fond="P1", by=keeper, handed_over_on=date(2026, 3, 1))
    with Session(app.engine) as session:
        rows = session.execute(
            select(Agency.code, Custody.valid_from, Custody.valid_to)
            .join(Agency, Agency.id == Custody.agency_id)
            .join(Fond, Fond.id == Custody.fond_id)
            .where(Fond.code == "P1")
            .order_by(Custody.id)
        ).all()
    assert [row.code for row in rows] == ["P1", "MOI", "CU"]
    assert all(row.valid_from <= row.valid_to for row in rows[:2])
    assert [rows[0].valid_to, rows[1].valid_to] == [rows[1].valid_from, rows[2].valid_from]
    with pytest.raises(InvalidInput) as refused:
        world.move("MOI", fond="P1", by=keeper, handed_over_on=date(2026, 2, 1))
    assert refused.value.reason == "custody.day_too_early"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"to": "CU"}, Conflict),
        ({"legal_basis": " "}, InvalidInput),
        ({"document": ""}, InvalidInput),
        ({"handed_over_on": date(2026, 3, 3)}, InvalidInput),
        ({"to": "KHONGCO"}, NotFound),
        ({"fond": "KHONGCO"}, NotFound),
        ({"to": "NGOAI"}, NotFound),
    ],
)
def test_what_cannot_be_handed_over_stays(world: World, given: dict[str, Any], error: type[ArchiveError]) -> None:
    with pytest.raises(error):
        world.move(**given)
    assert world.row(Fond, world.fond.id).agency_id == world.former.id


def test_it_takes_the_right_over_both_agencies(world: World, make: Factory) -> None:
    both = make.actor(Role.RECORDS_MANAGER, world.former, (Role.RECORDS_MANAGER, world.new))
    for role, over in (
        (Role.RECORDS_MANAGER, world.former),
        (Role.RECORDS_MANAGER, world.new),
        (Role.OPERATOR, world.city),
    ):
        with pytest.raises(NotFound):
            world.move(by=make.actor(role, over))
    world.move(by=both)


def test_what_is_being_delivered_into_a_fond_is_ended_first(world: World, make: Factory, app: App) -> None:
    batch = make.batch(world.former, dossier_id=world.dossier.id)
    with pytest.raises(Conflict, match=batch.number):
        world.move()
    with app.unit_of_work() as uow:
        uow.session.merge(batch).closed_at = app.clock()
    item = make.item(world.former, state=ItemState.RECEIVED, receipt=make.receipt(batch))
    with pytest.raises(Conflict) as refused:
        world.move()
    assert refused.value.reason == "custody.items_unfinished"
    with app.unit_of_work() as uow:
        stopped = uow.session.merge(item)
        stopped.state, stopped.stop_reason = ItemState.STOPPED, "gate.secret"
    with pytest.raises(Conflict):
        world.move()
    with app.unit_of_work() as uow:
        removed = uow.session.merge(item)
        removed.state, removed.stop_reason = ItemState.DESTROYED, None
    world.move()


def test_what_is_proposed_for_disposal_does_not_change_hands(world: World, make: Factory, app: App) -> None:
    proposal = make.save(
        DispositionRow(
            id=new_id(),
            number="XL-1",
            agency_id=world.former.id,
            action="destroy",
            state="proposed",
            proposed_by=make.account().id,
            proposed_at=app.clock(),
        )
    )
    make.save(
        DispositionEntry(
            disposition_id=proposal.id, dossier_id=world.dossier.id, reason="Hết thời hạn", state="proposed"
        )
    )
    with pytest.raises(Conflict, match="XL-1"):
        world.move()
    with app.unit_of_work() as uow:
        uow.session.merge(proposal).state = "refused"
    world.move()


def described(world: World, state: ItemState = ItemState.DESCRIBED, **columns: Any) -> Item:
    item = world.make.item(world.former, state=state, dossier=world.dossier, **columns)
    describe(world.app, world.make, item, {"type_name": read("Quyết định")}, page(1, "Giấy phép xây dựng"))
    return item


def test_the_former_holder_finds_nothing_from_the_commit_on(world: World, make: Factory, app: App) -> None:
    """Before the index has learned of it, and after; by search, by link, by list."""
    index = MemoryIndex()
    app.__dict__["index"] = index
    item = described(world)
    drain(app)
    before, after = make.actor(Role.CLERK, world.former), make.actor(Role.CLERK, world.new)
    assert search(app, "giấy phép", actor=before).total == 1
    assert search(app, "giấy phép", actor=after).total == 0
    world.move()
    assert search(app, "giấy phép", actor=before).total == 0
    for _ in range(2):
        with Session(app.engine) as session:
            assert item_queries.item(session, item.code or "", actor=after).id == item.id
            assert [line.code for line in dossier_queries.dossiers(session, actor=after)] == ["CU.2019.0001"]
            assert dossier_queries.dossiers(session, actor=before).lines == ()
            for link in (item.code or "", item.id):
                with pytest.raises(NotFound):
                    item_queries.item(session, link, actor=before)
            with pytest.raises(NotFound):
                dossier_queries.dossier(session, "CU.2019.0001", actor=before)
        drain(app)
        assert search(app, "giấy phép", actor=before).total == 0
        assert search(app, "giấy phép", actor=after).total == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kept=st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(["open", "conditional"])), min_size=1, max_size=4),
    roles=st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(["former", "new", "city", "other"])), max_size=3),
)
def test_access_follows_custody(
    app: App, make: Factory, kept: list[tuple[ItemState, str]], roles: list[tuple[Role, str]]
) -> None:
    """After the move everybody may do with a record what they may with the new holder's own of that state and level;
    the three readings of the rule and the index's document agree on it."""
    with Session(app.engine) as session:
        number = len(session.scalars(select(Agency.id)).all())
    city = make.agency(f"C{number}")
    places = {"city": city, "other": make.agency(f"X{number}")}
    places |= {name: make.agency(f"{name.upper()}{number}", parent=city) for name in ("former", "new")}
    fond = make.fond(places["former"])
    dossier = make.dossier(places["former"], fond_id=fond.id)
    items = [make.item(places["former"], state=state, level=level, dossier=dossier) for state, level in kept]
    own = [make.item(places["new"], state=state, level=level) for state, level in kept]
    actor = make.actor(Role.OPERATOR, places["other"], *((role, places[place]) for role, place in roles))
    with app.unit_of_work() as uow:
        move_custody(
            uow, fond.code, places["new"].code, legal_basis=BASIS, document=MINUTES,
            handed_over_on=date(2026, 3, 2), actor=make.actor(Role.RECORDS_MANAGER, city), now=app.clock(),
        )  # fmt: skip
    with Session(app.engine) as session:
        moved = [session.get_one(Item, item.id) for item in items]
        for permission in Permission:
            allowed = [policy.allows(actor, permission, policy.access_of(item)) for item in moved]
            assert allowed == [policy.allows(actor, permission, policy.access_of(item)) for item in own], permission
            found = set(session.scalars(select(Item.id).where(policy.filter_items(actor, permission))))
            assert [item.id in found for item in items] == allowed, permission
        for item in moved:
            document = index_document(session, app.store, item.id)
            assert (document is not None) == (item.state in READABLE)
            assert document is None or document.agency == str(places["new"].id)
        seen = session.scalar(select(Dossier.id).where(Dossier.id == dossier.id, policy.filter_dossiers(actor)))
        assert (seen is not None) == policy.may(actor, Permission.DOSSIER_READ, places["new"].id)


def test_who_files_while_a_fond_is_handed_over_is_waited_for(world: World, make: Factory, app: App) -> None:
    """Whatever comes first, in the end a dossier and what is in it have one holder."""
    items = [make.item(world.former) for _ in range(4)]
    tries: list[Callable[[], object]] = [world.move]

    def file(item: Item) -> Callable[[], object]:
        def act() -> object:
            with app.unit_of_work() as uow:
                return filing.file_item(uow, item.id, "CU.2019.0001", reason="Xếp", actor=world.keeper, now=app.clock())

        return act

    def attempt(act: Callable[[], object]) -> bool:
        try:
            act()
        except ArchiveError:
            return False
        return True

    tries += [file(item) for item in items]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(attempt, tries))
    with Session(app.engine) as session:
        pairs = session.execute(select(Item.agency_id, Dossier.agency_id).join(Dossier, Dossier.id == Item.dossier_id))
        assert all(one == other for one, other in pairs)
