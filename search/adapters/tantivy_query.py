"""What Tantivy holds of a document, and queries as it takes them.

Words are cut and folded here, not by the engine: a field holds keys with blanks between, so that every index finds
the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

import tantivy
from tantivy import Occur

from search.document import DATE_FIELDS, KEYWORD_FIELDS, IndexDocument, keyword
from search.keys import FIELDS, keys_of
from search.query import AllOf, AnyValue, DateRange, Filter, Not, OneOf, Phrase, Query, Term, words_of
from search.ranking import AS_TYPED, SCALE, WEIGHTS
from search.words import exact_key, folded_key, has_tones

FORM = 1  # another one whenever fields or keys change: older directories are then built anew

_LAST_DAY = date.max.toordinal()


@lru_cache(maxsize=1)
def schema() -> Any:
    """`words` and `exact` hold the keys of every text, `heading` and `codes` again what counts more."""
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in KEYWORD_FIELDS:
        builder.add_text_field(name, stored=name == "id", tokenizer_name="raw", index_option="basic")
    for name in DATE_FIELDS:
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_text_field("newest", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("version", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("revision", fast=True)
    builder.add_bytes_field("text", stored=True)
    builder.add_bytes_field("page_offsets", stored=True)
    return builder.build()


def to_engine(document: IndexDocument) -> Any:
    made = tantivy.Document()
    keys = keys_of(document)
    for name in FIELDS:
        for text in getattr(keys, name):
            made.add_text(name, text)
    for name in KEYWORD_FIELDS:
        value = getattr(document, name)
        if value is not None:
            made.add_text(name, value if name == "id" else keyword(value))
    for name in DATE_FIELDS:
        on = getattr(document, name)
        if on is not None:
            made.add_integer(name, on.toordinal())
    made.add_text("newest", f"{_LAST_DAY - (document.issued_on or date.min).toordinal():07d} {document.id}")
    made.add_text("version", f"{document.id} {document.revision}")
    made.add_integer("revision", document.revision)
    made.add_bytes("text", document.text.encode("utf-8", "replace"))
    made.add_bytes("page_offsets", array("Q", document.page_offsets).tobytes())
    return made


def compile_query(query: Query, only: Filter) -> Any:
    parts = [(Occur.Must, _silent(_compile_filter(only)))]
    wanted = [part for part in query.must if query.enough is None or isinstance(part, Phrase)]
    parts += [(Occur.Must, _part("words", part, folded_key)) for part in wanted]
    if query.enough:
        some = [(Occur.Should, _part("words", part, folded_key)) for part in query.must if isinstance(part, Term)]
        parts.append((Occur.Must, tantivy.Query.boolean_query(some, minimum_number_should_match=query.enough)))
    for part in query.must:
        for name in ("heading", "codes"):
            parts.append((Occur.Should, tantivy.Query.boost_query(_part(name, part, folded_key), WEIGHTS[name])))
    for pair in query.neighbours():
        boosted = tantivy.Query.boost_query(_part("words", pair, folded_key), WEIGHTS["neighbours"])
        parts.append((Occur.Should, boosted))
    for part in query.excluded:
        toned = any(map(has_tones, words_of(part)))
        parts.append((Occur.MustNot, _part("exact", part, exact_key) if toned else _part("words", part, folded_key)))
    typed = [_part("exact", part, exact_key) for part in query.must] if query.toned else []
    parts += [(Occur.Should, tantivy.Query.boost_query(each, WEIGHTS["exact"])) for each in typed]
    scored = tantivy.Query.boost_query(tantivy.Query.boolean_query(parts), SCALE)
    if not typed:
        return scored
    all_typed = tantivy.Query.boolean_query([(Occur.Must, each) for each in typed])
    return tantivy.Query.boolean_query(
        [(Occur.Must, scored), (Occur.Should, tantivy.Query.const_score_query(all_typed, AS_TYPED))]
    )


def _part(name: str, part: Term | Phrase, key: Callable[[str], str]) -> Any:
    keys = [key(word) for word in words_of(part)]
    if len(keys) == 1:
        return tantivy.Query.term_query(schema(), name, keys[0])
    return tantivy.Query.phrase_query(schema(), name, list(keys))


def _compile_filter(part: Filter) -> Any:  # noqa: PLR0911 (one answer a kind)
    make = tantivy.Query
    match part:
        case AnyValue(name, values):
            return make.term_set_query(schema(), name, [keyword(value) for value in values])
        case DateRange(name, None, None):
            return make.exists_query(name)
        case DateRange(name, first, last):
            bounds = (first.toordinal() if first else None, last.toordinal() if last else None)
            return make.range_query(schema(), name, tantivy.FieldType.Integer, *bounds)
        case AllOf(()):
            return make.all_query()
        case AllOf(parts):
            return make.boolean_query([(Occur.Must, _compile_filter(inner)) for inner in parts])
        case OneOf(()):
            return make.empty_query()
        case OneOf(parts):
            return make.boolean_query([(Occur.Should, _compile_filter(inner)) for inner in parts])
        case Not(inner):
            return make.boolean_query([(Occur.Must, make.all_query()), (Occur.MustNot, _compile_filter(inner))])


def _silent(query: Any) -> Any:
    """What only lets through gives no score."""
    return tantivy.Query.const_score_query(query, 0.0)
