"""A search server that asks for a password, speaks TLS, has too much to do, is away, or is another thing altogether."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from search.adapters import elasticsearch_bulk, elasticsearch_server
from search.adapters.elasticsearch import ElasticsearchIndex
from search.errors import IndexUnavailable
from tests.conformance.search_index import elasticsearch_url, found, total
from tests.search.adapters.proxy import LOSE_ANSWER, Answer, Proxy, failure, proxy
from tests.search.making import document


@pytest.fixture
def url() -> Iterator[str]:
    with elasticsearch_url() as own:
        yield own


@pytest.fixture
def standing(url: str) -> Iterator[Proxy]:
    with proxy(url.rpartition("/")[0]) as before:
        yield before


@pytest.fixture
def index(standing: Proxy, url: str) -> Iterator[ElasticsearchIndex]:
    """Through the proxy."""
    with closing(ElasticsearchIndex(f"http://127.0.0.1:{standing.port}/{url.rpartition('/')[2]}")) as opened:
        yield opened


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (elasticsearch_server, elasticsearch_bulk):
        monkeypatch.setattr(module, "WRITING_PATIENCE_S", 0.3)
    monkeypatch.setattr(elasticsearch_server, "READING_PATIENCE_S", 0.3)


def some_times(times: int, answer: Answer | str, of: str) -> Callable[[str, str], Answer | str | None]:
    left = [answer] * times
    return lambda method, path: left.pop() if of in path and left else None


def reason(index: ElasticsearchIndex) -> tuple[str, bool]:
    with pytest.raises(IndexUnavailable) as told:
        found(index, "chung")
    return told.value.reason, told.value.retry


def test_tls_and_a_password_are_asked_for_and_given(url: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    ca_file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    server, _, name = url.rpartition("/")
    with proxy(server, credentials="lưu trữ:p@ss/wörd", tls=tls) as standing:
        place = f"127.0.0.1:{standing.port}/{name}"
        with closing(
            ElasticsearchIndex(f"https://l%C6%B0u%20tr%E1%BB%AF:p%40ss%2Fw%C3%B6rd@{place}", ca_file)
        ) as index:
            index.put([document("a", "chung")])
            assert found(index, "chung") == ["a"]
        with closing(ElasticsearchIndex(f"https://archive:wrong@{place}", ca_file)) as index:
            assert reason(index) == ("search.index_credentials", False)
        with closing(ElasticsearchIndex(f"https://archive:wrong@{place}")) as index:
            assert reason(index) == ("search.index_untrusted", False)
        with closing(ElasticsearchIndex(f"https://{place}", tmp_path / "none.pem")) as index:
            assert reason(index) == ("search.index_ca_file", False)


def test_messages_name_the_server_and_never_the_password(impatient: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        index = ElasticsearchIndex(f"http://archive:secret@127.0.0.1:{port}/archive")
        for call in (lambda: index.put([document("a")]), lambda: found(index, "x"), index.is_current, index.clear):
            with pytest.raises(IndexUnavailable) as told:
                call()
            assert (told.value.reason, told.value.retry) == ("search.index_away", True)
            assert told.value.values == {"server": f"http://127.0.0.1:{port}"}


@pytest.mark.parametrize(
    "url", ["ftp://h/archive", "http://:9200/archive", "http://h/Archive", "http://h/a/b", "http://h:x/a", "archive"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(IndexUnavailable) as told:
        ElasticsearchIndex(url)
    assert told.value.reason == "search.index_address"


def test_another_program_at_the_address_is_not_taken_for_an_index(index: ElasticsearchIndex, standing: Proxy) -> None:
    index.clear()
    index.close()
    standing.product = "Other"
    assert reason(index) == ("search.index_other_product", False)
    standing.intervene = lambda method, path: (404, {"message": "not here"})
    assert reason(index) == ("search.index_other_product", False)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (403, "security_exception", ("search.index_forbidden", False)),
        (429, "cluster_block_exception", ("search.index_blocked", True)),
        (500, "null_pointer_exception", ("search.index_failed", False)),
        (503, "no_shard_available_action_exception", ("search.index_overloaded", True)),
        (429, "circuit_breaking_exception", ("search.index_overloaded", True)),
    ],
)
def test_each_failure_of_the_server_is_told_as_what_it_is(
    index: ElasticsearchIndex, standing: Proxy, impatient: None, status: int, kind: str, expected: tuple[str, bool]
) -> None:
    index.put([document("a", "chung")])
    standing.intervene = lambda method, path: failure(status, kind) if "_search" in path else None
    assert reason(index) == expected
    standing.intervene = lambda method, path: None
    assert found(index, "chung") == ["a"]


@pytest.mark.parametrize("of", ["_bulk", "_refresh", "_mget"])
def test_a_server_with_too_much_to_do_is_given_time(index: ElasticsearchIndex, standing: Proxy, of: str) -> None:
    standing.intervene = some_times(2, failure(429, "es_rejected_execution_exception"), of)
    index.put(document(name, "chung") for name in "abc")
    assert found(index, "chung") == ["a", "b", "c"]


def test_single_documents_that_were_too_much_are_sent_again(index: ElasticsearchIndex, standing: Proxy) -> None:
    index.clear()
    item = {"create": {"_id": "a", "status": 429, "error": {"type": "es_rejected_execution_exception"}}}
    standing.intervene = some_times(2, (200, {"errors": True, "items": [item, item]}), "_bulk")
    index.put(document(name, "chung") for name in "ab")
    assert found(index, "chung") == ["a", "b"]


def test_a_server_that_stays_overloaded_is_told_of_and_nothing_shown(
    index: ElasticsearchIndex, standing: Proxy, impatient: None
) -> None:
    index.put([document("a", "trước")])
    item = {"create": {"_id": "a", "status": 429, "error": {"type": "es_rejected_execution_exception"}}}
    for answer in (failure(429, "circuit_breaking_exception"), (200, {"errors": True, "items": [item]})):
        standing.intervene = lambda method, path, answer=answer: answer if "_bulk" in path else None  # type: ignore[misc]
        with pytest.raises(IndexUnavailable) as told:
            index.put([document("b", "sau")])
        assert (told.value.reason, told.value.retry) == ("search.index_overloaded", True)
    standing.intervene = lambda method, path: None
    assert (found(index, "trước"), found(index, "sau")) == (["a"], [])


@pytest.mark.parametrize("of", ["_bulk", "_refresh", "_aliases"])
def test_what_was_done_though_its_answer_was_lost_is_done_once(
    index: ElasticsearchIndex, standing: Proxy, of: str
) -> None:
    standing.intervene = some_times(1, LOSE_ANSWER, of)
    index.put([document("a", "chung", revision=3), document("b", "chung")])
    assert dict(index.revisions()) == {"a": 3, "b": 1}
    standing.intervene = some_times(1, LOSE_ANSWER, of)
    with index.rebuilding() as fresh:
        fresh.put([document("c", "chung")])
    assert found(index, "chung") == ["c"]


def test_a_server_that_fails_between_two_requests_shows_nothing_of_the_put(
    index: ElasticsearchIndex, standing: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.put(document(f"{n:02d}", "lần 1") for n in range(30))
    monkeypatch.setattr(elasticsearch_bulk, "MAX_REQUEST_BYTES", 2000)
    sent: list[str] = []

    def after_two(method: str, path: str) -> Answer | None:
        if "_bulk" not in path:
            return None
        sent.append(path)
        return failure(500, "disk_failed") if len(sent) > 2 else None

    standing.intervene = after_two
    with pytest.raises(IndexUnavailable):
        index.put(document(f"{n:02d}", "lần 2", revision=2) for n in range(30))
    standing.intervene = lambda method, path: None
    assert (total(index, "1"), total(index, "2")) == (30, 0)
    index.put(document(f"{n:02d}", "lần 2", revision=2) for n in range(30))  # as the outbox does
    assert (total(index, "1"), total(index, "2")) == (0, 30)


def test_requests_that_are_too_big_are_halved(index: ElasticsearchIndex, standing: Proxy) -> None:
    index.clear()
    standing.intervene = some_times(3, failure(413, "content_too_long"), "_bulk")
    index.put(document(f"{n}", "chung") for n in range(8))
    assert total(index, "chung") == 8
