"""The contract of a full-text index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from search.document import DATE_FIELDS, KEYWORD_FIELDS, IndexDocument
from search.errors import InvalidQuery
from search.query import AllOf, AnyValue, DateRange, Filter, Not, OneOf, Query


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    score: float
    text: str  # as indexed
    page_offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ResultPage:
    total: int  # exact
    hits: tuple[Hit, ...]


class FreshIndex(Protocol):
    """An index that is being built and answers nobody yet."""

    def put(self, documents: Iterable[IndexDocument]) -> None:
        """As SearchIndex.put, but seen only when all is built; beside a refused document the others are taken."""
        ...


class SearchIndex(Protocol):
    """Holds at most one document an id; everything in it can be made again from the holdings.

    A failure of the engine behind it is IndexUnavailable; nothing of a failed `put` is seen by searches after it, nor
    ever where making the documents failed. (On a server what it took before it failed is seen after the next success.)
    Under its name it leaves alone what is not ours: IndexForeign.
    Opening costs nothing; after `close` the next call opens it again.
    """

    def put(self, documents: Iterable[IndexDocument]) -> None:
        """Add or replace by id, visible to the next search. An older revision than the one held is ignored.

        Raises DocumentRefused for documents that this index cannot take in any way: the others are to be put again.
        """
        ...

    def remove(self, ids: Iterable[str]) -> None:
        """Forget these ids; an unknown id is no error."""
        ...

    def search(self, query: Query, visible: Filter, *, limit: int, offset: int = 0) -> ResultPage:
        """Best first, ties by id. `visible` is the caller's access rule: what it excludes is in no count."""
        ...

    def revisions(self) -> Iterator[tuple[str, int]]:
        """(id, revision) of every document, in no order: what reconciliation compares with the catalogue."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def close(self) -> None:
        """Let go of what only one process may hold."""
        ...

    def is_current(self) -> bool:
        """Whether there is an index, of the form that this program writes."""
        ...

    def rebuilding(self) -> AbstractContextManager[FreshIndex]:
        """An empty index beside this one: on leaving it takes this one's place, after an exception it is dropped."""
        ...


def refuse_unknown_fields(part: Filter) -> None:
    """Raise InvalidQuery for a filter of a field that no index can filter by."""
    match part:
        case AnyValue(name, _) if name not in KEYWORD_FIELDS:
            raise InvalidQuery("search.filter_unknown", field=name, known=", ".join(KEYWORD_FIELDS))
        case DateRange(name, _, _) if name not in DATE_FIELDS:
            raise InvalidQuery("search.filter_unknown", field=name, known=", ".join(DATE_FIELDS))
        case AllOf(parts) | OneOf(parts):
            for inner in parts:
                refuse_unknown_fields(inner)
        case Not(inner):
            refuse_unknown_fields(inner)
