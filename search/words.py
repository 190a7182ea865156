"""Words of a text, and the two keys that they are found by; the same for documents, queries and highlights.

A word is a run of letters and digits: one syllable of Vietnamese, one part of a code such as 123/QĐ-UBND.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from ocr.letters import fold, lower, nfc

MAX_KEY_CHARACTERS = 64  # a longer run is no word of a language; its beginning is enough to find it

_KEPT_KEYS = 1 << 16
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_MARKS = re.compile(r"[\u0300-\u036f]+")
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")  # grave, acute, tilde, hook above, dot below


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where words begin and end, in characters of `text` (NFC)."""
    for match in _WORD.finditer(text):
        yield match.span()


def words(text: str) -> tuple[str, ...]:
    """The words of `text`, lower case with their tones, as the two keys below take them."""
    return tuple(_WORD.findall(lower(nfc(text))))


def folded_keys(text: str) -> list[str]:
    """The folded key of each of the words that `spans` tells the places of."""
    found = _WORD.findall(text)
    keys = {word: folded_key(word) for word in set(found)}
    return [keys[word] for word in found]


def keys_in(text: str) -> tuple[str, str]:
    """The folded and the exact keys of the words of `text`, in order, with blanks between."""
    found = _WORD.findall(nfc(text))
    return " ".join(map(_FOLDED.__getitem__, found)), " ".join(map(_EXACT.__getitem__, found))


def folded_key(word: str) -> str:
    """The key that a word shares with all its tones: `quyết`, `quyệt` and `QUYET` are `quyet`."""
    return _FOLDED[word]


def exact_key(word: str) -> str:
    """The key with letters and tone; where in the syllable the tone is written (`hòa`, `hoà`) makes no difference."""
    return _EXACT[word]


def _folded(word: str) -> str:
    return _MARKS.sub("", fold(lower(word)))[:MAX_KEY_CHARACTERS]


def _exact(word: str) -> str:
    apart = unicodedata.normalize("NFD", lower(word))
    tones = _TONES.findall(apart)
    return nfc(_TONES.sub("", apart))[:MAX_KEY_CHARACTERS] + "".join(tones[:1])


class _Keys(dict[str, str]):
    """The key of each word that was met; texts are of few words, and nothing is quicker than looking into a dict."""

    def __init__(self, key: Callable[[str], str]) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, word: str) -> str:
        key = self._key(word)
        if len(word) <= MAX_KEY_CHARACTERS:
            if len(self) >= _KEPT_KEYS:
                self.clear()
            self[word] = key
        return key


_FOLDED, _EXACT = _Keys(_folded), _Keys(_exact)


def has_tones(word: str) -> bool:
    """Whether the word was written with tones, letter marks or đ."""
    return folded_key(word) != exact_key(word)
