"""A delivery as it lies on disk: files, folders and zip files, each file of it named and openable."""

from __future__ import annotations

import io
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from archive.intake import zips
from archive.intake.names import clean_name, shown_name
from archive.intake.refusal import UNUSABLE, Refusal, Refused
from archive.intake.types import HEAD_BYTES, ZIP, sniff

UNREADABLE = Refusal("file.unreadable", UNUSABLE)
EMPTY_ZIP = Refusal("zip.empty", UNUSABLE)


@dataclass(frozen=True, slots=True)
class Source:
    """Something that was delivered: one file, or a zip with the entries that it lists."""

    path: Path
    name: str
    refusal: Refusal | None = None
    entries: tuple[zips.Entry, ...] | None = field(default=None)

    @property
    def expected(self) -> int:
        """How many records it should give; a zip that is refused as a whole is one."""
        return 1 if self.entries is None else len(self.entries)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file: its bytes at `path` until the next one is asked for, or why it is refused."""

    name: str
    path: Path | None
    refusal: Refusal | None = None


class SteadyFile(io.RawIOBase):
    """A file that is still being written is not taken: at its end, size and time must be those of its beginning."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        self._before = os.fstat(self._fd)
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            count = os.readv(self._fd, [buffer])
        except OSError as error:
            raise Refused(UNREADABLE) from error
        self._read += count
        if not count:
            now = os.fstat(self._fd)
            if (now.st_size, now.st_mtime_ns) != (self._before.st_size, self._before.st_mtime_ns) or (
                self._read != now.st_size
            ):
                raise Refused(Refusal("file.still_written", UNUSABLE))
        return count

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


def open_steady(path: Path) -> BinaryIO:
    return io.BufferedReader(SteadyFile(path), buffer_size=1 << 20)


def find(paths: list[Path], *, entry_bytes: int) -> list[Source]:
    """What the paths hold, folders walked in the order of their names, zips listed; nothing is unpacked.

    Raises FileNotFoundError for a path that is not there: that is a mistake of the command line, not of a file.
    """
    found: list[Source] = []
    for path in paths:
        if stat.S_ISDIR(path.stat().st_mode):
            found += [_source(file, file.relative_to(path), entry_bytes) for file in _walk(path)]
        else:
            found.append(_source(path.resolve(), Path(path.name), entry_bytes))
    return found


def delivered(source: Source, workspace: Path) -> Iterator[Delivered]:
    """The files of one source; entries of a zip are unpacked below `workspace`, a group at a time."""
    if source.entries is None:
        yield Delivered(source.name, source.path, source.refusal)
        return
    for entry in source.entries:
        if entry.refusal is not None:
            yield Delivered(entry.name, None, entry.refusal)
    for group in zips.groups(source.entries):
        folder = workspace / "unpacked"
        folder.mkdir()
        try:
            yield from _unpacked(source.path, group, folder)
        finally:
            shutil.rmtree(folder)


def _unpacked(path: Path, group: list[zips.Entry], folder: Path) -> Iterator[Delivered]:
    try:
        damaged = zips.unpack(path, group, folder)
    except Refused as refused:
        damaged = {entry.index: refused.refusal for entry in group}
    for entry in group:
        refusal = damaged.get(entry.index)
        yield Delivered(entry.name, None if refusal else folder / str(entry.index), refusal)


def _source(path: Path, relative: Path, entry_bytes: int) -> Source:
    name = os.fsencode(relative).decode("utf-8", "replace")
    try:
        name = clean_name(name)
        if not stat.S_ISREG(path.lstat().st_mode):
            raise Refused(Refusal("file.not_regular", UNUSABLE))
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if sniff(head) == ZIP and path.suffix.lower() == ".zip":
            listed = zips.entries(path, entry_bytes=entry_bytes)
            return Source(path, name, entries=listed) if listed else Source(path, name, EMPTY_ZIP)
    except Refused as refused:
        return Source(path, shown_name(name), refused.refusal)
    except OSError:
        return Source(path, shown_name(name), UNREADABLE)
    return Source(path, name)


def _walk(folder: Path) -> Iterator[Path]:
    """Files below the folder; links are not followed, they are told as what they are."""
    for here, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*files, *(f for f in folders if Path(here, f).is_symlink())]):
            yield Path(here) / name
