from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import filing
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Filing, Item, Rendition
from archive.db.states import ItemState
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id
from archive.queries.dossiers import dossier as dossier_view
from archive.queries.items import item as item_view
from tests.archive.queries.records import current, tags
from tests.factories import Factory

WHY = "Xếp nhầm khi quét"


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def keeper(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.RECORDS_MANAGER, agency)


@pytest.fixture
def dossier(make: Factory, agency: Agency) -> Dossier:
    return make.dossier(agency, code="SXD.2025.0001")


@pytest.fixture
def other(make: Factory, agency: Agency) -> Dossier:
    return make.dossier(agency, code="SXD.2025.0002")


def file(app: App, item: Item, code: str, actor: Actor) -> str:
    with app.unit_of_work() as uow:
        return filing.file_item(uow, item.id, code, reason=WHY, actor=actor, now=app.clock())


def move(app: App, item: Item, code: str, actor: Actor) -> str:
    with app.unit_of_work() as uow:
        return filing.move_item(uow, item.id, code, reason=WHY, actor=actor, now=app.clock())


def access_copy(app: App, make: Factory, item: Item, name: str) -> Rendition:
    assert item.master_digest
    return make.save(
        Rendition(
            id=new_id(), item_id=item.id, kind="access_pdf", version=1, digest=item.master_digest,
            media_type="application/pdf", file_name=name, made_from={}, at=app.clock(),
        )
    )  # fmt: skip


def withdraw(app: App, item: Item, actor: Actor) -> None:
    with app.unit_of_work() as uow:
        filing.withdraw_item(uow, item.id, reason=WHY, actor=actor, now=app.clock())


def test_the_access_copy_is_named_by_the_code_that_the_item_has_now(
    app: App, make: Factory, agency: Agency, keeper: Actor, dossier: Dossier, other: Dossier
) -> None:
    item = make.item(agency)
    copy = access_copy(app, make, item, "BN-1.pdf")
    for act, into in ((file, dossier), (move, other)):
        code = act(app, item, into.code, keeper)
        with Session(app.engine) as session:
            assert session.get_one(Rendition, copy.id).file_name == f"{code}.pdf"


def test_filing_gives_the_next_code_of_the_dossier(
    app: App, make: Factory, agency: Agency, dossier: Dossier, keeper: Actor
) -> None:
    codes = [file(app, make.item(agency), dossier.code, keeper) for _ in range(2)]
    assert codes == ["SXD.2025.0001.0000001", "SXD.2025.0001.0000002"]


def test_a_moved_item_keeps_identity_and_bytes_and_is_found_by_every_code_it_had(
    app: App, make: Factory, agency: Agency, dossier: Dossier, other: Dossier, keeper: Actor
) -> None:
    item = make.item(agency)
    before = file(app, item, dossier.code, keeper)
    after = move(app, item, other.code, keeper)
    moved = current(app, item)
    assert (moved.id, moved.master_digest, moved.receipt_id) == (item.id, item.master_digest, item.receipt_id)
    assert (moved.dossier_id, moved.code, after) == (other.id, after, "SXD.2025.0002.0000001")
    with Session(app.engine) as session:
        for code in (before, after):
            view = item_view(session, code, actor=keeper)
            assert (view.id, view.code, view.former_codes) == (item.id, after, (before,))
        assert [line.act for line in view.filings] == ["moved", "filed"]
        assert view.filings[0].reason == WHY
        assert [line.item_code for line in dossier_view(session, dossier.code, actor=keeper).filings] == [after, after]
    assert tags(app, item) == ["item.filed", "item.moved"]


def test_a_number_is_never_given_twice(
    app: App, make: Factory, agency: Agency, dossier: Dossier, other: Dossier, keeper: Actor
) -> None:
    item = make.item(agency)
    codes = [file(app, item, dossier.code, keeper)]
    for place in (other, dossier, other, dossier):
        codes.append(move(app, item, place.code, keeper))
    codes.append(file(app, make.item(agency), dossier.code, keeper))
    assert len(set(codes)) == len(codes) == 6


def test_filing_beside_each_other_gives_each_its_own_code(
    app: App, make: Factory, agency: Agency, dossier: Dossier, keeper: Actor
) -> None:
    items = [make.item(agency) for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda item: file(app, item, dossier.code, keeper), items))
    assert sorted(codes) == [f"SXD.2025.0001.{number:07d}" for number in range(1, 9)]


def test_two_who_replace_each_other_do_not_wait_forever(app: App, make: Factory, agency: Agency, keeper: Actor) -> None:
    first, second = make.item(agency), make.item(agency)

    def replace(pair: tuple[Item, Item]) -> str:
        try:
            with app.unit_of_work() as uow:
                filing.replace_item(uow, pair[0].id, pair[1].id, reason=WHY, actor=keeper, now=app.clock())
        except NotFound:
            return "gone"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(replace, [(first, second), (second, first)]))
    assert outcomes == ["done", "gone"]


