"""Who may do what, written out: every action against every role, in the agency itself and from outside."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import describe, dossiers, filing, readings, review, stopped
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.states import ItemState
from archive.db.trail import AuditEvent, Outbox
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotAllowed, NotFound
from archive.ids import new_id
from tests.archive.queries import records
from tests.factories import Factory

CLERK, REVIEWER, MANAGER = Role.CLERK, Role.REVIEWER, Role.RECORDS_MANAGER
READERS = {CLERK, REVIEWER, MANAGER, Role.OFFICIAL, Role.LEADER}
WHY = "Theo quy định"


class World:
    """One agency with an item in each state that an action begins at."""

    def __init__(self, app: App, make: Factory) -> None:
        self.app = app
        self.agency: Agency = make.agency("SXD", second_person_publishes=False)
        self.dossier: Dossier = make.dossier(self.agency)
        self.other: Dossier = make.dossier(self.agency, fond_id=self.dossier.fond_id)
        self.described: Item = make.item(self.agency)
        records.describe(app, make, self.described, {"subject": records.read("Về đất")})
        self.reviewed: Item = make.item(self.agency, state=ItemState.REVIEWED, dossier=self.dossier)
        self.withdrawn: Item = make.item(self.agency, state=ItemState.WITHDRAWN, dossier=self.dossier)
        self.stopped: Item = make.item(self.agency, state=ItemState.STOPPED)
        with Session(app.engine) as session:
            self.stopped_receipt = session.get_one(Receipt, self.stopped.receipt_id).number


Act = Callable[[World, UnitOfWork, Actor], object]

ACTIONS: dict[str, tuple[set[Role], Act]] = {
    "create_dossier": (
        {CLERK, MANAGER},
        lambda w, uow, actor: dossiers.create_dossier(
            uow, title="A", agency_code="SXD", year=2025, actor=actor, now=w.app.clock()
        ),
    ),
    "close_dossier": (
        {MANAGER},
        lambda w, uow, actor: dossiers.close_dossier(
            uow, w.dossier.code, work_ended_on=date(2025, 12, 31), actor=actor, now=w.app.clock()
        ),
    ),
    "correct_field": (
        {CLERK, REVIEWER, MANAGER},
        lambda w, uow, actor: describe.correct_field(
            uow, w.described.id, "subject", "Về đất đai", actor=actor, now=w.app.clock()
        ),
    ),
    "accept_field": (
        {CLERK, REVIEWER, MANAGER},
        lambda w, uow, actor: describe.accept_field(uow, w.described.id, "subject", actor=actor, now=w.app.clock()),
    ),
    "accept_all": (
        {CLERK, REVIEWER, MANAGER},
        lambda w, uow, actor: describe.accept_all(uow, w.described.id, actor=actor, now=w.app.clock()),
    ),
    "remove_field": (
        {CLERK, REVIEWER, MANAGER},
        lambda w, uow, actor: describe.remove_field(uow, w.described.id, "subject", actor=actor, now=w.app.clock()),
    ),
    "review_item": (
        {CLERK, REVIEWER, MANAGER},
        lambda w, uow, actor: review.review_item(uow, w.described.id, actor=actor, now=w.app.clock()),
    ),
    "return_item": (
        {CLERK, REVIEWER, MANAGER},
        lambda w, uow, actor: review.return_item(uow, w.reviewed.id, reason=WHY, actor=actor, now=w.app.clock()),
    ),
    "publish_item": (
        {REVIEWER, MANAGER},
        lambda w, uow, actor: review.publish_item(uow, w.reviewed.id, actor=actor, now=w.app.clock()),
    ),
    "file_item": (
        {MANAGER},
        lambda w, uow, actor: filing.file_item(
            uow, w.described.id, w.dossier.code, reason=WHY, actor=actor, now=w.app.clock()
        ),
    ),
    "move_item": (
        {MANAGER},
        lambda w, uow, actor: filing.move_item(
            uow, w.reviewed.id, w.other.code, reason=WHY, actor=actor, now=w.app.clock()
        ),
    ),
    "replace_item": (
        {MANAGER},
        lambda w, uow, actor: filing.replace_item(
            uow, w.reviewed.id, w.described.id, reason=WHY, actor=actor, now=w.app.clock()
        ),
    ),
    "supplement_item": (
        {MANAGER},
        lambda w, uow, actor: filing.supplement_item(
            uow, w.described.id, w.reviewed.id, reason=WHY, actor=actor, now=w.app.clock()
        ),
    ),
    "withdraw_item": (
        {MANAGER},
        lambda w, uow, actor: filing.withdraw_item(uow, w.reviewed.id, reason=WHY, actor=actor, now=w.app.clock()),
    ),
    "restore_item": (
        {MANAGER},
        lambda w, uow, actor: filing.restore_item(uow, w.withdrawn.id, reason=WHY, actor=actor, now=w.app.clock()),
    ),
    "remove_stopped": (
        {Role.SECURITY_OFFICER},
        lambda w, uow, actor: stopped.remove_stopped(
            uow, w.stopped_receipt, decision=WHY, actor=actor, now=w.app.clock()
        ),
    ),
    "release_stopped": (
        {Role.SECURITY_OFFICER},
        lambda w, uow, actor: stopped.release_stopped(
            uow, w.stopped_receipt, decision=WHY, actor=actor, now=w.app.clock()
        ),
    ),
    "open_item": (
        READERS,
        lambda w, uow, actor: readings.open_item(uow, w.described.id, actor=actor, now=w.app.clock()),
    ),
}


def traces(app: App) -> tuple[int, int]:
    with Session(app.engine) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (AuditEvent, Outbox)]
    return counts[0], counts[1]


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_done_by_its_roles_and_leaves_no_trace_of_anybody_else(app: App, make: Factory, name: str) -> None:
    allowed, act = ACTIONS[name]
    world = World(app, make)
    actors = {role: make.actor(role, world.agency) for role in Role}
    foreign = make.agency("UBND")
    refused = [actors[role] for role in Role if role not in allowed]
    refused += [make.actor(role, foreign) for role in Role]
    refused.append(make.actor(Role.CLERK, foreign, (Role.OPERATOR, world.agency), (Role.AUDITOR, world.agency)))
    before = traces(app)
    for actor in refused:
        with pytest.raises((NotAllowed, NotFound)), app.unit_of_work() as uow:
            act(world, uow, actor)
    assert traces(app) == before
    for role in allowed:
        uow = app.unit_of_work()
        act(world, uow, actors[role])
        uow.session.rollback()
        uow.session.close()
    assert traces(app) == before, "rolled back: neither rows nor events"
    with app.unit_of_work() as uow:
        act(world, uow, actors[sorted(allowed)[0]])
    events = {"accept_all": 0, "replace_item": 2, "supplement_item": 2}  # nothing is doubtful; the other is filed too
    assert traces(app)[0] == before[0] + events.get(name, 1)


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in {"create_dossier"}])
def test_to_outsiders_a_record_is_as_unknown_as_one_that_is_not_there(app: App, make: Factory, name: str) -> None:
    act = ACTIONS[name][1]
    world = World(app, make)
    outsider = make.actor(Role.RECORDS_MANAGER, make.agency("UBND"), (Role.SECURITY_OFFICER, make.agency("UBND2")))
    with pytest.raises(NotFound) as hidden, app.unit_of_work() as uow:
        act(world, uow, outsider)
    missing = copy.copy(world)
    missing.described, missing.reviewed, missing.withdrawn = (Item(id=new_id()) for _ in range(3))
    missing.dossier, missing.other = Dossier(code=world.dossier.code[:-1] + "X"), world.other
    missing.stopped_receipt = "BN-SXD-2026-9999999"
    with pytest.raises(NotFound) as unknown, app.unit_of_work() as uow:
        act(missing, uow, outsider)
    names = (world.dossier.code, missing.dossier.code, world.stopped_receipt, missing.stopped_receipt)

    def bare(text: str) -> str:
        for name in names:
            text = text.replace(name, "…")
        return text

    assert bare(str(hidden.value)) == bare(str(unknown.value))
    assert type(hidden.value) is type(unknown.value)
