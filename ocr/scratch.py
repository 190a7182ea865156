"""Temporary directories that do not outlive their process for long, however it ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

PREFIX = "archive-ocr-"


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory below the one for temporary files, gone on leaving.

    It is locked while its process lives; those of killed processes are removed by the next process that makes one.
    """
    directory = Path(tempfile.gettempdir())
    _sweep(directory)
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=directory))
        lock = _locked(path)
        if lock is not None:
            break
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


@cache
def _sweep(directory: Path) -> None:
    """Once a process."""
    for path in directory.glob(f"{PREFIX}*"):
        lock = _locked(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _locked(path: Path) -> int | None:
    """A descriptor that holds the lock; None while another has it, or where the directory is gone or foreign."""
    with suppress(OSError):
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_nlink:
                return lock
        except BlockingIOError:
            pass
        os.close(lock)
    return None
