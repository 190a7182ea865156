"""Words and marks of pages."""

from __future__ import annotations

from pydantic import Field

from archive.web.api.models.records import Answer, Box


class PageWord(Answer):
    text: str
    box: Box
    confidence: float
    hand: bool = Field(description="written by hand into print")


class PageLine(Answer):
    text: str
    box: Box
    confidence: float
    words: list[PageWord]


class PageWords(Answer):
    """Lines in reading order; boxes are fractions of the upright page."""

    number: int
    width: int
    height: int
    lines: list[PageLine]


class PageMarks(Answer):
    number: int
    boxes: list[Box]


class ItemMarks(Answer):
    """Where the words of a query stand, page by page."""

    pages: list[PageMarks] = Field(description="pages with a word of the query")
