"""From the weights of each time step to words: their text, place, confidence, and what else was seen."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.engine import Gray
from ocr.engines.line_finding import FoundLine
from ocr.model import Box, Line, Word

_LEAST_WEIGHT = 0.5  # of 100: what weighs less is no choice
_MOST_CHOICES = 6
_HALF_PITCH = 0.5  # of the way to the next symbol: as far as a symbol reaches from its middle
Weights = NDArray[np.float32]  # (time steps, symbols + 1), each step sums to 1; 0 is the blank


@dataclass(frozen=True, slots=True)
class _Symbol:
    text: str
    at: float  # time step of its middle
    weight: float  # 0 to 1
    choices: tuple[tuple[str, float], ...]


def line_of(weights: Weights, symbols: str, found: FoundLine, page: Gray) -> Line | None:
    """The words of one line; None where none was read. Boxes in pixels of the page."""
    read = list(_symbols(weights, symbols))
    words, word = [], []
    for symbol in [*read, _Symbol(" ", 0.0, 1.0, ())]:
        if symbol.text != " ":
            word.append(symbol)
        elif word:
            words.append(word)
            word = []
    if not words:
        return None
    cut = page[found.top : found.bottom, found.left : found.right]
    spans = _spans(words, found.width / weights.shape[0], cut)
    return Line(tuple(_word(word, span, found, cut) for word, span in zip(words, spans, strict=True)))


def _symbols(weights: Weights, symbols: str) -> Iterator[_Symbol]:
    """Steps with the same likeliest symbol are one symbol."""
    best = weights.argmax(axis=1)
    borders = np.flatnonzero(np.diff(best)) + 1
    for run in np.split(np.arange(len(best)), borders):
        number = int(best[run[0]])
        if not number:
            continue
        own = weights[run, number]
        peak = weights[run[int(own.argmax())]]
        likely = [int(each) for each in peak.argsort()[::-1][:_MOST_CHOICES] if each and symbols[each - 1] != " "]
        choices = tuple((symbols[each - 1], round(100 * float(peak[each]), 1)) for each in likely)
        yield _Symbol(
            symbols[number - 1],
            float(run.mean()) + 0.5,
            float(own.max()),
            tuple(choice for choice in choices if choice[1] >= _LEAST_WEIGHT),
        )


def _spans(words: list[list[_Symbol]], step: float, cut: Gray) -> list[tuple[float, float]]:
    """Left and right of each word in the cut: parted in the widest gap of ink between the symbols on both sides."""
    inked: NDArray[np.bool_] = np.asarray((cut < _threshold(cut)).any(axis=0))
    columns = np.flatnonzero(inked)
    first, last = (float(columns[0]), float(columns[-1] + 1)) if columns.size else (0.0, float(cut.shape[1]))
    spans, left = [], first
    for word, after in itertools.pairwise(words):
        end, start = _widest_gap(inked, word[-1].at * step, after[0].at * step)
        spans.append((left, end))
        left = start
    spans.append((left, last))
    return [_at_least_its_middles(span, word, step) for span, word in zip(spans, words, strict=True)]


def _widest_gap(inked: NDArray[np.bool_], after: float, before: float) -> tuple[float, float]:
    low, high = max(0, int(after)), min(len(inked), max(int(before) + 1, int(after) + 2))
    gaps = np.split(np.arange(low, high), np.flatnonzero(np.diff(inked[low:high].astype(np.int8))) + 1)
    empty = [gap for gap in gaps if gap.size and not inked[gap[0]]]
    if not empty:
        middle = (after + before) / 2
        return middle, middle
    widest = max(empty, key=len)
    return float(widest[0]), float(widest[-1] + 1)


def _at_least_its_middles(span: tuple[float, float], word: list[_Symbol], step: float) -> tuple[float, float]:
    left, right = min(span[0], (word[0].at - _HALF_PITCH) * step), max(span[1], (word[-1].at + _HALF_PITCH) * step)
    return left, max(right, left + 1)


def _word(word: list[_Symbol], span: tuple[float, float], found: FoundLine, cut: Gray) -> Word:
    width = found.right - found.left
    left, right = max(0.0, span[0]), min(float(width), span[1])
    left = min(left, max(0.0, right - 1))
    part = cut[:, int(left) : int(np.ceil(right))]
    rows = np.flatnonzero((part < _threshold(cut)).any(axis=1)) if part.size else np.array([], np.int64)
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, cut.shape[0])
    box = Box(found.left + left, float(found.top + top), found.left + max(right, left + 1), float(found.top + bottom))
    text = unicodedata.normalize("NFC", "".join(symbol.text for symbol in word))
    confidence = float(np.exp(np.mean([np.log(max(1e-6, symbol.weight)) for symbol in word])))
    return Word(text, box, min(1.0, confidence), choices=tuple(symbol.choices for symbol in word))


def _threshold(cut: Gray) -> float:
    """Between its ink and its paper."""
    ink, paper = np.percentile(cut, (1, 90))
    return float(ink + paper) / 2
