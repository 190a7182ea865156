"""What a file is, by its content, and whether it can be taken. Runs in a child process."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

from ocr.errors import FileRefused
from ocr.images import open_image, refusing_damage
from ocr.limits import check_page_count, check_pixels
from ocr.pdf_pages import open_pdf, page_of, pinned_files

LOADED_AHEAD = ("PIL.Image", "pypdfium2")  # see ocr.fork_server
MEDIA_TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff"}
_IMAGE_STARTS = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
_PROGRAMS_AND_ARCHIVES = (b"MZ", b"\x7fELF", b"#!", b"PK\x03\x04", b"\xca\xfe\xba\xbe")
_PDF_HEADER_WITHIN = 1024
_PDF_END_WITHIN = 4096


def inspect_file(path: str) -> dict[str, Any]:
    """FileFacts as a dict. Raises FileRefused with the reason why the file cannot be taken."""
    file = Path(path)
    kind = kind_of(file)
    if kind == "pdf":
        told = _inspect_pdf(file)
    else:
        told = {"pages": _inspect_image(file, kind), "signed": False, "enclosures": 0}
    return {"kind": kind, "media_type": MEDIA_TYPES[kind], **told}


def kind_of(file: Path) -> str:
    with file.open("rb") as stream:
        start = stream.read(_PDF_HEADER_WITHIN)
    if not start:
        raise FileRefused("file.empty")
    for magic, kind in _IMAGE_STARTS.items():
        if start.startswith(magic):
            return kind
    if b"%PDF-" in start and not start.startswith(_PROGRAMS_AND_ARCHIVES):
        return "pdf"
    raise FileRefused("file.type_unknown")


def _inspect_pdf(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        signed = data.find(b"/ByteRange") >= 0
        end = data[-_PDF_END_WITHIN:]
    with open_pdf(file) as document:
        pages = len(document)
        check_page_count(pages)
        # a reader mends a cut file by leaving pages out: what has lost its end is not taken
        if b"%%EOF" not in end and b"startxref" not in end:
            raise FileRefused("file.damaged")
        enclosures = document.count_attachments()
        for number in range(1, pages + 1):
            with page_of(document, number) as page:
                enclosures += pinned_files(page)
    return {"pages": pages, "signed": signed, "enclosures": enclosures}


def _inspect_image(file: Path, kind: str) -> int:
    from PIL import Image

    with refusing_damage(), open_image(file) as image:
        frames = int(getattr(image, "n_frames", 1)) if kind == "tiff" else 1
        check_page_count(frames)
        for number in range(1, frames + 1):
            if number > 1:
                image.seek(number - 1)
            check_pixels(image.width, image.height, number)
            if kind == "tiff":
                _check_tiff_data(image, file.stat().st_size)
        if kind == "jpeg":
            image.draft(None, (image.width // 8, image.height // 8))
            image.load()
    if kind == "png":
        with refusing_damage(), Image.open(file) as image:
            image.verify()  # the checksums of all parts, to the end
    return frames


def _check_tiff_data(image: Any, file_bytes: int) -> None:
    """Every strip and tile lies inside the file."""
    tags = image.tag_v2
    for offsets, counts in ((273, 279), (324, 325)):
        places = zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False)
        if any(offset + count > file_bytes for offset, count in places):
            raise FileRefused("file.damaged")
