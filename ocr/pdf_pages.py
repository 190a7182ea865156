"""Pages of a PDF as pixels, by PDFium."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr.errors import FileRefused
from ocr.limits import MAX_READ_PIXELS, check_pixels

Pixels = NDArray[np.uint8]  # (height, width) or (height, width, 3) in the order blue, green, red

TEXT_DPI = 300  # for pages that are drawn, not scanned
_SCAN_DPI = (72, 330)  # a scan is read at its own resolution within these
_SCAN_COVERS = 0.7  # of the page, for it to be a scanned page
_FPDF_ERR_PASSWORD = 4


@contextmanager
def open_pdf(file: Path) -> Iterator[Any]:
    """Raises FileRefused: file.encrypted, file.damaged."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _FPDF_ERR_PASSWORD or pdfium.FPDF_GetLastError() == _FPDF_ERR_PASSWORD:
            raise FileRefused("file.encrypted") from None
        raise FileRefused("file.no_pages" if _is_without_pages(file) else "file.damaged") from None
    try:
        document.init_forms()
        yield document
    finally:
        document.close()


def _is_without_pages(file: Path) -> bool:
    """PDFium opens no document without pages, and does not say why."""
    import pikepdf

    try:
        with pikepdf.open(file) as document:
            return len(document.pages) == 0
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError, RuntimeError):
        return False


@contextmanager
def page_of(document: Any, number: int, *, signatures: bool = True) -> Iterator[Any]:
    """signatures: with the pictures of signature fields; what they say of a signer is no text of the document."""
    page = _load(document, number)
    try:
        if not signatures and _remove_signature_widgets(page):
            page.close()
            page = _load(document, number)  # what is drawn of forms was fixed when the page was loaded
        for image in _images(page):
            width, height = image.get_px_size()
            check_pixels(width, height, number)
        yield page
    finally:
        page.close()


def _load(document: Any, number: int) -> Any:
    import pypdfium2

    try:
        return document[number - 1]
    except pypdfium2.PdfiumError:
        raise FileRefused("file.damaged", page=number) from None


def reading_dpi(page: Any) -> int:
    """The resolution of the scan if the page is one, else TEXT_DPI."""
    width, height = page.get_size()
    dpi = float(TEXT_DPI)
    for image in _images(page):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) >= _SCAN_COVERS * width * height:
            pixels = image.get_px_size()
            longest_inches = max(right - left, top - bottom) / 72
            dpi = min(max(max(pixels) / longest_inches, _SCAN_DPI[0]), 10_000)
            if dpi > _SCAN_DPI[1]:
                dpi = TEXT_DPI
            break
    return drawable_dpi(page, dpi)


def drawable_dpi(page: Any, dpi: float) -> int:
    """At most `dpi`, less where the page would have too many pixels."""
    width, height = page.get_size()
    most = 72 * math.sqrt(MAX_READ_PIXELS / max(1.0, width * height))
    return max(1, round(min(dpi, most)))


def pictured_share(page: Any) -> float:
    """Of the page that pictures cover, those that lie over one another counted twice."""
    width, height = page.get_size()
    covered = 0.0
    for image in _images(page):
        left, bottom, right, top = image.get_bounds()
        covered += max(0.0, min(right, width) - max(left, 0)) * max(0.0, min(top, height) - max(bottom, 0))
    return float(covered / max(1.0, width * height))


def is_one_bit_scan(page: Any) -> bool:
    """Is all that it shows pictures of one bit a pixel?"""
    import pypdfium2.raw as pdfium

    if pdfium.FPDFPage_GetAnnotCount(page):
        return False
    shown = list(page.get_objects(max_depth=4))
    pictures = [part for part in shown if part.type == pdfium.FPDF_PAGEOBJ_IMAGE]
    others = [part for part in shown if part.type not in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)]
    return bool(pictures) and not others and all(part.get_metadata().bits_per_pixel == 1 for part in pictures)


def pinned_files(page: Any) -> int:
    """How many of its notes carry a file."""
    import pypdfium2.raw as pdfium

    pinned = 0
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        try:
            pinned += pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FILEATTACHMENT
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return pinned


def render(page: Any, dpi: float) -> Pixels:
    """The page as a person sees it, three channels; notes and stamps put on it by a PDF program included."""
    bitmap = page.render(scale=dpi / 72, may_draw_forms=True, draw_annots=True)
    pixels: Pixels = bitmap.to_numpy()
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    return pixels[:, :, :3]


def _images(page: Any) -> list[Any]:
    import pypdfium2.raw as pdfium

    return list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4))


def _remove_signature_widgets(page: Any) -> bool:
    """From the document in memory. Were there any?"""
    import pypdfium2.raw as pdfium

    form, removed = page.formenv, False
    if form is None:
        return False
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page))):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        try:
            is_signature = (
                pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET
                and pdfium.FPDFAnnot_GetFormFieldType(form, annotation) == pdfium.FPDF_FORMFIELD_SIGNATURE
            )
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
        if is_signature:
            removed |= bool(pdfium.FPDFPage_RemoveAnnot(page, index))
    return removed
