"""What happened, what must still be told, and who works."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class AuditEvent(Row):
    """One change or reading, written in the commit of what it tells. Rows are never changed.

    details_digest: SHA-256 over a salt and the canonical details; both lie apart, so that personal ones can go and
    cannot be guessed back from the digest.
    reading_key: one reading is one event per actor, item and quarter hour.
    """

    __tablename__ = "audit_event"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    tag: Mapped[str]  # archive.audit.EventTag
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    acting_as_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    os_user: Mapped[str | None]
    agency_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agency.id"), index=True)
    subject_kind: Mapped[str]  # item, dossier, batch, account, …
    subject_id: Mapped[str]
    details_digest: Mapped[str]
    reading_key: Mapped[str | None] = mapped_column(unique=True)
    __table_args__ = (Index(None, "subject_kind", "subject_id"),)


class AuditDetails(Row):
    __tablename__ = "audit_details"
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)
    salt: Mapped[str]
    details: Mapped[dict]  # type: ignore[type-arg]


class AuditTail(Row):
    """An event that the sealer has not linked yet; its row goes in the commit that links it."""

    __tablename__ = "audit_tail"
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)


class AuditLink(Row):
    """An event's place in the hash chain; written by the one sealer. Source: docs/storage-format.md."""

    __tablename__ = "audit_link"
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_event.id"), unique=True)
    hash: Mapped[str]  # SHA-256 over previous hash and the event's canonical form
    sealed_at: Mapped[datetime]


class Outbox(Row):
    """What another part must still learn of a committed change; rows go when it has."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    topic: Mapped[str]  # index
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    __table_args__ = (Index(None, "topic", "id"),)


class WorkerSlot(Row):
    """An executor id, leased: who takes a free one goes on with its work; `lease` fences the earlier holder."""

    __tablename__ = "worker_slot"
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lease: Mapped[int]
    holder: Mapped[str]
    taken_at: Mapped[datetime]


class Counter(Row):
    """The last number given in a series of numbers (receipts, batches of an agency and year)."""

    __tablename__ = "counter"
    scope: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class IdempotencyKey(Row):
    """The answer to a write that carried a key, for its repetition."""

    __tablename__ = "idempotency_key"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str]
    request_digest: Mapped[str]
    status: Mapped[int | None]
    answer: Mapped[dict | None]  # type: ignore[type-arg]
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("account_id", "key"),)
