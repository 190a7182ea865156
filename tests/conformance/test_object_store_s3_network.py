"""The object store behind a network that loses answers, and before a server that gives wrong ones."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.errors import StoreUnavailable
from archive.storage.s3_client import Patience, S3Client
from archive.storage.s3_objects import S3Store
from tests.conformance.object_store import BRIEF, STEADY, Held, big, emptied, key, prepared, read, versions
from tests.faulty_proxy import CUT_OFF, HALF, Answer, FaultyProxy, first
from tests.servers import server_url


@contextmanager
def behind(
    fault: Callable[[str, str], Answer | None], tmp_path: Path, patience: Patience = STEADY
) -> Iterator[tuple[Held, FaultyProxy, S3Client]]:
    parts = urlsplit(server_url("MINIO"))
    direct = prepared(server_url("MINIO"))
    assert parts.hostname
    with FaultyProxy(parts.hostname, parts.port or 80, fault).running() as proxy:
        prefix = direct.objects_bucket.removesuffix("-objects")
        url = f"http://{parts.username}:{parts.password}@127.0.0.1:{proxy.port}/{prefix}"
        client = S3Client.connect(url, patience=patience)
        try:
            yield Held(S3Store(client), lambda *_: None, tmp_path), proxy, direct
        finally:
            client.close()
            emptied(direct)
            direct.close()


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>as told</Message></Error>".encode()


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    "wrong",
    [Answer(503, error("SlowDown")), Answer(500, error("InternalError")), Answer(502), CUT_OFF],
    ids=["slow_down", "internal", "proxy", "cut_off"],
)
def test_a_passing_failure_is_not_seen_and_doubles_nothing(method: str, wrong: Answer, tmp_path: Path) -> None:
    with behind(first(1, wrong, method), tmp_path) as (held, proxy, direct):
        digest = held.put(b"comes through")
        assert read(held.store, digest) == b"comes through"
        assert len(versions(direct, digest)) == 1
        assert len([1 for asked, _ in proxy.asked if asked == method]) > 1


@pytest.mark.parametrize("damaged_before", [False, True])
def test_a_lost_answer_to_the_last_call_of_a_big_file_doubles_nothing(damaged_before: bool, tmp_path: Path) -> None:
    content = big(1.5)
    digest = hashlib.sha256(content).hexdigest()
    with behind(first(1, CUT_OFF, "POST", "uploadId="), tmp_path) as (held, _, direct):
        if damaged_before:  # then the server is not asked to refuse what is there already
            direct.minio.put_object(direct.objects_bucket, key(digest), io.BytesIO(b"forged"), 6)
        assert held.put(content) == digest
        assert held.store.verify(digest)
        assert len(versions(direct, digest)) == 1 + damaged_before


def test_a_transfer_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    content = big(1.5)
    faults: list[Answer] = []
    with behind(lambda method, _: faults.pop() if faults and method == "GET" else None, tmp_path) as (held, _, _):
        digest = held.put(content)
        with held.store.open(digest) as stream:
            assert stream.read(1000) == content[:1000]
            faults.extend([HALF, CUT_OFF, Answer(503, error("SlowDown"))])
            stream.seek(5 << 20)
            assert stream.read() == content[5 << 20 :]
            faults.append(HALF)
            stream.seek(0)
            assert stream.read() == content
        assert faults == []


def test_the_lock_goes_with_the_bytes_not_after_them(tmp_path: Path) -> None:
    for content in (b"one call", big(1.5)):
        with behind(lambda *_: None, tmp_path) as (held, proxy, _):
            digest = held.put(content, retain_until=datetime.now(UTC) + timedelta(days=30))
            assert [path for method, path in proxy.asked if method == "PUT" and "retention" in path] == []
            assert held.store.protection(digest).mode == "governance"


def test_half_an_object_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    faults: list[Answer] = []
    with behind(lambda method, _: faults.pop() if faults and method == "GET" else None, tmp_path) as (held, _, _):
        digest = held.put(b"every byte of it")
        faults.append(HALF)
        assert held.store.verify(digest)
        faults.append(HALF)
        assert read(held.store, digest) == b"every byte of it"
        assert faults == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (Answer(507, error("XMinioStorageFull")), "hết chỗ"),
        (Answer(403, error("RequestTimeTooSkewed")), "Đồng hồ"),
        (Answer(403, error("SignatureDoesNotMatch")), "không nhận tên tài khoản hoặc khoá"),
        (Answer(403, error("AccessDenied")), "không cho tài khoản"),
        (Answer(404, error("NoSuchBucket")), "chưa có ngăn chứa"),
        (Answer(503, error("SlowDown")), "SlowDown"),
        (Answer(502, b"<html>"), "không trả lời như một kho tệp S3"),
        (CUT_OFF, "ngắt kết nối"),
    ],
)
def test_a_lasting_failure_is_told_in_one_sentence(wrong: Answer, told: str, tmp_path: Path) -> None:
    with behind(first(100, wrong, "PUT"), tmp_path, BRIEF) as (held, _, _):
        with pytest.raises(StoreUnavailable, match=told) as failure:
            held.put(b"cannot be stored")
        assert "127.0.0.1" in str(failure.value)


def test_bytes_read_back_otherwise_are_not_acknowledged(tmp_path: Path) -> None:
    with (
        behind(first(100, Answer(200, b"other bytes"), "GET"), tmp_path) as (held, _, _),
        pytest.raises(StoreUnavailable, match="đọc lại"),
    ):
        held.put(b"as delivered")


def test_a_full_server_is_asked_once(tmp_path: Path) -> None:
    with behind(first(100, Answer(507, error("XMinioStorageFull")), "PUT"), tmp_path) as (held, proxy, _):
        with pytest.raises(StoreUnavailable):
            held.put(b"does not fit")
        assert len([1 for method, _ in proxy.asked if method == "PUT"]) == 1
