"""The files below a watched folder: listed, read, removed and set aside, by names that lead nowhere else.

Every directory is opened by its name in its parent and never through a link, so that what somebody with a right to
write there swaps in between leads nowhere.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

REFUSED = "_tu-choi"
REASON_SUFFIX = ".ly-do.txt"
DEPTH, LISTED = 16, 50_000
BLOCK = 1 << 20
NAME_BYTES = 230
_IGNORED = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db"})
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FolderProblem(Exception):
    """Why a folder cannot be worked on now; ends as the folder's problem. reason: message id of archive.i18n."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


class Unsettled(Exception):
    """A file is not any more what it was when it was judged; it is judged anew."""


class Unreadable(Unsettled):
    """It cannot be read now."""


@dataclass(frozen=True, slots=True)
class Found:
    """path: below the folder, `/` between its parts. obstacle: message id, where it can never be taken as it is."""

    path: str
    size_bytes: int
    changed_ns: int
    obstacle: str | None = None

    @property
    def name(self) -> str:
        """As text: what is no UTF-8 is shown as such."""
        return os.fsencode(self.path).decode("utf-8", "replace")


class FolderTree:
    """An open folder. beat: called whenever the file system has answered."""

    def __init__(self, descriptor: int, beat: Callable[[], None] = lambda: None) -> None:
        self._fd = descriptor
        self._beat = beat

    @classmethod
    def open(cls, path: Path, roots: tuple[Path, ...], beat: Callable[[], None] = lambda: None) -> Self:
        """Raises FolderProblem: outside the roots, not there, no folder, not to be read or not to be written to."""
        root = next((root for root in roots if path.is_relative_to(root)), None)
        if root is None:
            raise FolderProblem("folder.outside", path=str(path))
        try:
            descriptor = os.open(os.path.realpath(root), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            for part in path.relative_to(root).parts:
                outer = descriptor
                try:
                    descriptor = os.open(part, _DIRECTORY, dir_fd=outer)
                finally:
                    os.close(outer)
        except OSError as failure:
            raise _problem(failure, path) from failure
        tree = cls(descriptor, beat)
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor):
            tree.close()
            raise FolderProblem("folder.read_only", path=str(path))
        return tree

    def close(self) -> None:
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def files(self) -> list[Found]:
        """All that lies there, in the order of the names; hidden files, and what was set aside, are not looked at."""
        found: list[Found] = []
        for file in self._walk(self._fd, "", 0):
            if len(found) == LISTED:
                raise FolderProblem("folder.too_many", limit=LISTED)
            found.append(file)
        return found

    def open_file(self, file: Found) -> FolderFile:
        """Raises Unsettled where it is not the file that was listed."""
        with self._parent(file.path) as (parent, name):
            return FolderFile(os.open(name, _FILE, dir_fd=parent), file, self._beat)

    def look_into(self, file: Found) -> BinaryIO:
        """To be read here and there."""
        with self._parent(file.path) as (parent, name):
            return os.fdopen(os.open(name, _FILE, dir_fd=parent), "rb", buffering=0)

    def remove(self, file: Found) -> None:
        """Raises Unsettled where another file has come in its place, FolderProblem where it cannot be removed."""
        with self._parent(file.path) as (parent, name):
            self._require_same(parent, name, file)
            try:
                os.unlink(name, dir_fd=parent)
            except FileNotFoundError:
                pass
            except OSError as failure:
                raise FolderProblem("folder.not_removable", detail=failure.strerror) from failure

    def set_aside(self, file: Found, reason: str) -> None:
        """Into the folder of what is refused, with the reason in a text beside it; nothing there is overwritten.

        Its time is renewed, so that whoever puts it back gets a new answer.
        """
        with self._parent(file.path) as (parent, name):
            self._require_same(parent, name, file)
            try:
                with self._refused() as refused:
                    free = _free_name(refused, _short(name))
                    _write(refused, free + REASON_SUFFIX, reason)
                    os.rename(name, free, src_dir_fd=parent, dst_dir_fd=refused)
                    with contextlib.suppress(OSError):
                        os.utime(free, dir_fd=refused, follow_symlinks=False)
            except OSError as failure:
                raise FolderProblem("folder.not_removable", detail=failure.strerror) from failure

    def _walk(self, descriptor: int, prefix: str, depth: int) -> Iterator[Found]:
        with os.scandir(descriptor) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        self._beat()
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower() in _IGNORED or (not depth and entry.name == REFUSED):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            path = prefix + entry.name
            if stat.S_ISDIR(status.st_mode) and depth < DEPTH:
                yield from self._below(descriptor, entry.name, path, depth)
            else:
                obstacle = None if stat.S_ISREG(status.st_mode) else "folder.not_regular"
                yield Found(path, status.st_size, status.st_mtime_ns, obstacle)

    def _below(self, descriptor: int, name: str, path: str, depth: int) -> Iterator[Found]:
        try:
            inner = os.open(name, _DIRECTORY, dir_fd=descriptor)
        except FileNotFoundError:
            return
        except OSError:
            yield Found(path, 0, 0, "folder.subfolder_unreadable")
            return
        try:
            yield from self._walk(inner, f"{path}/", depth + 1)
        finally:
            os.close(inner)

    @contextlib.contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        """(descriptor of the directory that it lies in, its name there); failures of the file system are translated"""
        *folders, name = path.split("/")
        with contextlib.ExitStack() as opened, _translated():
            descriptor = self._fd
            for folder in folders:
                descriptor = os.open(folder, _DIRECTORY, dir_fd=descriptor)
                opened.callback(os.close, descriptor)
            yield descriptor, name

    def _require_same(self, parent: int, name: str, file: Found) -> None:
        """By a new opening: a network file system then asks its server, and not what it remembers."""
        descriptor = os.open(name, _FILE, dir_fd=parent)
        try:
            _require_listed(descriptor, file)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _refused(self) -> Iterator[int]:
        with contextlib.suppress(FileExistsError):
            os.mkdir(REFUSED, dir_fd=self._fd)
        descriptor = os.open(REFUSED, _DIRECTORY, dir_fd=self._fd)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


