from __future__ import annotations

import pytest

from archive.access.identity import Actor, actor_of
from archive.access.permissions import Role
from archive.actions import review
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item
from archive.db.states import ItemState
from archive.errors import Conflict, InvalidInput, NotAllowed
from archive.queries.items import item as item_view
from archive.queries.review import publish_queue
from tests.archive.queries.records import current, describe, read, tags
from tests.conftest import SetClock
from tests.factories import Factory


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def first(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.RECORDS_MANAGER, agency)


@pytest.fixture
def second(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.RECORDS_MANAGER, agency)


@pytest.fixture
def item(make: Factory, agency: Agency) -> Item:
    return make.item(agency, dossier=make.dossier(agency))


def do_review(app: App, item: Item, actor: Actor) -> None:
    with app.unit_of_work() as uow:
        review.review_item(uow, item.id, actor=actor, now=app.clock())


def publish(app: App, item: Item, actor: Actor, level: str = "open") -> None:
    with app.unit_of_work() as uow:
        review.publish_item(uow, item.id, level=level, actor=actor, now=app.clock())


def test_an_item_is_reviewed_by_one_and_published_by_another(
    app: App, item: Item, first: Actor, second: Actor, clock: SetClock
) -> None:
    do_review(app, item, first)
    reviewed_at = clock.now
    clock.advance(hours=1)
    publish(app, item, second, "open")
    published = current(app, item)
    assert (published.state, published.level) == (ItemState.PUBLISHED, "open")
    assert (published.reviewed_at, published.reviewed_by) == (reviewed_at, first.account_id)
    assert (published.published_at, published.published_by) == (clock.now, second.account_id)
    assert published.revision == item.revision + 2
    assert tags(app, item) == ["item.reviewed", "item.published"]


def test_who_reviewed_does_not_publish_not_even_in_another_name(
    app: App, item: Item, first: Actor, second: Actor
) -> None:
    do_review(app, item, first)
    with app.unit_of_work() as uow:
        behind_second = actor_of(uow.session, second.account_id, app.clock(), by=first)
        assert not item_view(uow.session, item.id, actor=first).publishable
        assert not publish_queue(uow.session, actor=first)
        assert not publish_queue(uow.session, actor=behind_second)
        assert [line.id for line in publish_queue(uow.session, actor=second)] == [item.id]
    for actor in (first, behind_second):
        with pytest.raises(NotAllowed) as refused:
            publish(app, item, actor)
        assert refused.value.reason == "item.second_person"
    assert current(app, item).state == ItemState.REVIEWED
    assert tags(app, item) == ["item.reviewed"]


def test_an_agency_may_let_one_person_do_both(app: App, make: Factory) -> None:
    agency = make.agency("UBND", second_person_publishes=False)
    item = make.item(agency, dossier=make.dossier(agency))
    actor = make.actor(Role.RECORDS_MANAGER, agency)
    do_review(app, item, actor)
    with app.unit_of_work() as uow:
        assert item_view(uow.session, item.id, actor=actor).publishable
        assert len(publish_queue(uow.session, actor=actor)) == 1
    publish(app, item, actor)
    assert current(app, item).state == ItemState.PUBLISHED


def test_doubtful_fields_must_be_settled_before_the_review(app: App, make: Factory, item: Item, first: Actor) -> None:
    describe(app, make, item, {"subject": read("Về đất", 0.3)})
    with pytest.raises(Conflict) as refused:
        do_review(app, item, first)
    assert refused.value.reason == "item.doubtful_left"
    assert current(app, item).state == ItemState.DESCRIBED


def test_an_item_that_is_returned_waits_for_a_review_again(app: App, item: Item, first: Actor, second: Actor) -> None:
    do_review(app, item, first)
    with app.unit_of_work() as uow:
        review.return_item(uow, item.id, reason="Thiếu trang 2", actor=second, now=app.clock())
    returned = current(app, item)
    assert (returned.state, returned.reviewed_by) == (ItemState.DESCRIBED, None)
    with pytest.raises(Conflict):
        publish(app, item, second)


def test_a_return_needs_a_reason(app: App, item: Item, first: Actor) -> None:
    do_review(app, item, first)
    with pytest.raises(InvalidInput), app.unit_of_work() as uow:
        review.return_item(uow, item.id, reason="  ", actor=first, now=app.clock())


@pytest.mark.parametrize("state", [ItemState.DESCRIBED, ItemState.PUBLISHED])
def test_only_what_was_reviewed_is_published(
    app: App, make: Factory, agency: Agency, second: Actor, state: ItemState
) -> None:
    item = make.item(agency, dossier=make.dossier(agency), state=state)
    with pytest.raises(Conflict):
        publish(app, item, second)


def test_what_is_in_no_dossier_is_not_published(app: App, make: Factory, agency: Agency, second: Actor) -> None:
    item = make.item(agency, state=ItemState.REVIEWED)
    with app.unit_of_work() as uow:
        assert not item_view(uow.session, item.id, actor=second).publishable
    with pytest.raises(Conflict) as refused:
        publish(app, item, second)
    assert refused.value.reason == "item.not_filed"


def test_the_level_is_one_that_the_law_knows(app: App, make: Factory, agency: Agency, second: Actor) -> None:
    item = make.item(agency, dossier=make.dossier(agency), state=ItemState.REVIEWED)
    with pytest.raises(InvalidInput):
        publish(app, item, second, "secret")


def test_who_reviews_what_has_changed_meanwhile_is_told(app: App, item: Item, first: Actor) -> None:
    with pytest.raises(Conflict), app.unit_of_work() as uow:
        review.review_item(uow, item.id, expected_revision=item.revision + 1, actor=first, now=app.clock())
    assert current(app, item).state == ItemState.DESCRIBED
