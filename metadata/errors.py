"""What can go wrong in this package.

MetadataError
├── RegistryError    a seed file (class, task, target) is not as it must be
└── BadCode          a text is no code of a dossier, an item or a document
"""

from __future__ import annotations


class MetadataError(Exception):
    """Root of the package's errors."""

    retry = False


class RegistryError(MetadataError):
    """A seed file has an unknown or missing key, a wrong type, or a number twice."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


class BadCode(MetadataError):
    """A text is no code of a dossier, an item or a document."""

    def __init__(self, code: str) -> None:
        super().__init__(f"not a code: {code!r}")
        self.code = code
