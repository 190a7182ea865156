from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM, Actor, actor_of
from archive.access.permissions import Role
from archive.actions import readings, review
from archive.actions.programme import change_programme, import_programme
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item, Receipt
from archive.errors import NotFound
from archive.intake.programme_sheet import Kind
from archive.intake.sheets import Sheet, SheetRow
from archive.queries.accounts import accounts
from archive.queries.references import account_id
from archive.queries.trail import events, item_events
from tests.archive.queries.records import statements
from tests.conftest import SetClock
from tests.factories import Factory


@pytest.fixture
def top(make: Factory) -> Agency:
    return make.agency("TP")


@pytest.fixture
def agency(make: Factory, top: Agency) -> Agency:
    return make.agency("SXD", parent=top)


def read(app: App, item: Item, actor: Actor) -> None:
    with app.unit_of_work() as uow:
        readings.open_item(uow, item.id, actor=actor, now=app.clock())


def test_an_auditor_reads_who_did_what_in_the_agencies_given_and_no_contents(
    app: App, make: Factory, top: Agency, agency: Agency, clock: SetClock
) -> None:
    item, foreign = make.item(agency), make.item(make.agency("UBND", parent=top))
    clerk = make.actor(Role.CLERK, agency)
    read(app, item, clerk)
    clock.advance(minutes=1)
    with app.unit_of_work() as uow:
        review.review_item(uow, item.id, actor=clerk, now=app.clock())
    read(app, foreign, make.actor(Role.CLERK, top))
    with Session(app.engine) as session:
        number = session.get_one(Receipt, item.receipt_id).number
        seen = events(session, actor=make.actor(Role.AUDITOR, agency))
        assert [(line.tag, line.subject, line.actor) for line in seen] == [
            ("item.reviewed", number, clerk.name),
            ("item.read", number, clerk.name),
        ]
        assert len(events(session, actor=make.actor(Role.AUDITOR, top))) == 3
        assert not events(session, actor=clerk)
        assert [line.tag for line in events(session, actor=make.actor(Role.AUDITOR, top), tag="item.reviewed")] == [
            "item.reviewed"
        ]


def test_the_trail_is_turned_without_losing_events_of_one_instant(app: App, make: Factory, agency: Agency) -> None:
    clerk, auditor = make.actor(Role.CLERK, agency), make.actor(Role.AUDITOR, agency)
    for _ in range(5):
        read(app, make.item(agency), clerk)
    with Session(app.engine) as session:
        whole = [line.subject for line in events(session, actor=auditor)]
        seen: list[str] = []
        page = events(session, actor=auditor, limit=2)
        while page.following:
            seen += [line.subject for line in page]
            page = events(session, actor=auditor, limit=2, cursor=page.following)
        seen += [line.subject for line in page]
    assert len(set(seen)) == 5
    assert seen == whole


def test_the_trail_of_an_item_is_for_its_agencys_auditors(app: App, make: Factory, agency: Agency) -> None:
    item = make.item(agency)
    read(app, item, make.actor(Role.OFFICIAL, agency))
    with Session(app.engine) as session:
        assert [line.tag for line in item_events(session, item.id, actor=make.actor(Role.AUDITOR, agency))] == [
            "item.read"
        ]
        for actor in (make.actor(Role.RECORDS_MANAGER, agency), make.actor(Role.AUDITOR, make.agency("UBND"))):
            with pytest.raises(NotFound):
                item_events(session, item.id, actor=actor)


def test_who_acts_in_another_name_is_shown_as_both(app: App, make: Factory, agency: Agency) -> None:
    item = make.item(agency)
    operator, clerk = make.actor(Role.OPERATOR, agency), make.actor(Role.CLERK, agency)
    with app.unit_of_work() as uow:
        acting = actor_of(uow.session, clerk.account_id, app.clock(), by=operator, os_user="root")
    read(app, item, acting)
    with Session(app.engine) as session:
        (line,) = events(session, actor=make.actor(Role.AUDITOR, agency))
    assert (line.actor, line.acting_as, line.os_user) == (operator.name, clerk.name, "root")


def test_the_number_of_statements_does_not_grow_with_the_trail(app: App, make: Factory, agency: Agency) -> None:
    auditor, clerk = make.actor(Role.AUDITOR, agency), make.actor(Role.CLERK, agency)
    counts = []
    for more in (1, 8):
        for _ in range(more):
            read(app, make.item(agency), clerk)
        with statements(app) as seen, Session(app.engine) as session:
            events(session, actor=auditor)
        counts.append(len(seen))
    assert counts[0] == counts[1] == 2


def test_an_operator_lists_accounts_and_assignments_where_accounts_are_managed(
    app: App, make: Factory, top: Agency, agency: Agency
) -> None:
    other = make.agency("UBND", parent=top)
    clerk = make.actor(Role.CLERK, agency, (Role.OFFICIAL, other), login="thu")
    make.actor(Role.CLERK, other, login="khac")
    make.account("moi")
    operator = make.actor(Role.OPERATOR, agency, login="van-hanh")
    with Session(app.engine) as session:
        listed = {
            line.login: [(a.role, a.agency_code) for a in line.assignments]
            for line in accounts(session, actor=operator)
        }
        assert listed["thu"] == [("clerk", "SXD")]
        assert {"thu", "moi", "van-hanh"} <= set(listed)
        assert "khac" not in listed
        assert not accounts(session, actor=clerk)


def test_a_login_leads_to_the_accounts_that_an_operator_manages_and_to_no_other(
    app: App, make: Factory, top: Agency, agency: Agency
) -> None:
    other = make.agency("UBND", parent=top)
    shared = make.actor(Role.CLERK, agency, (Role.OFFICIAL, other), login="thu")
    make.actor(Role.CLERK, other, login="khac")
    new = make.account("moi")
    operator = make.actor(Role.OPERATOR, agency, login="van-hanh")
    with Session(app.engine) as session:
        assert account_id(session, "thu", actor=operator) == shared.account_id
        assert account_id(session, "moi", actor=operator) == new.id
        told = set()
        for login, actor in (("khac", operator), ("khong-co", operator), ("thu", shared), ("moi", shared)):
            with pytest.raises(NotFound) as error:
                account_id(session, login, actor=actor)
            told.add(str(error.value).replace(login, "…"))
    assert len(told) == 1


def test_what_the_programme_and_the_sheets_are_about_is_told_in_its_own_numbers(
    app: App, make: Factory, top: Agency, clock: SetClock
) -> None:
    """Subjects that are no rows of ours: a task by its number, a sheet by nothing."""
    manager = make.actor(Role.RECORDS_MANAGER, top)
    sheet = Sheet(("number", "title"), (SheetRow(2, {"number": "6", "title": "Số hoá sổ hộ tịch"}),))
    with app.unit_of_work() as uow:
        change_programme(uow, Kind.TASK, (5,), {"title": "Số hoá"}, version=1, actor=manager, now=app.clock())
    clock.advance(minutes=1)
    with app.unit_of_work() as uow:
        import_programme(uow, Kind.TASK, sheet, actor=manager, now=app.clock())
    with Session(app.engine) as session:
        told = [(line.tag, line.subject) for line in events(session, actor=SYSTEM)]
    assert told[:2] == [("programme.imported", ""), ("programme.changed", "5")]
