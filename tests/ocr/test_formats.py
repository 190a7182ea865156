"""What is taken and what is refused, and why."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from ocr import formats, limits
from ocr.errors import FileRefused
from tests.ocr import drawn


def refusal_of(file: Path) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        formats.inspect_file(str(file))
    return refusal.value


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("suffix", "kind"), [("jpg", "jpeg"), ("png", "png"), ("tif", "tiff"), ("pdf", "pdf")])
def test_kinds_are_known_by_content_whatever_the_name(tmp_path: Path, suffix: str, kind: str) -> None:
    made = tmp_path / f"page.{suffix}"
    Image.new("RGB", (60, 80), "white").save(made)
    file = made.rename(tmp_path / "page.exe")
    assert formats.inspect_file(str(file)) == {
        "kind": kind,
        "pages": 1,
        "signed": False,
        "media_type": formats.MEDIA_TYPES[kind],
        "enclosures": 0,
    }


def test_every_page_of_a_tiff_counts(tmp_path: Path) -> None:
    file = tmp_path / "pages.tif"
    sheet = Image.new("1", (60, 80), 1)
    sheet.save(file, save_all=True, append_images=[sheet, sheet], compression="group4")
    assert formats.inspect_file(str(file))["pages"] == 3


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"", "file.empty"),
        (b"MZ\x90\0 %PDF-1.7", "file.type_unknown"),
        (b"\x7fELF", "file.type_unknown"),
        (b"PK\x03\x04", "file.type_unknown"),
        (b"GIF89a", "file.type_unknown"),
        (b"just text", "file.type_unknown"),
        (b"%PDF-1.7\nnothing of the kind", "file.damaged"),
        (b"\xff\xd8\xff\xe0", "file.damaged"),
        (b"\x89PNG\r\n\x1a\n", "file.damaged"),
        (b"II*\0\x08\0\0\0", "file.damaged"),
    ],
)
def test_what_is_no_page_is_refused_with_its_reason(tmp_path: Path, start: bytes, reason: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(start)
    assert refusal_of(file).reason == reason


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "pdf"])
def test_a_file_that_lost_its_end_is_refused(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"page.{suffix}"
    drawn.page().crop((0, 0, 900, 900)).save(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])
    assert refusal_of(file).reason == "file.damaged"


def test_a_huge_picture_is_refused_from_its_header(tmp_path: Path) -> None:
    file = tmp_path / "huge.png"
    file.write_bytes(png_header(100_000, 100_000))
    refusal = refusal_of(file)
    assert refusal.reason == "file.too_many_pixels"
    assert refusal.values["width"] == 100_000


def test_a_huge_picture_inside_a_pdf_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.pdf"
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(600, 800))
        picture = document.make_stream(zlib.compress(b"\0"))
        picture.update(
            pikepdf.Dictionary(
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=100_000,
                Height=100_000,
                ColorSpace=pikepdf.Name.DeviceGray,
                BitsPerComponent=8,
                Filter=pikepdf.Name.FlateDecode,
            )
        )
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
        page.Contents = document.make_stream(b"q 600 0 0 800 0 0 cm /Im0 Do Q")
        document.save(file)
    assert refusal_of(file).reason == "file.too_many_pixels"


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "long.pdf"
    with pikepdf.new() as document:
        for _ in range(limits.MAX_PAGES + 1):
            document.add_blank_page(page_size=(50, 50))
        document.save(file)
    refusal = refusal_of(file)
    assert refusal.reason == "file.too_many_pages"
    assert refusal.values == {"pages": limits.MAX_PAGES + 1, "limit": limits.MAX_PAGES}


def test_a_pdf_without_pages_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "none.pdf"
    with pikepdf.new() as document:
        document.save(file)
    assert refusal_of(file).reason == "file.no_pages"


def test_a_pdf_that_asks_for_a_password_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "locked.pdf"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(file, encryption=pikepdf.Encryption(user="secret", owner="other"))
    assert refusal_of(file).reason == "file.encrypted"


def test_a_pdf_that_only_restricts_its_owner_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "restricted.pdf"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(file, encryption=pikepdf.Encryption(user="", owner="other"))
    assert formats.inspect_file(str(file))["pages"] == 1


def test_files_inside_a_pdf_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "with enclosures.pdf"
    with pikepdf.new() as document:
        page = document.add_blank_page()
        document.attachments["annex.pdf"] = b"%PDF-1.7 unseen"
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 20, 20])
        link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 20, 20])
        page.Annots = pikepdf.Array([note, link])
        document.save(file)
    assert formats.inspect_file(str(file))["enclosures"] == 2


def test_a_signature_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.Root.Marker = pikepdf.Dictionary(ByteRange=pikepdf.Array([0, 1, 2, 3]))
        document.save(file, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert formats.inspect_file(str(file))["signed"]
