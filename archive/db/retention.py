"""How long, held by what, and the lawful way out."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
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
    sector: Mapped[str | None]  # of a sector's own schedule; None: general
    digest: Mapped[str | None]  # of all that was imported: the same again is no new version
    imported_at: Mapped[datetime | None]
    imported_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    __table_args__ = (UniqueConstraint("code", "version"),)


class RuleRow(Row):
    """ordinal: its place in the schedule as imported, ours and no official number."""

    __tablename__ = "retention_rule"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    schedule_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("retention_schedule.id"), index=True)
    ordinal: Mapped[int]
    title: Mapped[str]
    kind: Mapped[str]  # permanent, years, event
    years: Mapped[int | None]
    event: Mapped[str | None]
    group: Mapped[str | None]  # heading under which it stands
    term: Mapped[str | None]  # in the words of the source: "05 năm", "Vĩnh viễn"
    note: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        UniqueConstraint("schedule_id", "ordinal"),
        # "10 years after the contract has ended" is an event with years; a permanent one has none
        CheckConstraint(
            "(kind <> 'years' or years is not null) and (kind <> 'permanent' or years is null)", name="years"
        ),
    )


class DossierRule(Row):
    """A rule proposed for, or confirmed on, a dossier, for what is in it: several may count, and the longest wins.

    Confirmed and not ended: it counts. Neither confirmed nor ended: proposed. proposed_by None: by the service.
    """

    __tablename__ = "dossier_rule"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    dossier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    rule_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("retention_rule.id"))
    reasons: Mapped[list]  # type: ignore[type-arg]  # of {"kind", "text"}: what spoke for it
    score: Mapped[float | None]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]  # taken back, or another one proposed or confirmed instead
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    end_reason: Mapped[str | None]
    __table_args__ = (
        Index(
            "ix_dossier_rule_counting",
            "dossier_id",
            postgresql_where=text("confirmed_at is not null and ended_at is null"),
        ),
        CheckConstraint("(confirmed_at is null) = (confirmed_by is null)", name="confirmed_by_somebody"),
    )


class Trigger(Row):
    """What a rule waits for has happened to a dossier; the newest row of an event that is not withdrawn counts."""

    __tablename__ = "retention_trigger"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    dossier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    event: Mapped[str]  # in the words of the rule
    happened_on: Mapped[date]
    document: Mapped[str]  # what proves it
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))


class RetentionNotice(Row):
    """An agency was told that a dossier's term ends; at least 30 days before it is proposed for anything."""

    __tablename__ = "retention_notice"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    dossier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    due_on: Mapped[date]
    given_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    __table_args__ = (UniqueConstraint("dossier_id", "due_on", "agency_id"),)  # who got a fond later is told anew


class HoldRow(Row):
    """ACTIVE until lifted by a second person."""

    __tablename__ = "hold"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # TD-<agency code>-<year>-<5 digits>
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("item.id"), index=True)
    reason: Mapped[str]
    authority: Mapped[str]
    placed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None]
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
    refused_at: Mapped[datetime | None]  # taken off the list, or refused with all of it; the note says why


class DispositionStep(Row):
    """One act of the workflow: who, when, on what paper."""

    __tablename__ = "disposition_step"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    disposition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("disposition.id"), index=True)
    state: Mapped[str]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    document: Mapped[str | None]
    at: Mapped[datetime]


class DeletionDrill(Row):
    """The service tried with its own account to remove and overwrite locked objects; passed: nothing gave way."""

    __tablename__ = "deletion_drill"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))  # None: by schedule
    store: Mapped[str]
    objects: Mapped[int]
    passed: Mapped[bool]
    attempts: Mapped[list]  # type: ignore[type-arg]  # of {"digest", "attempt", "outcome"}
