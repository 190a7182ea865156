from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pytest
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Role
from archive.actions.agencies import create_agency
from archive.actions.custody import move_custody
from archive.actions.identifiers import give_identifier
from archive.actions.successions import Part, record_succession, rename_agency
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.errors import NotFound
from archive.queries.custody import HolderAnswer, held_fonds, holder
from tests.factories import Factory

TODAY, DAY = date(2026, 3, 2), date(2025, 7, 1)
BASIS, MINUTES = "Nghị quyết 1656", "Biên bản 12"


class World(NamedTuple):
    app: App
    city: Agency
    reader: Actor
    keeper: Actor

    def ask(self, text: str, *, by: Actor | None = None) -> HolderAnswer:
        with Session(self.app.engine) as session:
            return holder(session, text, actor=by or self.reader, today=TODAY)

    def codes(self, text: str) -> list[str]:
        return [holding.agency.code for holding in self.ask(text).holdings]


@pytest.fixture
def world(app: App, make: Factory) -> World:
    """Cửa Đông went in parts to Hoàn Kiếm and Ba Đình; its fond was handed over to Hoàn Kiếm."""
    city = make.agency("HN", name="Thành phố Hà Nội")
    names = {"CUADONG": "Phường Cửa Đông", "CUADONG2": "Phường Cửa Động", "BADINH": "Phường Ba Đình"}
    with app.unit_of_work() as uow:
        for code, name in (*names.items(), ("HOANKIEM", "Phường Hoàn Kiếm")):
            begun = DAY if code in {"BADINH", "HOANKIEM"} else None
            create_agency(uow, code=code, name=name, parent_code="HN", valid_from=begun, actor=SYSTEM, now=app.clock())
            uow.session.flush()
        give_identifier(uow, "CUADONG", scheme="organ", value="H26.18", actor=SYSTEM, now=app.clock())
        parts = [Part("CUADONG", "HOANKIEM", True), Part("CUADONG", "BADINH", True)]
        record_succession(
            uow, kind="split", effective_on=DAY, legal_basis=BASIS, parts=parts, actor=SYSTEM, now=app.clock()
        )
    reader, keeper = make.actor(Role.OFFICIAL, city), make.actor(Role.RECORDS_MANAGER, city)
    return World(app, city, reader, keeper)


def hand_over(world: World, to: str) -> None:
    with world.app.unit_of_work() as uow:
        move_custody(
            uow, "CUADONG", to, legal_basis=BASIS, document=MINUTES, handed_over_on=TODAY, actor=world.keeper,
            now=world.app.clock(),
        )  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    ["Phường Cửa Đông", "cửa đông", "  CỬA   ĐÔNG ", "UBND phường Cửa Đông", "cuadong", "H26.18", "000.00.18.h26"],
)
def test_a_former_ward_is_found_however_it_is_named(world: World, asked: str) -> None:
    assert world.codes(asked) == ["CUADONG"]


def test_without_tones_every_name_that_may_be_meant_is_answered(world: World) -> None:
    assert world.codes("cua dong") == ["CUADONG", "CUADONG2"]
    assert world.codes("phuong") == ["BADINH", "CUADONG", "CUADONG2", "HOANKIEM"]
    assert world.codes("quận Cửa Đông") == []


def test_the_answer_tells_creator_chain_and_present_holder_with_its_basis(world: World) -> None:
    (waiting,) = world.ask("cửa đông").holdings
    assert waiting.fonds[0].waits
    assert waiting.fonds[0].present.holder.code == "CUADONG"
    hand_over(world, "HOANKIEM")
    (holding,) = world.ask("cửa đông").holdings
    assert [(line.successor.code, line.partial, line.legal_basis) for line in holding.chain] == [
        ("BADINH", True, BASIS),
        ("HOANKIEM", True, BASIS),
    ]
    (fond,) = holding.fonds
    assert (fond.creator.code, fond.state, fond.waits) == ("CUADONG", "closed", False)
    assert (fond.present.holder.code, fond.present.since_on) == ("HOANKIEM", TODAY)
    assert (fond.present.legal_basis, fond.present.document) == (BASIS, MINUTES)
    assert [(period.holder.code, period.until_on) for period in fond.periods[:-1]] == [("CUADONG", TODAY)]


def test_the_chain_goes_on_to_whoever_acts_now_and_a_former_name_leads_there(world: World) -> None:
    with world.app.unit_of_work() as uow:
        rename_agency(
            uow, "HOANKIEM", new_code="HK2", new_name="Phường Hồ Gươm", effective_on=date(2026, 1, 1),
            legal_basis="QĐ 1", actor=SYSTEM, now=world.app.clock(),
        )  # fmt: skip
    (holding,) = world.ask("cửa đông").holdings
    assert [line.successor.code for line in holding.chain] == ["BADINH", "HOANKIEM", "HK2"]
    (former,) = world.ask("hoan kiem").holdings
    assert former.chain[-1].successor.name == "Phường Hồ Gươm"


def test_a_dossier_leads_to_its_fond_for_who_may_see_it_and_nowhere_for_others(world: World, make: Factory) -> None:
    with Session(world.app.engine) as session:
        from_name = {agency.code: agency for agency in session.query(Agency)}
    dossier = make.dossier(from_name["CUADONG2"], code="CUADONG2.2019.0001", year=2019)
    answer = world.ask(dossier.code)
    assert (answer.found_by, answer.holdings[0].agency.code) == ("dossier", "CUADONG2")
    stranger = make.actor(Role.OFFICIAL, make.agency("DN"))
    hidden, unknown = world.ask(dossier.code, by=stranger), world.ask("CUADONG2.2019.0002", by=stranger)
    assert hidden.holdings == unknown.holdings == ()


def test_a_fond_from_before_periods_were_kept_was_its_creators_until_handed_over(world: World, make: Factory) -> None:
    with Session(world.app.engine) as session:
        by_code = {agency.code: agency for agency in session.query(Agency)}
    make.fond(by_code["CUADONG2"], code="XUA")
    periods = world.ask("CUADONG2").holdings[0].fonds[-1].periods
    assert [(period.holder.code, period.since, period.until) for period in periods] == [("CUADONG2", None, None)]
    with world.app.unit_of_work() as uow:
        move_custody(
            uow, "XUA", "BADINH", legal_basis=BASIS, document=MINUTES, handed_over_on=TODAY, actor=world.keeper,
            now=world.app.clock(),
        )  # fmt: skip
    periods = world.ask("CUADONG2").holdings[0].fonds[-1].periods
    assert [(period.holder.code, period.since_on, period.until_on) for period in periods] == [
        ("CUADONG2", None, TODAY),
        ("BADINH", TODAY, None),
    ]
    with Session(world.app.engine) as session:
        held = held_fonds(session, by_code["BADINH"].id, actor=world.reader, today=TODAY)
    assert [(fond.code, fond.creator.code) for fond in held] == [("XUA", "CUADONG2")]


def test_who_holds_no_role_is_told_nothing(world: World, make: Factory) -> None:
    nobody = Actor(make.account().id, "nobody", "")
    with pytest.raises(NotFound):
        world.ask("cửa đông", by=nobody)
