"""The stored form of a recognition: gzip of one JSON document.

    {"version": 1, "engine": {"name", "version"}, "pages": [
      {"number", "width", "height", "dpi", "rotation", "skew_degrees", "blank", "source",
       "lines": [[[text, left, top, right, bottom, confidence], ...], ...],
       "read_as": [[line, word, text], ...],
       "hand": [[line, word], ...],
       "stamps": [[text, left, top, right, bottom, confidence, colour], ...],
       "stamp_kinds": [[kind, number, date], ...],
       "tables": [[[row, column, left, top, right, bottom], ...], ...]}]}

`tables`, only where there are some: the cells of each, row and column counted from 0. `stamp_kinds`, only where there
are stamps, has an entry for each: number and date (ISO 8601) are null where it tells none. What was stored before
kinds were told has none of them: its stamps are of the kind "other". `read_as`, only where words were corrected: what
was read in their place, lines and words counted from 0. `hand`, only where there are such: words written by hand into
print. A line is a list of words in reading order. Boxes are fractions of the page's width and height after its
quarter turn, origin top left. Text is NFC. Pages, lines and words stand in reading order. The same recognition gives
the same bytes.
"""

from __future__ import annotations

import datetime
import gzip
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from ocr.errors import StoredFormUnknown
from ocr.model import Box, Cell, EngineInfo, Line, PageText, Recognition, StampKind, StampMark, Table, TextSource, Word

VERSION = 1
_FRACTION_DIGITS = 7  # far below a tenth of a pixel on any page that is read
_PIXEL_DIGITS = 1


def to_bytes(recognition: Recognition) -> bytes:
    document = {
        "version": VERSION,
        "engine": engine_to_json(recognition.engine),
        "pages": [page_to_json(page) for page in recognition.pages],
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def from_bytes(data: bytes) -> Recognition:
    """Raises StoredFormUnknown for a version of another program, or bytes that are no stored recognition."""
    try:
        document = json.loads(gzip.decompress(data))
        version = document["version"]
        if version != VERSION:
            raise StoredFormUnknown("recognition.version_unknown", version=version)
        return Recognition(
            engine=engine_from_json(document["engine"]),
            pages=tuple(page_from_json(page) for page in document["pages"]),
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise StoredFormUnknown("recognition.unreadable") from error


def words_from_bytes(data: bytes) -> list[list[list[str]]]:
    """Only the words: of each page, of each line, in reading order. Many times as fast as the whole.

    Raises as `from_bytes`.
    """
    try:
        text = gzip.decompress(data)
        try:
            document = _WORDS_OF.decode(text)
        except msgspec.ValidationError:
            document = _Words(_VERSION_OF.decode(text).version, [])
            if document.version == VERSION:
                raise
        if document.version != VERSION:
            raise StoredFormUnknown("recognition.version_unknown", version=document.version)
        return [[[word.text for word in line] for line in page.lines] for page in document.pages]
    except (OSError, EOFError, ValueError) as error:
        raise StoredFormUnknown("recognition.unreadable") from error


class _WordOfPage(msgspec.Struct, array_like=True, gc=False):
    """Of a word's list only the first; the rest is skipped unread."""

    text: str


class _LinesOfPage(msgspec.Struct, gc=False):
    lines: list[list[_WordOfPage]]


class _Words(msgspec.Struct, gc=False):
    version: Any
    pages: list[_LinesOfPage]


class _Version(msgspec.Struct):
    version: Any


_VERSION_OF = msgspec.json.Decoder(_Version)
_WORDS_OF = msgspec.json.Decoder(_Words)


def engine_to_json(engine: EngineInfo) -> dict[str, str]:
    return {"name": engine.name, "version": engine.version}


def engine_from_json(told: dict[str, str]) -> EngineInfo:
    return EngineInfo(name=told["name"], version=told["version"])


def page_to_json(page: PageText) -> dict[str, Any]:
    read_as = [
        [row, column, word.read_as]
        for row, line in enumerate(page.lines)
        for column, word in enumerate(line.words)
        if word.read_as is not None
    ]
    told: dict[str, Any] = {"read_as": read_as} if read_as else {}
    by_hand = [
        [row, column] for row, line in enumerate(page.lines) for column, word in enumerate(line.words) if word.hand
    ]
    if by_hand:
        told["hand"] = by_hand
    if page.stamps:
        told["stamp_kinds"] = [
            [stamp.kind.value, stamp.number, stamp.date.isoformat() if stamp.date else None] for stamp in page.stamps
        ]
    if page.tables:
        told["tables"] = [
            [[cell.row, cell.column, *_fractions(cell.box, page)] for cell in table.cells] for table in page.tables
        ]
    return told | {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "dpi": page.dpi,
        "rotation": page.rotation,
        "skew_degrees": round(page.skew_degrees, 2),
        "blank": page.blank,
        "source": page.source.value,
        "lines": [
            [[word.text, *_fractions(word.box, page), round(word.confidence, 3)] for word in line.words]
            for line in page.lines
        ],
        "stamps": [
            [stamp.text, *_fractions(stamp.box, page), round(stamp.confidence, 3), stamp.colour]
            for stamp in page.stamps
        ],
    }


def page_from_json(told: dict[str, Any]) -> PageText:
    width, height = told["width"], told["height"]
    read_as = {(row, column): text for row, column, text in told.get("read_as", ())}
    by_hand = {(row, column) for row, column in told.get("hand", ())}
    return PageText(
        number=told["number"],
        width=width,
        height=height,
        dpi=told["dpi"],
        rotation=told["rotation"],
        skew_degrees=told["skew_degrees"],
        blank=told["blank"],
        source=TextSource(told["source"]),
        lines=tuple(
            Line(
                tuple(
                    Word(
                        text,
                        _box(box, width, height),
                        confidence,
                        read_as.get((row, column)),
                        hand=(row, column) in by_hand,
                    )
                    for column, (text, *box, confidence) in enumerate(line)
                )
            )
            for row, line in enumerate(told["lines"])
        ),
        stamps=tuple(_stamps(told, width, height)),
        tables=tuple(
            Table(tuple(Cell(row, column, _box(box, width, height)) for row, column, *box in cells))
            for cells in told.get("tables", ())
        ),
    )


def _stamps(told: dict[str, Any], width: int, height: int) -> Iterator[StampMark]:
    kinds = told.get("stamp_kinds") or [[StampKind.OTHER, None, None]] * len(told["stamps"])
    for (text, *box, confidence, colour), (kind, number, date) in zip(told["stamps"], kinds, strict=True):
        on = datetime.date.fromisoformat(date) if date else None
        yield StampMark(_box(box, width, height), colour, text, confidence, StampKind(kind), number, on)


def _fractions(box: Box, page: PageText) -> list[float]:
    return [
        round(box.left / page.width, _FRACTION_DIGITS),
        round(box.top / page.height, _FRACTION_DIGITS),
        round(box.right / page.width, _FRACTION_DIGITS),
        round(box.bottom / page.height, _FRACTION_DIGITS),
    ]


def _box(fractions: list[float], width: int, height: int) -> Box:
    left, top, right, bottom = fractions
    return Box(
        round(left * width, _PIXEL_DIGITS),
        round(top * height, _PIXEL_DIGITS),
        round(right * width, _PIXEL_DIGITS),
        round(bottom * height, _PIXEL_DIGITS),
    )
