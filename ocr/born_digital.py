"""The text that a page of a PDF already carries, kept where it is good."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from ocr.columns import in_columns
from ocr.engine import OcrEngine
from ocr.ink import Pixels, without_coloured_ink
from ocr.model import Box, Line, PageText, TextSource, Word
from ocr.old_encodings import Encoding, decode, encoding_of
from ocr.pdf_pages import TEXT_DPI, pictured_share
from ocr.quality import Verdict, judge
from ocr.stamps import read_stamps
from ocr.tables import find_tables, in_cells

T = TypeVar("T")

_FEWEST_CHARACTERS = 20
_PICTURED = 0.35  # of the page: what it says is in its pictures then
_SOFT_HYPHEN = 173
_LOOKED_AT = 200  # characters, for the way they run
_COLUMN_GAP = 2.2  # line heights between words that belong to columns side by side


class OwnText(AbstractContextManager["OwnText"]):
    """Reads with pdfplumber, opened only when a page has text worth a look."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._plumber: Any = None
        self._broken = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._plumber is not None:
            with suppress(Exception):
                self._plumber.close()
            self._plumber = None

    def page(self, page: Any, pixels: Pixels, number: int, engine: OcrEngine) -> PageText | None:
        """The page in its own words, or None where it has to be recognised.

        page, pixels: of PDFium, at TEXT_DPI. A page that is mostly a picture is recognised whatever text lies under
        it: what is described and judged must be what is seen. Stamps are read from the pixels in any case.
        """
        if page.get_textpage().count_chars() < _FEWEST_CHARACTERS or pictured_share(page) > _PICTURED:
            return None
        size = pixels.shape[1], pixels.shape[0]
        lines = self._lines(number, *size)
        encoding = encoding_of(_text_of(lines))
        if encoding is not None:
            self.close()  # fonts were read with their bytes' meaning
            with _soft_hyphens():
                lines = self._lines(number, *size, encoding)
        if not lines or judge(_text_of(lines)) is not Verdict.GOOD:
            return None
        gray = without_coloured_ink(pixels)
        tables = find_tables(gray, TEXT_DPI)
        return PageText(
            number=number,
            width=pixels.shape[1],
            height=pixels.shape[0],
            dpi=TEXT_DPI,
            rotation=0,
            skew_degrees=0.0,
            blank=False,
            source=TextSource.OWN_TEXT,
            lines=tuple(in_columns(in_cells(lines, tables), *size)),
            stamps=read_stamps(pixels, gray, TEXT_DPI, engine),
            tables=tuple(tables),
        )

    def stands_upright(self, page: Any, number: int) -> bool:
        """Whether the page is drawn, not pictured, and what is written there runs upright; False: it is not known."""
        if page.get_textpage().count_chars() == 0 or pictured_share(page) > _PICTURED:
            return False
        characters = self._ask(number, lambda plumbed: plumbed.chars[:_LOOKED_AT]) or []
        return bool(characters) and all(_upright(each) for each in characters)

    def _ask(self, number: int, question: Callable[[Any], T]) -> T | None:
        """What pdfplumber says of the page; None where it breaks: PDFium drew the page, and it can be recognised."""
        import pdfplumber

        if self._broken:
            return None
        try:
            if self._plumber is None:
                self._broken = True  # until it is open: what cannot be opened is not tried again for each page
                self._plumber = pdfplumber.open(self._file)
                self._broken = False
            page = self._plumber.pages[number - 1]
            answer = question(page)
            page.close()
        except Exception:  # a parser of foreign bytes may raise anything
            return None
        return answer

    def _lines(self, number: int, width: int, height: int, encoding: Encoding | None = None) -> tuple[Line, ...]:
        fonts = ["fontname"] if encoding is Encoding.TCVN3 else []

        def read(plumbed: Any) -> tuple[list[dict[str, Any]], tuple[float, ...], tuple[float, float]] | None:
            if not all(_upright(character) for character in plumbed.chars[:_LOOKED_AT]):
                return None  # turned text: recognition sets it upright
            told = plumbed.extract_words(x_tolerance_ratio=0.15, keep_blank_chars=False, extra_attrs=fonts)
            return told, plumbed.bbox, (float(plumbed.width), float(plumbed.height))

        found = self._ask(number, read)
        if found is None:
            return ()
        told, bounds, (page_width, page_height) = found
        scale_x, scale_y = width / page_width, height / page_height
        offset_x, offset_y = float(bounds[0]), float(bounds[1])
        words = [
            Word(
                unicodedata.normalize("NFC", word["text"]),
                Box(
                    round((word["x0"] - offset_x) * scale_x, 1),
                    round((word["top"] - offset_y) * scale_y, 1),
                    round((word["x1"] - offset_x) * scale_x, 1),
                    round((word["bottom"] - offset_y) * scale_y, 1),
                ),
                1.0,
            )
            for word in told
        ]
        if encoding is not None:
            words = list(_decoded(words, [word.get("fontname", "") for word in told], encoding))
        return tuple(_grouped(words))


@contextmanager
def _soft_hyphens() -> Iterator[None]:
    """pdfminer takes byte 173 of a PDF's own encoding for a space; it is a hyphen, and in TCVN3 the letter ư."""
    from pdfminer.encodingdb import EncodingDB

    table = EncodingDB.win2unicode
    before = table[_SOFT_HYPHEN]
    table[_SOFT_HYPHEN] = chr(_SOFT_HYPHEN)
    try:
        yield
    finally:
        table[_SOFT_HYPHEN] = before


def _upright(character: dict[str, Any]) -> bool:
    """pdfplumber's own `upright` holds for text upside down too."""
    a, b, c, d = character["matrix"][:4]
    return bool(a > abs(b) and d > abs(c))


def _text_of(lines: tuple[Line, ...]) -> str:
    return "\n".join(line.text for line in lines)


def _decoded(words: list[Word], fonts: list[str], encoding: Encoding) -> Iterator[Word]:
    """VIQR needs to see what follows a word: its marks are also those that end a sentence."""
    if encoding is Encoding.VIQR:
        whole = decode(" ".join(word.text for word in words), encoding)
        for word, text in zip(words, whole.split(" "), strict=True):
            yield replace(word, text=text)
        return
    for word, font in zip(words, fonts, strict=True):
        yield replace(word, text=decode(word.text, encoding, font))


def _grouped(words: list[Word]) -> Iterator[Line]:
    """Words in reading order as lines: a new one where the height changes or a column's gap lies between."""
    line: list[Word] = []
    for word in words:
        if line and not _continues(line[-1].box, word.box):
            yield Line(tuple(line))
            line = []
        line.append(word)
    if line:
        yield Line(tuple(line))


def _continues(before: Box, box: Box) -> bool:
    height = max(1.0, min(before.height, box.height))
    overlap = min(before.bottom, box.bottom) - max(before.top, box.top)
    return (
        overlap > 0.4 * height
        and box.left - before.right + height >= 0
        and (box.left - before.right < _COLUMN_GAP * max(before.height, box.height))
    )
