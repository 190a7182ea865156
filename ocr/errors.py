"""What can go wrong with a file or its reading.

OcrError
├── FileRefused         the file itself is bad; the same bytes will be refused again
├── ChildFailed         the reader of the file died, hung or ate too much; only that child is gone
├── EngineMissing       a program or model is not installed
├── EngineFailed        the engine could not read a page
├── SealFailed          no valid PDF/A could be made
└── StoredFormUnknown   a stored recognition of a version that this program does not read
"""

from __future__ import annotations

from typing import Any


class OcrError(Exception):
    """`reason` is the id of a message for people, `values` fill it; `retry`: the same call may succeed later."""

    def __init__(self, reason: str, *, retry: bool = False, **values: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.values = values

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in sorted(self.values.items()))
        return f"{self.reason} ({told})" if told else self.reason


class FileRefused(OcrError):
    pass


class ChildFailed(OcrError):
    pass


class EngineMissing(OcrError):
    pass


class EngineFailed(OcrError):
    pass


class SealFailed(OcrError):
    pass


class StoredFormUnknown(OcrError):
    pass


_CLASSES = {
    cls.__name__: cls for cls in (FileRefused, ChildFailed, EngineMissing, EngineFailed, SealFailed, StoredFormUnknown)
}


def to_wire(error: OcrError) -> dict[str, Any]:
    """The error as JSON, to cross the border of a child process."""
    return {"class": type(error).__name__, "reason": error.reason, "retry": error.retry, "values": error.values}


def from_wire(wire: dict[str, Any]) -> OcrError:
    """The error of `to_wire`. Raises KeyError or TypeError on anything else."""
    return _CLASSES[wire["class"]](str(wire["reason"]), retry=bool(wire["retry"]), **wire["values"])
