"""What only an index on a server can suffer: others on the same server, other forms, refusals."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from search.adapters import elasticsearch, elasticsearch_bulk
from search.adapters.elasticsearch import ElasticsearchIndex
from search.errors import DocumentRefused, IndexForeign, IndexOutdated, IndexUnavailable
from search.index import SearchIndex
from search.query import EVERYTHING, AllOf, AnyValue, Not, parse
from tests.conformance.search_index import ask, elasticsearch_url, found, total
from tests.search.adapters.proxy import proxy
from tests.search.making import document


@pytest.fixture
def url() -> Iterator[str]:
    with elasticsearch_url() as own:
        yield own


@pytest.fixture
def index(url: str) -> Iterator[ElasticsearchIndex]:
    opened = ElasticsearchIndex(url)
    yield opened
    opened.close()


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def server_of(url: str) -> str:
    return url.rpartition("/")[0]


def indices(url: str) -> dict[str, set[str]]:
    """Every index whose name begins with ours: index -> its aliases."""
    told = ask(url, "GET", f"/{name_of(url)}*")
    return {index: set(each["aliases"]) for index, each in told.items()}


def in_use(url: str) -> str:
    (index,) = ask(url, "GET", f"/_alias/{name_of(url)}")
    return str(index)


VERBS: dict[str, Callable[[SearchIndex], object]] = {
    "put": lambda index: index.put([document("x")]),
    "remove": lambda index: index.remove(["x"]),
    "search": lambda index: index.search(parse("x"), EVERYTHING, limit=1),
    "revisions": lambda index: list(index.revisions()),
    "clear": lambda index: index.clear(),
    "is_current": lambda index: index.is_current(),
    "rebuild": lambda index: index.rebuilding().__enter__(),
}


# What others do to it


def test_what_was_deleted_under_us_is_missed_and_made_again(index: ElasticsearchIndex, url: str) -> None:
    index.put([document("a", "chung")])
    ask(url, "DELETE", f"/{in_use(url)}")
    assert not index.is_current()
    assert (found(index, "chung"), list(index.revisions())) == ([], [])
    index.put([document("b", "chung")])
    assert index.is_current()
    assert found(index, "chung") == ["b"]


def test_nothing_is_written_where_the_index_went_away_while_it_was_built(index: ElasticsearchIndex, url: str) -> None:
    index.put([document("a", "chung")])

    def build() -> None:
        with index.rebuilding() as fresh:
            (building,) = set(indices(url)) - {in_use(url)}
            ask(url, "DELETE", f"/{building}")
            fresh.put([document("b", "chung")])

    with pytest.raises(IndexUnavailable):
        build()
    assert found(index, "chung") == ["a"]
    assert set(indices(url)) == {in_use(url)}


def test_an_alias_that_was_moved_to_one_more_of_ours_is_put_right_by_building_anew(
    index: ElasticsearchIndex, url: str
) -> None:
    index.put([document("a", "chung")])
    with closing(ElasticsearchIndex(f"{url}-other")) as other:
        other.put([document("b", "chung")])
        add = {"add": {"index": in_use(f"{url}-other"), "alias": name_of(url)}}
        ask(url, "POST", "/_aliases", {"actions": [add]})
        assert not index.is_current()
        with pytest.raises(IndexOutdated):
            found(index, "chung")
        index.clear()
        assert index.is_current()
        assert found(other, "chung") == ["b"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("how", ["index", "alias"])
def test_what_is_not_ours_is_left_alone_whatever_is_asked(
    index: ElasticsearchIndex, url: str, how: str, verb: str
) -> None:
    foreign = name_of(url) if how == "index" else f"{name_of(url)}-of-others"
    ask(url, "PUT", f"/{foreign}", {"aliases": {} if how == "index" else {name_of(url): {}}})
    ask(url, "PUT", f"/{foreign}/_doc/1?refresh=true", {"kept": "by others"})
    with pytest.raises(IndexForeign) as refused:
        VERBS[verb](index)
    assert refused.value.values["index"] == foreign
    assert not refused.value.retry
    assert ask(url, "GET", f"/{foreign}/_doc/1")["_source"] == {"kept": "by others"}
    assert set(indices(url)) == {foreign}


@pytest.mark.parametrize(
    "change",
    [
        {"properties": {"added": {"type": "keyword"}}},
        {"dynamic": True},
        {"_meta": {"product": "archive-search", "form": 0}},
    ],
    ids=["a field more", "not strict", "another form"],
)
def test_an_index_of_another_form_is_not_searched_and_built_anew(
    index: ElasticsearchIndex, url: str, change: dict[str, object]
) -> None:
    index.put([document("a", "chung")])
    old = in_use(url)
    ask(url, "PUT", f"/{old}/_mapping", change)
    assert not index.is_current()
    with pytest.raises(IndexOutdated):
        found(index, "chung")
    with index.rebuilding() as fresh:
        fresh.put([document("b", "chung")])
    assert index.is_current()
    assert found(index, "chung") == ["b"]
    assert set(indices(url)) == {in_use(url)} != {old}


def test_what_killed_rebuilds_left_goes_with_the_next_and_nothing_of_others(
    index: ElasticsearchIndex, url: str
) -> None:
    index.put([document("a", "chung")])
    killed = index.rebuilding()
    killed.__enter__().put([document("half", "chung")])  # and nobody ever leaves
    looks_alike = f"{name_of(url)}-f1-0123456789ab"
    ask(url, "PUT", f"/{looks_alike}")
    assert len(indices(url)) == 3
    index.clear()
    assert set(indices(url)) == {in_use(url), looks_alike}


def test_documents_are_kept_by_strict_fields_and_without_the_keys(index: ElasticsearchIndex, url: str) -> None:
    index.put([document("a", "Quyết định", title="Tên")])
    told = ask(url, "GET", f"/{in_use(url)}")[in_use(url)]
    assert told["mappings"]["dynamic"] == "strict"
    kept = ask(url, "GET", f"/{in_use(url)}/_doc/a")["_source"]
    assert kept["text"] == "Quyết định"
    assert not {"words", "exact", "heading", "codes"} & kept.keys()


def test_readers_of_another_process_follow_to_the_index_that_was_built_anew(url: str) -> None:
    with closing(ElasticsearchIndex(url)) as writer, closing(ElasticsearchIndex(url)) as reader:
        writer.put([document("old", "chung")])
        assert found(reader, "chung") == ["old"]
        with writer.rebuilding() as fresh:
            fresh.put([document("new", "chung")])
        assert found(reader, "chung") == ["new"]
        assert dict(reader.revisions()) == {"new": 1}


# Much at once


def test_hits_far_down_are_the_same_as_near_ones(index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    index.put(document(f"{n:03d}", "chung " + "thêm " * (n % 5)) for n in range(40))
    for query in ("chung", ""):
        whole = found(index, query)
        monkeypatch.setattr(elasticsearch, "WINDOW", 7)
        for offset, limit in ((0, 40), (0, 8), (6, 1), (7, 1), (13, 15), (38, 9), (40, 1), (50, 1)):
            page = index.search(parse(query), EVERYTHING, limit=limit, offset=offset)
            assert ([hit.id for hit in page.hits], page.total) == (whole[offset : offset + limit], 40)
        assert len(list(index.revisions())) == 40
        monkeypatch.undo()


def test_a_put_of_many_requests_is_shown_as_a_whole(
    index: ElasticsearchIndex, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.put(document(f"{n:02d}", "lần 1") for n in range(30))
    monkeypatch.setattr(elasticsearch_bulk, "MAX_REQUEST_BYTES", 2000)
    seen: list[int] = []
    with proxy(server_of(url)) as standing:
        standing.intervene = lambda method, path: seen.append(total(index, "2")) if "_bulk" in path else None
        with closing(ElasticsearchIndex(f"http://127.0.0.1:{standing.port}/{name_of(url)}")) as through:
            through.put(document(f"{n:02d}", "lần 2", revision=2) for n in range(30))
    assert len(seen) > 3
    assert set(seen) == {0}
    assert total(index, "2") == 30


def test_a_filter_of_very_many_values_is_taken(index: ElasticsearchIndex) -> None:
    index.put(document(f"{n}", "chung") for n in range(10))
    denied = Not(AnyValue("id", frozenset(f"{n}" for n in range(2, 70_000))))
    assert found(index, "chung", AllOf((denied,))) == ["0", "1"]


def test_two_writers_at_once_leave_the_newest_of_each(url: str) -> None:
    newest: dict[str, int] = {}
    failures: list[Exception] = []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with closing(ElasticsearchIndex(url)) as own:
            for _ in range(12):
                lot = [document(chance.choice("abcdef"), "chung", revision=chance.randint(1, 99)) for _ in range(8)]
                with lock:
                    for each in lot:
                        newest[each.id] = max(newest.get(each.id, 0), each.revision)
                try:
                    own.put(lot)
                except Exception as failure:
                    failures.append(failure)

    lock = threading.Lock()
    with closing(ElasticsearchIndex(url)) as index:
        index.clear()
        writers = [threading.Thread(target=write, args=(seed,)) for seed in range(2)]
        for each in writers:
            each.start()
        for each in writers:
            each.join()
        assert failures == []
        assert dict(index.revisions()) == newest


def test_a_document_that_the_server_refuses_keeps_no_other_out(index: ElasticsearchIndex) -> None:
    unfit = "x" * 600  # longer than an id may be
    lot = [document("a", "chung"), document(unfit, "chung"), document("b", "chung")]
    with pytest.raises(DocumentRefused) as refused:
        index.put(lot)
    assert refused.value.ids == (unfit,)
    with index.rebuilding() as fresh, pytest.raises(DocumentRefused):
        fresh.put(lot)
    assert found(index, "chung") == ["a", "b"]
