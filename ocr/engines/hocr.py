"""hOCR as Tesseract writes it: words with boxes, confidences, and what else was seen in place of each symbol."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from xml.etree import ElementTree as Xml

from ocr.model import Box, Choices, Line, Word

_SPAN = "{http://www.w3.org/1999/xhtml}span"
_LINES = {"ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat"}
_PLACE = re.compile(r"bbox (\d+) (\d+) (\d+) (\d+); x_wconf (\d+)")
Weighed = tuple[tuple[str, float], ...]


def lines_of(hocr: bytes) -> tuple[Line, ...]:
    """In the order of the file. Raises ParseError for what is no XML."""
    root = Xml.fromstring(hocr)  # noqa: S314 - written by the program that was just run
    lines = []
    for span in root.iter(_SPAN):
        if span.get("class") in _LINES:
            words = tuple(word for inner in span if (word := _word(inner)) is not None)
            if words:
                lines.append(Line(words))
    return tuple(lines)


def _word(span: Xml.Element) -> Word | None:
    place = _PLACE.match(span.get("title", ""))
    own = [span.text or "", *("".join(part.itertext()) for part in span if part.tag != _SPAN)]  # <strong>, <em>
    text = "".join(unicodedata.normalize("NFC", "".join(own)).split())
    if place is None or not text:
        return None
    left, top, right, bottom, confidence = map(int, place.groups())
    box = Box(float(left), float(top), float(right), float(bottom))
    return Word(text, box, min(1.0, confidence / 100), choices=_choices(text, list(_weighed(span))))


def _weighed(word: Xml.Element) -> Iterator[Weighed]:
    """Of each place that is not the space before the word: symbols with their weights, 0 to 100."""
    for place in word:
        if place.get("id", "").startswith("lstm_choices"):
            weighed = tuple((choice.text or " ", float(choice.get("title", "")[8:])) for choice in place)
            if weighed and not max(weighed, key=lambda choice: choice[1])[0].isspace():
                yield weighed


def _choices(text: str, weighed: list[Weighed]) -> Choices:
    """One entry a symbol of the text; empty where the places cannot be matched with it."""
    if len(weighed) == len(text):
        return tuple(weighed)
    found: list[Weighed] = [()] * len(text)
    tops = [max(place, key=lambda choice: choice[1])[0] for place in weighed]
    for at, symbol, length in SequenceMatcher(None, tops, list(text), autojunk=False).get_matching_blocks():
        found[symbol : symbol + length] = weighed[at : at + length]
    return tuple(found)
