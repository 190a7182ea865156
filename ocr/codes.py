"""Numbers, codes and units in the shape that offices print them in, where what was read has none.

No digit becomes another, and no letter of a code: a nought that was read as the letter, a number that was torn, a
stroke between number and symbol that was passed over, the small 2 of a square metre.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from ocr.letters import fold
from ocr.model import Line, Word

_WITH_NOUGHTS = re.compile(r"(?=.*\d)(?=.*[Oo])[\dOo]+(?:[.,/-][\dOo]+)*[.,;:]?")
_NOUGHTS = str.maketrans({"O": "0", "o": "0"})
_LAW = re.compile(r"(?<=/QH)[Il](?=\d\b)")
_STROKE = re.compile(r"(?<=\d)(?=(?:QĐ|NĐ|TTr|TTLT|TT|CT|NQ|KH|BC|TB|CV|HD)-[A-ZĐ])")
_HALF, _OTHER_HALF = re.compile(r"\d{1,2}"), re.compile(r"\d+/\S+")
_NEAR = 0.6  # of the words' height: the gap inside a torn number
_NUMBER = re.compile(r"\d[\d.,]*")
_SQUARE = re.compile(r"m[?*°ºª”“\"'’ỶỲỷỳ]{1,2}([.,;:)]*)")
_OF_AN_AREA = 14  # words: within so many before it an area is named


def mended_codes(lines: Iterable[Line]) -> tuple[Line, ...]:
    before: list[str] = []
    told = []
    for line in lines:
        words = []
        for word in _whole(line.words):
            text = _in_shape(word.text, before)
            words.append(word.mended_to(text))
            before = [*before[1 - _OF_AN_AREA :], fold(text)]
        told.append(Line(tuple(words)))
    return tuple(told)


def _whole(words: tuple[Word, ...]) -> Iterator[Word]:
    """The words, a number behind "số" that was torn in one piece."""
    label, half = "", None
    for word in words:
        if half is not None:
            near = word.box.left - half.box.right < _NEAR * max(half.box.height, word.box.height)
            if near and _OTHER_HALF.fullmatch(word.text):
                yield half.joined_to(word)
                half, label = None, ""
                continue
            yield half
            half = None
        elif label == "so" and _HALF.fullmatch(word.text):
            half = word
            continue
        label = fold(word.text).rstrip(":")
        yield word
    if half is not None:
        yield half


def _in_shape(text: str, before: list[str]) -> str:
    """before: the words before it, folded."""
    if _WITH_NOUGHTS.fullmatch(text):
        return text.translate(_NOUGHTS)
    square = _SQUARE.fullmatch(text)
    if square and before and _NUMBER.fullmatch(before[-1]) and _names_an_area(before):
        return f"m²{square[1]}"
    return _STROKE.sub("/", _LAW.sub("1", text))


def _names_an_area(words: list[str]) -> bool:
    return any(pair == ("dien", "tich") for pair in pairwise(words))
