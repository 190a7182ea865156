from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.ingest import open_batch, receive_file
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.holdings import Item, Receipt
from archive.db.trail import AuditDetails, AuditEvent
from archive.storage.entries import MASTER
from tests.factories import Factory

PDF = b"%PDF-1.7 scan "


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("H26.1")


@pytest.fixture
def clerk(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.CLERK, agency)


@pytest.fixture
def batch(app: App, agency: Agency, clerk: Actor) -> Batch:
    with app.unit_of_work() as uow:
        return open_batch(uow, agency_code=agency.code, task_number=3, actor=clerk, now=app.clock())


def deliver(app: App, batch: Batch, actor: Actor, name: str) -> str:
    """Returns the outcome."""
    return receive_file(app, batch.id, name, io.BytesIO(PDF), actor=actor).outcome


def waiting(app: App) -> str:
    """The quarantine's key of the one receipt."""
    with app.unit_of_work() as uow:
        return str(uow.session.scalars(select(Receipt)).one().id)


def replaced(app: App) -> list[bool]:
    with app.unit_of_work() as uow:
        told = select(AuditDetails.details).join(AuditEvent, AuditEvent.id == AuditDetails.event_id)
        linked = told.where(AuditEvent.tag == "duplicate.linked").order_by(AuditEvent.at, AuditEvent.id)
        return [details["bytes_replaced"] for details in uow.session.scalars(linked)]


@pytest.mark.parametrize("state", ["received", "stopped"])
def test_damaged_bytes_are_replaced_by_the_same_file_delivered_again(
    app: App, batch: Batch, clerk: Actor, state: str
) -> None:
    deliver(app, batch, clerk, "a.pdf")
    deliver(app, batch, clerk, "b.pdf")
    key = waiting(app)
    with app.unit_of_work() as uow:
        item = uow.session.scalars(select(Item)).one()
        item.state, item.stop_reason = state, "workflow.bytes_damaged" if state == "stopped" else None
    (app.settings.data / "quarantine" / key / MASTER).write_bytes(b"%PDF-1.7 sc")
    assert deliver(app, batch, clerk, "c.pdf") == "duplicate"
    assert app.quarantine.path(key).read_bytes() == PDF
    assert app.quarantine.held(key).name == "a.pdf"
    assert list(app.quarantine.names(key).values()) == ["b.pdf", "c.pdf"][: 2 if state == "received" else 1]
    assert list(app.quarantine.keys()) == [key]
    assert replaced(app) == [False, True]


def test_lost_bytes_are_brought_back_by_the_same_file_delivered_again(app: App, batch: Batch, clerk: Actor) -> None:
    deliver(app, batch, clerk, "a.pdf")
    key = waiting(app)
    app.quarantine.remove(key)
    assert deliver(app, batch, clerk, "b.pdf") == "duplicate"
    assert app.quarantine.path(key).read_bytes() == PDF
    assert list(app.quarantine.unclaimed()) == [key]
    assert replaced(app) == [True]


@pytest.mark.parametrize("state", ["described", "destroyed"])
def test_what_is_past_the_quarantine_brings_nothing_back_there(
    app: App, batch: Batch, clerk: Actor, state: str
) -> None:
    deliver(app, batch, clerk, "a.pdf")
    app.quarantine.remove(waiting(app))
    with app.unit_of_work() as uow:
        uow.session.scalars(select(Item)).one().state = state
    assert deliver(app, batch, clerk, "b.pdf") == "duplicate"
    assert list(app.quarantine.keys()) == []
    assert replaced(app) == [False]
