"""Địa danh: the place of issue, in front of the date."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metadata.layout import Segment
from metadata.types.date import IN_WORDS, DateReading, find_date
from ocr.letters import fold

PLACE_AFTER = re.compile(r"[\s,]*t[aạ]i\s+(?P<place>[^\W\d_][\w.'’-]*(?:\s[^\W\d_a-zđ][\w.'’-]*){0,4})")
PLACE = re.compile(r"[^\W\d_][\w.'’-]*(?:\s[^\W\d_][\w.'’-]*){0,4}$")


@dataclass(frozen=True)
class PlaceAndDate:
    """place: None where none stands beside the date. The evidence is the row, cut into the two."""

    row: Segment
    place: Segment | None
    place_name: str
    place_support: float
    date_words: Segment
    date: DateReading


def read_place_and_date(row: Segment, organs: list[str]) -> PlaceAndDate | None:
    """Read "Hà Nội, ngày 08 tháng 5 năm 2017"; `organs` often hold the place's name and then confirm it."""
    date = find_date(row.text) if IN_WORDS.search(row.folded) else None
    if date is None:
        return None
    cut, end = _word_at(row, date.start), _word_at(row, date.end)
    words = row.part(cut, max(end, cut + 1))
    name, support = _place_name(row.part(0, cut).text, organs) if cut else ("", 0.0)
    return PlaceAndDate(row, row.part(0, cut) if name else None, name, support, words, date)


def read_date_and_place(row: Segment) -> PlaceAndDate | None:
    """Read "Hôm nay, ngày 16 tháng 11 năm 2017, tại Hà Nội, chúng tôi gồm:" of a contract."""
    date = find_date(row.text)
    if date is None:
        return None
    words = row.part(_word_at(row, date.start), max(_word_at(row, date.end), _word_at(row, date.start) + 1))
    after = PLACE_AFTER.match(row.text[date.end :])
    if after is None:
        return PlaceAndDate(row, None, "", 0.0, words, date)
    start = date.end + after.start("place")
    place = row.part(_word_at(row, start), _word_at(row, start + len(after["place"]) - 1) + 1)
    return PlaceAndDate(row, place, after["place"], 2.0, words, date)


def _word_at(row: Segment, offset: int) -> int:
    """Index of the word that holds the character, or of the next one."""
    position = 0
    for index, word in enumerate(row.words):
        if position + len(word.text) > offset:
            return index
        position += len(word.text) + 1
    return len(row.words)


def _place_name(text: str, organs: list[str]) -> tuple[str, float]:
    found = PLACE.search(text.strip(" ,.;:-–'\"`_"))
    words = found[0].split() if found else []
    while words and not words[0][0].isupper():  # specks in front of the name
        words.pop(0)
    if not words:
        return "", 0.0
    name = " ".join(words)
    for organ in organs:
        at = fold(organ).find(fold(name))
        if at >= 0 and len(name) > 3:
            return name, 10.0 if organ[at : at + len(name)].casefold() == name.casefold() else 1.0
    comma = text.rstrip().endswith((",", ".", ";"))
    titled = all(word[0].isupper() and (len(word) == 1 or word[1:].islower()) for word in words)
    return name, (2.0 if comma else 1.0) * (1.0 if titled else 0.2)
