"""Tesseract through pytesseract: one process a page."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

from ocr.engine import Gray
from ocr.engines.hocr import lines_of
from ocr.errors import EngineFailed, EngineMissing
from ocr.model import EngineInfo, Line

LANGUAGE = "vie"
_PAGE = 3  # page segmentation: automatic
_BLOCK = 6  # one block of text
_SPARSE = 11  # as much as can be found
_WITH_CHOICES = "-c lstm_choice_mode=2"  # what else it saw in each place: correction chooses among that
_ORIENTATION_SURE = (
    8.0  # Tesseract's confidence above which no tried page was turned wrongly; wrong ones went up to 6.5
)


class TesseractEngine:
    def __init__(self, language: str = LANGUAGE) -> None:
        self._language = language

    @functools.cached_property
    def info(self) -> EngineInfo:
        import pytesseract

        with _translated():
            version = str(pytesseract.get_tesseract_version())
            if self._language not in pytesseract.get_languages():
                raise EngineMissing("engine.language_missing", engine="tesseract", language=self._language)
        return EngineInfo(name="tesseract", version=f"{version} {self._language}")

    def read_page(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._read(image, dpi, _PAGE)

    def read_block(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._read(image, dpi, _BLOCK)

    def read_sparse(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._read(image, dpi, _SPARSE)

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        import pytesseract

        with _on_disk(image) as path, _translated():
            try:
                told = pytesseract.image_to_osd(path, config=f"--dpi {dpi}", output_type=pytesseract.Output.DICT)
            except pytesseract.TesseractError:  # "too few characters": it does not know
                return 0, 0.0
        return int(told["rotate"]) % 360, min(1.0, max(0.0, float(told["orientation_conf"]) / _ORIENTATION_SURE))

    def _read(self, image: Gray, dpi: int, segmentation: int) -> tuple[Line, ...]:
        import pytesseract

        config = f"--psm {segmentation} --dpi {dpi} {_WITH_CHOICES}"
        with _on_disk(image) as path, _translated():
            told = pytesseract.image_to_pdf_or_hocr(path, lang=self._language, config=config, extension="hocr")
            return lines_of(told)


@contextmanager
def _on_disk(image: Gray) -> Iterator[str]:
    """As an uncompressed file, as it is read once: a bitmap, since the program reads PGM one byte after the other."""
    import cv2

    with tempfile.NamedTemporaryFile(suffix=".bmp") as file:
        cv2.imwrite(file.name, image)
        yield file.name


@contextmanager
def _translated() -> Iterator[None]:
    import pytesseract

    try:
        yield
    except pytesseract.TesseractNotFoundError:
        raise EngineMissing("engine.missing", engine="tesseract") from None
    except (pytesseract.TesseractError, ParseError, RuntimeError, OSError) as error:
        # its words may quote file names, never text
        raise EngineFailed("engine.failed", engine="tesseract", status=getattr(error, "status", None)) from None
