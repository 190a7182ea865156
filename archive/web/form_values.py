"""Days and numbers as they come from a form."""

from __future__ import annotations

import uuid
from datetime import date

from archive.errors import InvalidInput


def day_given(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("web.day_needed", field=field) from None


def number_given(text: str, field: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 10):
        raise InvalidInput("web.number_needed", field=field)
    return int(text)


def number_or_none(text: str, field: str) -> int | None:
    return number_given(text, field) if text.strip() else None


def id_given(text: str, field: str) -> uuid.UUID:
    """What a form of ours carried in a hidden field."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidInput("web.bad_request", field=field) from None
