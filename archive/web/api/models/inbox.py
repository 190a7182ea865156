"""Notices to the account itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from archive.web.api.models.records import Answer, Asked, Worded


class InboxNotice(Answer):
    """What somebody should know of: numbers and a page, never contents."""

    reference: str = Field(examples=["stopped:TD01:2026-03-02"])
    kind: str = Field(examples=["stopped"])
    message: Worded
    link: str = Field(description="path of the page", examples=["/stopped"])
    agency_name: str
    at: datetime
    seen_at: datetime | None
    mail: Literal["none", "due", "sent", "failed"]


class Sighting(Asked):
    references: list[Annotated[str, Field(min_length=1, max_length=300)]] | None = Field(
        default=None, max_length=200, description="left out: all"
    )


class Sighted(Answer):
    number: int = Field(description="that had not been seen before")


class MailChoice(Asked):
    """Where mail goes, and whether notices come there, too."""

    email: str = Field(max_length=254, description="empty: none", examples=["canbo@coquan.gov.vn"])
    by_mail: bool


class MailChosen(Answer):
    email: str
    by_mail: bool
