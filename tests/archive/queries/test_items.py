from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission, Role
from archive.actions import describe as actions
from archive.actions import filing
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item, Receipt, Rendition
from archive.db.states import ItemState
from archive.errors import NotFound
from archive.ids import new_id
from archive.queries.items import item, resolve
from archive.queries.pages import document_words, master, page_words, rendition
from archive.queries.views import ItemView, ReceiptView
from ocr.model import Line
from tests.archive.queries.records import describe, page, read, statements
from tests.factories import Factory


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


def number_of(app: App, of: Item) -> str:
    with Session(app.engine) as session:
        return session.get_one(Receipt, of.receipt_id).number


def add_rendition(make: Factory, of: Item, kind: str, number: int = 0, version: int = 1) -> str:
    digest = f"{len(kind):02x}{number:02x}{version:02x}" + "0" * 58
    make.stored_object(digest, 7, "image/jpeg")
    make.save(
        Rendition(
            id=new_id(),
            item_id=of.id,
            kind=kind,
            page=number,
            version=version,
            digest=digest,
            media_type="image/jpeg",
            made_from={},
            at=of.received_at,
        )
    )
    return digest


def test_an_item_is_found_by_receipt_number_code_and_id(app: App, make: Factory, agency: Agency) -> None:
    found = make.item(agency, dossier=make.dossier(agency))
    clerk = make.actor(Role.CLERK, agency)
    with Session(app.engine) as session:
        for reference in (found.id, number_of(app, found), found.code or ""):
            assert item(session, reference, actor=clerk).id == found.id


def test_what_an_actor_may_not_see_is_as_unknown_as_what_is_not_there(app: App, make: Factory, agency: Agency) -> None:
    below = make.agency("PHUONG", parent=agency)
    items = [
        make.item(of, state=state, level=level)
        for of in (agency, below, make.agency("UBND"))
        for state in (ItemState.RECEIVED, ItemState.DESCRIBED, ItemState.PUBLISHED, ItemState.WITHDRAWN)
        for level in ("open", "conditional")
    ]
    actors = [make.actor(role, of) for role in Role for of in (agency, below)]
    with Session(app.engine) as session:
        with pytest.raises(NotFound) as unknown:
            item(session, new_id(), actor=actors[0])
        for actor in actors:
            for one in items:
                if policy.allows(actor, Permission.ITEM_READ, policy.access_of(one)):
                    assert item(session, one.id, actor=actor).id == one.id
                else:
                    with pytest.raises(NotFound) as hidden:
                        item(session, one.id, actor=actor)
                    assert str(hidden.value) == str(unknown.value)


@pytest.fixture
def manager(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.RECORDS_MANAGER, agency)


def replace(app: App, item: Item, by: Item, manager: Actor) -> None:
    with app.unit_of_work() as uow:
        filing.replace_item(uow, item.id, by.id, reason="Bản quét rõ hơn", actor=manager, now=app.clock())


def test_every_reference_to_a_replaced_item_leads_to_what_replaced_it(
    app: App, make: Factory, agency: Agency, manager: Actor
) -> None:
    first, second, third = make.item(agency, dossier=make.dossier(agency)), make.item(agency), make.item(agency)
    references = (first.id, number_of(app, first), first.code or "")
    replace(app, first, second, manager)
    replace(app, second, third, manager)
    official = make.actor(Role.OFFICIAL, agency)
    with Session(app.engine) as session:
        for reference in (*references, second.id, number_of(app, second)):
            found = resolve(session, reference, actor=official)
            assert isinstance(found, ItemView)
            assert found.id == third.id
            with pytest.raises(NotFound):
                item(session, reference, actor=official)


def test_a_replaced_item_leads_nobody_to_what_they_may_not_see(
    app: App, make: Factory, agency: Agency, manager: Actor
) -> None:
    first, second = make.item(agency), make.item(agency)
    replace(app, first, second, manager)
    foreign = make.actor(Role.OFFICIAL, make.agency("UBND"))
    with Session(app.engine) as session, pytest.raises(NotFound):
        resolve(session, number_of(app, first), actor=foreign)
    with app.unit_of_work() as uow:
        filing.withdraw_item(uow, second.id, reason="Nhầm", actor=manager, now=app.clock())
    with Session(app.engine) as session:
        shown = resolve(session, number_of(app, first), actor=manager)
    assert isinstance(shown, ReceiptView)
    assert (shown.number, shown.state) == (number_of(app, first), ItemState.REPLACED)


@pytest.mark.parametrize("find", [item, resolve])
def test_a_guessed_code_or_receipt_number_tells_nothing(
    app: App, make: Factory, agency: Agency, find: Callable[..., object]
) -> None:
    hidden = make.item(agency, dossier=make.dossier(agency))
    foreign = make.actor(Role.RECORDS_MANAGER, make.agency("UBND"))
    told = set()
    with Session(app.engine) as session:
        for reference in (hidden.code or "", number_of(app, hidden), "SXD.2025.0001.9999999", "BN-SXD-2026-9999999"):
            with pytest.raises(NotFound) as error:
                find(session, reference, actor=foreign)
            told.add(str(error.value).replace(reference, "…"))
    assert len(told) == 1


def test_a_stopped_item_shows_its_receipt_to_who_delivers_and_nothing_to_who_reads(
    app: App, make: Factory, agency: Agency
) -> None:
    stopped = make.item(agency, state=ItemState.STOPPED, stop_reason="gate.secret_mark", stop_values={"page": 1})
    number = number_of(app, stopped)
    with Session(app.engine) as session:
        seen = resolve(session, number, actor=make.actor(Role.CLERK, agency))
        assert isinstance(seen, ReceiptView)
        assert (seen.state, seen.number) == ("stopped", number)
        with pytest.raises(NotFound):
            resolve(session, number, actor=make.actor(Role.OFFICIAL, agency))


