"""The symbols that the line reader knows: Vietnamese in NFC, digits, the signs of office paper."""

from __future__ import annotations

import unicodedata

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_VOWELS = "aăâeêioôơuưy"
_TONES = ("\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_SIGNS = " !\"#$%&'()*+,-./:;<=>?@[]_|~–—…“”‘’«»•°§²³×½№₫"


def charset() -> str:
    """Every symbol once, in a fixed order; its number in the model is its place here plus one, 0 is the blank."""
    marked = [unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES]
    small = "".join([*"ăâêôơưđ", *marked])
    return _PLAIN + small + small.upper() + _SIGNS


_SAME = {"\u00a0": " ", "\u2212": "-", "\u2011": "-", "\u2010": "-", "\u00ad": "", "\t": " ", "…": "...", "„": '"'}


def known(text: str) -> str | None:
    """The text in the symbols of the charset, white space folded; None where it holds another symbol."""
    text = unicodedata.normalize("NFC", "".join(_SAME.get(symbol, symbol) for symbol in text))
    text = " ".join(text.split())
    return text if text and set(text) <= _KNOWN else None


_KNOWN = frozenset(charset())
