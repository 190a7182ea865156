"""What signing programs drew on the pages of a PDF: signer, body, time, in the words that the file itself carries."""

from __future__ import annotations

import io
import unicodedata
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from ocr.geometry import turned_box
from ocr.model import Box, PageText, StampKind, StampMark
from ocr.stamp_kinds import as_kind

_MOST_A_PAGE = 12
_MOST_LETTERS = 1000  # of one signature: what holds more is no label
_COLOUR = "black"


class Signatures(AbstractContextManager["Signatures"]):
    """Of one file; opened only where PDFium counts signature fields."""

    def __init__(self, file: Path, document: Any) -> None:
        self._file = file
        self._document: Any = None
        self._signed = _count(document) > 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._document is not None:
            self._document.close()

    def added_to(self, page: PageText) -> PageText:
        """The page with a mark for each signature field that shows words; with none where the file cannot be read."""
        if not self._signed:
            return page
        marks: list[StampMark] = []
        with suppress(Exception):  # parsers of foreign bytes may raise anything; the page has been read
            marks += self._marks(page)
        return replace(page, stamps=(*page.stamps, *marks)) if marks else page

    def _marks(self, page: PageText) -> list[StampMark]:
        import pikepdf

        if self._document is None:
            self._signed = False  # until it is open: what cannot be opened is not tried again for each page
            self._document = pikepdf.open(self._file)
            self._signed = True
        source = self._document.pages[page.number - 1]
        marks: list[StampMark] = []
        for annotation in list(source.get("/Annots", []))[: 10 * _MOST_A_PAGE]:
            if len(marks) < _MOST_A_PAGE and _is_signature(annotation):
                text = _words_of(annotation.AP.N)
                if text:
                    box = _on_page([float(edge) for edge in annotation.Rect], source, page)
                    marks.append(as_kind(StampMark(box, _COLOUR, text, 1.0), StampKind.SIGNATURE))
        return marks


def _count(document: Any) -> int:
    import pypdfium2.raw as pdfium

    return int(pdfium.FPDF_GetSignatureCount(document.raw))


def _is_signature(annotation: Any) -> bool:
    field = annotation.get("/FT") or annotation.get("/Parent", {}).get("/FT")
    return annotation.get("/Subtype") == "/Widget" and field == "/Sig" and "/N" in annotation.get("/AP", {})


def _words_of(appearance: Any) -> str:
    """The text of a drawing, drawn alone on a page of its size."""
    import pikepdf
    import pypdfium2

    left, bottom, right, top = (float(edge) for edge in appearance.BBox)
    with pikepdf.new() as alone:
        alone.add_blank_page(page_size=(max(3.0, right - left), max(3.0, top - bottom)))
        page = alone.pages[0]
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Mark=alone.copy_foreign(appearance)))
        page.Contents = alone.make_stream(f"1 0 0 1 {-left:.3f} {-bottom:.3f} cm /Mark Do".encode())
        made = io.BytesIO()
        alone.save(made)
    with pypdfium2.PdfDocument(made.getvalue()) as drawn:
        told = drawn[0].get_textpage().get_text_bounded()[:_MOST_LETTERS]
    rows = (" ".join(row.split()) for row in unicodedata.normalize("NFC", told).splitlines())
    return "\n".join(row for row in rows if any(map(str.isalnum, row)))


def _on_page(rect: list[float], source: Any, page: PageText) -> Box:
    """Where a rectangle of the PDF lies on the page as it was read: turned as the file says, then as it was found."""
    left, bottom, right, top = (float(edge) for edge in source.cropbox)
    width, height = right - left, top - bottom
    x0, x1 = sorted((rect[0], rect[2]))
    y0, y1 = sorted((rect[1], rect[3]))
    box = Box(x0 - left, top - y1, x1 - left, top - y0)
    turn = (int(source.get("/Rotate", 0)) + page.rotation) % 360
    box = turned_box(box, turn, width, height)
    if turn % 180:
        width, height = height, width
    across, down = page.width / width, page.height / height
    return Box(
        min(max(0.0, box.left * across), page.width),
        min(max(0.0, box.top * down), page.height),
        min(max(0.0, box.right * across), page.width),
        min(max(0.0, box.bottom * down), page.height),
    )
