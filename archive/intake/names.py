"""Names that delivered files carry: what is kept of them, and which are refused."""

from __future__ import annotations

import re
import unicodedata

from archive.intake.refusal import UNUSABLE, Refusal, Refused

NAME_BYTES = 255  # of one part, in UTF-8: what a file system can take back
WHOLE_BYTES = 1024
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DRIVE = re.compile(r"[A-Za-z]:")
_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,4})$")
SHOWN = 80  # characters of a bad name that a refusal repeats


def clean_name(name: str) -> str:
    """The name in NFC with `/` between its parts. Raises Refused for one that leads elsewhere or hides something."""
    cleaned = unicodedata.normalize("NFC", name).replace("\\", "/")
    parts = cleaned.split("/")
    if cleaned.startswith("/") or _DRIVE.match(cleaned) or any(part in ("", ".", "..") for part in parts):
        raise Refused(Refusal("name.leads_elsewhere", UNUSABLE))
    if any(unicodedata.category(letter) in ("Cc", "Cs") or letter in DIRECTION_MARKS for letter in cleaned):
        raise Refused(Refusal("name.hidden_characters", UNUSABLE))
    if len(cleaned.encode()) > WHOLE_BYTES or any(len(part.encode()) > NAME_BYTES for part in parts):
        raise Refused(Refusal("name.too_long", UNUSABLE, {"limit_bytes": NAME_BYTES}))
    return cleaned


def shown_name(name: str) -> str:
    """A refused name made fit to be shown and stored: visible characters only, shortened in the middle."""
    visible = "".join(
        "�" if unicodedata.category(letter) in ("Cc", "Cs") or letter in DIRECTION_MARKS else letter
        for letter in unicodedata.normalize("NFC", name)
    )
    if len(visible) <= SHOWN:
        return visible
    return f"{visible[: SHOWN // 2]}…{visible[-SHOWN // 2 :]}"


def extension(name: str) -> str | None:
    """The lower-case extension; `Công văn 12.2024` has none."""
    found = _EXTENSION.search(name)
    return found.group(1).lower() if found else None
