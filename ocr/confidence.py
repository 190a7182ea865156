"""How sure a word is: what the engine said of it, made a share of right words.

Of each word a few numbers are taken (`features_of`): the engine's confidence in it, in its line and its page, the
weights of its symbols, whether it is a known syllable and fits between its neighbours, its script. A weighted sum of
them is laid on a rising curve of observed shares. Weights and curve are in `confidence.json`, made on development
pages by scripts/confidence_model.py. Where an engine is surer of a word, no word of the page comes out less sure.
"""

from __future__ import annotations

import functools
import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from ocr.model import Line, Word
from ocr.syllables import START, Syllables, model, plain

CALIBRATION = Path(__file__).with_name("confidence.json")
FEATURES = (
    "engine",  # its confidence in the word
    "engine_high",  # what of it lies above _HIGH
    "line",  # its confidence in the line's other words
    "page",  # and in the page
    "rival",  # the strongest weight of another symbol
    "corrected",
    "fits",  # how badly it follows the words before
    "leads",  # how badly the next word follows it
    "unknown",  # letters that are no syllable
    "figures",
    "code",
    "capitals",
    "strange",  # neither a word, a number, a code nor marks, or with signs that no office writes
    "stopped",  # as a sentence ends, though the next word goes on in small letters
    "marks",
    "short",
    "alone",  # hardly a word beside it
    "height",  # how far from that of its line
)
RISING = frozenset({"engine", "engine_high", "line", "page"})  # whose weight is never below 0
_HIGH = 0.85
_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[./,-]\d+)*")
_WORD = re.compile(r"[^\w]*(?:[^\W\d_]+(?:[-–/.][^\W\d_]+)*|\d+(?:[./,:-]\d+)*%?)[^\w]*")
_CODE = re.compile(r"[^\w]*[A-ZĐ\d]+(?:[-–/.][A-ZĐƯ\d]+)*[-–/]?[^\w]*")
_ODD = re.compile(r"[^\w\s.,;:!?()\[\]/%&+*=\-–—…'\"“”‘’°²³|_]|[ÐäöëïüßæøåñçÄÖËÏÜÆØÅÑÇ]")
_STOPS = ".:;?!"
_HARDLY_ANY = 2  # words of a line
_DEAREST = 14.0  # of a syllable in its place: beyond it, it fits no worse


@dataclass(frozen=True)
class Calibration:
    """weights: one for each of FEATURES. curve: pairs of sum and share, both rising."""

    version: str
    constant: float
    weights: tuple[float, ...]
    curve: tuple[tuple[float, float], ...]

    def share(self, features: Sequence[float]) -> float:
        """Of words with such features that are right."""
        return on_curve(self.curve, self.sum_of(features))

    def sum_of(self, features: Sequence[float]) -> float:
        return self.constant + sum(weight * value for weight, value in zip(self.weights, features, strict=True))


def calibrated(lines: Iterable[Line], calibration: Calibration | None = None) -> tuple[Line, ...]:
    """The lines of one page, each word's confidence the share of such words that are right."""
    lines = tuple(lines)
    calibration = calibration or calibration_of_words()
    shares = (round(calibration.share(features), 3) for features in features_of(lines))
    return tuple(Line(tuple(replace(word, confidence=next(shares)) for word in line.words)) for line in lines)


def calibration_version() -> str:
    return calibration_of_words().version


@functools.cache
def calibration_of_words() -> Calibration:
    """Loaded once a process."""
    told = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    weights = tuple(float(told["weights"][name]) for name in FEATURES)
    curve = tuple((float(at), float(share)) for at, share in told["curve"])
    return Calibration(str(told["version"]), float(told["constant"]), weights, curve)


def on_curve(curve: Sequence[tuple[float, float]], at: float) -> float:
    """Between its points in a straight line, level beyond its ends."""
    place = bisect_right(curve, (at, math.inf))
    if place == 0:
        return curve[0][1]
    if place == len(curve):
        return curve[-1][1]
    (left, low), (right, high) = curve[place - 1], curve[place]
    return low + (high - low) * (at - left) / (right - left)


def features_of(lines: Sequence[Line]) -> Iterator[tuple[float, ...]]:
    """Of every word of a page in reading order, as FEATURES names them."""
    words = [word for line in lines for word in line.words]
    letters = max(1, sum(len(word.text) for word in words))
    page = sum(word.confidence * len(word.text) for word in words) / letters
    syllables = model()
    texts = [word.text for word in words]
    costs, following = iter(_costs(texts, syllables)), iter([*texts[1:], ""])
    for line in lines:
        height = median(word.box.height for word in line.words)
        for word in line.words:
            written = _written(word.text, next(following), syllables)
            yield (*_read(word, line, page), *next(costs), *written, *_placed(word, line, height))


def _read(word: Word, line: Line, page: float) -> tuple[float, ...]:
    """What the engine said; a word alone in its line speaks for the line."""
    letters = sum(len(other.text) for other in line.words) - len(word.text)
    others = sum(other.confidence * len(other.text) for other in line.words) - word.confidence * len(word.text)
    seen = zip(word.text, word.choices, strict=False)
    rivals = [weight for letter, weighed in seen for symbol, weight in weighed if symbol != letter]
    return (
        word.confidence,
        max(0.0, word.confidence - _HIGH) / (1 - _HIGH),
        others / letters if letters else word.confidence,
        page,
        max(rivals, default=0.0) / 100,
        float(word.read_as is not None),
    )


def _costs(texts: Sequence[str], syllables: Syllables) -> list[tuple[float, float]]:
    """Of each word, how badly it follows what stands before it and what comes next follows it: 0 to 1."""
    fits, leads = [0.0] * len(texts), [0.0] * len(texts)
    before, last, previous = START, START, -1
    for at, text in enumerate(texts):
        for token in _TOKEN.findall(text):
            number = syllables.number_of(plain(token))
            cost = min(_DEAREST, syllables.cost(before, last, number)) / _DEAREST
            fits[at] = max(fits[at], cost)
            if previous not in (-1, at):
                leads[previous] = cost
            before, last, previous = last, number, at
    return list(zip(fits, leads, strict=True))


def _written(text: str, following: str, syllables: Syllables) -> tuple[float, ...]:
    tokens = _TOKEN.findall(text)
    solid = [letter for letter in text if letter.isalpha()]
    code = _CODE.fullmatch(text) is not None and any(map(str.isdigit, text)) and bool(solid)
    return (
        float(any(token.isalpha() and not syllables.known(plain(token)) for token in tokens) and not code),
        float(any(map(str.isdigit, text)) and not code),
        float(code),
        float(len(solid) > 1 and text == text.upper()),
        float((bool(tokens) and not code and _WORD.fullmatch(text) is None) or _ODD.search(text) is not None),
        float(text[-1] in _STOPS and following[:1].islower()),
        float(not tokens),
        float(len(text) == 1),
    )


def _placed(word: Word, line: Line, height: float) -> tuple[float, ...]:
    away = abs(math.log(max(1.0, word.box.height) / max(1.0, height)))
    return float(len(line.words) <= _HARDLY_ANY), min(1.0, away)
