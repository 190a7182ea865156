"""A search server that is killed, and started again with what it had stored."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import pytest

from search.adapters.elasticsearch import ElasticsearchIndex
from search.errors import IndexUnavailable
from tests.conformance.search_index import found
from tests.search.making import document
from tests.servers import READY_WITHIN_S, ElasticsearchServer, programs

Answer = TypeVar("Answer")


@pytest.fixture
def server() -> Iterator[ElasticsearchServer]:
    """Of its own, where `.ci/services stop` finds it should this run be killed."""
    found = programs()
    place = Path(os.environ.get("TEST_SERVERS_DIRECTORY") or tempfile.mkdtemp(prefix="archive-test-"))
    started = ElasticsearchServer(place / f"elasticsearch-{os.getpid()}-killed", found)
    try:
        started.start()
        yield started
    finally:
        started.remove()
        with suppress(OSError):
            place.rmdir()


def once_ready(call: Callable[[], Answer]) -> Answer:
    """A server answers before it has read what it stored: until then it says that it needs time."""
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            return call()
        except IndexUnavailable as not_yet:
            if not not_yet.retry or time.monotonic() > deadline:
                raise


@pytest.mark.slow
def test_what_was_put_outlives_a_kill_and_what_comes_after_is_taken_again(server: ElasticsearchServer) -> None:
    put: list[str] = []
    with closing(ElasticsearchIndex(f"{server.url}/killed")) as index:
        index.put([document("first", "chung")])

        def write() -> None:
            with suppress(IndexUnavailable):
                for number in range(100_000):
                    index.put([document(f"{number}", "chung")])
                    put.append(f"{number}")
                    if len(put) == 3:
                        some.set()

        some = threading.Event()
        writer = threading.Thread(target=write)
        writer.start()
        assert some.wait(60)
        server.kill()
        with pytest.raises(IndexUnavailable) as away:
            found(index, "chung")
        assert (away.value.reason, away.value.retry) == ("search.index_away", True)
        writer.join()
        server.start()
        held = once_ready(lambda: dict(index.revisions()))
        assert {"first", *put} <= held.keys()
        assert len(held) <= 1 + len(put) + 1  # the one whose answer was never heard may be there
        index.put([document("after", "chung", revision=2)])
        assert "after" in found(index, "chung", limit=1000)
        index.clear()
        assert dict(index.revisions()) == {}
