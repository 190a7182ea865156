"""Who finds what, when: the table of the review states, asked of the search, of lists and of links alike."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission, Role
from archive.actions.agencies import change_agency
from archive.actions.review import publish_item, review_item
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item
from archive.db.states import ItemState
from archive.errors import NotAllowed, NotFound
from archive.indexing import drain
from archive.queries import items as item_queries
from archive.queries.dossiers import dossier
from archive.queries.searching import search
from search.adapters.memory import MemoryIndex
from tests.archive.queries.records import describe, page, read
from tests.factories import Factory

STAFF = frozenset({Role.CLERK, Role.REVIEWER, Role.RECORDS_MANAGER, Role.OFFICIAL, Role.LEADER})
NOBODY: frozenset[Role] = frozenset()
REUSE = frozenset({Role.SERVICE})

# state, level -> roles of its own agency, roles of any other agency that find and open it
TABLE: dict[tuple[str, str], tuple[frozenset[Role], frozenset[Role]]] = {
    ("received", "open"): (NOBODY, NOBODY),
    ("received", "conditional"): (NOBODY, NOBODY),
    ("stopped", "open"): (NOBODY, NOBODY),
    ("stopped", "conditional"): (NOBODY, NOBODY),
    ("described", "open"): (STAFF, NOBODY),
    ("described", "conditional"): (STAFF, NOBODY),
    ("reviewed", "open"): (STAFF, NOBODY),
    ("reviewed", "conditional"): (STAFF, NOBODY),
    ("published", "open"): (STAFF | REUSE, STAFF),
    ("published", "conditional"): (STAFF | REUSE, NOBODY),
    ("withdrawn", "open"): (NOBODY, NOBODY),
    ("withdrawn", "conditional"): (NOBODY, NOBODY),
    ("replaced", "open"): (NOBODY, NOBODY),
    ("replaced", "conditional"): (NOBODY, NOBODY),
    ("destroyed", "open"): (NOBODY, NOBODY),
    ("destroyed", "conditional"): (NOBODY, NOBODY),
}


def test_the_table_tells_of_every_state_and_level() -> None:
    assert set(TABLE) == {(str(state), level) for state in ItemState for level in ("open", "conditional")}


def test_search_links_and_lists_show_what_the_table_says(app: App, make: Factory) -> None:
    app.__dict__["index"] = MemoryIndex()
    own, other = make.agency("SXD"), make.agency("UBND")
    file = make.dossier(own)
    items: dict[tuple[str, str], Item] = {}
    for state, level in TABLE:
        items[state, level] = make.item(own, state=state, level=level, dossier=file)
        if state not in {"received", "stopped"}:
            describe(app, make, items[state, level], {"type_name": read("Quyết định")}, page(1, "giấy phép"))
    drain(app)
    for role in Role:
        for place, agency in enumerate((own, other)):
            actor = make.actor(role, agency)
            expected = {key for key in TABLE if role in TABLE[key][place]}
            where = f"{role}, {'own' if agency is own else 'other'} agency"
            assert found(app, actor, items) == expected, where
            assert opened(app, actor, items) == expected, where
            assert listed(app, actor, items) == expected, where


def found(app: App, actor: Actor, items: dict[tuple[str, str], Item]) -> set[tuple[str, str]]:
    hits = search(app, "giấy phép", actor=actor, limit=50)
    ids = {hit.item.id for hit in hits.hits}
    assert hits.total == len(ids), "the count betrays nothing"
    return {key for key, item in items.items() if item.id in ids}


def opened(app: App, actor: Actor, items: dict[tuple[str, str], Item]) -> set[tuple[str, str]]:
    seen = set()
    with Session(app.engine) as session:
        for key, item in items.items():
            try:
                view = item_queries.item(session, item.id, actor=actor)
            except NotFound:
                continue
            assert view.state == key[0], "what is not reviewed yet says so"
            seen.add(key)
    return seen


def listed(app: App, actor: Actor, items: dict[tuple[str, str], Item]) -> set[tuple[str, str]]:
    with Session(app.engine) as session:
        ids = set(session.scalars(select(Item.id).where(policy.filter_items(actor, Permission.ITEM_READ))))
        if policy.may(actor, Permission.DOSSIER_READ, next(iter(items.values())).agency_id):
            dossier_id = next(iter(items.values())).dossier_id
            code = session.scalars(select(Dossier.code).where(Dossier.id == dossier_id)).one()
            assert {line.id for line in dossier(session, code, actor=actor).items} == ids
    return {key for key, item in items.items() if item.id in ids}


@pytest.mark.parametrize(
    ("second_person", "who", "publishes"),
    [(True, "reviewer", False), (True, "other", True), (False, "reviewer", True), (False, "other", True)],
)
def test_the_agency_says_whether_a_second_person_publishes(
    app: App, make: Factory, second_person: bool, who: str, publishes: bool
) -> None:
    city = make.agency("HN")
    agency: Agency = make.agency("SXD", parent=city)
    operator = make.actor(Role.OPERATOR, city)
    people = {name: make.actor(Role.REVIEWER, agency) for name in ("reviewer", "other")}
    item = make.item(agency, dossier=make.dossier(agency))
    with app.unit_of_work() as uow:
        change_agency(
            uow, "SXD", name=agency.name, kind=None, parent_code="HN", valid_from=None,
            second_person_publishes=second_person, actor=operator, now=app.clock(),
        )  # fmt: skip
    with app.unit_of_work() as uow:
        review_item(uow, item.id, actor=people["reviewer"], now=app.clock())
    if publishes:
        with app.unit_of_work() as uow:
            assert publish_item(uow, item.id, actor=people[who], now=app.clock()).state == ItemState.PUBLISHED
    else:
        with pytest.raises(NotAllowed, match="người"), app.unit_of_work() as uow:
            publish_item(uow, item.id, actor=people[who], now=app.clock())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_only_the_operator_sets_it_who_publishes_nothing(app: App, make: Factory, role: Role) -> None:
    """Who is bound by the rule does not lift it."""
    agency = make.agency("SXD")
    with pytest.raises(NotFound), app.unit_of_work() as uow:
        change_agency(
            uow, "SXD", name=agency.name, kind=None, parent_code=None, valid_from=None,
            second_person_publishes=False, actor=make.actor(role, agency), now=app.clock(),
        )  # fmt: skip
    assert not policy.may(make.actor(Role.OPERATOR, agency), Permission.ITEM_PUBLISH)
