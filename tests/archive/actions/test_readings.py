from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.permissions import Role
from archive.actions.readings import open_item, open_record
from archive.bootstrap import App
from archive.db.holdings import Receipt
from archive.db.states import ItemState
from archive.db.trail import AuditEvent
from archive.errors import NotFound
from archive.queries.views import ItemView, ReceiptView
from tests.archive.queries.records import tags
from tests.conftest import SetClock
from tests.factories import Factory


def test_a_reading_is_one_event_a_person_and_quarter_hour(app: App, make: Factory, clock: SetClock) -> None:
    agency = make.agency()
    item = make.item(agency)
    one, two = make.actor(Role.OFFICIAL, agency), make.actor(Role.CLERK, agency)
    for actor, minutes in ((one, 0), (one, 5), (two, 0), (one, 15)):
        clock.advance(minutes=minutes)
        with app.unit_of_work() as uow:
            open_item(uow, item.id, actor=actor, now=app.clock())
    with Session(app.engine) as session:
        readers = session.scalars(
            select(AuditEvent.actor_id).where(AuditEvent.tag == "item.read").order_by(AuditEvent.at, AuditEvent.id)
        ).all()
    assert readers == [one.account_id, two.account_id, one.account_id]


def test_who_may_not_see_an_item_reads_nothing(app: App, make: Factory) -> None:
    item = make.item(make.agency())
    with pytest.raises(NotFound), app.unit_of_work() as uow:
        open_item(uow, item.id, actor=make.actor(Role.OFFICIAL, make.agency()), now=app.clock())
    assert tags(app, item) == []


def test_of_an_item_under_way_the_receipt_is_shown_to_who_delivers(app: App, make: Factory) -> None:
    agency = make.agency()
    item = make.item(agency, state=ItemState.RECEIVED)
    with Session(app.engine) as session:
        number = session.get_one(Receipt, item.receipt_id).number
    clerk, official = make.actor(Role.CLERK, agency), make.actor(Role.OFFICIAL, agency)
    with app.unit_of_work() as uow:
        shown = open_record(uow, number, actor=clerk, now=app.clock())
        assert isinstance(shown, ReceiptView)
        assert (shown.number, shown.state) == (number, ItemState.RECEIVED)
    with pytest.raises(NotFound), app.unit_of_work() as uow:
        open_record(uow, number, actor=official, now=app.clock())
    assert tags(app, item) == []


def test_of_a_described_item_the_item_is_shown_and_the_reading_kept(app: App, make: Factory) -> None:
    agency = make.agency()
    item = make.item(agency)
    clerk = make.actor(Role.CLERK, agency)
    with app.unit_of_work() as uow:
        assert isinstance(open_record(uow, item.id, actor=clerk, now=app.clock()), ItemView)
    assert tags(app, item) == ["item.read"]
