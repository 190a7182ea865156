"""What every machine of one installation has in common."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class KeyCheck(Row):
    """A secret key of these holdings: what can be computed from the key, and from which the key cannot be."""

    __tablename__ = "key_check"
    name: Mapped[str] = mapped_column(primary_key=True)  # of the key, see archive.access.keys
    value: Mapped[str]
    at: Mapped[datetime]
