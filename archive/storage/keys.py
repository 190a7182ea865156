"""Where bytes lie under the root of a store: the digest is whole in the path."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ENTRY = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def object_path(digest: str) -> PurePosixPath:
    """`ab/cd/abcd…`: two levels keep directories small. Raises ValueError for what is no digest."""
    if not is_digest(digest):
        raise ValueError("an object's key is a lower-case hex SHA-256")
    return PurePosixPath(digest[:2], digest[2:4], digest)


def entry_name(key: str) -> str:
    """A quarantine key as one directory name. Raises ValueError for anything that could lead elsewhere."""
    if _ENTRY.fullmatch(key) is None:
        raise ValueError("a quarantine key is 1 to 128 letters, digits, dots, hyphens and underscores")
    return key
