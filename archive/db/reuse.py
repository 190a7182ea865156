"""Papers on file that public services take instead of asking for them again."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class ReuseAgreement(Row):
    """What a service account may ask for: these kinds of paper, for this procedure, on this legal basis.

    Whose papers: those of agencies where the account has the role `service`.
    """

    __tablename__ = "reuse_agreement"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # TT-<agency code>-<year>-<5 digits>
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)  # that gives it, with all below
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    procedure: Mapped[str]  # code of the procedure
    procedure_title: Mapped[str]
    papers: Mapped[list]  # type: ignore[type-arg]  # names of document classes
    purpose: Mapped[str]
    legal_basis: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    given_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    given_at: Mapped[datetime]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    __table_args__ = (CheckConstraint("valid_to is null or valid_to >= valid_from", name="period"),)


class ReuseLookup(Row):
    """One question. outcome: on_file, nothing, not_yours; the one who asked is told only whether there is something."""

    __tablename__ = "reuse_lookup"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # what the answer names itself by: unguessable
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    agreement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reuse_agreement.id"))
    owner_digest: Mapped[str]  # keyed
    paper: Mapped[str]
    procedure: Mapped[str]
    purpose: Mapped[str]
    dossier_reference: Mapped[str]
    on: Mapped[date]
    outcome: Mapped[str]
    item_ids: Mapped[list] = mapped_column(default=list)  # type: ignore[type-arg]  # that were offered; codes in a sandbox
    at: Mapped[datetime]
    __table_args__ = (
        Index(None, "account_id", "at"),
        CheckConstraint("outcome in ('on_file', 'nothing', 'not_yours')", name="outcome"),
    )


class ReuseEvent(Row):
    """A public service took a paper that was on file instead of asking for it again."""

    __tablename__ = "reuse_event"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    lookup_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reuse_lookup.id"))
    procedure: Mapped[str]
    purpose: Mapped[str]
    dossier_reference: Mapped[str]
    how: Mapped[str]  # information, check, form, replacement
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("lookup_id", "item_id", "how"), Index(None, "agency_id", "at"))


class SandboxUse(Row):
    """A program under test took an invented person's paper: it meets the same answers as later in earnest."""

    __tablename__ = "sandbox_use"
    lookup_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reuse_lookup.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    how: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
