"""Whether a file has its end: what a scanner or a transfer that stopped half-way has not written yet.

Looks at a few bytes where they must be; what the file is worth is judged later, in a child process.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from typing import BinaryIO

from archive.intake.types import HEAD_BYTES, JPEG, PDF, PNG, TIFF, sniff

TAIL_BYTES = 2048
PAGES = 20_000  # directories of a TIFF that are followed
ENTRIES = 4096  # of one of them
_PDF_END = re.compile(rb"startxref\s+(\d{1,19})\s+%%EOF")
_XREF = re.compile(rb"\s*(xref|\d+\s+\d+\s+obj)")
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_OFFSETS, _COUNTS = {273, 324}, {279, 325}  # of strips and tiles
_WIDTHS = {3: 2, 4: 4, 13: 4, 16: 8, 18: 8}  # SHORT, LONG, IFD, LONG8, IFD8


def has_end(file: BinaryIO, size_bytes: int) -> bool | None:
    """None for what has no end that can be told: then it is no type of ours, or empty."""
    head = _read(file, 0, HEAD_BYTES)
    proof = _PROOFS.get(sniff(head) or "")
    return None if proof is None else proof(file, size_bytes, head)


def _pdf(file: BinaryIO, size: int, head: bytes) -> bool:
    """The last startxref leads to a table of objects; scanners put things before the header, and count from it."""
    found = _PDF_END.findall(_tail(file, size))
    if not found:
        return False
    offset = int(found[-1])
    places = {offset, offset + head.find(b"%PDF-")}
    return 0 < offset < size and any(_XREF.match(_read(file, place, 32)) for place in places)


def _jpeg(file: BinaryIO, size: int, head: bytes) -> bool:
    return _tail(file, size).rstrip(b"\0\r\n ").endswith(b"\xff\xd9")


def _png(file: BinaryIO, size: int, head: bytes) -> bool:
    return _tail(file, size).rstrip(b"\0").endswith(_PNG_END)


def _tiff(file: BinaryIO, size: int, head: bytes) -> bool:
    """Every directory is there, and what the last of its strips or tiles says it holds."""
    try:
        return _Tiff(file, size, head).whole()
    except struct.error:  # less than was to be read
        return False


class _Tiff:
    """TIFF 6.0, and BigTIFF with its longer numbers."""

    def __init__(self, file: BinaryIO, size: int, head: bytes) -> None:
        self._file, self._size = file, size
        order = "<" if head[:2] == b"II" else ">"
        self._order = order
        big = struct.unpack_from(order + "H", head, 2)[0] == 43
        self._number, self._entry_bytes = (order + "Q", 20) if big else (order + "L", 12)
        self._count = order + ("Q" if big else "H")
        self._first = struct.unpack_from(self._number, head, 8 if big else 4)[0]
        self._word = struct.calcsize(self._number)

    def whole(self) -> bool:
        offset, seen = self._first, 0
        while offset:
            seen += 1
            if offset >= self._size or seen > PAGES:
                return False
            offset, ends = self._directory(offset)
            if ends > self._size:
                return False
        return seen > 0

    def _directory(self, offset: int) -> tuple[int, int]:
        """(where the next one begins, where the last strip of this one ends)"""
        (count,) = struct.unpack(self._count, self._at(offset, struct.calcsize(self._count)))
        offset += struct.calcsize(self._count)
        if count > ENTRIES:
            raise struct.error("too many")
        entries = self._at(offset, count * self._entry_bytes)
        (following,) = struct.unpack(self._number, self._at(offset + len(entries), self._word))
        last_offset = last_count = 0
        for place in range(0, len(entries), self._entry_bytes):
            (tag,) = struct.unpack_from(self._order + "H", entries, place)
            if tag in _OFFSETS:
                last_offset = self._last(entries, place)
            elif tag in _COUNTS:
                last_count = self._last(entries, place)
        return following, last_offset + last_count

    def _last(self, entries: bytes, place: int) -> int:
        """The last of an entry's values; they lie in the entry where there is room for them."""
        (kind,) = struct.unpack_from(self._order + "H", entries, place + 2)
        (count,) = struct.unpack_from(self._number, entries, place + 4)
        width = _WIDTHS.get(kind)
        if width is None or not count:
            return 0
        form = self._order + {2: "H", 4: "L", 8: "Q"}[width]
        value = place + 4 + self._word
        if count * width <= self._word:
            return int(struct.unpack_from(form, entries, value + (count - 1) * width)[0])
        (outside,) = struct.unpack_from(self._number, entries, value)
        return int(struct.unpack(form, self._at(outside + (count - 1) * width, width))[0])

    def _at(self, offset: int, length: int) -> bytes:
        """Raises struct.error past the end."""
        if offset + length > self._size:
            raise struct.error("past the end")
        return _read(self._file, offset, length)


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _tail(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - TAIL_BYTES), os.SEEK_SET)
    return file.read(TAIL_BYTES)


_PROOFS: dict[str, Callable[[BinaryIO, int, bytes], bool]] = {PDF: _pdf, JPEG: _jpeg, PNG: _png, TIFF: _tiff}
