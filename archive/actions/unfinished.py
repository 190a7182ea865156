"""Uploads that a batch still waits for, when it is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from archive.access.identity import Actor
from archive.audit_events import EventTag
from archive.db.digitization import Batch
from archive.db.doors import Upload
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict

UNFINISHED = ("open", "whole")
KEPT_OPEN: dict[str, Any] = {"read": True, "key_share": True}  # a lock: the batch is not closed meanwhile


def settle_uploads(uow: UnitOfWork, batch: Batch, *, give_up: bool, actor: Actor, now: datetime) -> None:
    """Before a batch is closed, with its row locked. Bytes that are all here are received first, whoever closes it.

    give_up: those that are not whole are ended. Raises Conflict otherwise.
    """
    rows = uow.session.scalars(
        select(Upload).where(Upload.batch_id == batch.id, Upload.state.in_(UNFINISHED)).order_by(Upload.id)
    ).all()
    if any(row.state == "whole" for row in rows):
        raise Conflict("upload.being_taken", number=batch.number)
    if rows and not give_up:
        raise Conflict("upload.unfinished", number=batch.number, count=len(rows))
    for row in rows:
        end_upload(uow, row, reason="batch_closed", actor=actor, now=now)


def end_upload(uow: UnitOfWork, row: Upload, *, reason: str, actor: Actor, now: datetime) -> None:
    """Its bytes go afterwards; nobody was promised anything of them."""
    row.state, row.changed_at = "ended", now
    batch = uow.session.get_one(Batch, row.batch_id)
    uow.record(
        EventTag.UPLOAD_ENDED,
        actor=actor,
        now=now,
        subject_kind="batch",
        subject_id=batch.id,
        agency_id=batch.agency_id,
        details={"reason": reason, "size": row.size_bytes},
    )
