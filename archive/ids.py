"""Ids of rows: UUIDv7, made here, never shown to people."""

from __future__ import annotations

import uuid

from uuid_utils import compat


def new_id() -> uuid.UUID:
    """Later ids sort after earlier ones of the same process."""
    return compat.uuid7()


def id_of(told: str) -> uuid.UUID | None:
    """None for a text that is no id of ours."""
    try:
        return uuid.UUID(told)
    except ValueError:
        return None
