"""What was read where a word was corrected, carried beside the stored form of a page: `read_as`, a list of
[line, word, text], both counted from 0. A page without a correction has no such entry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ocr import stored
from ocr.model import Line, PageText


def page_to_json(page: PageText) -> dict[str, Any]:
    told = [
        [row, column, word.read_as]
        for row, line in enumerate(page.lines)
        for column, word in enumerate(line.words)
        if word.read_as is not None
    ]
    return stored.page_to_json(page) | ({"read_as": told} if told else {})


def page_from_json(told: dict[str, Any]) -> PageText:
    page = stored.page_from_json(told)
    lines = [list(line.words) for line in page.lines]
    for row, column, text in told.get("read_as", ()):
        lines[row][column] = replace(lines[row][column], read_as=text)
    return replace(page, lines=tuple(Line(tuple(words)) for words in lines))
