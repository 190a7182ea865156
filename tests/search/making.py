"""Documents and recognitions for tests of searching."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from ocr.model import Box, EngineInfo, Line, PageText, Recognition, TextSource, Word
from search.document import IndexDocument, text_of

_PLAIN = IndexDocument(
    id="",
    revision=1,
    receipt="BN-TEST-2025-0000001",
    code=None,
    title="",
    text="",
    page_offsets=(0,),
    agency="agency-a",
    fond=None,
    dossier=None,
    dossier_code=None,
    task=1,
    state="described",
    level="conditional",
)


def document(id_: str, text: str = "", **values: Any) -> IndexDocument:
    return replace(_PLAIN, id=id_, text=text, receipt=f"BN-TEST-2025-{id_}", **values)


def day(text: str) -> date:
    return date.fromisoformat(text)


def recognition(*pages: str) -> Recognition:
    """Each page's text as lines of words, each word in a box of its own."""
    return Recognition(EngineInfo("test", "1"), tuple(_page(number, text) for number, text in enumerate(pages, 1)))


def _page(number: int, text: str) -> PageText:
    lines = tuple(
        Line(
            tuple(Word(word, Box(20 * x, 30 * y, 20 * x + 18, 30 * y + 25), 0.9) for x, word in enumerate(line.split()))
        )
        for y, line in enumerate(text.split("\n"))
        if line.split()
    )
    return PageText(number, 1000, 1400, 150, 0, 0.0, not lines, TextSource.RECOGNISED, lines)


def paged(id_: str, *pages: str, **values: Any) -> IndexDocument:
    joined = text_of(recognition(*pages))
    return document(id_, joined.text, page_offsets=joined.page_offsets, **values)
