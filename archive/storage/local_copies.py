"""What a process has on this machine's disk of objects that lie elsewhere: in one locked directory, gone with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from archive.storage import workspace
from archive.storage.durable import make_directories, translated

IN_MEMORY_BYTES = 8 << 20  # of a file that passes through; a bigger one is put aside on the disk


class LocalCopies:
    """Copies lie under key and digest, so that one of other bytes is never taken for the object's."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._own: Path | None = None
        self._guard = threading.Lock()

    @contextlib.contextmanager
    def passing(self) -> Iterator[BinaryIO]:
        """A file without a name for bytes that pass through."""
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=str(self._directory())) as arriving:
            yield cast(BinaryIO, arriving)

    def find(self, key: str, digest: str) -> Path | None:
        path = self._directory() / key / digest
        return path if path.is_file() else None

    def add(self, key: str, digest: str, fetch: Callable[[BinaryIO], None]) -> Path:
        """fetch: writes the whole copy, or raises."""
        final = self._directory() / key / digest
        made = final.with_name(f"{digest}.{uuid.uuid4().hex}")
        try:
            with translated():
                final.parent.mkdir(mode=0o700, exist_ok=True)
                with made.open("wb") as target:
                    fetch(target)
                made.rename(final)
        finally:
            made.unlink(missing_ok=True)
        return final

    def forget(self, key: str) -> None:
        shutil.rmtree(self._directory() / key, ignore_errors=True)

    def held(self) -> list[str]:
        """Keys of which there is a copy."""
        with translated():
            return sorted(path.name for path in self._directory().iterdir())

    @contextlib.contextmanager
    def workspace(self, stem: str) -> Iterator[Path]:
        with contextlib.ExitStack() as leaving:
            with translated():
                make_directories(self._root)
                path = leaving.enter_context(workspace.workspace(self._root, stem))
            yield path

    def left_over(self) -> list[str]:
        """Directories of processes that are gone."""
        with translated():
            make_directories(self._root)
            return [path.name for path in workspace.left_over(self._root)]

    def sweep(self) -> int:
        with translated():
            make_directories(self._root)
            return workspace.sweep(self._root)

    def _directory(self) -> Path:
        with self._guard, translated():
            if self._own is None:
                make_directories(self._root)
                self._own = self._root / f"copies.{uuid.uuid4().hex}{workspace.PART}"
                lock = workspace.locked_directory(self._own)
                weakref.finalize(self, _leave, self._own, lock)  # also when the interpreter ends
            return self._own


def _leave(directory: Path, lock: int) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    os.close(lock)
