"""The installation's secret keys: named files in ARCHIVE_DATA/keys, readable by their owner alone.

They are backed up apart from the holdings. A key is never changed; rotation makes a new one that is used from then on,
and what was encrypted before names its key and stays readable.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from pathlib import Path

from archive.errors import NotFound

KEY_BYTES = 32
_NAME = re.compile(r"(?P<purpose>[a-z]+)-(?P<number>\d{4})")


class Keys:
    """Keys of several purposes ("columns", "lookup", "cookies"); the first of each is made when it is asked for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._cached: dict[str, bytes] = {}

    def current(self, purpose: str) -> tuple[str, bytes]:
        """(name, key) to use for something new."""
        name = self._newest(purpose) or self._make(purpose, 1)
        return name, self.named(name)

    def named(self, name: str) -> bytes:
        """Raises NotFound for a key that is not here: without it nothing that it encrypted can be read."""
        if name not in self._cached:
            path = self.directory / f"{name}.key"
            if not _NAME.fullmatch(name) or not path.exists():
                raise NotFound("error.key_missing", name=name, directory=self.directory)
            self._cached[name] = bytes.fromhex(path.read_text(encoding="ascii").strip())
        return self._cached[name]

    def names(self, purpose: str) -> list[str]:
        """Oldest first."""
        matches = (_NAME.fullmatch(path.stem) for path in self.directory.glob("*.key"))
        return sorted(match.group() for match in matches if match and match["purpose"] == purpose)

    def rotate(self, purpose: str) -> str:
        """Make the next key of a purpose; it is current from now on."""
        newest = self._newest(purpose)
        return self._make(purpose, int(newest.rsplit("-", 1)[1]) + 1 if newest else 1)

    def _newest(self, purpose: str) -> str | None:
        return max(self.names(purpose), default=None)

    def _make(self, purpose: str, number: int) -> str:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{purpose}-{number:04}"
        final = self.directory / f"{name}.key"
        directory = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)  # two processes make one key
            if not final.exists():
                unfinished = final.with_suffix(".unfinished")
                unfinished.unlink(missing_ok=True)
                descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(secrets.token_hex(KEY_BYTES) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.rename(final)
                os.fsync(directory)
        finally:
            os.close(directory)
        return name
