"""The index of many machines: Elasticsearch. Any process may read it; one at a time should write it.

What differs from an index in a directory, since a server has no transactions:
- A `put` is written down first and sent then: where making the documents fails, nothing was sent. Where the server
  fails in the middle, what it took stays unseen until the next put, remove or start of the server shows it; each
  document is whole, and none older than the one that was held.
- Two writers at once do no harm: a document replaces only what its revision was compared with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from search.adapters.elasticsearch_bulk import Bulk
from search.adapters.elasticsearch_generations import Generations, making
from search.adapters.elasticsearch_query import BEST_FIRST, NEWEST_FIRST, compile_query
from search.adapters.elasticsearch_server import Address, IndexGone, Server
from search.document import IndexDocument
from search.errors import IndexOutdated, IndexUnavailable
from search.index import FreshIndex, Hit, ResultPage, refuse_unknown_fields
from search.query import AllOf, Filter, Query

Answer = TypeVar("Answer")

WINDOW = 10_000  # hits that the server skips or gives in one answer
_KEPT = "1m"  # between two answers of a long reading


class ElasticsearchIndex:
    """What answers is the generation in use; another process may have put a new one in its place at any time."""

    def __init__(self, url: str, ca_file: Path | None = None) -> None:
        """url: http(s)://USER:PASSWORD@HOST:PORT/NAME. ca_file: authorities that are trusted beside the system's."""
        address = Address.parse(url)
        self._server = Server(address, ca_file)
        self._generations = Generations(self._server, address.name)

    def put(self, documents: Iterable[IndexDocument]) -> None:
        name = self._for_writing()
        Bulk(self._server, name).put(documents)
        self._show(name)

    def remove(self, ids: Iterable[str]) -> None:
        name = self._for_writing()
        Bulk(self._server, name).remove(ids)
        self._show(name)

    def search(self, query: Query, visible: Filter, *, limit: int, offset: int = 0) -> ResultPage:
        both = AllOf((query.filter, visible))
        refuse_unknown_fields(both)
        asked = {
            "query": compile_query(query, both),
            "sort": BEST_FIRST if query.must else NEWEST_FIRST,
            "track_total_hits": True,
        }
        return self._ask(lambda index: self._found(index, asked, offset, limit), ResultPage(0, ()))

    def revisions(self) -> Iterator[tuple[str, int]]:
        asked: dict[str, Any] = {
            "query": {"match_all": {}},
            "sort": ["_shard_doc"],
            "docvalue_fields": ["id", "revision"],
            "stored_fields": "_none_",
            "track_total_hits": False,
        }
        opened = self._ask(self._open_reading, None)
        if opened is not None:
            with self._reading(opened) as reading:
                for hit in self._read_on(reading, asked):
                    yield hit["fields"]["id"][0], hit["fields"]["revision"][0]

    def clear(self) -> None:
        with self.rebuilding():
            pass

    def close(self) -> None:
        self._server.close()

    def is_current(self) -> bool:
        try:
            return self._generations.current() is not None
        except IndexOutdated:
            return False

    @contextmanager
    def rebuilding(self) -> Iterator[FreshIndex]:
        self._generations.remove_unused(self._generations.current_or_outdated())
        index = self._generations.create()
        try:
            yield _Fresh(Bulk(self._server, making(index)))
            self._generations.use(index)
        except BaseException:
            with suppress(IndexUnavailable):
                self._generations.drop(index)
            raise

    def _found(self, index: str, asked: dict[str, Any], offset: int, limit: int) -> ResultPage:
        if offset + limit > WINDOW:
            return self._found_deep(index, asked, offset, limit)
        told = self._server.read(
            lambda client: client.search(
                index=index,
                **asked,
                from_=offset,
                size=limit,
                source=["text", "page_offsets"],
                allow_partial_search_results=False,
            )
        )["hits"]
        return ResultPage(told["total"]["value"], tuple(map(_hit, told["hits"])))

    def _found_deep(self, index: str, asked: dict[str, Any], offset: int, limit: int) -> ResultPage:
        total = self._found(index, asked, 0, 0).total
        if offset >= total:
            return ResultPage(total, ())
        with self._reading(self._open_reading(index)) as reading:
            last = deque(self._read_on(reading, {**asked, "source": False}, upto=offset), maxlen=1)
            after = last[0]["sort"] if last else None
            shown = {**asked, "source": ["text", "page_offsets"]}
            hits = tuple(map(_hit, self._read_on(reading, shown, upto=limit, after=after)))
        return ResultPage(total, hits)

    def _open_reading(self, index: str) -> str:
        """A view of the index as it is now; its id."""
        return str(self._server.read(lambda client: client.open_point_in_time(index=index, keep_alive=_KEPT))["id"])

    @contextmanager
    def _reading(self, opened: str) -> Iterator[str]:
        try:
            yield opened
        finally:
            with suppress(IndexUnavailable):
                self._server.read(lambda client: client.close_point_in_time(id=opened))

    def _read_on(
        self, reading: str, asked: dict[str, Any], *, upto: int | None = None, after: list[Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The next `upto` hits, or all, in answers of at most WINDOW."""
        left = upto
        while left is None or left > 0:
            size = WINDOW if left is None else min(WINDOW, left)
            place = {**asked, "size": size} | ({"search_after": after} if after else {})
            hits = self._server.read(partial(_read_piece, reading=reading, asked=place))["hits"]["hits"]
            yield from hits
            if len(hits) < size:
                return
            after = hits[-1]["sort"]
            left = None if left is None else left - size

    def _ask(self, ask: Callable[[str], Answer], otherwise: Answer) -> Answer:
        index = self._generations.current()
        if index is None:
            return otherwise
        try:
            return ask(index)
        except IndexGone:
            after = self._generations.current()
            if after == index or after is None:
                raise
            return ask(after)  # it was replaced while we asked

    def _for_writing(self) -> str:
        """The name to write to, under which there is an index of ours."""
        if self._generations.current() is None:
            self.clear()
        return self._generations.name

    def _show(self, name: str) -> None:
        self._server.write(lambda client: client.indices.refresh(index=name))


class _Fresh:
    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk

    def put(self, documents: Iterable[IndexDocument]) -> None:
        self._bulk.put_new(documents)


def _read_piece(client: Any, reading: str, asked: dict[str, Any]) -> Any:
    return client.search(pit={"id": reading, "keep_alive": _KEPT}, allow_partial_search_results=False, **asked)


def _hit(told: dict[str, Any]) -> Hit:
    source = told["_source"]
    return Hit(told["_id"], told["_score"] or 0.0, source["text"], tuple(source["page_offsets"]))
