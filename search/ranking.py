"""What makes one document rank before another: the same numbers in every index.

A part of the query counts by BM25 in each field that it stands in, times the field's weight; the fields are those of
search.keys. Words typed side by side count once more where they stand so, words typed with tones where they stand as
typed; a document that has all of them as typed comes before every other.
"""

from __future__ import annotations

import math

K1, B = 1.2, 0.75

WEIGHTS = {"words": 1.0, "heading": 1.0, "codes": 4.0, "exact": 2.0, "neighbours": 3.0}
SCALE = 0.01  # keeps the sum of all weights below AS_TYPED
AS_TYPED = 10.0

_KEPT_EXACT = 24  # Lucene and Tantivy keep the length of a field in one byte: what is above this, to four bits


def rarity(having: int, documents: int) -> float:
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))


def bm25(times: int, rare: float, length: int, average_length: float) -> float:
    return rare * (K1 + 1) * times / (times + K1 * (1 - B + B * kept_length(length) / average_length))


def kept_length(length: int) -> int:
    """A length in words as an index remembers it."""
    above = length - _KEPT_EXACT
    if above < 1:
        return length
    lost_bits = max(0, above.bit_length() - 4)
    return _KEPT_EXACT + (above >> lost_bits << lost_bits)
