"""Webhooks: which program is told of what, and how that goes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from archive.destinations import MAX_URL_CHARACTERS
from archive.queries.webhook_feed import EVENTS
from archive.web.api.models.records import Answer, Asked, Why

WebhookEvent = Annotated[str, Field(max_length=50, json_schema_extra={"enum": [str(tag) for tag in sorted(EVENTS)]})]
WebhookState = Literal["active", "paused"]
Outcome = Literal["delivered", "dead"]
Url = Annotated[
    str,
    Field(min_length=1, max_length=MAX_URL_CHARACTERS, examples=["https://motcua.hanoi.gov.vn/kho-ho-so"]),
]
Events = Annotated[list[WebhookEvent], Field(min_length=1, max_length=len(EVENTS), examples=[["item.published"]])]
Sequence = Annotated[int, Field(ge=1, le=2**62, description="place in the sealed trail")]


class Webhook(Answer):
    """How telling one program stands."""

    code: str = Field(examples=["MOT-CUA"])
    login: str = Field(
        description="the service account: it is told what it may see at that moment", examples=["mot-cua"]
    )
    url: str
    events: list[WebhookEvent]
    state: WebhookState
    position: int = Field(description="it was taken past this place of the trail")
    behind: int = Field(description="places of the trail that it was not taken past yet")
    attempts: int = Field(description="failed, at the event that comes next")
    try_at: datetime | None
    problem: Why
    dead: int = Field(description="events that were put aside")
    created_at: datetime
    version: int = Field(description="for If-Match")


class WebhookMade(Answer):
    """A webhook as it was set up, with what its messages are signed with."""

    webhook: Webhook
    secret: str | None = Field(description="told once; null where the answer is repeated", examples=["whsec_…"])


class WebhookSecret(Answer):
    """What messages are signed with from now on."""

    secret: str | None = Field(description="told once; null where the answer is repeated", examples=["whsec_…"])


class WebhookGiven(Asked):
    """A webhook that is to be set up."""

    code: str = Field(pattern=r"^[A-Z0-9][A-Z0-9.-]{0,31}$", examples=["MOT-CUA"])
    login: str = Field(min_length=1, max_length=64, examples=["mot-cua"])
    url: Url
    events: Events


class WebhookChange(Asked):
    """What is left out stays."""

    url: Url | None = None
    events: Events | None = None
    state: WebhookState | None = None


class Replay(Asked):
    """From where on; one of the two."""

    sequence: Sequence | None = None
    since: AwareDatetime | None = Field(default=None, examples=["2026-03-02T00:00:00+07:00"])


class ReplayBegun(Answer):
    sequence: int = Field(description="the first that is told again")


class Resending(Asked):
    sequences: list[Sequence] | None = Field(default=None, max_length=1000, description="left out: all dead letters")


class ResendingBegun(Answer):
    number: int = Field(description="dead letters that are going to be sent once more")


class Delivery(Answer):
    """What became of telling one event."""

    sequence: int
    outcome: Outcome
    attempts: int
    status: int | None = Field(description="HTTP status of the last answer")
    problem: Why
    at: datetime
    again_at: datetime | None = Field(description="asked for to be sent again at")
