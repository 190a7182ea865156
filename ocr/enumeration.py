"""Points by letter and headings by Roman number: what was misread in one is known from the one before it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ocr.model import Line, Word

_POINT = re.compile(r"([^\W\d])\)")
_NUMBER = re.compile(r"[“\"]?\d{1,2}\.")
_POINTS = "abcdđeghiklmnopqrstuvxy"
_TAKEN_FOR = {"a": "äàáâø", "c": "eso", "d": "đ", "đ": "dä", "e": "sc", "g": "øqäà", "i": "ïàì", "r": "q", "q": "g"}
_HEADINGS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_HEADING = re.compile(r"([IHVX1l|]{1,5})\.")
_STEMS = {"I": 1, "1": 1, "l": 1, "|": 1, "H": 2, "V": 2, "X": 2}  # strokes that stand side by side


def in_sequence(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines, each point and heading as the one that is due, where what was read is mistaken for it."""
    told, point, heading = [], "", 0
    for line in lines:
        first, *rest = line.words
        letter, number = _POINT.fullmatch(first.text), _HEADING.fullmatch(first.text)
        if letter:
            first, point = _point(first, letter[1], point)
        elif number and rest and rest[0].text[:1].isupper():
            first, heading = _heading(first, number[1], heading)
        elif _NUMBER.fullmatch(first.text) or first.text in ("Điều", "Chương"):
            point = ""
        told.append(Line((first, *rest)))
    return tuple(told)


def _point(word: Word, read: str, last: str) -> tuple[Word, str]:
    """The word, and the letter of this point; empty where it is none."""
    due = _POINTS[_POINTS.index(last) + 1] if last and last != _POINTS[-1] else "a"
    letter = due if last and read in _TAKEN_FOR.get(due, "") else read
    return word.mended_to(letter + ")"), letter if letter in _POINTS else ""


def _heading(word: Word, read: str, last: int) -> tuple[Word, int]:
    """The word, and the number of this heading; 0 where it is none."""
    due = _HEADINGS[last] if 0 < last < len(_HEADINGS) else ""
    new = read in _HEADINGS and read != _HEADINGS[last - 1]
    if due and not new and len(read) > 1 and _alike(read, due):
        return word.mended_to(due + "."), last + 1
    return word, _HEADINGS.index(read) + 1 if read in _HEADINGS else 0


def _alike(read: str, due: str) -> bool:
    """One stem more or less, and every slanting letter in it."""
    slanting = all(read.count(letter) == due.count(letter) for letter in "VX")
    return slanting and abs(sum(map(_STEMS.__getitem__, read)) - sum(map(_STEMS.__getitem__, due))) <= 1
