"""How the suites of the search index open each kind of it, and ask."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from search.adapters.elasticsearch import ElasticsearchIndex
from search.adapters.memory import MemoryIndex
from search.adapters.tantivy import TantivyIndex
from search.index import SearchIndex
from search.query import EVERYTHING, Filter, parse
from tests.servers import server_url

KINDS = ("memory", "tantivy", "elasticsearch")
Opening = Callable[[Path], SearchIndex]


@contextmanager
def of_kind(kind: str) -> Iterator[Opening]:
    """How to get an empty index of this kind; a server has one for all, emptied each time, removed in the end."""
    if kind == "elasticsearch":
        with elasticsearch_url() as url:
            yield lambda directory: _emptied(ElasticsearchIndex(url))
    elif kind == "tantivy":
        yield lambda directory: TantivyIndex(directory / "index")
    else:
        yield lambda directory: MemoryIndex()


@contextmanager
def elasticsearch_url() -> Iterator[str]:
    """Of an index of its own on the server of the tests, which has nothing of it afterwards."""
    url = f"{server_url('SEARCH').rstrip('/')}/test-{uuid.uuid4().hex[:12]}"
    try:
        yield url
    finally:
        name = url.rpartition("/")[2]
        for index in ask(url, "GET", f"/{name}*?ignore_unavailable=true"):
            ask(url, "DELETE", f"/{index}")


def ask(url: str, method: str, path: str, body: object = None) -> Any:
    """What the server itself answers, past the adapter."""
    parts = urlsplit(url)
    request = urllib.request.Request(
        f"{parts.scheme}://{parts.hostname}:{parts.port}{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def _emptied(index: SearchIndex) -> SearchIndex:
    index.remove([id_ for id_, _ in index.revisions()])
    return index


def found(
    index: SearchIndex, text: str, visible: Filter = EVERYTHING, *, limit: int = 50, offset: int = 0
) -> list[str]:
    return [hit.id for hit in index.search(parse(text), visible, limit=limit, offset=offset).hits]


def total(index: SearchIndex, text: str, visible: Filter = EVERYTHING) -> int:
    return index.search(parse(text), visible, limit=1).total
