"""The searchable PDF/A-2b of a file: its own pages where that gives valid PDF/A, else pictures of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ocr import stored
from ocr.errors import EngineMissing, OcrError, SealFailed
from ocr.model import PageText, TextSource

LOADED_AHEAD = (  # see ocr.fork_server; what OCRmyPDF loads once it is at work takes three times as long as itself
    "cv2",
    "ocr.formats",
    "ocr.given_words",
    "ocr.page_images",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "fontTools.subset",
    "fontTools.varLib.instancer",
    "fpdf",
    "ocrmypdf.builtin_plugins.ghostscript",
    "ocrmypdf.builtin_plugins.null_ocr",
    "ocrmypdf.builtin_plugins.optimize",
    "ocrmypdf.builtin_plugins.pypdfium",
    "ocrmypdf.builtin_plugins.tesseract_ocr",
    "ocrmypdf.fpdf_renderer",
    "pikepdf.pdfa",
    "pypdfium2",
)
_PICTURE_DPI = 300
_DRAWN_DPI = 200  # of pages that were never scanned
_PICTURE_QUALITY = 80
_DRAWN_COLOURS = 32
_PAGES_A_PART = 20
_LEAST_SIDE_PT = 3  # PDF/A allows no smaller page
_ACTING = ("/OpenAction", "/AA", "/AF", "/Collection", "/Extensions", "/PieceInfo", "/Requirements", "/SpiderInfo")


def write_pdf(path: str, words: str, out: str, title: str | None) -> dict[str, Any]:
    """Write access.pdf into `out`. Raises SealFailed, FileRefused, EngineMissing."""
    import cv2

    from ocr.formats import kind_of

    cv2.setNumThreads(1)
    file, target = Path(path), Path(out) / "access.pdf"
    pages = stored.from_bytes(Path(words).read_bytes()).pages
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        if kind_of(file) == "pdf" and _keeps_its_pages(file, pages):
            try:
                _convert(_prepared(file, pages, work), work / "whole.pdf", words, title, keep_text=True)
                os.replace(work / "whole.pdf", target)  # noqa: PTH105
                return {"rendered": False}
            except (OcrError, ValueError, KeyError, RuntimeError, OSError):
                pass  # what its pages are made of cannot be PDF/A: pictures of them can
        _convert(_pictures(file, pages, work), work / "pictures-sealed.pdf", words, title, keep_text=False)
        os.replace(work / "pictures-sealed.pdf", target)  # noqa: PTH105
    return {"rendered": True}


def _convert(source: Path, target: Path, words: str, title: str | None, *, keep_text: bool) -> None:
    import logging

    import ocrmypdf
    from ocrmypdf import exceptions

    logging.disable(logging.CRITICAL)
    try:
        ocrmypdf.ocr(
            source,
            target,
            output_type="pdfa-2",
            pdfa_backend="internal",
            rasterizer="pypdfium",
            pdf_renderer="fpdf2",
            mode="skip" if keep_text else "default",
            optimize=0,
            language=["vie"],
            title=title,
            progress_bar=False,
            jobs=1,
            plugins=["ocr.given_words"],
            given_words=words,
        )
    except exceptions.MissingDependencyError:
        raise EngineMissing("engine.missing", engine="tesseract") from None
    except exceptions.ExitCodeException as error:
        raise SealFailed("seal.no_pdf_a", detail=type(error).__name__) from None


def _keeps_its_pages(file: Path, pages: tuple[PageText, ...]) -> bool:
    """No signature, no form, nothing cropped, and no bad text under the pages that were recognised."""
    import mmap

    import pikepdf

    from ocr.pdf_pages import open_pdf, page_of

    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find(b"/ByteRange") >= 0:
            return False
    try:
        with pikepdf.open(file) as document:
            if "/AcroForm" in document.Root or len(document.pages) != len(pages):
                return False
            if any(list(page.mediabox) != list(page.cropbox) for page in document.pages):
                return False
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError):
        return False
    with open_pdf(file) as drawn:
        for page in pages:
            if page.source is TextSource.RECOGNISED:
                with page_of(drawn, page.number) as own:
                    if own.get_textpage().count_chars():
                        return False
    return True


def _prepared(file: Path, pages: tuple[PageText, ...], work: Path) -> Path:
    """A copy whose pages are shown upright, without what acts or is enclosed: PDF/A has no room for it."""
    import pikepdf

    copy = work / "prepared.pdf"
    with pikepdf.open(file) as document:
        _remove(document.Root, _ACTING)
        if isinstance(document.Root.get("/Names"), pikepdf.Dictionary):
            _remove(document.Root.Names, ("/JavaScript", "/EmbeddedFiles"))
        for page in pages:
            own = document.pages[page.number - 1]
            _remove(own.obj, _ACTING)
            if page.rotation:
                own.rotate(page.rotation, relative=True)
        document.save(copy)
    return copy


def _remove(dictionary: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if name in dictionary:
            del dictionary[name]


def _pictures(file: Path, pages: tuple[PageText, ...], work: Path) -> Path:
    """A PDF of upright pictures of the pages, made in parts so that memory does not grow with the file."""
    import pikepdf

    whole = work / "pictures.pdf"
    with ExitStack() as open_parts, pikepdf.new() as document:
        for part in _parts(file, pages, work):
            document.pages.extend(open_parts.enter_context(pikepdf.open(part)).pages)
        document.save(whole)
    return whole


def _parts(file: Path, pages: tuple[PageText, ...], work: Path) -> Iterator[Path]:
    import img2pdf

    for start in range(0, len(pages), _PAGES_A_PART):
        pictures = [_picture(file, page, work) for page in pages[start : start + _PAGES_A_PART]]
        part = work / f"part-{start:05d}.pdf"
        with part.open("wb") as stream:
            img2pdf.convert([str(picture) for picture in pictures], outputstream=stream, rotation=img2pdf.Rotation.none)
        for picture in pictures:
            picture.unlink()
        yield part


def _picture(file: Path, page: PageText, work: Path) -> Path:
    """The upright page in the smallest form that keeps it legible; see _save."""
    import numpy as np
    from PIL import Image

    from ocr.images import guessed_dpi
    from ocr.ink import is_gray
    from ocr.page_images import upright

    drawn = page.source is TextSource.OWN_TEXT
    dpi = _DRAWN_DPI if drawn else min(page.dpi or _PICTURE_DPI, _PICTURE_DPI)
    pixels = upright(file, page, dpi)
    inches = page.width / (page.dpi or guessed_dpi(page.width, page.height))
    image = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))
    if _is_black_and_white(file, page, pixels):
        image = image.convert("L").point(lambda value: 255 if value >= 128 else 0, mode="1")
    elif is_gray(pixels):
        image = image.convert("L")
    as_wide = pixels.shape[1] / inches
    largest = min(image.size) * 72 / _LEAST_SIDE_PT
    return _save(image, work / str(page.number), min(as_wide, largest), drawn=drawn)


def _save(image: Any, stem: Path, dpi: float, *, drawn: bool) -> Path:
    """As JPEG; one bit as PNG; a drawn page as a PNG of few colours where that is smaller."""
    png, jpeg = stem.with_suffix(".png"), stem.with_suffix(".jpg")
    if image.mode == "1":
        image.save(png, dpi=(dpi, dpi))
        return png
    image.save(jpeg, quality=_PICTURE_QUALITY, dpi=(dpi, dpi))
    if drawn:
        image.convert("RGB").quantize(_DRAWN_COLOURS).save(png, dpi=(dpi, dpi), optimize=True)
        larger, smaller = sorted((png, jpeg), key=lambda file: -file.stat().st_size)
        larger.unlink()
        return smaller
    return jpeg


def _is_black_and_white(file: Path, page: PageText, pixels: Any) -> bool:
    """Was it scanned with one bit a pixel, and has nothing been put on it since?"""
    import numpy as np

    from ocr.formats import kind_of
    from ocr.ink import is_gray
    from ocr.pdf_pages import is_one_bit_scan, open_pdf, page_of

    if kind_of(file) == "pdf" and page.source is TextSource.RECOGNISED:
        with open_pdf(file) as document, page_of(document, page.number) as own:
            return is_one_bit_scan(own)
    return is_gray(pixels) and not np.any((pixels > 0) & (pixels < 255))
