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
from ocr.formats import MAX_READ_PIXELS, check_pixels

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
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
        return False


@contextmanager
def page_of(document: Any, number: int) -> Iterator[Any]:
    import pypdfium2

    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:
        raise FileRefused("file.damaged", page=number) from None
    try:
        for image in _images(page):
            width, height = image.get_px_size()
            check_pixels(width, height, number)
        yield page
    finally:
        page.close()


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


def render(page: Any, dpi: float, *, with_signatures: bool) -> Pixels:
    """The page as a person sees it, three channels; without the pictures of signature fields unless asked for.

    Notes and stamps put on a page by a PDF program are part of what is seen.
    """
    if not with_signatures:
        _remove_signature_widgets(page)
    bitmap = page.render(scale=dpi / 72, may_draw_forms=True, draw_annots=True, rev_byteorder=False, prefer_bgrx=False)
    pixels: Pixels = bitmap.to_numpy()
    return pixels[:, :, :3] if pixels.ndim == 3 and pixels.shape[2] > 3 else pixels


def _images(page: Any) -> list[Any]:
    import pypdfium2.raw as pdfium

    return list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4))


def _remove_signature_widgets(page: Any) -> None:
    """From the page in memory: what they say of the signer is no text of the document."""
    import pypdfium2.raw as pdfium

    form = page.formenv
    if form is None:
        return
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page))):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        try:
            is_widget = pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET
            signature = is_widget and (
                pdfium.FPDFAnnot_GetFormFieldType(form, annotation) == pdfium.FPDF_FORMFIELD_SIGNATURE
            )
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
        if signature:
            pdfium.FPDFPage_RemoveAnnot(page, index)
