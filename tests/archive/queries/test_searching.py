from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import describe as actions
from archive.actions import filing, review
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from archive.errors import InvalidInput
from archive.indexing import drain
from archive.queries.searching import search, to_json
from archive.queries.views import SearchResult
from search.adapters.memory import MemoryIndex
from search.index import ResultPage
from search.query import Filter, Query
from tests.archive.queries.records import describe, page, read, statements
from tests.factories import Factory


@pytest.fixture
def index(app: App) -> MemoryIndex:
    index = MemoryIndex()
    app.__dict__["index"] = index
    return index


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def official(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.OFFICIAL, agency)


def decision(app: App, make: Factory, agency: Agency, **columns: object) -> Item:
    """Two pages; the second speaks of building permits."""
    item = make.item(agency, **columns)  # type: ignore[arg-type]
    describe(
        app,
        make,
        item,
        {"type_name": read("Quyết định"), "code_number": read("15"), "issued_date": read("2024-03-15")},
        page(1, "QUYẾT ĐỊNH"),
        page(2, "Điều 1", "Giấy phép xây dựng"),
    )
    return item


def ids(result: SearchResult) -> list[object]:
    return [hit.item.id for hit in result.hits]


def test_a_hit_shows_page_snippet_and_place_with_and_without_tones(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    item = decision(app, make, agency, dossier=make.dossier(agency, code="SXD.2024.0001"), code="SXD.2024.0001.0000001")
    drain(app)
    for text in ("giay phep xay dung", '"giấy phép"', "xây dựng"):
        result = search(app, text, actor=official)
        assert ids(result) == [item.id]
        (found,) = result.hits[0].pages
        assert found.number == 2
        assert [found.snippet[start:end] for start, end in found.marks][-1] in {"dựng", "phép"}
        first, last = (1, 2) if text == '"giấy phép"' else (3, 4) if text == "xây dựng" else (1, 4)
        places = [(0.1 * (word - 1), 0.05, 0.1 * (word - 1) + 0.08, 0.07) for word in range(first, last + 1)]
        assert list(found.boxes) == [pytest.approx(place) for place in places]


def test_the_answer_keeps_the_contract(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    item = decision(app, make, agency, dossier=make.dossier(agency, code="SXD.2024.0001"), code="SXD.2024.0001.0000001")
    drain(app)
    told = to_json(search(app, "xây dựng", actor=official))
    with Session(app.engine) as session:
        receipt = session.get_one(Receipt, item.receipt_id).number
    (hit,) = told["hits"]
    assert told["total"] == 1
    assert set(hit) == {"id", "code", "dossier", "title", "score", "pages"}
    assert (hit["id"], hit["code"], hit["dossier"], hit["title"]) == (
        receipt,
        "SXD.2024.0001.0000001",
        "SXD.2024.0001",
        "Quyết định số 15",
    )
    assert set(hit["pages"][0]) == {"number", "snippet", "boxes"}
    assert len(hit["pages"][0]["boxes"]) == 2


def test_the_total_counts_nothing_that_the_actor_may_not_see(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    own = decision(app, make, agency)
    other = make.agency("UBND")
    decision(app, make, other)
    decision(app, make, other, state=ItemState.PUBLISHED, level="conditional")
    public = decision(app, make, other, state=ItemState.PUBLISHED, level="open")
    drain(app)
    result = search(app, "xây dựng", actor=official)
    assert (result.total, set(ids(result))) == (2, {own.id, public.id})
    assert search(app, "xây dựng", actor=official, limit=1).total == 2
    assert search(app, "xây dựng", actor=make.actor(Role.OPERATOR, agency)).total == 0
    assert search(app, "xây dựng", actor=official, filters={"agency": "UBND"}).total == 1


def test_a_withdrawn_item_is_not_found_before_the_index_has_learned_of_it(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    manager = make.actor(Role.RECORDS_MANAGER, agency)
    items = [decision(app, make, agency) for _ in range(3)]
    drain(app)
    with app.unit_of_work() as uow:
        filing.withdraw_item(uow, items[0].id, reason="Nhầm", actor=manager, now=app.clock())
    assert len(list(index.revisions())) == 3
    for actor in (official, manager):
        result = search(app, "xây dựng", actor=actor, limit=1)
        assert (result.total, len(result.hits)) == (2, 1)
        assert items[0].id not in ids(search(app, "xây dựng", actor=actor))


def test_what_was_closed_to_others_is_not_found_before_the_index_has_learned_of_it(
    app: App, make: Factory, agency: Agency, index: MemoryIndex
) -> None:
    item = decision(app, make, agency, state=ItemState.PUBLISHED, level="open")
    drain(app)
    foreign = make.actor(Role.OFFICIAL, make.agency("UBND"))
    assert search(app, "xây dựng", actor=foreign).total == 1
    with app.unit_of_work() as uow:
        kept = uow.session.get_one(Item, item.id)
        kept.level = "conditional"
        uow.reindex(kept, now=app.clock())
    assert search(app, "xây dựng", actor=foreign).total == 0


def test_an_item_that_waits_for_the_index_is_still_found_by_who_may_see_it(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    item = decision(app, make, agency)
    drain(app)
    with app.unit_of_work() as uow:
        clerk = make.actor(Role.CLERK, agency)
        actions.correct_field(uow, item.id, "code_number", "16", actor=clerk, now=app.clock())
    result = search(app, "xây dựng", actor=official)
    assert [hit.item.title for hit in result.hits] == ["Quyết định số 16"]


class WithdrawingIndex(MemoryIndex):
    """In the middle of a search, somebody withdraws what it is about to find."""

    def __init__(self, app: App, item: Item, actor: Actor) -> None:
        super().__init__()
        self.withdrawal: tuple[App, Item, Actor] | None = (app, item, actor)

    def search(self, query: Query, visible: Filter, *, limit: int, offset: int = 0) -> ResultPage:
        if self.withdrawal:
            app, item, actor = self.withdrawal
            self.withdrawal = None
            with app.unit_of_work() as uow:
                filing.withdraw_item(uow, item.id, reason="Nhầm", actor=actor, now=app.clock())
        return super().search(query, visible, limit=limit, offset=offset)


def test_what_is_withdrawn_while_it_is_searched_for_is_in_no_count(
    app: App, make: Factory, agency: Agency, official: Actor
) -> None:
    items = [decision(app, make, agency) for _ in range(3)]
    index = WithdrawingIndex(app, items[1], make.actor(Role.RECORDS_MANAGER, agency))
    app.__dict__["index"] = index
    drain(app)
    result = search(app, "xây dựng", actor=official, limit=2)
    assert (result.total, len(result.hits)) == (2, 2)
    assert items[1].id not in ids(result)


def test_words_that_stand_in_a_field_alone_are_shown_at_its_place(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    item = decision(app, make, agency)
    with app.unit_of_work() as uow:
        clerk = make.actor(Role.CLERK, agency)
        where = {"page": 2, "box": (0.5, 0.5, 0.7, 0.6)}
        actions.correct_field(uow, item.id, "subject", "Về khoáng sản", actor=clerk, now=app.clock(), **where)  # type: ignore[arg-type]
    drain(app)
    ((hit,),) = [search(app, "khoáng sản", actor=official).hits]
    (found,) = hit.pages
    assert (found.number, found.snippet, found.boxes) == (2, "Về khoáng sản", ((0.5, 0.5, 0.7, 0.6),))
    assert [found.snippet[start:end] for start, end in found.marks] == ["khoáng", "sản"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, 2),
        ({"type": "Quyết định"}, 2),
        ({"type": ["Tờ trình", "Công văn"]}, 0),
        ({"state": "reviewed"}, 1),
        ({"agency": "SXD"}, 2),
        ({"agency": "KHONG-CO"}, 0),
        ({"task": "4"}, 1),
        ({"number": "15"}, 2),
        ({"from": "2024-03-15", "to": "2024-03-15"}, 2),
        ({"from": "2024-03-16"}, 0),
        ({"year": "2024"}, 2),
        ({"year": "2023"}, 0),
        ({"year": ["2023", "2024"]}, 2),
    ],
)
def test_filters_are_named_as_people_name_them(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor, filters: dict[str, str], found: int
) -> None:
    decision(app, make, agency)
    decision(app, make, agency, state=ItemState.REVIEWED, task_number=4)
    drain(app)
    assert search(app, "xây dựng", actor=official, filters=filters).total == found


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("xây", {"filters": {"colour": "đỏ"}}),
        ("xây", {"filters": {"from": "hôm qua"}}),
        ("xây", {"filters": {"year": "hai nghìn"}}),
        ("xây", {"limit": 0}),
        ("xây", {"limit": 101}),
        ("xây", {"offset": -1}),
        ("!!!", {}),
        ("xây" * 400, {}),
    ],
)
def test_what_cannot_be_searched_for_is_refused(
    app: App, index: MemoryIndex, official: Actor, text: str, how: dict[str, object]
) -> None:
    with pytest.raises(InvalidInput):
        search(app, text, actor=official, **how)  # type: ignore[arg-type]


def test_where_no_document_has_all_the_words_those_with_most_of_them_are_found_and_it_says_so(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    item = decision(app, make, agency)
    drain(app)
    result = search(app, "giấy phép xây dựng nhà", actor=official)
    assert (ids(result), result.total, result.eased) == ([item.id], 1, True)
    assert result.hits[0].pages[0].number == 2
    assert to_json(result)["eased"] is True
    exact = search(app, "giấy phép xây dựng điều", actor=official)
    assert (exact.total, exact.eased, set(to_json(exact))) == (1, False, {"total", "hits"})


@pytest.mark.parametrize("text", ["giấy phép nhà", "tàu hoả chạy bằng hơi nước"])
def test_what_few_words_or_no_document_resembles_is_not_found(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor, text: str
) -> None:
    decision(app, make, agency)
    drain(app)
    result = search(app, text, actor=official)
    assert (result.total, result.hits, result.eased) == (0, (), False)


def test_what_is_found_with_most_of_the_words_is_what_the_actor_may_see(
    app: App, make: Factory, agency: Agency, index: MemoryIndex
) -> None:
    decision(app, make, agency)
    drain(app)
    foreign = make.actor(Role.OFFICIAL, make.agency("UBND"))
    result = search(app, "giấy phép xây dựng nhà", actor=foreign)
    assert (result.total, result.eased) == (0, False)


def test_nothing_asked_lists_everything_that_may_be_seen(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    decision(app, make, agency)
    decision(app, make, make.agency("UBND"))
    drain(app)
    assert search(app, "", actor=official).total == 1


def test_a_published_item_is_found_under_its_new_rights(
    app: App, make: Factory, agency: Agency, index: MemoryIndex
) -> None:
    item = decision(app, make, agency, dossier=make.dossier(agency), state=ItemState.REVIEWED)
    foreign = make.actor(Role.OFFICIAL, make.agency("UBND"))
    with app.unit_of_work() as uow:
        kept = uow.session.get_one(Item, item.id)
        kept.reviewed_by = make.account().id
        publisher = make.actor(Role.REVIEWER, agency)
        review.publish_item(uow, item.id, level="open", actor=publisher, now=app.clock())
    drain(app)
    assert ids(search(app, "xây dựng", actor=foreign)) == [item.id]


def test_the_number_of_statements_does_not_grow_with_the_hits(
    app: App, make: Factory, agency: Agency, index: MemoryIndex, official: Actor
) -> None:
    counts = []
    for more in (1, 8):
        for _ in range(more):
            decision(app, make, agency)
        drain(app)
        with statements(app) as seen:
            assert len(search(app, "xây dựng", actor=official).hits) >= more
        counts.append(len(seen))
    assert counts[0] == counts[1] == 7
