"""Mend misread Vietnamese syllables: what the engine nearly read, weighed by what fits between its neighbours.

A candidate costs what the engine's weights say of it (measured: how often a symbol it weighed so was the true one) and
what the model of syllables says of it in its place; the cheapest reading of a page's words is taken. A sign that the
engine did not weigh is dear, and only makes a syllable that is met more often. A word changes
only into a known syllable, letter for letter, and keeps what was read. Numbers, codes, single letters and names read
with confidence never change; stamps are not looked at.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ocr.model import Line, Word
from ocr.syllables import START, Syllables, model, plain

_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[./,-]\d+)*")
_ONE_SYLLABLE = re.compile(r"([^\w]*)([^\W\d_]{2,7})([^\w]*)")  # marks, syllable, marks
_CODE = re.compile(r"[\d/_@#&+=]|\w-\w")
_SIGN_COST, _SIGN_GAIN = 6.2, 0.058  # of the same letter with another sign; what each hundredth of its weight takes off
_LETTER_COST, _LETTER_GAIN = 9.0, 0.08  # of another letter
_MET_MORE = 1.0  # often, as a cost: what the engine did not weigh must be so much likelier anywhere
_UNSEEN_COST = 9.0  # of the same letter with a sign that the engine did not weigh at all
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_HIGHEST = 80.0  # a weight above it says no more
_DEAREST = 9.5  # of a candidate, by the engine's weights alone
_MOST_CHANGES = 2  # letters of a word
_MOST_CANDIDATES = 8
_MODEL_WEIGHT = 0.7  # against what the engine says
_SURE_NAME = 0.9  # confidence from which a word of a name stays
_CAPITAL_COST = 2.0  # of changing a word that may be a name: with a capital, and known


class _Candidate(NamedTuple):
    text: str | None  # None: the word stays as it was read
    numbers: tuple[int, ...]  # of the syllables in the model
    cost: float


class _Path(NamedTuple):
    cost: float
    text: str | None  # of the last word
    behind: _Path | None


def corrected(lines: Iterable[Line], syllables: Syllables | None = None) -> tuple[Line, ...]:
    """The lines with misread words mended; boxes and confidences as they were, `read_as` set where the text changed."""
    lines = tuple(lines)
    syllables = syllables or model()
    words = [word for line in lines for word in line.words]
    columns = [
        [_as_read(word, syllables), *(() if _in_a_name(words, at) else _others(word, syllables))]
        for at, word in enumerate(words)
    ]
    chosen = iter(_cheapest(columns, syllables))
    return tuple(Line(tuple(_mended(word, next(chosen)) for word in line.words)) for line in lines)


def _mended(word: Word, text: str | None) -> Word:
    return word if text is None else word.mended_to(text)


def _cheapest(columns: list[list[_Candidate]], syllables: Syllables) -> list[str | None]:
    """For each word the text of the cheapest way through all of them; a way is known by its last two syllables."""
    ways: dict[tuple[int, int], _Path] = {(START, START): _Path(0.0, None, None)}
    for column in columns:
        onward: dict[tuple[int, int], _Path] = {}
        for (before, last), path in ways.items():
            for candidate in column:
                cost, state = path.cost + candidate.cost, (before, last)
                for number in candidate.numbers:
                    cost += _MODEL_WEIGHT * syllables.cost(*state, number)
                    state = (state[1], number)
                known = onward.get(state)
                if known is None or cost < known.cost:
                    onward[state] = _Path(cost, candidate.text, path)
        ways = onward
    texts = []
    way: _Path | None = min(ways.values(), key=lambda path: path.cost)
    while way is not None and way.behind is not None:
        texts.append(way.text)
        way = way.behind
    return texts[::-1]


def _as_read(word: Word, syllables: Syllables) -> _Candidate:
    return _Candidate(None, tuple(syllables.number_of(plain(token)) for token in _TOKEN.findall(word.text)), 0.0)


def _in_a_name(words: list[Word], at: int) -> bool:
    """One of several words with a capital in a row, and read with confidence."""
    beside = words[max(0, at - 1) : at] + words[at + 1 : at + 2]
    sure = words[at].confidence >= _SURE_NAME and words[at].text.istitle()
    return sure and any(word.text.istitle() for word in beside)


def _others(word: Word, syllables: Syllables) -> list[_Candidate]:
    """What else the word may be, the likeliest by the engine's weights."""
    shape = _ONE_SYLLABLE.fullmatch(word.text)
    if shape is None or len(word.choices) != len(word.text) or _CODE.search(word.text):
        return []
    start, end = shape.span(2)
    read = plain(shape[2])
    extra = _CAPITAL_COST if shape[2] != shape[2].lower() and syllables.known(read) else 0.0
    found = []
    seen = word.choices[start:end]
    for text, cost in [*_spelled(shape[2], seen), *_unseen(shape[2], seen, syllables)]:
        other = plain(text)
        if other != read and syllables.known(other):
            whole = word.text[:start] + text + word.text[end:]
            found.append(_Candidate(whole, (syllables.number_of(other),), cost + extra))
    return sorted(found, key=lambda candidate: candidate.cost)[:_MOST_CANDIDATES]


