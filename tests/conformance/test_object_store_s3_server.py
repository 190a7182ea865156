"""The object store on an S3 server of its own, which is killed in the middle and whose disk rots."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.errors import ObjectDamaged, ObjectMissing, StoreUnavailable
from archive.storage.keys import object_path
from archive.storage.s3_client import S3Client
from archive.storage.s3_objects import S3Store
from archive.storage.s3_transfer import PART_BYTES
from tests.conformance.object_store import STEADY, big, prepared
from tests.servers import MinioServer, programs

MONTH = timedelta(days=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    made = MinioServer(tmp_path_factory.mktemp("minio"), programs())
    yield made
    made.remove()


class Held:
    def __init__(self, server: MinioServer, directory: Path) -> None:
        server.start()
        patient = prepared(server.url)
        self.bucket = patient.objects_bucket
        patient.close()
        prefix = self.bucket.removesuffix("-objects")
        self.client = S3Client.connect(f"{server.url}/{prefix}", patience=STEADY)
        self.store, self._source = S3Store(self.client), directory / "source"
        self._disk = server.directory / "objects" / self.bucket

    def put(self, content: bytes) -> str:
        self._source.write_bytes(content)
        return self.store.put(self._source, retain_until=datetime.now(UTC) + MONTH).digest

    def on_disk(self, digest: str) -> Path:
        """The server's directory of the object."""
        return self._disk / object_path(digest)


@pytest.fixture
def held(server: MinioServer, tmp_path: Path) -> Iterator[Held]:
    made = Held(server, tmp_path)
    yield made
    made.client.close()


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_what_was_put_is_there_after_a_power_cut(server: MinioServer, held: Held) -> None:
    small, large = held.put(b"acknowledged"), held.put(big(1.5))
    server.kill()
    with pytest.raises(StoreUnavailable, match="Không kết nối được"):
        held.store.contains(small)
    server.start()
    assert held.store.verify(small)
    assert held.store.verify(large)
    assert held.store.protection(large).mode == "governance"


def test_a_server_away_is_unavailable_for_every_verb(server: MinioServer, held: Held) -> None:
    digest = held.put(b"there")
    server.kill()
    verbs = (held.store.open, held.store.size, held.store.verify, held.store.stored_at, held.store.protection)
    for verb in verbs:
        with pytest.raises(StoreUnavailable):
            verb(digest)
    for call in (
        lambda: held.put(b"there"),
        lambda: held.store.protect(digest, legal_hold=True),
        lambda: list(held.store.digests()),
        held.store.left_over,
        held.store.sweep,
    ):
        with pytest.raises(StoreUnavailable):
            call()
    server.start()
    assert held.store.verify(digest)


def test_a_server_that_dies_between_two_parts_leaves_no_object(
    server: MinioServer, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = held.client.minio._upload_part

    def dies_before_the_second(*arguments: object) -> str:
        if arguments[-1] == 2:
            server.kill()
        return whole(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(held.client.minio, "_upload_part", dies_before_the_second)
        with pytest.raises(StoreUnavailable, match="Không kết nối được"):
            held.put(big(2.5))
    server.start()
    assert list(held.store.digests()) == []
    assert held.store.verify(held.put(big(2.5)))


def test_a_reader_goes_on_when_the_server_is_back(server: MinioServer, held: Held) -> None:
    content = big(3)
    with held.store.open(held.put(content)) as stream:
        assert stream.read(1000) == content[:1000]
        server.kill()
        stream.seek(PART_BYTES)
        with pytest.raises(StoreUnavailable):
            stream.read(PART_BYTES)
        server.start()
        stream.seek(2 * PART_BYTES)
        assert stream.read() == content[2 * PART_BYTES :]


@pytest.mark.parametrize("size", [500, 300_000, 3 << 20], ids=["beside_its_name", "in_a_file", "broken_off"])
def test_rotten_bytes_are_damaged_not_away_and_are_healed(held: Held, size: int) -> None:
    content = random.Random(size).randbytes(size)
    digest, intact = held.put(content), held.put(b"untouched")
    parts = list(held.on_disk(digest).glob("*/part.1"))
    stored = parts[0] if parts else held.on_disk(digest) / "xl.meta"
    flip(stored, stored.read_bytes().rindex(content[-64:]))
    assert not held.store.verify(digest)
    assert held.store.verify(intact)
    assert held.put(content) == digest
    assert held.store.verify(digest)
    with held.store.open(digest) as stream:
        assert stream.read() == content


def test_a_file_lost_from_the_disk_is_noticed(held: Held) -> None:
    unreadable, gone = held.put(b"a" * 400_000), held.put(b"b" * 400_000)
    for part in held.on_disk(unreadable).glob("*/part.1"):
        part.unlink()
    shutil.rmtree(held.on_disk(gone))
    assert not held.store.verify(unreadable)
    with pytest.raises(ObjectMissing):
        held.store.verify(gone)


@pytest.mark.parametrize("size", [300_000, 3 << 20], ids=["refused", "broken_off"])
def test_rotten_bytes_are_told_to_readers_and_not_handed_out(held: Held, size: int) -> None:
    content = random.Random(size).randbytes(size)
    digest = held.put(content)
    (part,) = held.on_disk(digest).glob("*/part.1")
    flip(part, part.read_bytes().rindex(content[-64:]))
    with pytest.raises(ObjectDamaged), held.store.open(digest) as stream:
        stream.read()
