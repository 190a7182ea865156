from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import dossiers
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Fond
from archive.db.trail import AuditEvent
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.conftest import SetClock
from tests.factories import Factory


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def keeper(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.RECORDS_MANAGER, agency)


def create(app: App, actor: Actor, **columns: Any) -> Dossier:
    given = {"title": "Cấp phép xây dựng", "agency_code": "SXD", "year": 2025, "task_number": 3, **columns}
    with app.unit_of_work() as uow:
        return dossiers.create_dossier(uow, **given, actor=actor, now=app.clock())


def test_dossiers_are_numbered_by_agency_and_year_past_numbers_given_by_hand(app: App, keeper: Actor) -> None:
    create(app, keeper, code="SXD.2025.0002")
    codes = [create(app, keeper).code for _ in range(2)] + [create(app, keeper, year=2024).code]
    assert codes == ["SXD.2025.0001", "SXD.2025.0003", "SXD.2024.0001"]


def test_the_first_dossier_opens_the_fond_of_its_agency(app: App, agency: Agency, keeper: Actor) -> None:
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: create(app, keeper), range(3)))
    assert sorted(dossier.code for dossier in made) == ["SXD.2025.0001", "SXD.2025.0002", "SXD.2025.0003"]
    with Session(app.engine) as session:
        fond = session.scalars(select(Fond)).one()
    assert (fond.code, fond.creator_id, fond.title) == ("SXD", agency.id, f"Phông {agency.name}")
    assert {dossier.fond_id for dossier in made} == {fond.id}


def test_with_several_fonds_one_is_named(app: App, make: Factory, agency: Agency, keeper: Actor) -> None:
    make.fond(agency, code="F1")
    second = make.fond(agency, code="F2")
    with pytest.raises(InvalidInput):
        create(app, keeper)
    assert create(app, keeper, fond_code="F2").fond_id == second.id


def test_a_fond_of_another_agency_is_unknown(app: App, make: Factory, keeper: Actor) -> None:
    make.fond(make.agency("UBND"), code="UBND")
    with pytest.raises(NotFound):
        create(app, keeper, fond_code="UBND")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"title": "  "}, "dossier.title_invalid"),
        ({"year": 25}, "dossier.year_invalid"),
        ({"year": 2028}, "dossier.year_invalid"),
        ({"task_number": 25}, "ingest.task_unknown"),
        ({"code": "UBND.2025.01"}, "dossier.code_invalid"),
        ({"code": "SXD.2025.../etc"}, "dossier.code_invalid"),
        ({"code": "SXD.2025."}, "dossier.code_invalid"),
    ],
)
def test_what_no_dossier_can_have_is_refused(app: App, keeper: Actor, columns: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(app, keeper, **columns)
    assert refused.value.reason == reason
    with Session(app.engine) as session:
        assert session.scalars(select(Dossier)).all() == []


def test_a_code_is_given_once(app: App, keeper: Actor) -> None:
    create(app, keeper, code="SXD.2025.01")
    with pytest.raises(Conflict):
        create(app, keeper, code="SXD.2025.01")


def test_a_dossier_is_closed_when_its_work_ended_and_opened_again_for_a_reason(
    app: App, keeper: Actor, clock: SetClock
) -> None:
    dossier = create(app, keeper)
    with app.unit_of_work() as uow:
        closed = dossiers.close_dossier(
            uow, dossier.code, work_ended_on=date(2025, 12, 31), actor=keeper, now=app.clock()
        )
    assert (closed.state, closed.closed_at, closed.work_ended_on) == ("closed", clock.now, date(2025, 12, 31))
    with pytest.raises(Conflict), app.unit_of_work() as uow:
        dossiers.close_dossier(uow, dossier.code, work_ended_on=date(2025, 12, 31), actor=keeper, now=app.clock())
    with app.unit_of_work() as uow:
        opened = dossiers.reopen_dossier(uow, dossier.code, reason="Có văn bản đến sau", actor=keeper, now=app.clock())
    assert (opened.state, opened.closed_at, opened.work_ended_on) == ("open", None, None)
    with Session(app.engine) as session:
        tags = session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)).all()
    assert tags == ["dossier.created", "dossier.closed", "dossier.reopened"]


@pytest.mark.parametrize("ended", [date(2024, 12, 31), date(2026, 3, 3)])
def test_work_ends_neither_before_the_dossier_nor_in_the_future(app: App, keeper: Actor, ended: date) -> None:
    dossier = create(app, keeper)
    with pytest.raises(InvalidInput), app.unit_of_work() as uow:
        dossiers.close_dossier(uow, dossier.code, work_ended_on=ended, actor=keeper, now=app.clock())


def test_to_another_agency_the_dossier_is_unknown_and_to_a_reader_not_to_be_closed(
    app: App, make: Factory, agency: Agency, keeper: Actor
) -> None:
    dossier = create(app, keeper)
    for actor, error in (
        (make.actor(Role.RECORDS_MANAGER, make.agency("UBND")), NotFound),
        (make.actor(Role.OFFICIAL, agency), NotAllowed),
    ):
        with pytest.raises(error), app.unit_of_work() as uow:
            dossiers.close_dossier(uow, dossier.code, work_ended_on=date(2025, 12, 31), actor=actor, now=app.clock())
