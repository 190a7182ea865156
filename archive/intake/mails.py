"""Mail: who sent it and what is attached, read in a child process within limits.

The functions of the child take and return JSON; the parent's are `sender_of` and `take_apart`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import (
    CloseBoundaryNotFoundDefect,
    InvalidBase64CharactersDefect,
    InvalidBase64LengthDefect,
    InvalidBase64PaddingDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from archive.intake.refusal import UNUSABLE, Refusal
from ocr import sandbox
from ocr.errors import OcrError

PARTS = 1000  # of one mail, whatever they are
ATTACHMENTS = 200
DEPTH = 20
_LIMITS = sandbox.Limits(seconds=120, cpu_seconds=120, resident_bytes=2 << 30, address_bytes=6 << 30)
_CUT_OFF = (CloseBoundaryNotFoundDefect, StartBoundaryNotFoundDefect, NoBoundaryInMultipartDefect)
_DAMAGED = (InvalidBase64CharactersDefect, InvalidBase64LengthDefect, InvalidBase64PaddingDefect)
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_ALWAYS = frozenset({"application/pdf", "image/tiff"})
_EXTENSIONS = {"application/pdf": "pdf", "image/tiff": "tif", "image/jpeg": "jpg", "image/png": "png"}


class MailRefused(Exception):
    """A mail that is refused as a whole. reason: message id of archive.i18n."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


@dataclass(frozen=True, slots=True)
class Attachment:
    """path: its bytes; refusal: where they cannot be had. part: its place in the mail, the same each time."""

    part: int
    name: str
    path: Path
    refusal: Refusal | None = None


def sender_of(header: Path) -> str | None:
    """The one address that the mail says it is from, in small letters; None where it names none or several."""
    found = _call("sender_in_child", {"path": str(header)})["sender"]
    return None if found is None else str(found)


def take_apart(mail: Path, folder: Path) -> list[Attachment]:
    """Write each attachment to `folder`. Raises MailRefused: damaged, too many parts, nothing attached."""
    told = _call("take_apart_in_child", {"path": str(mail), "folder": str(folder)})
    if told.get("refused"):
        raise MailRefused(told["refused"], **told["values"])
    return [
        Attachment(
            each["part"],
            each["name"],
            folder / str(each["part"]),
            Refusal("mail.part_damaged", UNUSABLE) if each["damaged"] else None,
        )
        for each in told["attachments"]
    ]


def _call(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return sandbox.call(f"{__name__}:{function}", arguments, limits=_LIMITS)
    except OcrError as error:
        raise MailRefused("mail.unreadable") from error


def sender_in_child(path: str) -> dict[str, Any]:
    with Path(path).open("rb") as file:
        headers = BytesParser(policy=policy.compat32).parse(file, headersonly=True)
    named = [address for _, address in getaddresses([str(value) for value in headers.get_all("from", [])])]
    one = named[0].strip().lower() if len(named) == 1 else ""
    return {"sender": one if one.count("@") == 1 and one.isprintable() else None}


def take_apart_in_child(path: str, folder: str) -> dict[str, Any]:
    with Path(path).open("rb") as file:
        message = BytesParser(policy=policy.default).parse(file)
    leaves = []
    for number, part in enumerate(_parts(message, 0)):
        if number >= PARTS:
            return {"refused": "mail.too_many_parts", "values": {"limit": PARTS}}
        if any(isinstance(defect, _CUT_OFF) for defect in part.defects):
            return {"refused": "mail.cut_off", "values": {}}
        if not part.is_multipart() and _is_attachment(part):
            leaves.append((number, part))
    if not leaves:
        return {"refused": "mail.nothing_attached", "values": {}}
    if len(leaves) > ATTACHMENTS:
        return {"refused": "mail.too_many_attachments", "values": {"limit": ATTACHMENTS}}
    return {"attachments": [_written(number, part, Path(folder)) for number, part in leaves]}


def _parts(message: Message, depth: int) -> Iterator[Message]:
    """The parts in their order, those of forwarded mail too."""
    yield message
    if message.is_multipart() and depth < DEPTH:
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)


def _is_attachment(part: Message) -> bool:
    """Not the letter itself, its signature, or a picture that its text shows."""
    kind = part.get_content_type()
    if kind in _SIGNATURES:
        return False
    disposition = part.get_content_disposition()
    if disposition == "attachment" or kind in _ALWAYS:
        return True
    if kind.startswith("image/") and part.get("content-id"):
        return False
    return bool(part.get_filename()) or not kind.startswith(("text/", "multipart/", "message/"))


def _written(number: int, part: Message, folder: Path) -> dict[str, Any]:
    content = _content(part)
    (folder / str(number)).write_bytes(content)
    damaged = any(isinstance(defect, _DAMAGED) for defect in part.defects)
    return {"part": number, "name": _name(part, number), "damaged": damaged}


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _name(part: Message, number: int) -> str:
    """The last part of what it calls itself: a mail says nothing of folders."""
    given = part.get_filename() if isinstance(part, EmailMessage) else None
    name = str(given or "").replace("\\", "/").rpartition("/")[2].strip()
    extension = _EXTENSIONS.get(part.get_content_type(), "")
    return name or f"tep-{number}{'.' if extension else ''}{extension}"
