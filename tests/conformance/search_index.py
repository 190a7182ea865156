"""How the suites of the search index open each kind of it, and ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from search.adapters.memory import MemoryIndex
from search.adapters.tantivy import TantivyIndex
from search.index import SearchIndex
from search.query import EVERYTHING, Filter, parse

OPEN: dict[str, Callable[[Path], SearchIndex]] = {
    "memory": lambda directory: MemoryIndex(),
    "tantivy": lambda directory: TantivyIndex(directory / "index"),
}


def found(
    index: SearchIndex, text: str, visible: Filter = EVERYTHING, *, limit: int = 50, offset: int = 0
) -> list[str]:
    return [hit.id for hit in index.search(parse(text), visible, limit=limit, offset=offset).hits]


def total(index: SearchIndex, text: str, visible: Filter = EVERYTHING) -> int:
    return index.search(parse(text), visible, limit=1).total
