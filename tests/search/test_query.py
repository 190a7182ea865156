from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import InvalidQuery
from search.query import MAX_CHARACTERS, MAX_WORDS, NOTHING, Phrase, Query, Term, parse, words_of


def test_words_are_wanted_each_once_in_lower_case() -> None:
    assert parse("Quyết định  QUYẾT").must == (Term("quyết"), Term("định"))


@pytest.mark.parametrize("text", ['"giấy phép"', "“giấy phép”", "«Giấy  phép»", '"giấy phép', "giấy/phép", "giấy-phép"])
def test_quotes_and_punctuation_make_phrases(text: str) -> None:
    assert parse(text).must == (Phrase(("giấy", "phép")),)


def test_a_code_is_a_phrase_of_its_parts() -> None:
    assert parse("số 123/QĐ-UBND").must == (Term("số"), Phrase(("123", "qđ", "ubnd")))


def test_a_minus_before_a_word_or_phrase_excludes_it() -> None:
    query = parse('đất -mật -"bí thư" a-b')
    assert query.must == (Term("đất"), Phrase(("a", "b")))
    assert query.excluded == (Term("mật"), Phrase(("bí", "thư")))


def test_decomposed_letters_are_composed() -> None:
    assert parse("que\u0302\u0301").must == (Term("quế"),)


def test_white_space_asks_for_everything_that_the_filter_lets_through() -> None:
    assert parse("  \t\u00a0", NOTHING) == Query(filter=NOTHING)


def test_one_word_with_tones_makes_the_query_toned() -> None:
    assert parse("cong dan -mật").toned is False
    assert parse('công "dan so"').toned is True


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("???", "search.query_without_words"),
        ("-", "search.query_without_words"),
        ('""', "search.query_without_words"),
        ("a" * (MAX_CHARACTERS + 1), "search.query_too_long"),
        ("a " * (MAX_WORDS + 1), "search.query_too_many_words"),
        ("a/" * (MAX_WORDS + 1), "search.query_too_many_words"),
    ],
)
def test_what_cannot_be_searched_for_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse(text)
    assert refused.value.reason == reason


def test_a_query_of_five_words_can_be_eased_once_and_a_shorter_one_not() -> None:
    eased = parse("một hai ba bốn năm").eased()
    assert eased is not None
    assert eased.enough == 3
    assert eased.eased() is None
    assert parse('một hai ba bốn "năm sáu"').eased() is None


@given(st.text(max_size=1200))
def test_any_text_is_a_bounded_query_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except InvalidQuery:
        return
    parts = (*query.must, *query.excluded)
    assert sum(len(words_of(part)) for part in parts) <= MAX_WORDS
    assert all(words_of(part) and all(words_of(part)) for part in parts)
    assert all(len(part.words) > 1 for part in parts if isinstance(part, Phrase))


@given(st.text('ab "-', max_size=40))
def test_reading_a_query_again_gives_the_same(text: str) -> None:
    try:
        query = parse(text)
    except InvalidQuery:
        return
    written = [words_of(part) for part in query.must]
    again = " ".join('"' + " ".join(part) + '"' for part in written)
    assert [words_of(part) for part in parse(again).must] == written
