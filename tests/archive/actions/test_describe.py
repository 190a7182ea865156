from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import describe, review
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Correction, Description, Item
from archive.db.states import ItemState
from archive.db.trail import AuditDetails, AuditEvent, Outbox
from archive.errors import Conflict, InvalidInput, NotFound
from archive.queries.fields import EffectiveFields, effective_fields
from tests.archive.queries.records import current, read, tags
from tests.archive.queries.records import describe as read_and_describe
from tests.conftest import SetClock
from tests.factories import Factory

FIELDS = {
    "type_name": read("Quyết định"),
    "code_number": read("15", 0.4),
    "code_notation": read("QĐ-UBND"),
    "subject": read("Vê việc cấp phép", 0.6),
}


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def clerk(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.CLERK, agency, login="thu")


@pytest.fixture
def item(app: App, make: Factory, agency: Agency) -> Item:
    item = make.item(agency)
    read_and_describe(app, make, item, FIELDS)
    return current(app, item)


def effective(app: App, item: Item) -> EffectiveFields:
    with Session(app.engine) as session:
        return effective_fields(session, [item.id])[item.id]


def correct(app: App, item: Item, field: str, value: object, actor: Actor, **how: Any) -> int:
    with app.unit_of_work() as uow:
        return describe.correct_field(uow, item.id, field, value, actor=actor, now=app.clock(), **how)


def corrections(app: App) -> int:
    with Session(app.engine) as session:
        return session.scalar(select(func.count()).select_from(Correction)) or 0


def test_a_correction_is_laid_over_the_description_and_never_written_into_it(
    app: App, item: Item, clerk: Actor, clock: SetClock
) -> None:
    correct(app, item, "subject", "Về việc cấp phép", clerk)
    subject = effective(app, item).get("subject")
    assert subject is not None
    assert (subject.value, subject.read_as, subject.given_by) == ("Về việc cấp phép", "Vê việc cấp phép", "person")
    assert (subject.corrected_by, subject.corrected_at) == (clerk.name, clock.now)
    assert (subject.page, subject.box) == (1, (0.1, 0.1, 0.2, 0.12))
    assert not subject.doubtful
    with Session(app.engine) as session:
        assert session.scalar(select(Description.fields)) == FIELDS


def test_a_correction_survives_a_later_recognition_that_reads_something_else(
    app: App, make: Factory, item: Item, clerk: Actor
) -> None:
    correct(app, item, "code_number", "16", clerk)
    read_and_describe(app, make, item, {**FIELDS, "code_number": read("18", 0.99), "subject": read("Về đất đai")})
    fields = effective(app, item)
    assert (fields.value("code_number"), fields.value("subject")) == ("16", "Về đất đai")
    assert current(app, item).title == "Quyết định số 16/QĐ-UBND: Về đất đai"


def test_of_several_corrections_the_newest_counts_and_the_first_reading_is_kept(
    app: App, item: Item, clerk: Actor, clock: SetClock
) -> None:
    for number in ("16", "17"):
        clock.advance(minutes=1)
        correct(app, item, "code_number", number, clerk)
    field = effective(app, item).get("code_number")
    assert field is not None
    assert (field.value, field.read_as) == ("17", "15")
    assert corrections(app) == 2


def test_title_doubt_and_index_learn_of_a_correction_at_once(app: App, item: Item, clerk: Actor) -> None:
    assert (item.title, item.doubtful_fields) == ("Quyết định số 15/QĐ-UBND: Vê việc cấp phép", 2)
    revision = correct(app, item, "subject", "Về việc cấp phép", clerk)
    changed = current(app, item)
    assert (changed.title, changed.doubtful_fields) == ("Quyết định số 15/QĐ-UBND: Về việc cấp phép", 1)
    assert revision == changed.revision == item.revision + 1
    with Session(app.engine) as session:
        assert session.scalars(select(Outbox.subject_id)).all()[-1] == item.id


def test_accepting_keeps_the_value_and_ends_the_doubt(app: App, item: Item, clerk: Actor) -> None:
    for _ in range(2):  # again: nothing more
        with app.unit_of_work() as uow:
            describe.accept_field(uow, item.id, "code_number", actor=clerk, now=app.clock())
    field = effective(app, item).get("code_number")
    assert field is not None
    assert (field.value, field.read_as, field.doubtful) == ("15", "15", False)
    assert tags(app, item) == ["field.accepted"]


def test_accepting_all_touches_only_what_is_doubtful(app: App, item: Item, clerk: Actor) -> None:
    with app.unit_of_work() as uow:
        revision = describe.accept_all(uow, item.id, actor=clerk, now=app.clock())
    assert corrections(app) == 2
    assert (current(app, item).doubtful_fields, current(app, item).revision) == (0, revision)
    with app.unit_of_work() as uow:
        assert describe.accept_all(uow, item.id, actor=clerk, now=app.clock()) == revision