def test_the_view_tells_what_was_read_by_what_and_with_what_right(app: App, make: Factory, agency: Agency) -> None:
    dossier = make.dossier(agency, title="Hồ sơ cấp phép")
    found = make.item(agency, dossier=dossier)
    describe(
        app,
        make,
        found,
        {"subject": read("Về đất"), "type_name": read("Quyết định", 0.5), "page_count": read(2, 1.0, None)},
        page(1, "QUYẾT ĐỊNH"),
        page(2, "Điều 1"),
    )
    manager = make.actor(Role.RECORDS_MANAGER, agency)
    with Session(app.engine) as session:
        view = item(session, found.id, actor=manager)
    assert (view.dossier_code, view.dossier_title, view.agency_name) == (dossier.code, "Hồ sơ cấp phép", agency.name)
    assert (view.engine, view.engine_version, view.rules_version) == ("null", "1", "1")
    assert [(one.name, one.doubtful) for one in view.fields] == [
        ("type_name", True),
        ("subject", False),
        ("page_count", False),
    ]
    assert [(one.number, one.width, one.height) for one in view.pages] == [(1, 1000, 2000), (2, 1000, 2000)]
    assert view.batch_number is not None
    assert {Permission.ITEM_CORRECT, Permission.ITEM_FILE} <= view.may
    with Session(app.engine) as session:
        assert item(session, found.id, actor=make.actor(Role.OFFICIAL, agency)).may == {Permission.ITEM_READ}


def test_who_reads_an_open_item_of_another_agency_reads_neither_dossier_nor_batch(
    app: App, make: Factory, agency: Agency
) -> None:
    found = make.item(agency, dossier=make.dossier(agency), state=ItemState.PUBLISHED, level="open")
    hidden = make.item(agency, supplements_id=found.id)
    foreign = make.actor(Role.OFFICIAL, make.agency("UBND"))
    with Session(app.engine) as session:
        view = item(session, found.id, actor=foreign)
        assert (view.dossier_title, view.batch_number, view.related) == (None, None, ())
        own = item(session, found.id, actor=make.actor(Role.OFFICIAL, agency))
    assert [(other.relation, other.id) for other in own.related] == [("supplemented_by", hidden.id)]


def test_of_each_rendition_the_newest_version_is_handed_out(app: App, make: Factory, agency: Agency) -> None:
    found = make.item(agency)
    add_rendition(make, found, "page_image", 1)
    newest = add_rendition(make, found, "page_image", 1, version=2)
    pdf = add_rendition(make, found, "access_pdf")
    clerk = make.actor(Role.CLERK, agency)
    with Session(app.engine) as session:
        assert rendition(session, found.id, "page_image", 1, actor=clerk).digest == newest
        assert rendition(session, found.id, "access_pdf", actor=clerk).digest == pdf
        assert master(session, found.id, actor=clerk).digest == found.master_digest
        assert len(item(session, found.id, actor=clerk).renditions) == 2
        with pytest.raises(NotFound):
            rendition(session, found.id, "page_image", 2, actor=clerk)


def test_files_and_words_follow_the_same_rule_as_the_item(app: App, make: Factory, agency: Agency) -> None:
    found = make.item(agency)
    describe(app, make, found, {})
    add_rendition(make, found, "thumbnail")
    operator = make.actor(Role.OPERATOR, agency)
    with Session(app.engine) as session:
        with pytest.raises(NotFound):
            rendition(session, found.id, "thumbnail", actor=operator)
        with pytest.raises(NotFound):
            master(session, found.id, actor=operator)
    with pytest.raises(NotFound):
        page_words(app, found.id, 1, actor=operator)


def test_words_lie_on_the_page_as_fractions(app: App, make: Factory, agency: Agency) -> None:
    found = make.item(agency)
    second = page(2, "Điều 1", "Điều 2")
    by_hand = dataclasses.replace(second.lines[1].words[1], hand=True)
    written = dataclasses.replace(second, lines=(second.lines[0], Line((second.lines[1].words[0], by_hand))))
    describe(app, make, found, {}, page(1, "QUYẾT ĐỊNH"), written)
    clerk = make.actor(Role.CLERK, agency)
    told = page_words(app, found.id, 2, actor=clerk)
    assert [line.text for line in told.lines] == ["Điều 1", "Điều 2"]
    word = told.lines[1].words[1]
    assert word.text == "2"
    assert [each.hand for line in told.lines for each in line.words] == [False, False, False, True]
    assert word.box == pytest.approx((0.1, 0.05, 0.18, 0.07))
    assert [one.number for one in document_words(app, found.id, actor=clerk)] == [1, 2]
    with pytest.raises(NotFound):
        page_words(app, found.id, 3, actor=clerk)


def test_the_number_of_statements_does_not_grow_with_the_item(app: App, make: Factory, agency: Agency) -> None:
    found = make.item(agency)
    clerk = make.actor(Role.CLERK, agency)
    describe(app, make, found, {"subject": read("Về đất")})

    def count() -> int:
        with statements(app) as seen, Session(app.engine) as session:
            item(session, found.id, actor=clerk)
        return len(seen)

    small = count()
    names = ("subject", "type_name", "place", "signer_name")
    describe(app, make, found, {name: read("A") for name in names}, *(page(n, "A") for n in range(1, 6)))
    for number in range(1, 6):
        add_rendition(make, found, "page_image", number)
        make.item(agency, supplements_id=found.id)
    with app.unit_of_work() as uow:
        for name in names:
            actions.correct_field(uow, found.id, name, "B", actor=clerk, now=app.clock())
    assert count() == small == 8
