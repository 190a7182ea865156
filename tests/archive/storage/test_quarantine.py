from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from archive.errors import FileTooBig, ObjectMissing, StoreUnavailable
from archive.storage.quarantine import FilesystemQuarantine

LIMIT = 1000


@pytest.fixture
def quarantine(tmp_path: Path) -> FilesystemQuarantine:
    return FilesystemQuarantine.create(tmp_path / "quarantine")


def receive(
    quarantine: FilesystemQuarantine, key: str = "k", content: bytes = b"scan", name: str = "tờ trình.pdf"
) -> None:
    quarantine.receive(key, io.BytesIO(content), name, limit_bytes=LIMIT)


def test_a_received_file_is_held_with_its_name(quarantine: FilesystemQuarantine) -> None:
    receive(quarantine)
    held = quarantine.held("k")
    assert (held.name, held.size_bytes) == ("tờ trình.pdf", 4)
    assert quarantine.path("k").read_bytes() == b"scan"
    assert list(quarantine.keys()) == ["k"]


def test_a_file_past_the_limit_leaves_nothing(quarantine: FilesystemQuarantine, tmp_path: Path) -> None:
    with pytest.raises(FileTooBig):
        receive(quarantine, content=b"x" * (LIMIT + 1))
    assert list((tmp_path / "quarantine").iterdir()) == []
    receive(quarantine, content=b"x" * LIMIT)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_leaves_nothing(
    quarantine: FilesystemQuarantine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int
) -> None:
    def full(fd: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", full)
        with pytest.raises(StoreUnavailable):
            receive(quarantine)
    assert list((tmp_path / "quarantine").iterdir()) == []


def test_removal_takes_bytes_names_and_everything_derived_and_may_be_repeated(
    quarantine: FilesystemQuarantine, tmp_path: Path
) -> None:
    receive(quarantine)
    (tmp_path / "words").write_bytes(b"words")
    quarantine.keep("k", "recognition", tmp_path / "words")
    quarantine.add_name("k", "entry", "bản sao.pdf")
    quarantine.remove("k")
    quarantine.remove("k")
    assert list((tmp_path / "quarantine").iterdir()) == []
    with pytest.raises(ObjectMissing):
        quarantine.held("k")


def test_names_of_repeated_deliveries_are_kept_by_entry(quarantine: FilesystemQuarantine) -> None:
    receive(quarantine)
    quarantine.add_name("k", "e1", "một.pdf")
    quarantine.add_name("k", "e2", "hai.pdf")
    assert quarantine.names("k") == {"e1": "một.pdf", "e2": "hai.pdf"}


def test_an_entry_is_claimed_until_it_is_released(quarantine: FilesystemQuarantine) -> None:
    receive(quarantine)
    assert list(quarantine.unclaimed()) == []
    quarantine.release("k")
    assert list(quarantine.unclaimed()) == ["k"]


def test_half_an_entry_is_no_entry_and_is_swept(quarantine: FilesystemQuarantine, tmp_path: Path) -> None:
    part = tmp_path / "quarantine" / "killed.part"
    part.mkdir()
    (part / "master").write_bytes(b"half")
    assert list(quarantine.keys()) == []
    assert quarantine.left_over() == [part.name]
    assert quarantine.sweep() == 1
    assert quarantine.left_over() == []


def test_a_file_that_is_arriving_is_not_swept(quarantine: FilesystemQuarantine) -> None:
    class SweptWhileRead(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert quarantine.sweep() == 0
            return super().read(size)

    quarantine.receive("k", SweptWhileRead(b"scan"), "a", limit_bytes=LIMIT)
    assert quarantine.path("k").read_bytes() == b"scan"


@pytest.mark.parametrize("key", ["", "..", "a/b", "../a", ".hidden", "a\0b"])
def test_a_key_never_leads_out_of_the_directory(quarantine: FilesystemQuarantine, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        receive(quarantine, key=key)


def test_an_unmounted_quarantine_is_unavailable_not_empty(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        list(FilesystemQuarantine(tmp_path / "not-mounted").keys())
