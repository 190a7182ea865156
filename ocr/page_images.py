"""Pictures of pages for the viewer: upright JPEG, and a thumbnail of the first. Runs in a child process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ocr import stored
from ocr.geometry import Pixels, turned
from ocr.model import PageText

LOADED_AHEAD = ("cv2", "pypdfium2", "ocr.formats", "ocr.pdf_pages")  # see ocr.fork_server
VIEW_DPI = 150
QUALITY = 80
THUMBNAIL_PIXELS = 320  # of the longer side
_A4_LONG_INCHES = 11.7
_MAX_VIEW_PIXELS = 6000  # of the longer side


def page_image_name(number: int) -> str:
    return f"page-{number:04d}.jpg"


def write_images(path: str, words: str, out: str, pages: list[int]) -> dict[str, Any]:
    """Write the images of some pages, and the thumbnail with the first."""
    told = {page.number: page for page in stored.from_bytes(Path(words).read_bytes()).pages}
    first = min(told)
    for number in pages:
        picture = upright(Path(path), told[number], VIEW_DPI)
        _write(picture, Path(out) / page_image_name(number))
        if number == first:
            _write(_fitted(picture, THUMBNAIL_PIXELS), Path(out) / "thumbnail.jpg")
    return {}


def upright(file: Path, page: PageText, dpi: int) -> Pixels:
    """The page as a person sees it, signatures' pictures included, after its quarter turn."""
    from ocr.formats import kind_of

    if kind_of(file) == "pdf":
        from ocr.pdf_pages import drawable_dpi, open_pdf, page_of, render

        with open_pdf(file) as document, page_of(document, page.number) as drawn:
            picture = render(drawn, drawable_dpi(drawn, dpi))
    else:
        from ocr.images import load_page

        picture, own_dpi = load_page(file, page.number)
        longer = max(picture.shape[:2])
        wanted = longer * dpi / own_dpi if own_dpi else dpi * _A4_LONG_INCHES
        picture = _fitted(picture, min(round(wanted), _MAX_VIEW_PIXELS))
    return turned(picture, page.rotation)


def _fitted(picture: Pixels, longer_side: int) -> Pixels:
    """Made smaller until its longer side fits; never larger."""
    import cv2

    scale = longer_side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _write(picture: Pixels, to: Path) -> None:
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, data = cv2.imencode(".jpg", picture, options)
    if not done:
        raise OSError("JPEG")
    to.write_bytes(data.tobytes())