class FolderFile(io.RawIOBase):
    """The bytes of a listed file; at their end it must still be that file, and have the digest that is `expected`."""

    def __init__(self, descriptor: int, file: Found, beat: Callable[[], None]) -> None:
        self._fd, self._file, self._beat = descriptor, file, beat
        self._hash, self._read = hashlib.sha256(), 0
        self.expected: str | None = None
        try:
            _require_listed(descriptor, file)
        except Unsettled:
            os.close(descriptor)
            raise

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        with _translated():
            count = os.readv(self._fd, [buffer])
        self._beat()
        self._hash.update(memoryview(buffer)[:count])
        self._read += count
        if not count:
            _require_listed(self._fd, self._file)
            if self._read != self._file.size_bytes or self.expected not in (None, self._hash.hexdigest()):
                raise Unsettled
        return count

    def read_to_end(self) -> str:
        """SHA-256 of the whole."""
        block = bytearray(BLOCK)
        while self.readinto(block):
            pass
        return self._hash.hexdigest()

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        match failure.errno:
            case errno.ENOENT | errno.ELOOP | errno.ENOTDIR:
                raise Unsettled from failure
            case errno.EACCES | errno.EPERM | errno.EIO:
                raise Unreadable from failure
        raise FolderProblem("folder.unreadable", path="", detail=failure.strerror) from failure


def _require_listed(descriptor: int, file: Found) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.changed_ns):
        raise Unsettled


def _short(name: str) -> str:
    """So that the name of the text beside it is no longer than a file system takes."""
    return name if len(os.fsencode(name)) <= NAME_BYTES else f"{name[:40]}…{name[-15:]}"


def _free_name(folder: int, name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    for number in range(1, 10_000):
        numbered = name if number == 1 else (f"{stem} ({number}).{suffix}" if dot and stem else f"{name} ({number})")
        try:
            os.stat(numbered, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return numbered
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _write(folder: int, name: str, text: str) -> None:
    """A text of an earlier try that was interrupted is written anew."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o666, dir_fd=folder), "w", encoding="utf-8-sig", newline="\r\n") as file:
        file.write(text)


def _problem(failure: OSError, path: Path) -> FolderProblem:
    match failure.errno:
        case errno.ENOENT:
            return FolderProblem("folder.vanished", path=str(path))
        case errno.ENOTDIR | errno.ELOOP:
            return FolderProblem("folder.not_a_folder", path=str(path))
        case errno.EACCES | errno.EPERM:
            return FolderProblem("folder.not_readable", path=str(path))
    return FolderProblem("folder.unreadable", path=str(path), detail=failure.strerror)
