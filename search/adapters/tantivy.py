"""The index of one machine: Tantivy in a directory. Any process may read it; one at a time may write it."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import tantivy

from search.adapters.generations import Generations
from search.adapters.tantivy_query import FORM, compile_query, schema, to_engine
from search.document import IndexDocument
from search.errors import IndexOutdated, IndexUnavailable, SearchError
from search.index import FreshIndex, Hit, ResultPage, refuse_unknown_fields
from search.query import AllOf, Filter, Query

Answer = TypeVar("Answer")

DAMAGED = "search.index_damaged"
UNWRITABLE = "search.index_unwritable"

_WRITER_BYTES = 64 << 20


class TantivyIndex:
    """What answers is the generation in use; another process may have put a new one in its place at any time."""

    def __init__(self, directory: Path) -> None:
        self._generations = Generations(directory, FORM)
        self._lock = threading.RLock()
        self._generation: _Generation | None = None

    def put(self, documents: Iterable[IndexDocument]) -> None:
        self._for_writing().put(documents)

    def remove(self, ids: Iterable[str]) -> None:
        self._for_writing().remove(ids)

    def search(self, query: Query, visible: Filter, *, limit: int, offset: int = 0) -> ResultPage:
        def ask(generation: _Generation) -> ResultPage:
            return generation.search(query, visible, limit=limit, offset=offset)

        return self._ask(ask, ResultPage(0, ()))

    def revisions(self) -> Iterator[tuple[str, int]]:
        nothing: list[tuple[str, int]] = []
        yield from self._ask(lambda generation: list(generation.revisions()), nothing)

    def clear(self) -> None:
        self._for_writing().clear()

    def close(self) -> None:
        with self._lock:
            generation, self._generation = self._generation, None
        if generation:
            generation.close()

    def is_current(self) -> bool:
        try:
            return self._generations.current() is not None
        except IndexOutdated:
            return False

    @contextmanager
    def rebuilding(self) -> Iterator[FreshIndex]:
        with _translated(UNWRITABLE):
            self._generations.remove_unused(self._generations.current() if self.is_current() else None)
            fresh = _Generation(self._generations.create())
        fresh.clear()  # an index without documents is one, too
        try:
            yield fresh
            fresh.close()
        except BaseException:
            with suppress(IndexUnavailable):
                fresh.close()
            self._generations.remove(fresh.path)
            raise
        self.close()
        with _translated(UNWRITABLE):
            self._generations.use(fresh.path)

    def _ask(self, ask: Callable[[_Generation], Answer], otherwise: Answer) -> Answer:
        generation = self._in_use()
        if generation is None:
            return otherwise
        try:
            return ask(generation)
        except IndexUnavailable:
            after = self._in_use()
            if after is generation or after is None:
                raise
            return ask(after)  # it was replaced while we read

    def _in_use(self) -> _Generation | None:
        with self._lock, _translated(DAMAGED):
            path = self._generations.current()
            held = self._generation
            if held and held.path == path:
                return held
            self.close()
            self._generation = _Generation(path) if path else None
            return self._generation

    def _for_writing(self) -> _Generation:
        with self._lock:
            generation = self._in_use()
            if generation is None:
                with self.rebuilding():
                    pass
                generation = self._in_use()
            assert generation is not None
            return generation


class _Generation:
    """A Tantivy index in its directory. Opened when first needed; the writer is held from the first write to close."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._index: Any = None
        self._writer: Any = None

    def put(self, documents: Iterable[IndexDocument]) -> None:
        with self._writing() as writer:
            searcher = self._searcher()
            newest: dict[str, int] = {}
            for document in documents:
                held = newest[document.id] if document.id in newest else _revision(searcher, document.id)
                if held <= document.revision:
                    newest[document.id] = document.revision
                    made = to_engine(document)
                    with _translated(UNWRITABLE):
                        writer.delete_documents_by_term("id", document.id)
                        writer.add_document(made)

    def remove(self, ids: Iterable[str]) -> None:
        with self._writing() as writer:
            for id_ in ids:
                writer.delete_documents_by_term("id", id_)

    def clear(self) -> None:
        with self._writing() as writer:
            writer.delete_all_documents()

    def search(self, query: Query, visible: Filter, *, limit: int, offset: int = 0) -> ResultPage:
        both = AllOf((query.filter, visible))
        refuse_unknown_fields(both)
        with _translated(DAMAGED):
            searcher = self._searcher()
            compiled = compile_query(query, both)
            wanted = min(offset + limit, searcher.num_docs)
            if wanted <= offset:
                return ResultPage(searcher.search(compiled, 1).count, ())
            if query.must:
                return _best(searcher, compiled, offset, wanted)
            return _newest(searcher, compiled, offset, wanted)

    def revisions(self) -> Iterator[tuple[str, int]]:
        with _translated(DAMAGED):
            versions = self._searcher().terms_with_prefix("version", "", tantivy.Query.all_query())
        for version, _ in versions:
            id_, _, revision = version.rpartition(" ")
            yield id_, int(revision)

    def close(self) -> None:
        with self._lock:
            writer, self._writer, self._index = self._writer, None, None
            if writer is not None:
                with _translated(UNWRITABLE):
                    writer.wait_merging_threads()

    def _searcher(self) -> Any:
        with self._lock, _translated(DAMAGED):
            if self._index is None:
                self._index = tantivy.Index.open(str(self.path))
                self._index.config_reader("manual")
            self._index.reload()
            return self._index.searcher()

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """The writer; committed on leaving without an exception, else nothing of it stays."""
        with self._lock:
            with _translated(UNWRITABLE):
                if self._writer is None:
                    if not (self.path / "meta.json").exists() and not any(self.path.iterdir()):
                        tantivy.Index(schema(), path=str(self.path))
                    self._searcher()
                    self._writer = self._index.writer(_WRITER_BYTES, 1)
            try:
                yield self._writer
                with _translated(UNWRITABLE):
                    self._writer.commit()
            except BaseException:
                writer, self._writer = self._writer, None  # one that failed once may be dead
                with suppress(Exception):
                    writer.rollback()
                raise


