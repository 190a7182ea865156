"""Identifiers of agencies, written one way.

Sources: Quyết định 20/2020/QĐ-TTg for the organ identifier (at most 35 characters, groups parted by dots, the first one
a letter and two more characters: `H26`, `H26.18`, `H26.18.01`); QCVN 102:2016/BTTTT for its older form, which runs the
other way round and is filled up with zeros (`000.00.18.H26`); the administrative unit's own number has five digits.
"""

from __future__ import annotations

import re
from enum import StrEnum

from metadata.errors import BadCode

MAX_CHARACTERS = 35
OLD_WIDTHS = (3, 2, 2, 3)  # of the groups in the older form, lowest level first
_ORGAN = re.compile(r"[A-Z][A-Z0-9]{2}(?:\.[A-Z0-9]+)*")
_OLD = re.compile(r"[A-Z0-9]+(?:\.[A-Z0-9]+)*\.[A-Z][A-Z0-9]{2}")
_UNIT = re.compile(r"[0-9]{5}")
_ZEROS = re.compile(r"0+")


class Scheme(StrEnum):
    ORGAN = "organ"  # mã định danh, Quyết định 20/2020/QĐ-TTg
    OLD_ORGAN = "old_organ"  # its older, reversed form
    UNIT = "unit"  # mã đơn vị hành chính


def normalise(scheme: Scheme, text: str) -> str:
    """Raises BadCode for what is no identifier of the scheme."""
    value = "".join(text.split()).upper()
    shape = {Scheme.ORGAN: _ORGAN, Scheme.OLD_ORGAN: _OLD, Scheme.UNIT: _UNIT}[scheme]
    if len(value) > MAX_CHARACTERS or not shape.fullmatch(value):
        raise BadCode(text)
    if scheme is Scheme.OLD_ORGAN and not _levels(value):
        raise BadCode(text)
    return value


def readings(text: str) -> tuple[tuple[Scheme, str], ...]:
    """Every identifier that a typed text may be."""
    found = []
    for scheme in Scheme:
        try:
            found.append((scheme, normalise(scheme, text)))
        except BadCode:
            continue
    return tuple(found)


def twin(scheme: Scheme, value: str) -> tuple[Scheme, str] | None:
    """The same identifier in the other form of the organ identifier; None where the other form cannot hold it."""
    if scheme is Scheme.OLD_ORGAN:
        return Scheme.ORGAN, ".".join(reversed(_levels(value)))
    groups = value.split(".")
    if scheme is not Scheme.ORGAN or len(groups) > len(OLD_WIDTHS):
        return None
    lowest_first = [*("0" for _ in range(len(OLD_WIDTHS) - len(groups))), *reversed(groups)]
    filled = [group.zfill(width) for group, width in zip(lowest_first, OLD_WIDTHS, strict=True)]
    older = ".".join(filled)
    return (Scheme.OLD_ORGAN, older) if _levels(older) == groups[::-1] else None


def _levels(older: str) -> list[str]:
    """The groups of an older form that are filled, lowest level first."""
    groups = older.split(".")
    while groups and _ZEROS.fullmatch(groups[0]):
        groups.pop(0)
    return groups