def test_a_replacement_takes_the_place_in_the_dossier(
    app: App, make: Factory, agency: Agency, dossier: Dossier, keeper: Actor
) -> None:
    item, better = make.item(agency), make.item(agency)
    code = file(app, item, dossier.code, keeper)
    with app.unit_of_work() as uow:
        filing.replace_item(uow, item.id, better.id, reason="Bản quét mờ", actor=keeper, now=app.clock())
    assert (current(app, item).state, current(app, item).replaced_by_id) == (ItemState.REPLACED, better.id)
    assert current(app, better).code == "SXD.2025.0001.0000002"
    with Session(app.engine) as session:
        with pytest.raises(NotFound):
            item_view(session, code, actor=keeper)
        acts = [
            (line.act, line.item_code, line.other_code)
            for line in dossier_view(session, dossier.code, actor=keeper).filings
        ]
    assert ("replaced", code, "SXD.2025.0001.0000002") in acts


def test_a_supplement_points_at_what_it_completes_and_both_are_seen(
    app: App, make: Factory, agency: Agency, dossier: Dossier, keeper: Actor
) -> None:
    item, annex = make.item(agency), make.item(agency)
    file(app, item, dossier.code, keeper)
    with app.unit_of_work() as uow:
        filing.supplement_item(uow, annex.id, item.id, reason="Phụ lục đến sau", actor=keeper, now=app.clock())
    with Session(app.engine) as session:
        related = {
            view.id: [(other.relation, other.id) for other in view.related]
            for view in (item_view(session, one.id, actor=keeper) for one in (item, annex))
        }
    assert related == {item.id: [("supplemented_by", annex.id)], annex.id: [("supplements", item.id)]}
    assert current(app, annex).dossier_id == dossier.id


def test_supplements_never_run_in_a_circle(app: App, make: Factory, agency: Agency, keeper: Actor) -> None:
    one, two, three = (make.item(agency) for _ in range(3))
    with app.unit_of_work() as uow:
        filing.supplement_item(uow, two.id, one.id, reason=WHY, actor=keeper, now=app.clock())
        filing.supplement_item(uow, three.id, two.id, reason=WHY, actor=keeper, now=app.clock())
    with pytest.raises(Conflict), app.unit_of_work() as uow:
        filing.supplement_item(uow, one.id, three.id, reason=WHY, actor=keeper, now=app.clock())
    with pytest.raises(Conflict), app.unit_of_work() as uow:
        filing.supplement_item(uow, three.id, one.id, reason=WHY, actor=keeper, now=app.clock())


def test_a_withdrawn_item_is_not_there_until_it_is_restored_and_then_waits_for_review(
    app: App, make: Factory, agency: Agency, dossier: Dossier, keeper: Actor
) -> None:
    item = make.item(agency, state=ItemState.PUBLISHED, dossier=dossier, level="open")
    reader = make.actor(Role.OFFICIAL, agency)
    withdraw(app, item, keeper)
    with Session(app.engine) as session:
        for actor in (keeper, reader):
            with pytest.raises(NotFound):
                item_view(session, item.id, actor=actor)
        assert dossier_view(session, dossier.code, actor=reader).filings == ()
        (line,) = dossier_view(session, dossier.code, actor=keeper).filings
    assert (line.act, line.reason, line.item_id) == ("withdrawn", WHY, item.id)
    with app.unit_of_work() as uow:
        filing.restore_item(uow, line.item_id, reason="Rút nhầm", actor=keeper, now=app.clock())
    restored = current(app, item)
    assert (restored.state, restored.code, restored.published_at) == (ItemState.DESCRIBED, item.code, None)


@pytest.mark.parametrize("act", [filing.file_item, filing.move_item])
def test_the_dossier_of_another_agency_is_as_unknown_as_one_that_is_not(
    app: App, make: Factory, agency: Agency, dossier: Dossier, keeper: Actor, act: object
) -> None:
    item = make.item(agency, dossier=dossier if act is filing.move_item else None)
    foreign = make.dossier(make.agency("UBND"))
    errors = []
    for code in (foreign.code, "SXD.2025.9999"):
        with pytest.raises(NotFound) as unknown, app.unit_of_work() as uow:
            act(uow, item.id, code, reason=WHY, actor=keeper, now=app.clock())  # type: ignore[operator]
        errors.append(str(unknown.value).replace(code, "CODE"))
    assert errors[0] == errors[1]


def test_an_item_stays_with_its_agency_even_for_who_keeps_both(app: App, make: Factory, agency: Agency) -> None:
    parent = make.agency("TP")
    below = make.agency("UBND", parent=parent)
    keeper = make.actor(Role.RECORDS_MANAGER, parent)
    item, foreign = make.item(parent), make.dossier(below)
    with pytest.raises(InvalidInput):
        file(app, item, foreign.code, keeper)


def test_nothing_is_filed_in_or_moved_out_of_a_closed_dossier(
    app: App, make: Factory, agency: Agency, other: Dossier, keeper: Actor
) -> None:
    closed = make.dossier(agency, state="closed")
    with pytest.raises(Conflict):
        file(app, make.item(agency), closed.code, keeper)
    with pytest.raises(Conflict):
        move(app, make.item(agency, dossier=closed), other.code, keeper)


def test_every_correction_of_filing_needs_a_reason(
    app: App, make: Factory, agency: Agency, dossier: Dossier, keeper: Actor
) -> None:
    item = make.item(agency)
    with pytest.raises(InvalidInput), app.unit_of_work() as uow:
        filing.file_item(uow, item.id, dossier.code, reason=" ", actor=keeper, now=app.clock())
    with Session(app.engine) as session:
        assert session.scalars(select(Filing)).all() == []
