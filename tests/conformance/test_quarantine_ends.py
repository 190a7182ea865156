"""What every Quarantine owes, run on each adapter: removal, damage, death, full disks, servers that are away."""

from __future__ import annotations

import errno
import io
import os
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from archive.errors import ObjectDamaged, ObjectMissing, StoreUnavailable
from archive.storage import s3_client, s3_quarantine
from archive.storage.local_copies import IN_MEMORY_BYTES
from archive.storage.quarantine import FilesystemQuarantine
from archive.storage.s3_client import Patience, S3Client
from archive.storage.s3_quarantine import S3Quarantine
from archive.storage.s3_transfer import Stored, read_back
from tests.conformance.quarantine import LIMIT, Place


def test_removal_really_removes_bytes_names_and_what_was_kept(place: Place) -> None:
    place.receive(content=os.urandom(9 << 20))
    place.receive("other", b"another's")
    place.quarantine.release("other")
    rest = [name for name in place.lying() if name.startswith("other")]
    place.keep(b"words")
    place.quarantine.add_name("k", "entry", "bản sao.pdf")
    copies = [place.quarantine.path("k"), place.quarantine.kept("k", "recognition.gz")]
    for _ in range(2):
        place.quarantine.remove("k")
    assert place.lying() == rest
    assert not any(copy is not None and copy.exists() for copy in copies)
    for seen in (place.quarantine, place.elsewhere):
        with pytest.raises(ObjectMissing):
            seen.held("k")
        with pytest.raises(ObjectMissing):
            seen.path("k")
        assert seen.kept("k", "recognition.gz") is None
        assert seen.names("k") == {}
        assert list(seen.keys()) == ["other"]
    place.quarantine.remove("never-was")
    assert place.elsewhere.path("other").read_bytes() == b"another's"


def test_a_key_can_be_received_again_after_its_removal(place: Place) -> None:
    place.receive(content=b"first")
    place.quarantine.remove("k")
    place.receive(content=b"second")
    assert place.elsewhere.path("k").read_bytes() == b"second"


def test_a_copy_of_what_was_removed_elsewhere_is_swept(in_bucket: Place, tmp_path: Path) -> None:
    in_bucket.receive(content=b"a secret")
    in_bucket.receive("open", b"not one")
    copy, stays = in_bucket.quarantine.path("k"), in_bucket.quarantine.path("open")
    in_bucket.elsewhere.remove("k")
    in_bucket.quarantine.sweep()
    assert not copy.exists()
    assert stays.exists()
    assert b"a secret" not in b"".join(path.read_bytes() for path in (tmp_path / "here").rglob("*") if path.is_file())


def test_a_process_that_is_gone_leaves_no_copies(in_bucket: Place, tmp_path: Path) -> None:
    """Its lock is gone with it; another process of that machine takes its directory away."""
    in_bucket.receive()
    abandoned = tmp_path / "here" / "copies.killed.part"
    (abandoned / "k").mkdir(parents=True)
    (abandoned / "k" / "digest").write_bytes(b"scan")
    copy = in_bucket.quarantine.path("k")
    assert in_bucket.quarantine.left_over() == [abandoned.name]
    assert in_bucket.quarantine.sweep() == 1
    assert not abandoned.exists()
    assert copy.read_bytes() == b"scan"


@pytest.mark.parametrize("content", [b"scam", b"sca", b"scans"])
def test_damaged_bytes_are_never_handed_on(place: Place, content: bytes) -> None:
    place.receive()
    place.damage("k", content)
    for seen in (place.quarantine, place.elsewhere):
        with pytest.raises(ObjectDamaged):
            seen.path("k")
        assert seen.held("k").size_bytes == len(content)


def test_an_object_that_others_put_into_the_bucket_is_no_entry_of_ours(in_bucket: Place) -> None:
    quarantine = in_bucket.quarantine
    assert isinstance(quarantine, S3Quarantine)
    quarantine._client.minio.put_object(quarantine._bucket, "foreign/master", io.BytesIO(b"x"), 1)
    with pytest.raises(ObjectDamaged):
        quarantine.held("foreign")


def test_what_a_killed_process_left_is_no_entry_and_is_swept(place: Place) -> None:
    place.receive()
    half = place.leave_half()
    assert list(place.quarantine.keys()) == ["k"]
    assert place.later.left_over() == [half]
    assert place.later.sweep() == 1
    assert place.later.left_over() == []
    assert place.later.path("k").read_bytes() == b"scan"


def test_what_is_half_there_a_moment_long_is_not_swept(in_bucket: Place) -> None:
    """A removal that is going on beside this looks just so."""
    half = in_bucket.leave_half()
    assert in_bucket.quarantine.left_over() == []
    assert in_bucket.quarantine.sweep() == 0
    assert in_bucket.lying() == [half]


def test_an_upload_in_parts_that_was_abandoned_is_left_over_and_swept(in_bucket: Place) -> None:
    quarantine = in_bucket.quarantine
    assert isinstance(quarantine, S3Quarantine)
    minio, bucket = quarantine._client.minio, quarantine._bucket
    upload = minio._create_multipart_upload(bucket, "k/master", {})
    minio._upload_part(bucket, "k/master", b"x" * (5 << 20), None, upload, 1)
    assert quarantine.left_over() == []
    assert len(in_bucket.later.left_over()) == 1
    assert in_bucket.later.sweep() == 1
    assert in_bucket.lying() == []


