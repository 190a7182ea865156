"""What Elasticsearch holds of a document, and queries as it takes them.

Words are cut and folded here, not by the server: a field holds keys with blanks between, and its only analyzer cuts at
blanks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from search.document import DATE_FIELDS, KEYWORD_FIELDS, IndexDocument, keyword
from search.keys import FIELDS, keys_of
from search.query import AllOf, AnyValue, DateRange, Filter, Not, OneOf, Phrase, Query, Term, words_of
from search.ranking import AS_TYPED, SCALE, WEIGHTS
from search.words import exact_key, folded_key, has_tones

FORM = 1  # another one whenever fields or keys change: indices of older forms are then built anew
META = {"product": "archive-search", "form": FORM}

_MOST_TERMS = 65_536  # that the server takes in one `terms`

_NOTHING: dict[str, Any] = {"match_none": {}}
_EVERYTHING: dict[str, Any] = {"match_all": {}}

NEWEST_FIRST = [{"issued_on": {"order": "desc", "missing": "_last"}}, {"id": "asc"}]
BEST_FIRST = [{"_score": "desc"}, {"id": "asc"}]


def mapping() -> dict[str, Any]:
    """`words` and `exact` hold the keys of every text, `heading` and `codes` again what counts more."""
    fields: dict[str, Any] = {name: {"type": "text", "analyzer": "whitespace"} for name in FIELDS}
    fields |= {name: {"type": "keyword"} for name in KEYWORD_FIELDS}
    fields |= {name: {"type": "date", "format": "strict_date"} for name in DATE_FIELDS}
    fields |= {
        "revision": {"type": "long"},
        "text": {"type": "text", "index": False},
        "page_offsets": {"type": "long", "index": False, "doc_values": False},
    }
    # keys are looked for, never read: the document as it was sent is kept without them
    return {"dynamic": "strict", "_meta": META, "_source": {"excludes": list(FIELDS)}, "properties": fields}


def to_engine(document: IndexDocument) -> bytes:
    """One line of JSON."""
    keys = keys_of(document)
    made: dict[str, Any] = {name: getattr(keys, name) for name in FIELDS}
    for name in KEYWORD_FIELDS:
        value = getattr(document, name)
        if value is not None:
            made[name] = value if name == "id" else keyword(value)
    for name in DATE_FIELDS:
        on = getattr(document, name)
        if on is not None:
            made[name] = on.isoformat()
    made |= {"revision": document.revision, "text": document.text, "page_offsets": document.page_offsets}
    try:
        return msgspec.json.encode(made)
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(made))


def _encodable(value: Any) -> Any:
    """Half a surrogate pair is no character that can be sent; a question mark keeps its place."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    return {name: _encodable(each) for name, each in value.items()} if isinstance(value, dict) else value


def compile_query(query: Query, only: Filter) -> dict[str, Any]:
    wanted = [part for part in query.must if query.enough is None or isinstance(part, Phrase)]
    must = [_part("words", part, folded_key) for part in wanted]
    if query.enough:
        some = [_part("words", part, folded_key) for part in query.must if isinstance(part, Term)]
        must.append({"bool": {"should": some, "minimum_should_match": query.enough}} if some else _NOTHING)
    counts_more = [_part(name, part, folded_key, name) for part in query.must for name in ("heading", "codes")]
    counts_more += [_part("words", pair, folded_key, "neighbours") for pair in query.neighbours()]
    if query.toned:
        counts_more += [_part("exact", part, exact_key, "exact") for part in query.must]
    excluded = [
        _part("exact", part, exact_key) if any(map(has_tones, words_of(part))) else _part("words", part, folded_key)
        for part in query.excluded
    ]
    filtered = [_compile_filter(only)]
    scored = {"filter": filtered, "must": must, "should": counts_more, "must_not": excluded, "boost": SCALE}
    if not query.toned:
        return {"bool": scored}
    all_typed = {"bool": {"filter": [_part("exact", part, exact_key) for part in query.must]}}
    as_typed = {"constant_score": {"filter": all_typed, "boost": AS_TYPED}}
    return {"bool": {"must": [{"bool": scored}], "should": [as_typed]}}


def _part(field: str, part: Term | Phrase, key: Callable[[str], str], weight: str | None = None) -> dict[str, Any]:
    keys = [key(word) for word in words_of(part)]
    boost = WEIGHTS[weight] if weight else 1.0
    if len(keys) == 1:
        return {"term": {field: {"value": keys[0], "boost": boost}}}
    return {"match_phrase": {field: {"query": " ".join(keys), "boost": boost}}}


def _compile_filter(part: Filter) -> dict[str, Any]:  # noqa: PLR0911 (one answer a kind)
    match part:
        case AnyValue(name, values):
            given = sorted(keyword(value) for value in values)
            lots = [given[at : at + _MOST_TERMS] for at in range(0, len(given), _MOST_TERMS)]
            return _one_of([{"terms": {name: lot}} for lot in lots])
        case DateRange(name, None, None):
            return {"exists": {"field": name}}
        case DateRange(name, first, last):
            ends = {"gte": first, "lte": last}
            return {"range": {name: {end: day.isoformat() for end, day in ends.items() if day}}}
        case AllOf(()):
            return _EVERYTHING
        case AllOf(parts):
            return {"bool": {"filter": [_compile_filter(inner) for inner in parts]}}
        case OneOf(parts):
            return _one_of([_compile_filter(inner) for inner in parts])
        case Not(inner):
            return {"bool": {"must_not": [_compile_filter(inner)]}}


def _one_of(parts: list[dict[str, Any]]) -> dict[str, Any]:
    if len(parts) == 1:
        return parts[0]
    return {"bool": {"should": parts, "minimum_should_match": 1}} if parts else _NOTHING
