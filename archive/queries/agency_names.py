"""Which agencies a typed text means: a code, or words of a name with or without tones, with or without its kind."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from ocr.letters import fold, lower, nfc

_WORDS = re.compile(r"\w+")
_OFFICE = ("ubnd", "uy ban nhan dan")
_KINDS = (
    "thanh pho", "thi tran", "thi xa", "phuong", "quan", "huyen", "xa", "so", "tinh",
)  # fmt: skip


class Named(NamedTuple):
    id: uuid.UUID
    code: str
    name: str


def matching(known: Sequence[Named], text: str) -> list[Named]:
    """Best first: code, whole name, name without its kind, all words. Where tones were typed and some name has them,
    names with other tones are left out."""
    asked = nfc(text).strip()
    by_code = [named for named in known if named.code.casefold() == asked.casefold()]
    toned, plain = _words(lower(asked)), _words(fold(asked))
    if not plain:
        return by_code
    ranked = [(rank, named) for named in known if (rank := _rank(named.name, toned, plain)) is not None]
    if toned != plain and any(exact for (_, exact), _ in ranked):
        ranked = [pair for pair in ranked if pair[0][1]]
    best = sorted(ranked, key=lambda pair: (pair[0][0], not pair[0][1], pair[1].name, pair[1].code))
    return by_code + [named for _, named in best if named not in by_code]


def same_name(one: str, other: str) -> bool:
    """Tones aside: they are set in two ways (Hoà, Hòa)."""
    return _words(fold(nfc(one))) == _words(fold(nfc(other)))


def _rank(name: str, toned: str, plain: str) -> tuple[int, bool] | None:
    """How well it fits, 0 best; and whether the tones fit too."""
    with_tones, without = _words(lower(nfc(name))), _words(fold(nfc(name)))
    asked = set(plain.split())
    if without == plain or _bare(without, offices_only=True) == _bare(plain, offices_only=True):
        rank = 0
    elif _bare(without) == _bare(plain) and _kind(plain) in {"", _kind(without)}:
        rank = 1
    elif f" {plain} " in f" {without} ":
        rank = 2
    elif asked <= set(without.split()):
        rank = 3
    else:
        return None
    meant = toned.split()[-len(_bare(plain, offices_only=True).split()) :]
    return rank, set(meant) <= set(with_tones.split())


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(text))


def _bare(plain: str, *, offices_only: bool = False) -> str:
    """Without the office and, unless told otherwise, the kind that a name begins with."""
    for office in _OFFICE:
        plain = plain.removeprefix(f"{office} ")
    return plain if offices_only else plain.removeprefix(f"{_kind(plain)} ")


def _kind(plain: str) -> str:
    for office in _OFFICE:
        plain = plain.removeprefix(f"{office} ")
    return next((kind for kind in _KINDS if plain.startswith(f"{kind} ")), "")
