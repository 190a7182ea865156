"""One page in, one PageText out: the order of the steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ocr import stored
from ocr.codes import mended_codes
from ocr.columns import in_columns
from ocr.confidence import calibrated, calibration_version
from ocr.correction import corrected
from ocr.engine import LINE_COUNTS, OcrEngine, open_engine
from ocr.enumeration import in_sequence
from ocr.figures import figures_version
from ocr.folds import without_folds
from ocr.geometry import Straightening, skew_of, turned
from ocr.halves import with_halves
from ocr.handwriting import with_handwriting
from ocr.images import guessed_dpi, load_page
from ocr.ink import Pixels, dark, gray_of, without_coloured_ink
from ocr.leftover import with_leftover
from ocr.marks import mended_marks
from ocr.model import Box, EngineInfo, Line, PageText, StampMark, Table, TextSource
from ocr.orientation import quarter_turn, stands_upright
from ocr.seals import without_gray_seals
from ocr.stamps import outside_stamps, read_stamps
from ocr.syllables import model_version
from ocr.tables import find_tables, in_cells

LOADED_AHEAD = (  # see ocr.fork_server
    "cv2",
    "numpy.ma",
    "ocr.born_digital",
    "ocr.engines.tesseract",
    "ocr.formats",
    "ocr.signatures",
    "pdfplumber",
    "pikepdf",
    "pypdfium2",
    "pytesseract",
    "xml.etree.ElementTree",
)
_SKEW_MATTERS = 0.1  # degrees
_LEAST_PIXELS = 8  # of a side: no letter fits into less
_HALF_BRIGHT = 127
_BLANK_INK = 0.0004  # share of the page


def recognise_pages(path: str, kind: str, pages: list[int], engine: str) -> dict[str, Any]:
    """Read some pages of a file, in a child process. Returns engine and pages in their stored form."""
    import cv2

    cv2.setNumThreads(1)
    reader = open_engine(engine)
    told = [stored.page_to_json(page) for page in _read(Path(path), kind, pages, reader)]
    models = f"syllables {model_version()}, confidence {calibration_version()}, figures {figures_version()}"
    info = EngineInfo(reader.info.name, f"{reader.info.version}, {models}")
    return {"engine": stored.engine_to_json(info), "pages": told}


def _read(file: Path, kind: str, pages: list[int], engine: OcrEngine) -> Iterator[PageText]:
    if kind != "pdf":
        for number in pages:
            pixels, dpi = load_page(file, number)
            yield read_page(pixels, dpi, number, engine)
        return
    from ocr.born_digital import OwnText
    from ocr.pdf_pages import open_pdf, page_of, reading_dpi, render
    from ocr.signatures import Signatures

    with open_pdf(file) as document, OwnText(file) as own_text, Signatures(file, document) as signatures:
        for number in pages:
            with page_of(document, number, signatures=False) as page:
                dpi = reading_dpi(page)
                pixels = render(page, dpi)
                own = own_text.page(page, pixels, number, engine)
                told = own or read_page(pixels, dpi, number, engine, upright=own_text.stands_upright(page, number))
                yield signatures.added_to(told)


def read_page(pixels: Pixels, dpi: int | None, number: int, engine: OcrEngine, *, upright: bool = False) -> PageText:
    """Read one page as it lies. pixels: (height, width, 3), blue, green, red. dpi: None where unknown.

    upright: it is known to stand so.
    """
    reading_dpi = dpi or guessed_dpi(pixels.shape[1], pixels.shape[0])
    if min(pixels.shape[:2]) < _LEAST_PIXELS:
        return _page_without_text(pixels, dpi, number, blank=bool(pixels.min() > _HALF_BRIGHT))
    gray = without_coloured_ink(pixels)
    if _is_empty(gray) and _is_empty(gray_of(pixels)):
        return _page_without_text(pixels, dpi, number, blank=True)
    rotation, seen = 0, _look(pixels, gray, reading_dpi, engine)
    if not (upright or stands_upright(seen.lines)):
        rotation = quarter_turn(gray, reading_dpi, engine)
        if rotation:
            seen = _look(turned(pixels, rotation), turned(gray, rotation), reading_dpi, engine)
    pixels, clear, level = seen.pixels, seen.clear, seen.level
    stamps = read_stamps(pixels, seen.gray, reading_dpi, engine)  # nothing taken out: one of them may be a secrecy mark
    lines = [line for line in seen.lines if line.confidence >= LINE_COUNTS]
    lines = with_halves(lines, clear, reading_dpi, engine)
    lines = with_leftover(lines, _read_black(stamps), clear, reading_dpi, engine)
    tables = find_tables(clear, reading_dpi)
    lines = in_columns(in_cells(outside_stamps(lines, stamps, clear), tables), clear.shape[1], clear.shape[0])
    mended = corrected(in_sequence(mended_codes(mended_marks(lines))))
    told = with_handwriting(calibrated(mended), pixels)
    return PageText(
        number=number,
        width=level.width,
        height=level.height,
        dpi=dpi,
        rotation=rotation,
        skew_degrees=round(seen.skew, 2),
        blank=False,
        source=TextSource.RECOGNISED,
        lines=tuple(_line_on_page(line, level) for line in told),
        stamps=tuple(replace(stamp, box=level.back(stamp.box)) for stamp in stamps),
        tables=tuple(_table_on_page(table, level) for table in tables),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """A page as it is read, level. gray: with all that stands on it; clear: what the lines were read in."""

    pixels: Pixels
    gray: Pixels
    clear: Pixels
    skew: float
    level: Straightening
    lines: tuple[Line, ...]


def _look(pixels: Pixels, gray: Pixels, dpi: int, engine: OcrEngine) -> _Look:
    height, width = gray.shape
    skew = skew_of(dark(gray).astype(np.uint8) * 255)
    level = Straightening(skew if abs(skew) >= _SKEW_MATTERS else 0.0, width, height)
    if level.degrees:
        pixels, gray = level.straighten(pixels), level.straighten(gray)
    gray = without_folds(gray)
    clear = without_gray_seals(gray, dpi)
    return _Look(pixels, gray, clear, skew, level, engine.read_page(clear, dpi))


def _read_black(stamps: tuple[StampMark, ...]) -> list[Box]:
    """Places that a second look must pass over; coloured ink is not in its picture."""
    return [stamp.box for stamp in stamps if stamp.colour == "black" and stamp.text]


def _line_on_page(line: Line, level: Straightening) -> Line:
    return Line(tuple(replace(word, box=level.back(word.box)) for word in line.words))


def _table_on_page(table: Table, level: Straightening) -> Table:
    return Table(tuple(replace(cell, box=level.back(cell.box)) for cell in table.cells))


def _page_without_text(pixels: Pixels, dpi: int | None, number: int, *, blank: bool) -> PageText:
    height, width = pixels.shape[:2]
    return PageText(number, width, height, dpi, 0, 0.0, blank=blank, source=TextSource.RECOGNISED, lines=())


def _is_empty(gray: Pixels) -> bool:
    """Nothing on it but what scanners and the other side of the paper leave."""
    return float(np.count_nonzero(dark(gray))) < _BLANK_INK * gray.size
