"""What is told to people and to other systems after it happened: notices in the inbox, by mail, by webhook."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class InboxNotice(Row):
    """One notice to one account; once for each subject of a kind. It names numbers and a page, never contents.

    mail: none (not asked for), due, sent, failed (given up).
    """

    __tablename__ = "inbox_notice"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"))  # shown while who reads it may
    kind: Mapped[str]
    subject: Mapped[str]  # what it is about: told once
    values: Mapped[dict]  # type: ignore[type-arg]  # of the message notice.<kind>
    link: Mapped[str]  # path of the page
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    mail: Mapped[str] = mapped_column(default="none")
    mail_attempts: Mapped[int] = mapped_column(default=0)
    mail_after: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "subject"),
        Index(None, "account_id", "at"),
        Index("ix_inbox_notice_mail_due", "mail_after", postgresql_where=text("mail = 'due'")),
        CheckConstraint("mail in ('none', 'due', 'sent', 'failed')", name="mail"),
    )


class WebhookEndpoint(Row):
    """Another system that is told of events, in the order of the sealed trail, for what its account may see.

    position: sequence of the last link of the trail that it was told of, or that does not concern it.
    """

    __tablename__ = "webhook_endpoint"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    url: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary)  # encrypted, see archive.access.encryption
    secret_key: Mapped[str]
    tags: Mapped[list]  # type: ignore[type-arg]  # of archive.audit_events.EventTag
    state: Mapped[str] = mapped_column(default="active")  # active, paused
    position: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)  # at the link after `position`
    try_at: Mapped[datetime | None]
    problem: Mapped[str | None]  # message id of archive.i18n
    problem_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (CheckConstraint("state in ('active', 'paused')", name="state"),)


class WebhookDelivery(Row):
    """What became of telling one event to one endpoint. outcome: delivered, dead (given up, until it is sent again)."""

    __tablename__ = "webhook_delivery"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook_endpoint.id"))
    sequence: Mapped[int]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_event.id"))
    outcome: Mapped[str]
    attempts: Mapped[int]
    status: Mapped[int | None]  # HTTP status of the last attempt
    problem: Mapped[str | None]  # message id of archive.i18n
    problem_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    at: Mapped[datetime]
    again_at: Mapped[datetime | None]  # a person asked for it to be sent again
    __table_args__ = (
        UniqueConstraint("endpoint_id", "sequence"),
        CheckConstraint("outcome in ('delivered', 'dead')", name="outcome"),
    )
