"""Plug-in of OCRmyPDF: its OCR engine is a recognition made before, so that it draws the text layer without reading.

The options carry the file of the stored recognition as `given_words`. Pages are not drawn for an engine that does not
look at them: a blank picture of the right size does.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ocrmypdf import BoundingBox, OcrClass, OcrElement, OcrEngine, OrientationConfidence, hookimpl
from ocrmypdf.models.ocr_element import Baseline

from ocr import stored
from ocr.model import Box, PageText
from ocr.stamps import lines_of

_BASELINE = 0.2  # of a line's height, above its foot


class GivenWords(OcrEngine):
    @staticmethod
    def version() -> str:
        return "1"

    @staticmethod
    def creator_tag(options: Any) -> str:
        return "hanoi-archive"

    def __str__(self) -> str:
        return "given words"

    @staticmethod
    def languages(options: Any) -> set[str]:
        return {"vie"}

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        return OrientationConfidence(angle=0, confidence=0.0)

    @staticmethod
    def get_deskew(input_file: Path, options: Any) -> float:
        return 0.0

    @staticmethod
    def supports_generate_ocr() -> bool:
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options: Any, page_number: int = 0) -> tuple[OcrElement, str]:
        from PIL import Image

        with Image.open(input_file) as blank:
            width, height = blank.size
            dpi = float(blank.info.get("dpi", (72, 72))[0])
        page = _pages(options.extra_attrs["given_words"])[page_number]
        return _tree(page, width, height, dpi, page_number), page.text

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        raise NotImplementedError


@hookimpl(tryfirst=True)
def get_ocr_engine(options: Any) -> OcrEngine:
    return GivenWords()


@hookimpl(tryfirst=True)
def rasterize_pdf_page(input_file: Path, output_file: Path, raster_dpi: Any, pageno: int, rotation: int | None) -> Path:
    from PIL import Image

    width, height = _page_sizes(input_file)[pageno - 1]
    if rotation in (90, 270):
        width, height = height, width
    size = max(1, round(width * raster_dpi.x / 72)), max(1, round(height * raster_dpi.y / 72))
    Image.new("1", size, 1).save(output_file, format="PNG", dpi=(raster_dpi.x, raster_dpi.y))
    return output_file


@functools.lru_cache(maxsize=2)
def _pages(file: str) -> tuple[PageText, ...]:
    return stored.from_bytes(Path(file).read_bytes()).pages


@functools.lru_cache(maxsize=2)
def _page_sizes(file: Path) -> list[tuple[float, float]]:
    """In points, as displayed."""
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        return [document.get_page_size(index) for index in range(len(document))]


def _tree(page: PageText, width: int, height: int, dpi: float, page_number: int) -> OcrElement:
    across, down = width / page.width, height / page.height

    def scaled(box: Box) -> BoundingBox:
        return BoundingBox(
            box.left * across,
            box.top * down,
            max(box.right * across, box.left * across + 1),
            max(box.bottom * down, box.top * down + 1),
        )

    lines = []
    for line in (*page.lines, *(line for stamp in page.stamps for line in lines_of(stamp))):
        words = [OcrElement(OcrClass.WORD, bbox=scaled(word.box), text=word.text) for word in line.words]
        box = scaled(line.box)
        lines.append(
            OcrElement(
                OcrClass.LINE,
                bbox=box,
                children=words,
                direction="ltr",
                language="vie",
                baseline=Baseline(0, -_BASELINE * (box.bottom - box.top)),
            )
        )
    return OcrElement(
        OcrClass.PAGE,
        bbox=BoundingBox(0, 0, width, height),
        dpi=dpi,
        page_number=page_number,
        children=lines,
    )