def _spelled(read: str, choices: tuple[tuple[tuple[str, float], ...], ...]) -> Iterator[tuple[str, float]]:
    """Every spelling with at most `_MOST_CHANGES` symbols exchanged, and its cost."""
    spellings = [("", 0.0, 0)]
    for symbol, weighed in zip(read, choices, strict=True):
        exchanges = [(other, cost) for other, weight in weighed if (cost := _cost(symbol, other, weight)) <= _DEAREST]
        longer = [(text + symbol, cost, changes) for text, cost, changes in spellings]
        for text, cost, changes in spellings:
            if changes < _MOST_CHANGES:
                longer += [(text + o, cost + c, changes + 1) for o, c in exchanges if cost + c <= _DEAREST]
        spellings = longer
    return ((text, cost) for text, cost, changes in spellings if changes)


def _unseen(
    read: str, choices: tuple[tuple[tuple[str, float], ...], ...], syllables: Syllables
) -> Iterator[tuple[str, float]]:
    """Known syllables with one sign changed into one that the engine did not weigh, where it weighed any."""
    for at, text in _one_sign_away(read, syllables):
        if choices[at] and all(text[at] != other for other, _ in choices[at]):
            yield text, _UNSEEN_COST


@functools.lru_cache(maxsize=8192)
def _one_sign_away(read: str, syllables: Syllables) -> tuple[tuple[int, str], ...]:
    """Where, and what it then is; only what is met more often than what was read."""
    met = syllables.rarity(syllables.number_of(plain(read)))
    spelled = (
        (at, read[:at] + other + read[at + 1 :])
        for at, symbol in enumerate(read)
        for other in _with_other_signs(symbol)
        if other != symbol
    )
    known = ((at, text, plain(text)) for at, text in spelled)
    return tuple(
        (at, text)
        for at, text, word in known
        if syllables.known(word) and syllables.rarity(syllables.number_of(word)) < met - _MET_MORE
    )


def _cost(symbol: str, other: str, weight: float) -> float:
    """Of reading `other` for `symbol`; beyond `_DEAREST` where it never is."""
    if other == symbol or not other.isalpha() or other.isupper() != symbol.isupper():
        return _DEAREST + 1
    weight = min(weight, _HIGHEST)
    if _letter(symbol) == _letter(other):
        return _SIGN_COST - _SIGN_GAIN * weight
    return _LETTER_COST - _LETTER_GAIN * weight


@functools.cache
def _with_other_signs(symbol: str) -> tuple[str, ...]:
    """Every Vietnamese letter that is the same without its signs, the symbol too."""
    letter = _letter(symbol)
    alike = {"a": "aăâ", "d": "dđ", "e": "eê", "i": "i", "o": "oôơ", "u": "uư", "y": "y"}.get(letter.lower(), "")
    tones = _TONES if letter.lower() != "d" else ("",)
    found = [unicodedata.normalize("NFC", base + tone) for base in alike for tone in tones]
    return tuple(found if symbol.islower() else (other.upper() for other in found))


@functools.cache
def _letter(symbol: str) -> str:
    return unicodedata.normalize("NFD", symbol.replace("đ", "d").replace("Đ", "D"))[0]
