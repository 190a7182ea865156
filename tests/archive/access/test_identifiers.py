from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import select

from archive.access.encryption import lookup_digests
from archive.access.identifiers import normalised
from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import describe as actions
from archive.actions import processing
from archive.actions.readings import open_item
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Correction, Description, Item, OwnerIdentifier, Receipt
from archive.errors import ObjectDamaged
from archive.indexing import index_document
from archive.queries.fields import effective_fields
from archive.queries.views import FieldView, ItemView
from metadata.model import Document, Field, FieldName
from ocr.model import Box
from tests.archive.actions.test_ingest import everything_written
from tests.archive.queries.records import describe, page, read
from tests.factories import Factory

READ, RIGHT = "001080000128", "001080000123"
FIELD = "holder_identifier"
FIELDS = {"type_name": read("Giấy khai sinh"), FIELD: {**read(READ, 0.6), "read_as": "OO1O8OOOO128"}}


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("H26")


@pytest.fixture
def clerk(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.CLERK, agency)


@pytest.fixture
def item(app: App, make: Factory, agency: Agency) -> Item:
    item = make.item(agency)
    describe(app, make, item, FIELDS, page(1, "GIẤY KHAI SINH"))
    return item


def opened(app: App, item: Item, actor: Actor) -> ItemView:
    with app.unit_of_work() as uow:
        return open_item(uow, item.id, actor=actor, now=app.clock())


def identifier(view: ItemView) -> FieldView:
    return next(field for field in view.fields if field.name == FIELD)


def correct(app: App, item: Item, value: str, actor: Actor) -> None:
    with app.unit_of_work() as uow:
        actions.correct_field(uow, item.id, FIELD, value, actor=actor, now=app.clock())


def owners(app: App) -> list[OwnerIdentifier]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(OwnerIdentifier)))


def papers_of(app: App, value: str) -> list[Any]:
    """As a look-up asks: by the digests of every key there is."""
    digests = lookup_digests(app.keys, FIELD, normalised(value)).values()
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(OwnerIdentifier.item_id).where(OwnerIdentifier.lookup.in_(digests))))


