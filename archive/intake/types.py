"""What a file is, by its first bytes; its extension must agree."""

from __future__ import annotations

from archive.intake.names import extension
from archive.intake.refusal import UNUSABLE, WRONG_TYPE, Refusal, Refused

HEAD_BYTES = 4096
PDF, JPEG, PNG, TIFF = "application/pdf", "image/jpeg", "image/png", "image/tiff"
ZIP = "application/zip"
EXTENSIONS = {
    PDF: frozenset({"pdf"}),
    JPEG: frozenset({"jpg", "jpeg", "jpe", "jfif"}),
    PNG: frozenset({"png"}),
    TIFF: frozenset({"tif", "tiff"}),
    ZIP: frozenset({"zip"}),
}
_MAGIC = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
)
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_PROGRAM_EXTENSIONS = frozenset(
    [
        "exe",
        "dll",
        "com",
        "scr",
        "bat",
        "cmd",
        "ps1",
        "vbs",
        "js",
        "jse",
        "wsf",
        "msi",
        "msp",
        "lnk",
        "hta",
        "jar",
        "app",
        "sh",
        "apk",
        "cpl",
        "pif",
        "reg",
    ]
)
_PDF_WITHIN = 1024  # readers accept the header anywhere in here, and scanners do put things before it


def media_type_of(head: bytes, name: str) -> str:
    """The media type of a record. Raises Refused: empty (422), a program, of another type or misnamed (415)."""
    if not head:
        raise Refused(Refusal("file.empty", UNUSABLE))
    suffix = extension(name)
    if head.startswith(_PROGRAMS) or suffix in _PROGRAM_EXTENSIONS:
        raise Refused(Refusal("file.program", WRONG_TYPE))
    found = sniff(head)
    if found == ZIP:
        raise Refused(Refusal("file.archive_inside" if suffix == "zip" else "file.type_unknown", WRONG_TYPE))
    if found is None:
        raise Refused(Refusal("file.type_unknown", WRONG_TYPE))
    if suffix is not None and suffix not in EXTENSIONS[found]:
        values: dict[str, object] = {"extension": suffix, "type": sorted(EXTENSIONS[found])[-1]}
        raise Refused(Refusal("file.wrong_extension", WRONG_TYPE, values))
    return found


def sniff(head: bytes) -> str | None:
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    return PDF if b"%PDF-" in head[:_PDF_WITHIN] else None
