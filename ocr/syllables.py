"""How well Vietnamese syllables follow one another: a model of syllables, pairs and triples, made of legal text.

`syllables.npz` is made by scripts/vietnamese_model.py; `syllables.json` is its card. A cost is a negative natural
logarithm of a probability, in steps of 1/STEPS; rows are sorted, so that a look-up is a bisection.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from array import array
from bisect import bisect_left
from pathlib import Path

MODEL = Path(__file__).with_name("syllables.npz")
STEPS = 16
START, NUMBER, OTHER = range(3)  # the start of a text, any number, any word that is no known syllable
_OTHER_WORDS = 8.0  # what it costs besides that a word is one certain of all unknown ones
_OLD_PLACE = {"oa", "oe", "uy"}  # where the tone stands on the last letter in one spelling, on the first in the other
_COSTS = ("single", "single_back", "pair", "pair_back", "triple")


class Syllables:
    def __init__(self, file: Path) -> None:
        import numpy as np

        with np.load(file) as told:
            costs = {name: bytes(told[name].tobytes()) for name in _COSTS}
            following = {name: array("H", told[name].tobytes()) for name in ("pair_next", "triple_next")}
            ends = {
                name: array("I", np.cumsum(told[name], dtype=np.uint32).tobytes())
                for name in ("pairs_of", "triples_of")
            }
            words = bytes(told["words"].tobytes()).decode().split("\n")
        self._ids = {word: index for index, word in enumerate(words)}
        self._single, self._single_back, self._pair, self._pair_back, self._triple = (costs[name] for name in _COSTS)
        self._pair_rows, self._pair_next = ends["pairs_of"], following["pair_next"]
        self._triple_rows, self._triple_next = ends["triples_of"], following["triple_next"]

    def known(self, syllable: str) -> bool:
        """syllable: as `plain` gives it."""
        return syllable in self._ids

    def number_of(self, word: str) -> int:
        """Of a word as `plain` gives it."""
        found = self._ids.get(word)
        if found is not None:
            return found
        return NUMBER if word[:1].isdigit() else OTHER

    def rarity(self, word: int) -> float:
        """What it costs anywhere."""
        return (_OTHER_WORDS if word == OTHER else 0.0) + self._single[word] / STEPS

    def cost(self, before: int, last: int, word: int) -> float:
        """That `word` follows `before last`."""
        return (_OTHER_WORDS if word == OTHER else 0.0) + self._steps(before, last, word) / STEPS

    def _steps(self, before: int, last: int, word: int) -> int:
        place, away = _found(self._pair_next, last, self._pair_rows, before), 0
        if place >= 0:
            found = _found(self._triple_next, word, self._triple_rows, place)
            if found >= 0:
                return self._triple[found]
            away = self._pair_back[place]
        found = _found(self._pair_next, word, self._pair_rows, last)
        if found >= 0:
            return away + self._pair[found]
        return away + self._single_back[last] + self._single[word]


@functools.cache
def model() -> Syllables:
    """Loaded once a process."""
    return Syllables(MODEL)


@functools.cache
def model_version() -> str:
    """The first digits of the model's digest, from its card."""
    card = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    return str(card["model_sha256"])[:8]


def plain(word: str) -> str:
    """Small letters, NFC, the tone of oa, oe and uy on their first letter: both spellings are one."""
    word = unicodedata.normalize("NFC", word).lower()
    if len(word) < 2 or word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word[-1])
    if len(letters) == 2 and word[-2] + letters[0] in _OLD_PLACE and word[-3:-1] != "qu":
        return unicodedata.normalize("NFC", word[:-1] + letters[1] + letters[0])
    return word


def _found(sorted_next: array[int], word: int, rows: array[int], row: int) -> int:
    low, high = (rows[row - 1] if row else 0), rows[row]
    place = bisect_left(sorted_next, word, low, high)
    return place if place < high and sorted_next[place] == word else -1
