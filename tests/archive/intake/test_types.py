from __future__ import annotations

import pytest

from archive.intake.refusal import Refused
from archive.intake.types import media_type_of


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (b"%PDF-1.7\n", "a.pdf", "application/pdf"),
        (b"\r\n\r\n%PDF-1.4", "a.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "Công văn 12.2024", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "a.JPEG", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "a.png", "image/png"),
        (b"II*\0", "a.tif", "image/tiff"),
        (b"MM\0*", "a.TIFF", "image/tiff"),
    ],
)
def test_records_are_known_by_their_first_bytes(head: bytes, name: str, media_type: str) -> None:
    assert media_type_of(head, name) == media_type


@pytest.mark.parametrize(
    ("head", "name", "reason", "status"),
    [
        (b"", "a.pdf", "file.empty", 422),
        (b"MZ\x90\0%PDF-1.4", "a.pdf", "file.program", 415),
        (b"\x7fELF", "a", "file.program", 415),
        (b"#!/bin/sh", "a.pdf", "file.program", 415),
        (b"%PDF-1.7", "a.exe", "file.program", 415),
        (b"hello", "a.pdf", "file.type_unknown", 415),
        (b"%PDF-1.7", "a.jpg", "file.wrong_extension", 415),
        (b"\xff\xd8\xff", "a.pdf", "file.wrong_extension", 415),
        (b"PK\x03\x04", "a.zip", "file.archive_inside", 415),
        (b"PK\x03\x04", "a.docx", "file.type_unknown", 415),
    ],
)
def test_anything_else_is_refused_with_its_reason(head: bytes, name: str, reason: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        media_type_of(head, name)
    assert (refused.value.refusal.reason, refused.value.refusal.status) == (reason, status)
