"""An index in memory: for tests, and the plain statement of what every index answers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from search.document import IndexDocument, keyword
from search.index import FreshIndex, Hit, ResultPage, refuse_unknown_fields
from search.keys import FIELDS, keys_of
from search.query import AllOf, AnyValue, DateRange, Filter, Not, OneOf, Phrase, Query, Term, words_of
from search.ranking import AS_TYPED, SCALE, WEIGHTS, bm25, rarity
from search.words import exact_key, folded_key, has_tones

Texts = tuple[tuple[str, ...], ...]  # of each text of a document, its words' keys


@dataclass(frozen=True, slots=True)
class _Held:
    document: IndexDocument
    texts: dict[str, Texts]  # of each field of search.keys

    def length(self, field: str) -> int:
        return sum(map(len, self.texts[field]))


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
        everything = list(self._held.values())
        ranking = _Ranking(everything)
        found = [
            (ranking.score(query, held), held.document)
            for held in everything
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
    keys = keys_of(document)
    texts = {name: tuple(tuple(text.split()) for text in getattr(keys, name)) for name in FIELDS}
    return _Held(document, texts)


def _wanted(query: Query, held: _Held) -> bool:
    lacking = [part for part in query.must if not _times(part, held, "words")]
    if lacking and (query.enough is None or any(isinstance(part, Phrase) for part in lacking)):
        return False
    terms = sum(isinstance(part, Term) for part in query.must)
    if query.enough is not None and terms - len(lacking) < query.enough:
        return False
    return not any(
        _times(part, held, "exact" if any(map(has_tones, words_of(part))) else "words") for part in query.excluded
    )


def _keys(part: Term | Phrase, field: str) -> tuple[str, ...]:
    return tuple(map(exact_key if field == "exact" else folded_key, words_of(part)))


def _times(part: Term | Phrase, held: _Held, field: str) -> int:
    wanted = _keys(part, field)
    size = len(wanted)
    return sum(
        text[at : at + size] == wanted for text in held.texts[field] for at, key in enumerate(text) if key == wanted[0]
    )


class _Ranking:
    """Knows how rare words are among all documents, and how long fields are on average."""

    def __init__(self, everything: Sequence[_Held]) -> None:
        self._everything = everything
        self._having: dict[tuple[str, str], int] = {}
        number = max(1, len(everything))
        self._average = {field: sum(held.length(field) for held in everything) / number for field in FIELDS}

    def score(self, query: Query, held: _Held) -> float:
        if not query.must:
            return 0.0
        score = sum(self._part(part, held, field) for part in query.must for field in ("words", "heading", "codes"))
        score += sum(self._part(pair, held, "words", "neighbours") for pair in query.neighbours())
        if query.toned:
            score += sum(self._part(part, held, "exact") for part in query.must)
        as_typed = query.toned and all(_times(part, held, "exact") for part in query.must)
        return SCALE * score + AS_TYPED * as_typed

    def _part(self, part: Term | Phrase, held: _Held, field: str, weight: str | None = None) -> float:
        times = _times(part, held, field)
        if not times:
            return 0.0
        number = len(self._everything)
        rare = sum(rarity(self._number_having(field, key), number) for key in _keys(part, field))
        return WEIGHTS[weight or field] * bm25(times, rare, held.length(field), self._average[field])

    def _number_having(self, field: str, key: str) -> int:
        if (field, key) not in self._having:
            self._having[field, key] = sum(any(key in text for text in held.texts[field]) for held in self._everything)
        return self._having[field, key]