def test_a_file_that_is_arriving_is_not_swept(place: Place) -> None:
    class SweptWhileRead(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            place.elsewhere.sweep()
            assert list(place.elsewhere.unclaimed()) == []
            return super().read(size)

    place.quarantine.receive("k", SweptWhileRead(b"scan"), "a", limit_bytes=LIMIT)
    assert place.quarantine.claimed("k")
    assert place.elsewhere.path("k").read_bytes() == b"scan"


def test_many_receive_at_once_while_others_sweep_and_remove(place: Place) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def guarded(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def receive(first: int) -> None:
        for number in range(first, first + 5):
            place.receive(str(number), str(number).encode() * 1000)
            if number % 2:
                place.quarantine.remove(str(number))

    def sweep() -> None:
        while not done.is_set():
            place.elsewhere.sweep()
            list(place.elsewhere.unclaimed())

    sweeper = guarded(sweep)
    receivers = [guarded(lambda first=first: receive(first)) for first in range(0, 30, 5)]  # type: ignore[misc]
    for thread in receivers:
        thread.join()
    done.set()
    sweeper.join()
    assert failures == []
    assert sorted(place.quarantine.keys(), key=int) == [str(number) for number in range(0, 30, 2)]
    for key in list(place.quarantine.keys()):
        assert place.elsewhere.path(key).read_bytes() == key.encode() * 1000


def test_every_entry_is_listed_once_however_many_a_listing_tells_at_once(
    in_bucket: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_client, "LISTED_AT_ONCE", 2)
    for number in range(5):
        in_bucket.receive(f"k{number}")
        in_bucket.keep(b"words", key=f"k{number}")
    assert list(in_bucket.quarantine.keys()) == [f"k{number}" for number in range(5)]
    assert list(in_bucket.later.unclaimed()) == [f"k{number}" for number in range(5)]


def test_bytes_that_come_back_otherwise_are_not_held(in_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def lies(client: S3Client, bucket: str, key: str, *, missing: str) -> Stored:
        return replace(read_back(client, bucket, key, missing=missing), digest="0" * 64)

    monkeypatch.setattr(s3_quarantine, "read_back", lies)
    with pytest.raises(StoreUnavailable):
        in_bucket.receive()
    assert in_bucket.lying() == []
    assert not in_bucket.quarantine.claimed("k")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("write", ["receive", "keep", "add_name"])
def test_a_full_or_failing_disk_leaves_nothing_half_written(
    on_own_disk: Place, monkeypatch: pytest.MonkeyPatch, code: int, write: str
) -> None:
    on_own_disk.receive("there")
    before = on_own_disk.lying()
    writes: dict[str, Callable[[], object]] = {
        "receive": on_own_disk.receive,
        "keep": lambda: on_own_disk.keep(b"words", "there"),
        "add_name": lambda: on_own_disk.quarantine.add_name("there", "entry", "a"),
    }

    def full(fd: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", full)
        with pytest.raises(StoreUnavailable):
            writes[write]()
    assert set(on_own_disk.lying()) - set(before) <= {"there/kept", "there/names"}
    writes[write]()


def test_a_full_disk_of_this_machine_sends_nothing(in_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as failing:
        failing.setattr(tempfile, "TemporaryFile", full)
        with pytest.raises(StoreUnavailable):
            in_bucket.receive(content=b"x" * (IN_MEMORY_BYTES + 1))
    assert in_bucket.lying() == []
    in_bucket.receive(content=b"x" * (IN_MEMORY_BYTES + 1))


def test_a_full_server_is_told_and_nothing_is_claimed(tmp_path: Path) -> None:
    class Full(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            told = b"<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>"
            self.send_response(507)
            self.send_header("content-type", "application/xml")
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Full) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        patience = Patience(deadline_s=0.1, away_s=0.1, longest_wait_s=0.01)
        client = S3Client.connect(f"http://user:password@127.0.0.1:{server.server_port}", patience=patience)
        quarantine = S3Quarantine(client, tmp_path / "here")
        with pytest.raises(StoreUnavailable) as told:
            quarantine.receive("k", io.BytesIO(b"scan"), "a", limit_bytes=LIMIT)
        server.shutdown()
    assert told.value.reason == "s3.full"
    assert not quarantine.claimed("k")


def test_a_quarantine_that_is_away_is_unavailable_not_empty(tmp_path: Path) -> None:
    quarantine = FilesystemQuarantine(tmp_path / "not-mounted")
    for verb in (lambda: list(quarantine.keys()), lambda: quarantine.held("k"), lambda: quarantine.kept("k", "a")):
        with pytest.raises(StoreUnavailable):
            verb()


def test_a_server_that_is_away_is_unavailable_not_empty(tmp_path: Path) -> None:
    patience = Patience(deadline_s=0.1, away_s=0.1, longest_wait_s=0.01)
    client = S3Client.connect(f"http://user:password@127.0.0.1:{_closed_port()}", patience=patience)
    quarantine = S3Quarantine(client, tmp_path / "here")
    for verb in (
        lambda: quarantine.receive("k", io.BytesIO(b"scan"), "a", limit_bytes=LIMIT),
        lambda: list(quarantine.keys()),
        lambda: list(quarantine.unclaimed()),
        lambda: quarantine.held("k"),
        lambda: quarantine.path("k"),
        lambda: quarantine.kept("k", "a"),
        lambda: quarantine.names("k"),
        lambda: quarantine.add_name("k", "e", "a"),
        lambda: quarantine.remove("k"),
        quarantine.sweep,
        quarantine.left_over,
    ):
        with pytest.raises(StoreUnavailable):
            verb()
    assert not quarantine.claimed("k")


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
