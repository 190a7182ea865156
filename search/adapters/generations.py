"""Generations of an index in one directory: which is in use, and how another takes its place.

    <directory>/current                  the name of the generation in use
    <directory>/form-<number>-<random>/  one generation

A name begins with the form of the index, so that one of another form is known before it is read.
"""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from search.errors import IndexOutdated


class Generations:
    def __init__(self, directory: Path, form: int) -> None:
        self.directory = directory
        self._prefix = f"form-{form}-"

    def current(self) -> Path | None:
        """The generation in use; None where there is none yet. Raises IndexOutdated for one of another form."""
        try:
            name = (self.directory / "current").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise IndexOutdated("search.index_outdated", directory=str(self.directory)) from error
        path = self.directory / name
        if not name.startswith(self._prefix) or "/" in name or not path.is_dir():
            raise IndexOutdated("search.index_outdated", directory=str(self.directory))
        return path

    def create(self) -> Path:
        """An empty directory for a generation that is not yet in use."""
        path = self.directory / f"{self._prefix}{uuid.uuid4().hex[:12]}"
        path.mkdir(parents=True)
        return path

    def use(self, path: Path) -> None:
        """Make this generation the one in use, durably and at once, and remove the others."""
        pointer = self.directory / f"current.{uuid.uuid4().hex[:12]}"
        with pointer.open("w", encoding="utf-8") as file:
            file.write(path.name + "\n")
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self.directory / "current")
        handle = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        self.remove_unused(path)

    def remove_unused(self, used: Path | None) -> None:
        """Remove what earlier generations, and builds that never ended, left behind."""
        for path in self.directory.glob("form-*"):
            if path != used:
                self.remove(path)
        for path in self.directory.glob("current.*"):
            path.unlink(missing_ok=True)

    def remove(self, path: Path) -> None:
        """Whoever still reads this generation goes on reading what it has open."""
        shutil.rmtree(path, ignore_errors=True)
