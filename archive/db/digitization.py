"""The plan's targets and tasks, and the deliveries that serve them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class Target(Row):
    """One of the pillar's 7 targets; without a title until the coordinating office fills it in."""

    __tablename__ = "target"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str | None]
    source: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)


class Task(Row):
    """One of the pillar's 24 digitization tasks."""

    __tablename__ = "task"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    target_number: Mapped[int | None] = mapped_column(ForeignKey("target.number"))
    title: Mapped[str | None]
    owner_agency_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agency.id"))
    planned_quantity: Mapped[Decimal | None]
    unit: Mapped[str | None]
    due_on: Mapped[date | None]
    source: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)


class TaskPlan(Row):
    """An agency's share of a task: how much by when."""

    __tablename__ = "task_plan"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_number: Mapped[int] = mapped_column(ForeignKey("task.number"), index=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    planned_quantity: Mapped[Decimal | None]
    unit: Mapped[str | None]
    due_on: Mapped[date | None]
    source: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (UniqueConstraint("task_number", "agency_id"),)


class ProgrammeRevision(Row):
    """What a target, a task or an agency's share of one said from then on; the rows beside it are the newest."""

    __tablename__ = "programme_revision"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]  # target, task, plan
    subject: Mapped[str]  # number of the target or task; <task number>:<agency code> of a plan
    version: Mapped[int]
    content: Mapped[dict]  # type: ignore[type-arg]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("subject_kind", "subject", "version"),)


class Batch(Row):
    """One delivery of scans, for one task and one agency; ends in a reconciliation."""

    __tablename__ = "batch"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # LO-<agency code>-<year>-<5 digits>
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    task_number: Mapped[int] = mapped_column(ForeignKey("task.number"), index=True)
    dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"))
    opened_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    expected: Mapped[int | None]  # files that the deliverer says there are
    source: Mapped[str] = mapped_column(default="cli")  # cli, web, demo, api, folder, mail
    scanner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scanner.id"))
    door: Mapped[str | None]  # code of the watched folder or mailbox that it came through


class BatchEntry(Row):
    """One delivered file, explained: stored, duplicate of a receipt, or refused with a reason.

    name is kept only where nothing was received (refused) or the equal bytes have passed the gate.
    """

    __tablename__ = "batch_entry"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    ordinal: Mapped[int]
    outcome: Mapped[str]  # stored, duplicate, refused
    name: Mapped[str | None]
    name_digest: Mapped[str | None]  # keyed, where a manifest names what is expected
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("receipt.id"), index=True)
    size_bytes: Mapped[int | None]
    reason: Mapped[str | None]  # message id of archive.i18n
    reason_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    status: Mapped[int | None]  # HTTP status of a refusal: 413, 415, 422
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("batch_id", "ordinal"),
        CheckConstraint("(outcome = 'refused') = (reason is not null)", name="refusal_has_reason"),
        CheckConstraint("outcome = 'refused' or receipt_id is not null", name="taken_has_receipt"),
    )
