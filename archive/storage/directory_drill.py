"""Every way in which a process takes bytes out of a directory or changes them, without first changing a mode."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from archive.storage.durable import temporary_file
from archive.storage.interface import Attempt

_REFUSALS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ETXTBSY}


def attempts_on(path: Path, work: Path) -> Iterator[Attempt]:
    """work: a directory of the same file system. What gives way is gone or changed; `put` and `protect` heal it."""
    aside = work / f"{uuid.uuid4().hex}.part"
    acts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("open_for_writing", lambda: os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))),
        ("append", lambda: os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))),
        ("truncate", lambda: os.truncate(path, 0)),
        ("rename", lambda: path.rename(aside)),
        ("overwrite", lambda: _replace(path, work)),
        ("unlink", path.unlink),
    )
    try:
        for name, act in acts:
            yield Attempt(name, lambda act=act: _refused(act))  # type: ignore[misc]
    finally:
        aside.unlink(missing_ok=True)


def _replace(path: Path, work: Path) -> None:
    with temporary_file(work) as (other, fd):
        os.write(fd, b"other bytes")
        other.replace(path)


def _refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        return True
    return False
