"""How large a file may be to be taken, and a page to be read."""

from __future__ import annotations

from ocr.errors import FileRefused

MAX_PAGES = 5_000
MAX_PIXELS = 300_000_000  # a page; 300 dpi A0 has 140 million
MAX_READ_PIXELS = 40_000_000  # a larger page is made smaller before it is read


def check_page_count(pages: int) -> None:
    if pages < 1:
        raise FileRefused("file.no_pages")
    if pages > MAX_PAGES:
        raise FileRefused("file.too_many_pages", pages=pages, limit=MAX_PAGES)


def check_pixels(width: int, height: int, page: int) -> None:
    if width * height >= MAX_PIXELS:
        raise FileRefused(
            "file.too_many_pixels", page=page, width=width, height=height, limit_megapixels=MAX_PIXELS // 10**6
        )
