"""What the object store in a directory owes beyond the common suite: modes, failing disks, killed writers."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StoreUnavailable
from archive.storage.filesystem import FilesystemStore
from tests.conformance.object_store import Held, filesystem, read

UNKNOWN = "0" * 64


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Held]:
    yield from filesystem(tmp_path)


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


def test_the_lock_is_there_before_the_bytes_have_their_name(on_disk: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    whole = os.link

    def look(source: Any, target: Any) -> None:
        lock = Path(target).parents[2] / "locks" / Path(target).relative_to(Path(target).parents[2])
        seen.append(lock.with_suffix(".json").exists())
        whole(source, target)

    monkeypatch.setattr(os, "link", look)
    on_disk.put(b"master", retain_until=datetime.now(UTC) + timedelta(days=30))
    assert seen == [True]


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
