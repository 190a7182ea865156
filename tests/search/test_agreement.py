"""All indexes are told the same and asked the same: they must find the same, in the same order."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.adapters.elasticsearch import ElasticsearchIndex
from search.adapters.memory import MemoryIndex
from search.adapters.tantivy import TantivyIndex
from search.document import IndexDocument
from search.highlight import PageMarks, find, place
from search.index import Hit, SearchIndex
from search.query import EVERYTHING, AllOf, AnyValue, DateRange, Filter, Not, OneOf, Phrase, Query, Term, parse
from tests.conformance.search_index import elasticsearch_url
from tests.search.making import day, document, paged

WORDS = ["mật", "mặt", "mat", "đất", "dat", "QĐ", "123", "hoà", "hòa"]
DAYS = [None, day("2023-05-01"), day("2024-01-01"), day("2024-12-31")]
text = st.lists(st.sampled_from([*WORDS, "123/QĐ-UBND", "\n", "—"]), max_size=6).map(" ".join)

documents = st.builds(
    document,
    st.sampled_from("abcdefgh"),
    text,
    title=text,
    revision=st.integers(1, 4),
    agency=st.sampled_from(["một", "hai"]),
    organ_name=st.none() | text,
    code_number=st.none() | st.sampled_from(["123", "7"]),
    task=st.integers(1, 3),
    issued_on=st.sampled_from(DAYS),
)
word = st.sampled_from([word.lower() for word in WORDS] + ["ubnd", "khác"])
parts = st.builds(Term, word) | st.builds(Phrase, st.lists(word, min_size=2, max_size=3).map(tuple))
leaves: st.SearchStrategy[Filter] = st.builds(
    AnyValue, st.just("agency"), st.frozensets(st.sampled_from(["một", "hai", "ba"]))
)
leaves |= st.builds(AnyValue, st.sampled_from(["task", "code_number"]), st.frozensets(st.sampled_from(["1", "2", "7"])))
leaves |= st.builds(AnyValue, st.just("id"), st.frozensets(st.sampled_from("abcxyz")))
leaves |= st.builds(DateRange, st.just("issued_on"), st.sampled_from(DAYS), st.sampled_from(DAYS))
filters = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(OneOf, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=6,
)
asked = st.builds(
    Query,
    st.lists(parts, max_size=3, unique=True).map(tuple),
    st.lists(parts, max_size=1).map(tuple),
    filters,
    st.none() | st.integers(0, 4),
)


COMMON_FIRST = """
    ủy ban nhân dân thành phố quyết định ban hành kế hoạch giấy phép xây dựng đất đai nhà ở công trình hồ sơ thủ tục
    hành chính căn cứ luật tổ chức chính quyền địa phương điều khoản mục phòng cháy chữa cháy mật mặt mat hoà hòa
"""
QUESTIONS = (
    "quyết định",
    "quyet dinh",
    "giấy phép xây dựng",
    '"giấy phép" đất đai',
    "mật",
    "hoà",
    "hòa mặt",
    "123/QĐ-UBND",
    "so 12",
    "phòng cháy chữa cháy -mật",
    '-"hành chính" hồ sơ',
    "ban nhân dân thành phố quyết định ban hành",
    "khong co tu nay",
)


def corpus() -> list[IndexDocument]:
    """Documents in which common words are common and some are alike, the same each time."""
    chance = random.Random(20261122)
    vocabulary = COMMON_FIRST.split()

    def some(most: int) -> str:
        return " ".join(vocabulary[min(int(chance.expovariate(0.08)), len(vocabulary) - 1)] for _ in range(most))

    made = [
        paged(
            f"{number:03d}",
            *(some(chance.randint(0, 120)) for _ in range(chance.randint(1, 3))),
            title=some(chance.randint(2, 9)),
            code_number=str(chance.randint(1, 200)),
            code_notation=chance.choice(["QĐ-UBND", "KH-UBND", None]),
            organ_name=chance.choice([some(4), None]),
        )
        for number in range(200)
    ]
    return [*made, replace(made[5], id="twin of 5"), replace(made[5], id="another twin of 5")]


@contextmanager
def opened(kind: str, server: str | None) -> Iterator[SearchIndex]:
    if server is not None:
        index: SearchIndex = ElasticsearchIndex(server)
        index.remove([id_ for id_, _ in index.revisions()])
        with closing(index):
            yield index
    else:
        with tempfile.TemporaryDirectory() as directory, closing(TantivyIndex(Path(directory))) as index:
            yield index


@pytest.fixture(scope="module", params=["tantivy", "elasticsearch"])
def kind(request: pytest.FixtureRequest) -> Iterator[tuple[str, str | None]]:
    if request.param == "elasticsearch":
        with elasticsearch_url() as url:
            yield request.param, url
    else:
        yield request.param, None


@settings(deadline=None, max_examples=30)
@given(
    st.lists(documents, max_size=12),
    st.lists(st.sampled_from("abz"), max_size=2),
    st.lists(st.tuples(asked, filters), max_size=8),
)
def test_every_index_finds_what_the_one_in_memory_finds(
    kind: tuple[str, str | None],
    puts: list[IndexDocument],
    gone: list[str],
    questions: list[tuple[Query, Filter]],
) -> None:
    memory = MemoryIndex()
    with opened(*kind) as other:
        for index in (memory, other):
            index.put(puts[:6])
            index.remove(gone)
            index.put(puts[6:])
        assert dict(other.revisions()) == dict(memory.revisions())
        for query, visible in questions:
            expected = memory.search(query, visible, limit=100)
            found = other.search(query, visible, limit=100)
            assert found.total == expected.total == len(expected.hits)
            assert {(hit.id, hit.text) for hit in found.hits} == {(hit.id, hit.text) for hit in expected.hits}
            if not query.must:
                assert [hit.id for hit in found.hits] == [hit.id for hit in expected.hits]
            for offset in range(0, found.total, 3):
                piece = other.search(query, visible, limit=3, offset=offset).hits
                assert piece == found.hits[offset : offset + 3]


def test_every_index_ranks_and_marks_as_the_one_in_memory(kind: tuple[str, str | None]) -> None:
    memory, everything = MemoryIndex(), corpus()
    with opened(*kind) as other:
        for index in (memory, other):
            with index.rebuilding() as fresh:
                fresh.put(everything)
        for text in QUESTIONS:
            strict = parse(text)
            for query in (strict, strict.eased() or strict):
                expected = memory.search(query, EVERYTHING, limit=300)
                found = other.search(query, EVERYTHING, limit=300)
                scores = {hit.id: hit.score for hit in expected.hits}
                assert {hit.id: hit.score for hit in found.hits} == pytest.approx(scores, rel=1e-5), text
                # the engines count with four bytes: only what is nearer than that to a tie may change places
                in_order = [scores[hit.id] for hit in found.hits]
                assert in_order == pytest.approx(sorted(in_order, reverse=True), rel=1e-5), text
                assert [hit.id for hit in found.hits[:10]] == [hit.id for hit in expected.hits[:10]], text
                assert list(map(marks(query), found.hits)) == list(
                    map(marks(query), sorted(expected.hits, key=order_of(found.hits)))
                ), text


def marks(query: Query) -> Callable[[Hit], tuple[PageMarks, ...]]:
    return lambda hit: place(find(query, hit.text), hit.text, hit.page_offsets)


def order_of(hits: Sequence[Hit]) -> Callable[[Hit], int]:
    at = {hit.id: number for number, hit in enumerate(hits)}
    return lambda hit: at[hit.id]
