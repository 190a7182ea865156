"""What every Quarantine owes, run on each adapter."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import socket
import tempfile
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from minio import Minio

from archive.errors import FileTooBig, ObjectDamaged, ObjectMissing, StoreUnavailable
from archive.storage import s3_quarantine
from archive.storage.interface import Quarantine
from archive.storage.local_copies import IN_MEMORY_BYTES
from archive.storage.quarantine import FilesystemQuarantine
from archive.storage.s3_client import Patience, S3Client
from archive.storage.s3_quarantine import S3Quarantine
from archive.storage.s3_transfer import Stored, read_back
from tests.servers import server_url

LIMIT = 20 << 20
NAME = "Tờ trình số 12/TTr-UBND.pdf"


@dataclass
class Place:
    """A quarantine under test: as this process sees it, as others do, and what lies where it is kept."""

    quarantine: Quarantine
    elsewhere: Quarantine  # another process of another machine
    later: Quarantine  # another process, when every claim that is not renewed has run out
    lying: Callable[[], list[str]]  # names of everything there is, versions and halves included
    damage: Callable[[str, bytes], None]
    leave_half: Callable[[], str]  # what a killed process leaves; returns its name
    source: Path

    def receive(self, key: str = "k", content: bytes = b"scan", name: str = NAME) -> str:
        return self.quarantine.receive(key, io.BytesIO(content), name, limit_bytes=LIMIT).digest

    def keep(self, content: bytes, key: str = "k", name: str = "recognition.gz") -> None:
        path = self.source / "made"
        path.write_bytes(content)
        self.quarantine.keep(key, name, path)
        path.unlink()


def _filesystem(tmp_path: Path) -> Place:
    root = tmp_path / "quarantine"

    def lying() -> list[str]:
        return sorted(str(path.relative_to(root)) for path in root.rglob("*"))

    def damage(key: str, content: bytes) -> None:
        (root / key / "master").write_bytes(content)

    def leave_half() -> str:
        half = root / "killed.part"
        half.mkdir()
        (half / "master").write_bytes(b"half")
        return half.name

    return Place(
        quarantine=FilesystemQuarantine.create(root),
        elsewhere=FilesystemQuarantine.create(root),
        later=FilesystemQuarantine.create(root),
        lying=lying,
        damage=damage,
        leave_half=leave_half,
        source=tmp_path,
    )


@dataclass
class Bucket:
    client: S3Client

    @property
    def minio(self) -> Minio:
        return self.client.minio

    @property
    def name(self) -> str:
        return self.client.quarantine_bucket

    def lying(self) -> list[str]:
        found = self.minio.list_objects(self.name, recursive=True, include_version=True)
        begun = self.minio._list_multipart_uploads(self.name).uploads
        return sorted(str(each.object_name) for each in [*found, *begun])

    def damage(self, key: str, content: bytes) -> None:
        told = self.minio.stat_object(self.name, f"{key}/master").metadata or {}
        metadata = {name: told[name] for name in ("x-amz-meta-digest", "x-amz-meta-name")}
        self.minio.put_object(self.name, f"{key}/master", io.BytesIO(content), len(content), metadata=dict(metadata))

    def leave_half(self) -> str:
        name = "killed/names/entry"
        self.minio.put_object(self.name, name, io.BytesIO(b"x"), 1)
        return name


def _s3(tmp_path: Path) -> Place:
    bucket = Bucket(S3Client.connect(f"{server_url('MINIO')}/t{uuid.uuid4().hex[:16]}"))
    bucket.client.prepare_buckets(create=True)
    return Place(
        quarantine=S3Quarantine(bucket.client, tmp_path / "here"),
        elsewhere=S3Quarantine(bucket.client, tmp_path / "there"),
        later=S3Quarantine(bucket.client, tmp_path / "later", claim_s=-60.0),
        lying=bucket.lying,
        damage=bucket.damage,
        leave_half=bucket.leave_half,
        source=tmp_path,
    )


@pytest.fixture(params=[_filesystem, _s3], ids=["filesystem", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    made: Place = request.param(tmp_path)
    return made


@pytest.fixture
def on_disk(tmp_path: Path) -> Place:
    return _filesystem(tmp_path)


@pytest.fixture
def in_bucket(tmp_path: Path) -> Place:
    return _s3(tmp_path)


def test_a_received_file_is_held_with_its_name_and_seen_by_other_machines(place: Place) -> None:
    digest = place.receive()
    for seen in (place.quarantine, place.elsewhere):
        held = seen.held("k")
        assert (held.name, held.size_bytes, held.digest) == (NAME, 4, digest)
        assert seen.path("k").read_bytes() == b"scan"
        assert list(seen.keys()) == ["k"]


@pytest.mark.parametrize("size", [0, 1, 4096, (1 << 20) + 1, (8 << 20) + 1])
def test_bytes_are_kept_whatever_their_length(place: Place, size: int) -> None:
    content = os.urandom(size)
    assert place.receive(content=content) == hashlib.sha256(content).hexdigest()
    assert place.elsewhere.path("k").read_bytes() == content


@pytest.mark.parametrize(
    "name", ["a", "đ" * 127 + ".pdf", "/".join(["ề" * 60] * 5), "a+b %41 &?=#.pdf", " dấu cách .pdf "]
)
def test_any_name_that_a_delivery_may_have_is_kept_as_it_is(place: Place, name: str) -> None:
    place.receive(name=name)
    place.quarantine.add_name("k", "entry", name)
    assert place.elsewhere.held("k").name == name
    assert place.elsewhere.names("k") == {"entry": name}


def test_a_file_past_the_limit_leaves_nothing(place: Place) -> None:
    with pytest.raises(FileTooBig):
        place.quarantine.receive("k", io.BytesIO(b"x" * 1001), "a", limit_bytes=1000)
    assert place.lying() == []
    assert not place.quarantine.claimed("k")
    place.quarantine.receive("k", io.BytesIO(b"x" * 1000), "a", limit_bytes=1000)


def test_a_source_that_fails_half_way_leaves_nothing(place: Place) -> None:
    class BreaksOff(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise KeyError("the sender is gone")
            return super().read(10)

    with pytest.raises(KeyError):
        place.quarantine.receive("k", BreaksOff(b"x" * 100), "a", limit_bytes=LIMIT)
    assert place.lying() == []


def test_an_unknown_key_is_missing(place: Place) -> None:
    for verb in (place.quarantine.held, place.quarantine.path):
        with pytest.raises(ObjectMissing):
            verb("unknown")
    with pytest.raises(ObjectMissing):
        place.quarantine.add_name("unknown", "entry", "a")
    with pytest.raises(ObjectMissing):
        place.keep(b"words", key="unknown")
    assert place.quarantine.kept("unknown", "recognition.gz") is None
    assert place.lying() == []


@pytest.mark.parametrize("key", ["", "..", "a/b", "../a", ".hidden", "a\0b"])
def test_a_key_never_leads_elsewhere(place: Place, key: str) -> None:
    place.receive()
    with pytest.raises(ValueError, match="key"):
        place.receive(key=key)
    with pytest.raises(ValueError, match="key"):
        place.keep(b"x", name=key)
    with pytest.raises(ValueError, match="key"):
        place.quarantine.add_name("k", key, "a")
    with pytest.raises(ValueError, match="key"):
        place.quarantine.remove(key)


def test_names_of_repeated_deliveries_are_kept_by_entry_and_may_be_told_twice(place: Place) -> None:
    place.receive()
    assert place.quarantine.names("k") == {}
    place.quarantine.add_name("k", "e1", "một.pdf")
    place.quarantine.add_name("k", "e2", "hai.pdf")
    place.quarantine.add_name("k", "e1", "một.pdf")
    assert place.elsewhere.names("k") == {"e1": "một.pdf", "e2": "hai.pdf"}


def test_what_is_kept_outlives_its_source_and_is_had_on_other_machines(place: Place) -> None:
    place.receive()
    place.keep(b"words")
    place.keep(os.urandom(3 << 20), name="sealed.zip")
    for seen in (place.quarantine, place.elsewhere):
        path = seen.kept("k", "recognition.gz")
        assert path is not None
        assert path.read_bytes() == b"words"
        assert seen.kept("k", "other") is None


def test_the_newest_of_a_kept_name_counts_also_where_an_older_one_was_read(place: Place) -> None:
    place.receive()
    place.keep(b"first")
    assert place.elsewhere.kept("k", "recognition.gz") is not None
    place.keep(b"second")
    path = place.elsewhere.kept("k", "recognition.gz")
    assert path is not None
    assert path.read_bytes() == b"second"


def test_what_is_discarded_is_gone_everywhere_and_may_be_discarded_again(place: Place) -> None:
    place.receive()
    before = place.lying()
    place.keep(b"words")
    assert place.elsewhere.kept("k", "recognition.gz") is not None
    for _ in range(2):
        place.quarantine.discard("k", "recognition.gz")
    for seen in (place.quarantine, place.elsewhere):
        assert seen.kept("k", "recognition.gz") is None
    assert set(place.lying()) - set(before) <= {"k/kept"}
    place.quarantine.discard("unknown", "recognition.gz")


def test_an_entry_is_claimed_by_its_receiver_alone_until_it_is_released(place: Place) -> None:
    assert not place.quarantine.claimed("k")
    place.receive()
    assert place.quarantine.claimed("k")
    assert not place.elsewhere.claimed("k")
    assert list(place.elsewhere.unclaimed()) == []
    place.quarantine.release("k")
    place.quarantine.release("k")
    assert not place.quarantine.claimed("k")
    assert list(place.later.unclaimed()) == ["k"]
    assert place.quarantine.path("k").read_bytes() == b"scan"


def test_a_claim_ends_with_the_entry(place: Place) -> None:
    place.receive()
    place.quarantine.remove("k")
    assert not place.quarantine.claimed("k")
    assert list(place.later.unclaimed()) == []


def test_a_claim_on_what_another_removed_is_lost(on_disk: Place) -> None:
    on_disk.receive()
    on_disk.elsewhere.remove("k")
    assert not on_disk.quarantine.claimed("k")


def test_a_claim_is_lost_long_before_others_may_think_the_entry_given_up(in_bucket: Place, tmp_path: Path) -> None:
    quarantine, later = in_bucket.quarantine, in_bucket.later
    in_bucket.receive()
    assert isinstance(quarantine, S3Quarantine)
    half_over = S3Quarantine(quarantine._client, tmp_path / "slow", claim_s=0.0)
    half_over.receive("slow", io.BytesIO(b"scan"), "a", limit_bytes=LIMIT)
    assert not half_over.claimed("slow")
    assert list(quarantine.unclaimed()) == []
    assert sorted(later.unclaimed()) == ["k", "slow"]


def test_a_claim_counts_from_before_the_bytes_were_sent(in_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1000.0]
    monkeypatch.setattr(s3_quarantine, "_now_s", lambda: now_s[0])

    class TakesLong(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            now_s[0] += s3_quarantine.CLAIM_S / 2
            return super().read(size)

    in_bucket.quarantine.receive("k", TakesLong(b"scan"), "a", limit_bytes=LIMIT)
    assert not in_bucket.quarantine.claimed("k")


def test_working_directories_are_apart_empty_and_gone_on_leaving(place: Place) -> None:
    place.receive()
    with place.quarantine.working("k") as one, place.quarantine.working("k") as two, place.quarantine.workspace() as at:
        assert len({one, two, at}) == 3
        for folder in (one, two, at):
            assert list(folder.iterdir()) == []
            assert folder.stat().st_mode & 0o077 == 0
            (folder / "sub").mkdir()
            (folder / "sub" / "file").write_bytes(b"words")
        assert place.elsewhere.left_over() == []
        assert place.elsewhere.sweep() == 0
        assert (one / "sub" / "file").exists()
        assert list(place.quarantine.keys()) == ["k"]
    assert not any(folder.exists() for folder in (one, two, at))


def test_a_step_that_fails_leaves_no_working_directory(place: Place) -> None:
    seen: list[Path] = []

    def step() -> None:
        with place.quarantine.working("k") as folder:
            seen.append(folder)
            (folder / "half").write_bytes(b"words")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        step()
    assert not seen[0].exists()


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
    monkeypatch.setattr(s3_quarantine, "LISTED_AT_ONCE", 2)
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
    on_disk: Place, monkeypatch: pytest.MonkeyPatch, code: int, write: str
) -> None:
    on_disk.receive("there")
    before = on_disk.lying()
    writes: dict[str, Callable[[], object]] = {
        "receive": on_disk.receive,
        "keep": lambda: on_disk.keep(b"words", "there"),
        "add_name": lambda: on_disk.quarantine.add_name("there", "entry", "a"),
    }

    def full(fd: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", full)
        with pytest.raises(StoreUnavailable):
            writes[write]()
    assert set(on_disk.lying()) - set(before) <= {"there/kept", "there/names"}
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