def test_the_describing_step_writes_no_identifier_in_the_clear(
    app: App, make: Factory, agency: Agency, clerk: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    item = make.item(agency)
    recognition = describe(app, make, item, {}, page(1, "GIẤY KHAI SINH"))
    with app.unit_of_work() as uow:
        kept = uow.session.get_one(Item, item.id)
        kept.state = "received"
        uow.session.scalars(select(Description)).one().rules_version = "earlier"
        receipt = uow.session.get_one(Receipt, item.receipt_id).number
    told = Field(READ, 0.6, 1, Box(100, 100, 200, 140), "rule", read_as="OO1O8OOOO128")
    documents = (Document((1,), {FieldName.HOLDER_IDENTIFIER: told}),)
    for _ in range(2):
        with app.unit_of_work() as uow:
            processing.describe_item(uow, receipt, documents=documents, recognition=recognition, now=app.clock())
    with app.unit_of_work() as uow:
        uow.session.get_one(Item, item.id).state = "described"
    written = everything_written(app)
    assert READ not in written
    assert "OO1O8OOOO128" not in written
    assert READ not in caplog.text
    assert identifier(opened(app, item, clerk)).value == READ
    assert opened(app, item, clerk).doubtful_fields == 1
    assert papers_of(app, READ) == [item.id]


def test_who_may_read_the_item_sees_what_was_read(app: App, item: Item, clerk: Actor) -> None:
    assert READ not in everything_written(app)
    assert (identifier(opened(app, item, clerk)).value, identifier(opened(app, item, clerk)).page) == (READ, 1)
    assert papers_of(app, "001.080.000 128") == [item.id]


def test_a_correction_is_sealed_and_moves_the_look_up_in_its_commit(app: App, item: Item, clerk: Actor) -> None:
    correct(app, item, RIGHT, clerk)
    written = everything_written(app)
    assert READ not in written
    assert RIGHT not in written
    field = identifier(opened(app, item, clerk))
    assert (field.value, field.read_as, field.given_by) == (RIGHT, READ, "person")
    assert (papers_of(app, READ), papers_of(app, RIGHT)) == ([], [item.id])
    assert [(row.item_id, row.agency_id, row.kind) for row in owners(app)] == [(item.id, item.agency_id, FIELD)]


def test_saying_the_same_again_changes_nothing(app: App, item: Item, clerk: Actor) -> None:
    for _ in range(2):
        correct(app, item, RIGHT, clerk)
    with app.unit_of_work() as uow:
        assert len(uow.session.scalars(select(Correction)).all()) == 1
    (row,) = owners(app)
    with app.unit_of_work() as uow:
        actions.correct_field(uow, item.id, "subject", "Về việc khác", actor=clerk, now=app.clock())
    (same,) = owners(app)
    assert (same.id, same.value) == (row.id, row.value)


def test_accepting_seals_what_was_accepted(app: App, item: Item, clerk: Actor) -> None:
    with app.unit_of_work() as uow:
        actions.accept_all(uow, item.id, actor=clerk, now=app.clock())
    assert READ not in everything_written(app)
    field = identifier(opened(app, item, clerk))
    assert (field.value, field.read_as, field.doubtful) == (READ, READ, False)


def test_a_removed_identifier_is_looked_up_no_more(app: App, item: Item, clerk: Actor) -> None:
    with app.unit_of_work() as uow:
        actions.remove_field(uow, item.id, FIELD, actor=clerk, now=app.clock())
    assert owners(app) == []
    view = opened(app, item, clerk)
    assert (FIELD in view.removed_fields, READ in everything_written(app)) == (True, False)


def test_a_later_recognition_does_not_bring_back_what_was_corrected(
    app: App, make: Factory, item: Item, clerk: Actor
) -> None:
    correct(app, item, RIGHT, clerk)
    describe(app, make, item, FIELDS, page(1, "GIẤY KHAI SINH"))
    assert papers_of(app, RIGHT) == [item.id]
    assert identifier(opened(app, item, clerk)).value == RIGHT


def test_after_a_rotation_of_the_keys_old_values_open_and_are_found(app: App, item: Item, clerk: Actor) -> None:
    for purpose in ("columns", "lookup"):
        app.keys.rotate(purpose)
    assert identifier(opened(app, item, clerk)).value == READ
    assert papers_of(app, READ) == [item.id]
    correct(app, item, RIGHT, clerk)
    (row,) = owners(app)
    assert (row.key_name, row.lookup_key_name) == ("columns-0002", "lookup-0002")
    field = identifier(opened(app, item, clerk))
    assert (field.value, field.read_as) == (RIGHT, READ)
    with app.unit_of_work() as uow:
        (old,) = uow.session.scalars(select(Description.fields))
    assert old[FIELD]["value"]["key"] == "columns-0001"


def test_a_sealed_value_opens_in_no_other_item(app: App, make: Factory, agency: Agency, item: Item) -> None:
    with app.unit_of_work() as uow:
        (stolen,) = uow.session.scalars(select(Description.fields))
    other = make.item(agency)
    describe(app, make, other, {"type_name": stolen["type_name"]})
    with app.unit_of_work() as uow:
        uow.session.scalars(select(Description).where(Description.item_id == other.id)).one().fields = stolen
        uow.session.flush()
        with pytest.raises(ObjectDamaged):
            effective_fields(uow.session, [other.id], sensitive=True)
        uow.session.rollback()


def test_lists_and_the_index_are_not_given_the_identifier(app: App, item: Item) -> None:
    with app.unit_of_work() as uow:
        assert effective_fields(uow.session, [item.id])[item.id].get(FIELD) is None
        document = index_document(uow.session, app.store, item.id)
    assert document is not None
    assert READ not in repr(document)
