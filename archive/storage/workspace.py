"""Directories of this machine whose maker's life is told by a lock: what a killed process left is known, and goes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from archive.storage.durable import claim

PART = ".part"


def locked_directory(path: Path) -> int:
    """Make the directory and lock it; returns the descriptor that holds the lock.

    Raises FileNotFoundError where its parent is not there.
    """
    while True:
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # a sweep took it between the two calls
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink:
            return lock
        os.close(lock)


@contextlib.contextmanager
def workspace(root: Path, stem: str = "work") -> Iterator[Path]:
    """A new directory below `root`, gone on leaving."""
    path = root / f"{stem}.{uuid.uuid4().hex}{PART}"
    lock = locked_directory(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def left_over(root: Path, *suffixes: str) -> list[Path]:
    """Directories of processes that are gone: nobody holds their lock."""
    found = []
    for path in sorted(path for path in root.iterdir() if path.suffix in (suffixes or (PART,))):
        lock = claim(path)
        if lock is not None:
            found.append(path)
            os.close(lock)
    return found


def sweep(root: Path, *suffixes: str) -> int:
    """Remove them; safe while others work. Returns how many there were."""
    left = left_over(root, *suffixes)
    for path in left:
        lock = claim(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)  # its remover may be at it too
            os.close(lock)
    return len(left)
