"""Zip files: listed and unpacked in a child process, within limits.

The functions of the child take and return JSON; the parent's are `entries` and `unpack`.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.intake.names import clean_name, shown_name
from archive.intake.refusal import TOO_BIG, UNUSABLE, Refusal, Refused
from ocr import sandbox
from ocr.errors import OcrError

ENTRIES = 10_000
TOTAL_BYTES = 20 << 30
RATIO = 200  # of one entry; scans are compressed already, a bomb is a thousandfold
RATIO_FROM_BYTES = 10 << 20
BLOCK = 1 << 20
GROUP_ENTRIES = 200
GROUP_BYTES = 256 << 20
_LIMITS = sandbox.Limits(resident_bytes=512 << 20, address_bytes=2 << 30)
_ENCRYPTED, _UTF8 = 0x1, 0x800
_LOCAL_HEADER_BYTES = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the zip, or why it is refused. index: its place in the zip's directory."""

    index: int
    name: str
    size_bytes: int
    refusal: Refusal | None = None


def entries(path: Path, *, entry_bytes: int) -> tuple[Entry, ...]:
    """Every file of the zip. Raises Refused where the zip as a whole is."""
    arguments = {"path": str(path), "entry_bytes": entry_bytes}
    answer = _call("list_in_child", arguments)
    return tuple(
        Entry(e["index"], e["name"], e["size"], Refusal(**e["refusal"]) if e["refusal"] else None)
        for e in answer["entries"]
    )


def groups(listed: tuple[Entry, ...]) -> Iterator[list[Entry]]:
    """The entries that are not refused, in groups that one child unpacks and a disk has room for."""
    group: list[Entry] = []
    size = 0
    for entry in listed:
        if entry.refusal is not None:
            continue
        if group and (len(group) == GROUP_ENTRIES or size + entry.size_bytes > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(entry)
        size += entry.size_bytes
    if group:
        yield group


def unpack(path: Path, group: list[Entry], folder: Path) -> dict[int, Refusal]:
    """Write each entry's bytes to `folder/<index>`; returns those whose bytes are not what the zip said."""
    arguments = {"path": str(path), "indexes": [entry.index for entry in group], "folder": str(folder)}
    answer = _call("unpack_in_child", arguments)
    return {int(index): Refusal(**refusal) for index, refusal in answer["damaged"].items()}


def _call(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = sandbox.call(f"{__name__}:{function}", arguments, limits=_LIMITS)
    except OcrError as error:
        if error.retry:
            raise
        raise Refused(Refusal("zip.damaged", UNUSABLE)) from error
    if answer.get("refused"):
        raise Refused(Refusal(**answer["refused"]))
    return answer


def list_in_child(path: str, entry_bytes: int) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [(index, entry) for index, entry in enumerate(archive.infolist()) if not entry.is_dir()]
            whole = _refusal_of_whole([entry for _, entry in listed], archive.start_dir)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
        whole, listed = Refusal("zip.damaged", UNUSABLE), []
    if whole:
        return {"refused": _wire(whole)}
    return {"entries": [_listed(index, entry, entry_bytes) for index, entry in listed]}


def unpack_in_child(path: str, indexes: list[int], folder: str) -> dict[str, Any]:
    damaged = {}
    with zipfile.ZipFile(path) as archive:
        listed = archive.infolist()
        for index in indexes:
            try:
                _unpack_one(archive, listed[index], Path(folder) / str(index))
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, zlib.error):
                damaged[str(index)] = _wire(Refusal("zip.entry_damaged", UNUSABLE))
    return {"damaged": damaged}


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    left = entry.file_size
    with archive.open(entry) as source, target.open("wb") as out:
        while block := source.read(min(BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                raise ValueError("more bytes than announced")
            out.write(block)


def _refusal_of_whole(listed: list[zipfile.ZipInfo], directory_offset: int) -> Refusal | None:
    if len(listed) > ENTRIES:
        return Refusal("zip.too_many_entries", TOO_BIG, {"limit": ENTRIES})
    if sum(entry.file_size for entry in listed) > TOTAL_BYTES:
        return Refusal("zip.too_big", TOO_BIG, {"limit_bytes": TOTAL_BYTES})
    if not listed:
        return None
    by_place = sorted(listed, key=lambda entry: entry.header_offset)
    ends = [entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size for entry in by_place]
    starts = [entry.header_offset for entry in by_place[1:]] + [directory_offset]
    if any(end > start for end, start in zip(ends, starts, strict=True)):  # one stretch of bytes, many files
        return Refusal("zip.bomb", TOO_BIG)
    return None


def _listed(index: int, entry: zipfile.ZipInfo, entry_bytes: int) -> dict[str, Any]:
    name = _decoded(entry)
    try:
        name = clean_name(name)
        refusal = _refusal_of_entry(entry, entry_bytes)
    except Refused as refused:
        name, refusal = shown_name(name), refused.refusal
    return {"index": index, "name": name, "size": entry.file_size, "refusal": _wire(refusal) if refusal else None}


def _refusal_of_entry(entry: zipfile.ZipInfo, entry_bytes: int) -> Refusal | None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        return Refusal("file.not_regular", UNUSABLE)
    if entry.flag_bits & _ENCRYPTED:
        return Refusal("zip.entry_encrypted", UNUSABLE)
    if entry.file_size > entry_bytes:
        return Refusal("file.too_big", TOO_BIG, {"limit_bytes": entry_bytes})
    if entry.file_size > RATIO_FROM_BYTES and entry.file_size > RATIO * max(1, entry.compress_size):
        return Refusal("zip.bomb", TOO_BIG)
    return None


def _decoded(entry: zipfile.ZipInfo) -> str:
    """zipfile reads unmarked names as cp437; many programs write UTF-8 there all the same."""
    name = entry.orig_filename
    if entry.flag_bits & _UTF8:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _wire(refusal: Refusal) -> dict[str, Any]:
    return {"reason": refusal.reason, "status": refusal.status, "values": refusal.values}
