"""Who is told of what, and who may set that up."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM
from archive.access.permissions import Role
from archive.actions import webhooks
from archive.actions.filing import withdraw_item
from archive.actions.ingest import close_batch, open_batch
from archive.actions.review import publish_item
from archive.db.accounts import Account, Assignment
from archive.db.trail import AuditDetails
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.queries.webhooks import webhook
from tests.archive.integrations.webhooks.receiver import Receiver
from tests.archive.integrations.webhooks.world import LOOPBACK, World


def test_neither_secret_nor_address_is_in_trail_or_plain_in_the_row(world: World, receiver: Receiver) -> None:
    secret = world.open(receiver, "dossier.created")
    world.change(url=receiver.url + "/khac")
    row = world.endpoint()
    assert secret.encode() not in row.secret
    assert secret[6:].encode() not in row.secret
    with Session(world.app.engine) as session:
        details = session.scalars(select(AuditDetails.details)).all()
    assert secret not in str(details)
    assert receiver.url not in str(details)


def test_a_public_service_is_told_of_published_items_alone_and_of_their_withdrawal(
    world: World, receiver: Receiver
) -> None:
    world.account("cong", Role.SERVICE)
    world.open(receiver, login="cong")
    dossier = world.make.dossier(world.agency)
    kept = world.make.item(world.agency, state="reviewed", dossier=dossier, reviewed_by=world.operator.account_id)
    shown = world.make.item(world.agency, state="reviewed", dossier=dossier, reviewed_by=world.operator.account_id)
    with world.app.unit_of_work() as uow:
        withdraw_item(uow, kept.id, reason="Sai hồ sơ", actor=world.manager, now=world.clock())
        publish_item(uow, shown.id, actor=world.manager, now=world.clock())
    with world.app.unit_of_work() as uow:
        withdraw_item(uow, shown.id, reason="Sai hồ sơ", actor=world.manager, now=world.clock())
    world.happen(1)
    world.tell()
    told = [(taken.message["type"], taken.message["data"]["code"]) for taken in receiver.taken]
    assert told == [("item.published", shown.code), ("item.withdrawn", shown.code)]


def test_rights_are_asked_for_at_the_moment_of_telling(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    with world.app.unit_of_work() as uow:
        ended = update(Assignment).where(Assignment.account_id == world.program.id)
        uow.session.execute(ended.values(ended_at=world.clock()))
    assert world.tell() == 0
    assert receiver.taken == []
    assert world.endpoint().position > 0


def test_other_agencies_events_are_not_told(world: World, receiver: Receiver) -> None:
    world.open(receiver)
    other = world.make.agency("KHAC")
    clerk = world.make.actor(Role.CLERK, other)
    with world.app.unit_of_work() as uow:
        batch_id = open_batch(uow, agency_code="KHAC", task_number=1, source="web", actor=clerk, now=world.clock()).id
    with world.app.unit_of_work() as uow:
        close_batch(uow, batch_id, actor=clerk, now=world.clock())
    world.seal()
    assert world.tell() == 0


def test_a_closed_account_is_told_nothing_and_the_operator_is_told_why(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    with world.app.unit_of_work() as uow:
        closed = update(Account).where(Account.id == world.program.id)
        uow.session.execute(closed.values(disabled_at=world.clock()))
    assert world.tell() == 0
    assert world.endpoint().problem == "webhook.account_closed"
    assert world.endpoint().position < 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"code": "một cửa"}, InvalidInput),
        ({"login": "khong-co"}, InvalidInput),
        ({"url": "http://motcua.example.vn/hook"}, InvalidInput),
        ({"url": "https://10.0.0.1/hook"}, InvalidInput),
        ({"url": "https://lan:mat-khau@127.0.0.1/"}, InvalidInput),
        ({"tags": []}, InvalidInput),
        ({"tags": ["item.read"]}, InvalidInput),
        ({"tags": ["session.opened"]}, InvalidInput),
    ],
)
def test_what_cannot_be_is_refused(world: World, given: dict[str, Any], error: type[Exception]) -> None:
    usual = {"code": "A", "login": "mot-cua", "url": "http://127.0.0.1:9/", "tags": ["item.published"]}
    with pytest.raises(error), world.app.unit_of_work() as uow:
        webhooks.open_webhook(uow, **{**usual, **given}, destinations=LOOPBACK, actor=world.operator, now=world.clock())


def test_only_who_manages_all_that_the_account_may_see_sets_it_up_or_sees_it(world: World, receiver: Receiver) -> None:
    other = world.make.agency("KHAC")
    stranger = world.make.actor(Role.OPERATOR, other)
    clerk = world.make.actor(Role.CLERK, world.agency)
    with pytest.raises(InvalidInput):
        world.open(receiver, actor=stranger)
    with pytest.raises(NotAllowed):
        world.open(receiver, actor=clerk)
    world.open(receiver)
    with pytest.raises(Conflict):
        world.open(receiver)
    world.make.assignment(world.program, Role.OFFICIAL, other)
    for actor in (world.operator, stranger, clerk):
        with Session(world.app.engine) as session, pytest.raises(NotFound):
            webhook(session, "MOT-CUA", actor=actor)
        with pytest.raises(NotFound), world.app.unit_of_work() as uow:
            webhooks.renew_secret(uow, "MOT-CUA", actor=actor, now=world.clock())
    with Session(world.app.engine) as session:
        assert webhook(session, "MOT-CUA", actor=SYSTEM).login == "mot-cua"
