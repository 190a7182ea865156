"""Letters, the same for reading, extraction and search: NFC, case, tones.

`lower` and `fold` give one character for each character, so that an offset in their result is an offset in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_STROKED_D = (
    "\u0110\u0111\u00d0\u00f0\u0189\u0256"  # Đ, đ and the look-alikes Ð, ð, Ɖ, ɖ that keyboards and readers give
)


class _PerCharacter(dict[int, str]):
    """A table for str.translate that works out a character's entry when it is first met."""

    def __init__(self, entry: Callable[[str], str]) -> None:
        super().__init__()
        self.entry = entry

    def __missing__(self, code: int) -> str:
        self[code] = self.entry(chr(code))
        return self[code]


def _lower(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


def _fold(character: str) -> str:
    if character in _STROKED_D:
        return "d"
    parts = unicodedata.normalize("NFD", character)
    # of Hangul and the like the parts are letters, not marks
    base = parts[0] if all(unicodedata.combining(mark) for mark in parts[1:]) else character
    folded = base.casefold()
    if len(folded) != 1:
        folded = base
    return folded if folded == character else _fold(folded)


_LOWER = _PerCharacter(_lower)
_FOLD = _PerCharacter(_fold)


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def lower(text: str) -> str:
    """Without case, tones kept; as long as `text`."""
    return text.translate(_LOWER)


def fold(text: str) -> str:
    """Without case, tones and the stroke of đ; as long as `text`, which should be NFC."""
    return text.translate(_FOLD)


def fold_words(text: str) -> str:
    """Folded, one space between words."""
    return " ".join(fold(nfc(text)).split())
