"""Địa danh: the place of issue, in front of the date."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metadata.layout import Segment
from metadata.text import fold
from metadata.types.date import IN_WORDS, DateReading, find_date

PLACE = re.compile(r"[^\W\d_][\w.'’-]*(?:\s[^\W\d_][\w.'’-]*){0,4}$")


@dataclass(frozen=True)
class PlaceAndDate:
    """place: None where none stands in front of the date. The evidence is the row, cut into the two."""

    row: Segment
    place: Segment | None
    place_name: str
    place_fit: float
    date_words: Segment
    date: DateReading


def read_place_and_date(row: Segment, organs: list[str]) -> PlaceAndDate | None:
    """Read "Hà Nội, ngày 08 tháng 5 năm 2017"; `organs` often hold the place's name and then confirm it."""
    if not IN_WORDS.search(row.folded):
        return None
    date = find_date(row.text)
    if date is None:
        return None
    cut = _words_before(row, date.start)
    date_words = row.part(cut, len(row.placed))
    before = row.part(0, cut) if cut else None
    if before is None:
        return PlaceAndDate(row, None, "", 0.0, date_words, date)
    name, fit = _place_name(before.text, organs)
    return PlaceAndDate(row, before if name else None, name, fit, date_words, date)


def _words_before(row: Segment, offset: int) -> int:
    position = 0
    for index, word in enumerate(row.words):
        if position + len(word.text) > offset:
            return index
        position += len(word.text) + 1
    return len(row.words)


def _place_name(text: str, organs: list[str]) -> tuple[str, float]:
    found = PLACE.search(text.strip(" ,.;:-–'\"`_"))
    if not found:
        return "", 0.0
    words = found[0].split()
    while words and not words[0][0].isupper():  # specks in front of the name
        words.pop(0)
    if not words:
        return "", 0.0
    name = " ".join(words)
    for organ in organs:
        at = fold(organ).find(fold(name))
        if at >= 0 and len(name) > 3:
            confirmed = organ[at : at + len(name)]
            same = confirmed.casefold() == name.casefold()
            return name, 1.0 if same else 0.8
    comma = text.rstrip().endswith((",", ".", ";"))
    titled = all(word[0].isupper() and (len(word) == 1 or word[1:].islower()) for word in words)
    return name, (0.97 if comma else 0.9) * (1.0 if titled else 0.7)
