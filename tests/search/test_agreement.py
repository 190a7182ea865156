"""Memory and Tantivy are told the same and asked the same: they must find the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from search.adapters.memory import MemoryIndex
from search.adapters.tantivy import TantivyIndex
from search.document import IndexDocument
from search.query import AllOf, AnyValue, DateRange, Filter, Not, OneOf, Phrase, Query, Term
from tests.search.making import day, document

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


@settings(deadline=None, max_examples=40)
@given(
    st.lists(documents, max_size=12), st.lists(st.sampled_from("abz"), max_size=2), st.lists(st.tuples(asked, filters))
)
def test_both_find_the_same(puts: list[IndexDocument], gone: list[str], questions: list[tuple[Query, Filter]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        memory, tantivy = MemoryIndex(), TantivyIndex(Path(directory))
        for index in (memory, tantivy):
            index.put(puts[:6])
            index.remove(gone)
            index.put(puts[6:])
        assert dict(tantivy.revisions()) == dict(memory.revisions())
        for query, visible in questions:
            expected = memory.search(query, visible, limit=100)
            found = tantivy.search(query, visible, limit=100)
            assert found.total == expected.total == len(expected.hits)
            assert {(hit.id, hit.text) for hit in found.hits} == {(hit.id, hit.text) for hit in expected.hits}
            if not query.must:
                assert [hit.id for hit in found.hits] == [hit.id for hit in expected.hits]
            for offset in range(0, found.total, 3):
                piece = tantivy.search(query, visible, limit=3, offset=offset).hits
                assert piece == found.hits[offset : offset + 3]
        tantivy.close()
