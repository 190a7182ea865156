"""How long, held by what, and the lawful way out. Only seeds and later issues' actions write here."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class ScheduleRow(Row):
    """One version of a retention schedule (bảng thời hạn) with its legal basis and dates of force."""

    __tablename__ = "retention_schedule"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    legal_basis: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str]
    __table_args__ = (UniqueConstraint("code", "version"),)


class RuleRow(Row):
    __tablename__ = "retention_rule"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    schedule_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("retention_schedule.id"), index=True)
    ordinal: Mapped[int]
    title: Mapped[str]
    kind: Mapped[str]  # permanent, years, event
    years: Mapped[int | None]
    event: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        UniqueConstraint("schedule_id", "ordinal"),
        # "10 years after the contract has ended" is an event with years; a permanent one has none
        CheckConstraint(
            "(kind <> 'years' or years is not null) and (kind <> 'permanent' or years is null)", name="years"
        ),
    )


class DossierRule(Row):
    """A rule proposed for, or confirmed on, a dossier; the newest confirmed one counts."""

    __tablename__ = "dossier_rule"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    dossier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    rule_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("retention_rule.id"))
    reasons: Mapped[list]  # type: ignore[type-arg]
    proposed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))


class HoldRow(Row):
    """ACTIVE until lifted by a second person."""

    __tablename__ = "hold"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("item.id"), index=True)
    reason: Mapped[str]
    authority: Mapped[str]
    placed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    lifted_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("(dossier_id is null) <> (item_id is null)", name="one_subject"),
        CheckConstraint("lifted_by is null or lifted_by <> placed_by", name="second_person"),
    )


DISPOSITION_STATES = (
    "proposed",  # đề xuất
    "before_council",  # hội đồng xét hủy
    "under_appraisal",  # thẩm định
    "decided",  # quyết định hủy
    "executing",  # đang hủy
    "executed",  # đã hủy
    "refused",
)


class DispositionRow(Row):
    """The lawful workflow of TT 06/2025 (reference 3.5); nothing destroys but this."""

    __tablename__ = "disposition"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    action: Mapped[str]  # retain_permanently, review, transfer, destroy
    state: Mapped[str]
    proposed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    decided_on: Mapped[date | None]
    executed_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("state in (" + ", ".join(f"'{s}'" for s in DISPOSITION_STATES) + ")", name="state"),
    )


class DispositionEntry(Row):
    __tablename__ = "disposition_entry"
    disposition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("disposition.id"), primary_key=True)
    dossier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str]


class DispositionStep(Row):
    """One act of the workflow: who, when, on what paper."""

    __tablename__ = "disposition_step"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    disposition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("disposition.id"), index=True)
    state: Mapped[str]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    document: Mapped[str | None]
    at: Mapped[datetime]


class ReuseEvent(Row):
    """A public service took a paper that was on file instead of asking for it again."""

    __tablename__ = "reuse_event"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    procedure: Mapped[str]
    purpose: Mapped[str]
    dossier_reference: Mapped[str]
    how: Mapped[str]
    at: Mapped[datetime]