@contextmanager
def _translated(reason: str) -> Iterator[None]:
    """Turn what the engine raises into IndexUnavailable: ValueError, OSError, and panics of its own kind."""
    try:
        yield
    except SearchError:
        raise
    except BaseException as error:
        if "LockBusy" in str(error):
            raise IndexUnavailable("search.index_busy", retry=True) from error
        if isinstance(error, ValueError | OSError) or type(error).__name__ == "PanicException":
            raise IndexUnavailable(reason, retry=reason == UNWRITABLE, detail=str(error)[:200]) from error
        raise


def _best(searcher: Any, query: Any, offset: int, end: int) -> ResultPage:
    """The engine breaks ties by its own numbers; they are broken by id here, so that pages never overlap."""
    fetched = end + 1
    found = searcher.search(query, fetched)
    while fetched < found.count and found.hits[-1][0] == found.hits[end - 1][0]:
        fetched = min(2 * fetched, found.count)
        found = searcher.search(query, fetched)
    hits: list[Hit] = []
    at = 0
    for score, group in groupby(found.hits, key=lambda hit: hit[0]):
        tied = [address for _, address in group]
        if at < end and at + len(tied) > offset:
            loaded = sorted((_hit(searcher, address, score) for address in tied), key=lambda hit: hit.id)
            hits += loaded[max(0, offset - at) : end - at]
        at += len(tied)
    return ResultPage(found.count, tuple(hits))


def _newest(searcher: Any, query: Any, offset: int, end: int) -> ResultPage:
    found = searcher.search(query, end - offset, offset=offset, order_by_field="newest", order=tantivy.Order.Asc)
    return ResultPage(found.count, tuple(_hit(searcher, address, 0.0) for _, address in found.hits))


def _hit(searcher: Any, address: Any, score: float) -> Hit:
    stored = searcher.doc(address)
    offsets = array("Q")
    offsets.frombytes(stored.get_first("page_offsets"))
    return Hit(stored.get_first("id"), score, stored.get_first("text").decode("utf-8"), tuple(offsets))


def _revision(searcher: Any, id_: str) -> int:
    """Of the document held under this id; -1 where there is none."""
    found = searcher.search(tantivy.Query.term_query(schema(), "id", id_), 1).hits
    return int(searcher.fast_field_values("revision", [found[0][1]])[0]) if found else -1
