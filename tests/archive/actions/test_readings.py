from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.readings import open_item, open_record, run_search
from archive.bootstrap import App
from archive.db.holdings import Receipt
from archive.db.states import ItemState
from archive.db.trail import AuditDetails, AuditEvent
from archive.errors import InvalidInput, NotFound
from archive.queries import trail
from archive.queries.views import ItemView, ReceiptView
from search.adapters.memory import MemoryIndex
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


def searches(app: App) -> list[tuple[object, dict[str, object]]]:
    with Session(app.engine) as session:
        rows = session.execute(
            select(AuditEvent.actor_id, AuditDetails.details)
            .join(AuditDetails, AuditDetails.event_id == AuditEvent.id)
            .where(AuditEvent.tag == "search.run")
            .order_by(AuditEvent.at, AuditEvent.id)
        )
        return [(row.actor_id, row.details) for row in rows]


def test_a_search_is_one_event_a_person_question_and_quarter_hour(app: App, make: Factory, clock: SetClock) -> None:
    app.__dict__["index"] = MemoryIndex()
    agency = make.agency()
    one, two = make.actor(Role.OFFICIAL, agency), make.actor(Role.CLERK, agency)
    asked: list[tuple[Actor, str, int, dict[str, Any]]] = [
        (one, "cấp phép", 0, {}),
        (one, "cấp phép", 5, {"offset": 10}),
        (two, "cấp phép", 0, {}),
        (one, "cấp phép", 0, {"filters": {"year": ["2024", "2025"]}}),
        (one, "đất đai", 0, {}),
        (one, "cấp phép", 15, {}),
    ]
    for actor, text, minutes, how in asked:
        clock.advance(minutes=minutes)
        run_search(app, text, actor=actor, **how)
    assert searches(app) == [
        (one.account_id, {"query": "cấp phép", "filters": {}}),
        (two.account_id, {"query": "cấp phép", "filters": {}}),
        (one.account_id, {"query": "cấp phép", "filters": {"year": ["2024", "2025"]}}),
        (one.account_id, {"query": "đất đai", "filters": {}}),
        (one.account_id, {"query": "cấp phép", "filters": {}}),
    ]
    with app.unit_of_work() as uow:
        lines = trail.events(uow.session, actor=make.actor(Role.AUDITOR, agency), tag="search.run")
    assert {line.subject for line in lines} == {"cấp phép", "đất đai"}


def test_an_identifier_that_was_searched_for_is_not_in_the_trail(app: App, make: Factory) -> None:
    app.__dict__["index"] = MemoryIndex()
    official = make.actor(Role.OFFICIAL, make.agency())
    for text in ("khai sinh 001080000123", "khai sinh 001.080.000.123", "khai sinh 001080000124"):
        run_search(app, text, actor=official)
    told = [details["query"] for _, details in searches(app)]
    assert told == ["khai sinh …123", "khai sinh …123", "khai sinh …124"]


def test_what_cannot_be_searched_for_is_no_event(app: App, make: Factory) -> None:
    with pytest.raises(InvalidInput):
        run_search(app, "xây", actor=make.actor(Role.OFFICIAL, make.agency()), limit=0)
    assert searches(app) == []
