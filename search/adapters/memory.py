"""An index in memory: for tests, and the plain statement of what every index answers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from search.document import IndexDocument, codes_of, heading_of, keyword, texts_of
from search.index import FreshIndex, Hit, ResultPage, refuse_unknown_fields
from search.query import AllOf, AnyValue, DateRange, Filter, Not, OneOf, Phrase, Query, Term, words_of
from search.words import exact_key, folded_key, has_tones, words

Keys = tuple[tuple[str, ...], ...]  # of each text of a document, its words' keys

_AS_TYPED = 10.0  # more than any sum of the weights below
_WEIGHTS = {"text": 0.01, "heading": 0.03, "codes": 0.04, "neighbours": 0.04}


@dataclass(frozen=True, slots=True)
class _Held:
    document: IndexDocument
    folded: Keys
    exact: Keys
    heading: Keys
    codes: Keys


class MemoryIndex:
    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def put(self, documents: Iterable[IndexDocument]) -> None:
        fresh: dict[str, _Held] = {}
        for document in documents:
            held = fresh.get(document.id) or self._held.get(document.id)
            if held is None or held.document.revision <= document.revision:
                fresh[document.id] = _hold(document)
        with self._lock:
            self._held = {**self._held, **fresh}

    def remove(self, ids: Iterable[str]) -> None:
        gone = set(ids)
        with self._lock:
            self._held = {id_: held for id_, held in self._held.items() if id_ not in gone}

    def search(self, query: Query, visible: Filter, *, limit: int, offset: int = 0) -> ResultPage:
        both = AllOf((query.filter, visible))
        refuse_unknown_fields(both)
        found = [
            (_score(query, held), held.document)
            for held in self._held.values()
            if lets_through(both, held.document) and _wanted(query, held)
        ]
        if query.must:
            found.sort(key=lambda hit: (-hit[0], hit[1].id))
        else:
            found.sort(key=lambda hit: (-(hit[1].issued_on or date.min).toordinal(), hit[1].id))
        hits = found[offset : offset + limit]
        return ResultPage(len(found), tuple(Hit(doc.id, score, doc.text, doc.page_offsets) for score, doc in hits))

    def revisions(self) -> Iterator[tuple[str, int]]:
        for id_, held in list(self._held.items()):
            yield id_, held.document.revision

    def clear(self) -> None:
        self._held = {}

    def close(self) -> None:
        pass

    def is_current(self) -> bool:
        return True

    @contextmanager
    def rebuilding(self) -> Iterator[FreshIndex]:
        fresh = MemoryIndex()
        yield fresh
        self._held = fresh._held


def lets_through(part: Filter, document: IndexDocument) -> bool:
    match part:
        case AnyValue(name, values):
            value = getattr(document, name)
            return value is not None and keyword(value) in {keyword(each) for each in values}
        case DateRange(name, first, last):
            on = getattr(document, name)
            return on is not None and (first is None or first <= on) and (last is None or on <= last)
        case AllOf(parts):
            return all(lets_through(inner, document) for inner in parts)
        case OneOf(parts):
            return any(lets_through(inner, document) for inner in parts)
        case Not(inner):
            return not lets_through(inner, document)


def _hold(document: IndexDocument) -> _Held:
    def keys(texts: Iterable[str]) -> Keys:
        return tuple(tuple(folded_key(word) for word in words(text)) for text in texts)

    texts = texts_of(document)
    exact = tuple(tuple(exact_key(word) for word in words(text)) for text in texts)
    return _Held(document, keys(texts), exact, keys(heading_of(document)), keys(codes_of(document)))


def _wanted(query: Query, held: _Held) -> bool:
    lacking = [part for part in query.must if not _times(part, held.folded)]
    if lacking and (query.enough is None or any(isinstance(part, Phrase) for part in lacking)):
        return False
    terms = sum(isinstance(part, Term) for part in query.must)
    if query.enough is not None and terms - len(lacking) < query.enough:
        return False
    return not any(
        _times_as_typed(part, held) if any(map(has_tones, words_of(part))) else _times(part, held.folded)
        for part in query.excluded
    )


def _times(part: Term | Phrase, keys: Keys) -> int:
    return _count([folded_key(word) for word in words_of(part)], keys)


def _times_as_typed(part: Term | Phrase, held: _Held) -> int:
    return _count([exact_key(word) for word in words_of(part)], held.exact)


def _count(wanted: Sequence[str], keys: Keys) -> int:
    size = len(wanted)
    return sum(list(text[at : at + size]) == wanted for text in keys for at, key in enumerate(text) if key == wanted[0])


def _score(query: Query, held: _Held) -> float:
    score = 0.0
    for part in query.must:
        for name, keys in (("text", held.folded), ("heading", held.heading), ("codes", held.codes)):
            times = _times(part, keys)
            score += _WEIGHTS[name] * times / (times + 1)
    for pair in query.neighbours():
        times = _times(pair, held.folded)
        score += _WEIGHTS["neighbours"] * times / (times + 1)
    if query.must and query.toned:
        typed = [_times_as_typed(part, held) > 0 for part in query.must]
        score += _WEIGHTS["text"] * sum(typed) + _AS_TYPED * all(typed)
    return score
