"""What every ObjectStore owes, run on each adapter."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import ObjectMissing, StoreUnavailable
from archive.storage.filesystem import FilesystemStore
from archive.storage.interface import ObjectStore
from archive.storage.keys import object_path
from archive.storage.memory import MemoryStore

UNKNOWN = "0" * 64


@dataclass
class Held:
    """A store under test and the ways to hurt it."""

    store: ObjectStore
    damage: Callable[[str, bytes], None]
    source: Path

    def put(self, content: bytes, name: str = "source") -> str:
        path = self.source / name
        path.write_bytes(content)
        return self.store.put(path).digest


def _filesystem(tmp_path: Path) -> Held:
    root = tmp_path / "objects"

    def damage(digest: str, content: bytes) -> None:
        path = root / object_path(digest)
        path.chmod(0o600)
        path.write_bytes(content)

    return Held(FilesystemStore.create(root), damage, tmp_path)


def _memory(tmp_path: Path) -> Held:
    store = MemoryStore()

    def damage(digest: str, content: bytes) -> None:
        store._objects[digest] = content

    return Held(store, damage, tmp_path)


@pytest.fixture(params=[_memory, _filesystem], ids=["memory", "filesystem"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Held:
    made: Held = request.param(tmp_path)
    return made


@pytest.fixture
def on_disk(tmp_path: Path) -> Held:
    return _filesystem(tmp_path)


def read(store: ObjectStore, digest: str) -> bytes:
    with store.open(digest) as stream:
        return stream.read()


@pytest.mark.parametrize("content", [b"", b"x", b"a" * 4096, b"b" * (1 << 20), os.urandom((1 << 20) + 1)])
def test_what_is_put_is_read_back_whatever_its_length(held: Held, content: bytes) -> None:
    digest = held.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert read(held.store, digest) == content
    assert held.store.size(digest) == len(content)
    assert held.store.contains(digest)
    assert held.store.verify(digest)


@given(content=st.binary(max_size=5000))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_content_lies_under_its_own_digest(held: Held, content: bytes) -> None:
    digest = held.put(content)
    assert read(held.store, digest) == content
    assert digest in {ref.digest for ref in held.store.digests()}


@given(key=st.text(max_size=80))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_that_is_no_digest_leads_nowhere(held: Held, key: str) -> None:
    for verb in (held.store.open, held.store.contains, held.store.size, held.store.verify, held.store.path):
        with pytest.raises((ValueError, ObjectMissing)):
            verb(key)


def test_putting_the_same_bytes_again_keeps_one_object(held: Held) -> None:
    first, second = held.put(b"same", "one"), held.put(b"same", "two")
    assert first == second
    assert [ref.digest for ref in held.store.digests()] == [first]


def test_each_object_is_listed_once_with_its_size(held: Held) -> None:
    sizes = {held.put(bytes([number]) * number): number for number in range(20)}
    assert {ref.digest: ref.size_bytes for ref in held.store.digests()} == sizes
    assert len(list(held.store.digests())) == len(sizes)


def test_an_unknown_digest_is_missing(held: Held) -> None:
    assert not held.store.contains(UNKNOWN)
    for verb in (held.store.open, held.store.size, held.store.verify, held.store.path):
        with pytest.raises(ObjectMissing):
            verb(UNKNOWN)


def test_streams_can_be_positioned(held: Held) -> None:
    digest = held.put(b"0123456789")
    with held.store.open(digest) as stream:
        stream.seek(4)
        assert stream.read(3) == b"456"


def test_verification_finds_a_flipped_bit_and_a_cut(held: Held) -> None:
    whole = held.put(b"untouched")
    flipped, cut = held.put(b"abcdef", "one"), held.put(b"ghijkl", "two")
    held.damage(flipped, b"abcdeg")
    held.damage(cut, b"ghi")
    assert held.store.verify(whole)
    assert not held.store.verify(flipped)
    assert not held.store.verify(cut)


def test_bytes_found_damaged_are_written_anew(held: Held) -> None:
    digest = held.put(b"precious")
    held.damage(digest, b"precioux")
    assert held.put(b"precious") == digest
    assert read(held.store, digest) == b"precious"
    assert held.store.verify(digest)


def test_two_writers_of_one_digest_leave_one_whole_object(held: Held) -> None:
    content = os.urandom(300_000)
    for number in range(8):
        (held.source / f"copy{number}").write_bytes(content)
    start, failures = threading.Barrier(8), []

    def write(number: int) -> None:
        start.wait()
        try:
            held.store.put(held.source / f"copy{number}")
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    (ref,) = held.store.digests()
    assert read(held.store, ref.digest) == content


def test_repetition_writes_nothing(on_disk: Held) -> None:
    digest = on_disk.put(b"written once")
    path = on_disk.store.path(digest)
    assert path is not None
    before = path.stat()
    on_disk.put(b"written once")
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_an_object_can_be_read_only(on_disk: Held) -> None:
    path = on_disk.store.path(on_disk.put(b"master"))
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_damaged_bytes_are_kept_aside_for_whoever_explains_them(on_disk: Held, tmp_path: Path) -> None:
    digest = on_disk.put(b"precious")
    on_disk.damage(digest, b"rotten")
    on_disk.put(b"precious")
    (aside,) = (tmp_path / "objects" / "damaged").iterdir()
    assert aside.name.startswith(digest)
    assert aside.read_bytes() == b"rotten"
    assert [ref.digest for ref in on_disk.store.digests()] == [digest]


def _fail_once(function: Any, code: int) -> Callable[..., Any]:
    left = [1]

    def failing(*arguments: Any, **named: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OSError(code, os.strerror(code))
        return function(*arguments, **named)

    return failing


@pytest.mark.parametrize("call", ["write", "fsync", "link", "fchmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_or_failing_disk_leaves_nothing_half_written(
    on_disk: Held, monkeypatch: pytest.MonkeyPatch, call: str, code: int, tmp_path: Path
) -> None:
    on_disk.put(b"there before")
    with monkeypatch.context() as failing:
        failing.setattr(os, call, _fail_once(getattr(os, call), code))
        with pytest.raises(StoreUnavailable):
            on_disk.put(b"does not fit")
    digest = hashlib.sha256(b"does not fit").hexdigest()
    assert not on_disk.store.contains(digest) or on_disk.store.verify(digest)
    assert list((tmp_path / "objects" / "writing").iterdir()) == []
    assert on_disk.put(b"does not fit") == digest
    assert read(on_disk.store, digest) == b"does not fit"


def test_short_writes_are_continued(on_disk: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: whole(fd, bytes(data[:7])))
    content = os.urandom(1000)
    assert read(on_disk.store, on_disk.put(content)) == content


def test_bytes_that_the_disk_changed_are_never_given_a_name(on_disk: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: whole(fd, b"!" * len(data)))
    with pytest.raises(StoreUnavailable):
        on_disk.put(b"as delivered")
    assert list(on_disk.store.digests()) == []


def test_an_unmounted_store_is_unavailable_not_empty(tmp_path: Path) -> None:
    store = FilesystemStore(tmp_path / "not-mounted")
    with pytest.raises(StoreUnavailable):
        list(store.digests())
    with pytest.raises(StoreUnavailable):
        store.contains(UNKNOWN)


@pytest.fixture
def abandoned(on_disk: Held, tmp_path: Path) -> Path:
    path = tmp_path / "objects" / "writing" / "killed.part"
    path.write_bytes(b"half")
    return path


def test_what_a_killed_writer_left_is_no_object_and_is_swept(on_disk: Held, abandoned: Path) -> None:
    store = on_disk.store
    assert isinstance(store, FilesystemStore)
    assert list(store.digests()) == []
    assert store.left_over() == [abandoned.name]
    assert store.sweep() == 1
    assert not abandoned.exists()


def test_a_file_that_is_being_written_is_not_swept(on_disk: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    store = on_disk.store
    assert isinstance(store, FilesystemStore)
    swept: list[int] = []
    whole = os.fsync

    def sweep_in_the_middle(fd: int) -> None:
        swept.append(store.sweep())
        whole(fd)

    monkeypatch.setattr(os, "fsync", sweep_in_the_middle)
    digest = on_disk.put(b"in the middle")
    assert set(swept) == {0}
    assert store.verify(digest)