def test_a_removed_field_is_gone_whatever_is_read_later_until_a_person_gives_it_back(
    app: App, make: Factory, item: Item, clerk: Actor, clock: SetClock
) -> None:
    with app.unit_of_work() as uow:
        describe.remove_field(uow, item.id, "subject", actor=clerk, now=app.clock())
    read_and_describe(app, make, item, FIELDS)
    assert effective(app, item).removed == ("subject",)
    assert current(app, item).title == "Quyết định số 15/QĐ-UBND"
    clock.advance(seconds=1)
    correct(app, item, "subject", "Về việc khác", clerk)
    assert effective(app, item).value("subject") == "Về việc khác"


def test_a_field_that_was_not_read_can_be_given(app: App, item: Item, clerk: Actor) -> None:
    correct(app, item, "signer_name", "Trần Văn A", clerk, page=1, box=(0.5, 0.8, 0.7, 0.82))
    field = effective(app, item).get("signer_name")
    assert field is not None
    assert (field.value, field.read_as, field.page, field.box) == ("Trần Văn A", None, 1, (0.5, 0.8, 0.7, 0.82))


def test_the_same_correction_again_changes_nothing(app: App, item: Item, clerk: Actor) -> None:
    revision = correct(app, item, "subject", "Về việc cấp phép", clerk)
    assert correct(app, item, "subject", "  Về việc  cấp phép ", clerk) == revision
    assert corrections(app) == 1


def test_who_corrects_what_has_changed_meanwhile_is_told(app: App, item: Item, clerk: Actor) -> None:
    correct(app, item, "subject", "Về việc cấp phép", clerk, expected_revision=item.revision)
    with pytest.raises(Conflict):
        correct(app, item, "subject", "Về việc khác", clerk, expected_revision=item.revision)
    assert effective(app, item).value("subject") == "Về việc cấp phép"


def test_change_and_event_are_one_commit(app: App, item: Item, clerk: Actor) -> None:
    def correct_and_fail() -> None:
        with app.unit_of_work() as uow:
            describe.correct_field(uow, item.id, "subject", "Về việc cấp phép", actor=clerk, now=app.clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        correct_and_fail()
    assert corrections(app) == 0
    assert tags(app, item) == []
    assert current(app, item).revision == item.revision


def test_the_trail_names_the_field_and_holds_no_contents(app: App, item: Item, clerk: Actor) -> None:
    correct(app, item, "subject", "Về việc cấp phép", clerk)
    with Session(app.engine) as session:
        details = session.scalars(
            select(AuditDetails.details)
            .join(AuditEvent, AuditEvent.id == AuditDetails.event_id)
            .where(AuditEvent.tag == "field.corrected")
        ).one()
    assert set(details) == {"field", "correction"}


def test_a_reviewed_item_that_is_corrected_waits_for_a_review_again(app: App, item: Item, clerk: Actor) -> None:
    with app.unit_of_work() as uow:
        describe.accept_all(uow, item.id, actor=clerk, now=app.clock())
        review.review_item(uow, item.id, actor=clerk, now=app.clock())
    correct(app, item, "subject", "Về đất đai", clerk)
    changed = current(app, item)
    assert (changed.state, changed.reviewed_by) == (ItemState.DESCRIBED, None)


@pytest.mark.parametrize("place", [{"page": 2}, {"page": 1, "box": (0.5, 0.5, 0.4, 0.6)}, {"box": (0, 0, 1, 1)}])
def test_a_place_off_the_page_is_refused(app: App, item: Item, clerk: Actor, place: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        correct(app, item, "subject", "Về việc khác", clerk, **place)


def test_what_is_not_there_can_be_neither_accepted_nor_removed(app: App, item: Item, clerk: Actor) -> None:
    for act in (describe.accept_field, describe.remove_field):
        with pytest.raises(InvalidInput), app.unit_of_work() as uow:
            act(uow, item.id, "holder_name", actor=clerk, now=app.clock())


@pytest.mark.parametrize("state", [ItemState.RECEIVED, ItemState.STOPPED, ItemState.WITHDRAWN, ItemState.REPLACED])
def test_an_item_that_cannot_be_read_cannot_be_corrected(
    app: App, make: Factory, agency: Agency, clerk: Actor, state: ItemState
) -> None:
    hidden = make.item(agency, state=state)
    with pytest.raises(NotFound):
        correct(app, hidden, "subject", "Về việc khác", clerk)
