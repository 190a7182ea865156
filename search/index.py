"""The contract of a full-text index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from search.document import IndexDocument
from search.query import Filter, Query


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


class SearchIndex(Protocol):
    """Holds at most one document an id; everything in it can be made again from the holdings.

    A failure of the engine behind it is IndexUnavailable; nothing of a failed `put` is half visible.
    """

    def put(self, documents: Iterable[IndexDocument]) -> None:
        """Add or replace by id, visible to the next search. An older revision than the one held is ignored."""
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

    def close(self) -> None: ...
