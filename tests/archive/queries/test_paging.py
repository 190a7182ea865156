from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item
from archive.errors import InvalidInput
from archive.queries.accounts import accounts
from archive.queries.dossiers import dossier
from archive.queries.review import publish_queue, review_queue, stopped
from archive.queries.trail import events
from archive.queries.views import ItemLine
from tests.factories import Factory


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def clerk(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.CLERK, agency)


@pytest.fixture
def waiting(make: Factory, agency: Agency) -> list[Item]:
    """In the order of the queue; two of them alike in everything but their ids."""
    figures = [(2, 0.9), (1, 0.3), (1, 0.3), (1, 0.30000000000000004), (0, None)]
    return [make.item(agency, doubtful_fields=count, confidence=sure) for count, sure in figures]


def test_every_line_stands_on_one_page_forth_and_back(app: App, clerk: Actor, waiting: list[Item]) -> None:
    order = [line.id for line in _all(app, clerk)]
    assert {item.id for item in waiting} == set(order)
    with Session(app.engine) as session:
        pages = [review_queue(session, actor=clerk, limit=2)]
        while pages[-1].following:
            pages.append(review_queue(session, actor=clerk, limit=2, cursor=pages[-1].following))
        assert [[line.id for line in page] for page in pages] == [order[:2], order[2:4], order[4:]]
        assert pages[0].previous is None
        for earlier, later in pairwise(pages):
            back = review_queue(session, actor=clerk, limit=2, cursor=later.previous)
            assert [line.id for line in back] == [line.id for line in earlier]


def test_no_line_is_passed_over_when_those_before_it_leave_the_list(
    app: App, clerk: Actor, waiting: list[Item]
) -> None:
    order = [line.id for line in _all(app, clerk)]
    with Session(app.engine) as session:
        first = review_queue(session, actor=clerk, limit=2)
    _leave(app, order[:2])
    with Session(app.engine) as session:
        second = review_queue(session, actor=clerk, limit=2, cursor=first.following)
    assert [line.id for line in second] == order[2:4]


def test_when_all_beyond_has_left_the_list_begins_anew(app: App, clerk: Actor, waiting: list[Item]) -> None:
    order = [line.id for line in _all(app, clerk)]
    with Session(app.engine) as session:
        first = review_queue(session, actor=clerk, limit=4)
    _leave(app, order[4:])
    with Session(app.engine) as session:
        assert [line.id for line in review_queue(session, actor=clerk, limit=4, cursor=first.following)] == order[:4]


def test_a_cursor_shows_nobody_more_than_he_may_see(app: App, make: Factory, clerk: Actor, waiting: list[Item]) -> None:
    other = make.agency("UBND")
    own = make.item(other, doubtful_fields=0, confidence=1.0)
    stranger = make.actor(Role.CLERK, other)
    with Session(app.engine) as session:
        cursor = review_queue(session, actor=clerk, limit=2).following
        assert [line.id for line in review_queue(session, actor=stranger, cursor=cursor)] == [own.id]


BAD = ["x", "a", "a!!", "aW10", "aWzFd", "b" + "A" * 500, "aWyJ4IiwieCIsIngiLCJ4IiwieCJd", "a\u1ebf"]


@pytest.mark.parametrize("cursor", BAD)
def test_what_is_no_cursor_is_said_to_be_none(app: App, make: Factory, agency: Agency, cursor: str) -> None:
    everybody = make.actor(Role.RECORDS_MANAGER, agency, (Role.SECURITY_OFFICER, agency), (Role.AUDITOR, agency),
                           (Role.OPERATOR, agency))  # fmt: skip
    code = make.dossier(agency).code
    with Session(app.engine) as session:
        for query in (review_queue, publish_queue, stopped, events, accounts):
            with pytest.raises(InvalidInput, match="mở lại danh sách"):
                query(session, actor=everybody, cursor=cursor)
        with pytest.raises(InvalidInput, match="mở lại danh sách"):
            dossier(session, code, actor=everybody, cursor=cursor, limit=2)


def test_the_items_of_a_dossier_are_turned_in_the_order_of_their_codes(
    app: App, make: Factory, agency: Agency, clerk: Actor
) -> None:
    held = make.dossier(agency)
    items = [make.item(agency, dossier=held) for _ in range(5)]
    with Session(app.engine) as session:
        first = dossier(session, held.code, actor=clerk, limit=3)
        rest = dossier(session, held.code, actor=clerk, limit=3, cursor=first.following)
        whole = dossier(session, held.code, actor=clerk)
    assert [line.code for line in first.items + rest.items] == sorted(str(item.code) for item in items)
    assert (first.previous, rest.following) == (None, None)
    assert first.line.items == rest.line.items == 5
    assert whole.items == first.items + rest.items


def _all(app: App, actor: Actor) -> tuple[ItemLine, ...]:
    with Session(app.engine) as session:
        return review_queue(session, actor=actor).lines


def _leave(app: App, item_ids: list[object]) -> None:
    with app.unit_of_work() as uow:
        for item_id in item_ids:
            uow.session.get_one(Item, item_id).state = "withdrawn"
