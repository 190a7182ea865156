"""Uploads that are on their way, or came through: of each what its sender may know."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.bootstrap import App
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import Upload
from archive.db.holdings import Receipt
from archive.errors import NotFound
from archive.ids import id_of
from archive.queries.paging import Order, Paged
from archive.queries.views import Message

UNFINISHED = ("open", "whole")
UPLOADS = Order((Upload.begun_at, Upload.id))


@dataclass(frozen=True, slots=True)
class UploadView:
    """name and received_bytes are read from where the bytes lie; None where they do not lie there (any more).

    state: open, whole (being taken), taken, refused, ended.
    """

    key: str
    batch: str
    state: str
    size_bytes: int
    digest: str | None
    begun_at: datetime
    expires_at: datetime
    name: str | None = None
    modified: str | None = None  # as the sender says
    received_bytes: int | None = None
    outcome: str | None = None
    receipt: str | None = None
    reason: Message | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Underway:
    """Of a batch, whoever sends."""

    open: int = 0
    whole: int = 0

    def __bool__(self) -> bool:
        return bool(self.open or self.whole)


def upload(app: App, session: Session, key: str, *, actor: Actor) -> UploadView:
    """Only its sender knows of it, as long as he may deliver there."""
    found = id_of(key)
    row = None if found is None or found.hex != key else session.execute(_rows(actor).where(Upload.id == found)).first()
    if row is None:
        raise not_found()
    return _view(app, row)


def own_uploads(
    app: App, session: Session, batch_id: uuid.UUID, *, actor: Actor, cursor: str | None = None, limit: int = 50
) -> Paged[UploadView]:
    """Those that the actor began in the batch and that are not finished, oldest first."""
    rows = _rows(actor).where(Upload.batch_id == batch_id, Upload.state.in_(UNFINISHED))
    page = UPLOADS.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_view(app, row) for row in page])


def underway(session: Session, batch_id: uuid.UUID) -> Underway:
    counted = select(Upload.state, func.count().label("number")).where(
        Upload.batch_id == batch_id, Upload.state.in_(UNFINISHED)
    )
    found = {row.state: row.number for row in session.execute(counted.group_by(Upload.state))}
    return Underway(found.get("open", 0), found.get("whole", 0))


def not_found() -> NotFound:
    return NotFound(what=i18n.text("noun.upload"))


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(Upload, Batch.number, BatchEntry, Receipt.number.label("receipt"))
        .join(Batch, Batch.id == Upload.batch_id)
        .outerjoin(BatchEntry, BatchEntry.id == Upload.entry_id)
        .outerjoin(Receipt, Receipt.id == BatchEntry.receipt_id)
        .where(Upload.account_id == actor.account_id, policy.filter_batches(actor, Permission.BATCH_INGEST))
    )


def _view(app: App, row: Any) -> UploadView:
    found: Upload = row[0]
    entry: BatchEntry | None = row[2]
    key = found.id.hex
    here = found.state in UNFINISHED
    said = (app.uploads.told(key) or {}).get("metadata", {}) if here else {}
    return UploadView(
        key=key,
        batch=row.number,
        state=found.state,
        size_bytes=found.size_bytes or 0,
        digest=found.digest,
        begun_at=found.begun_at,
        expires_at=found.begun_at + timedelta(days=app.settings.upload_days),
        name=said.get("filename"),
        modified=said.get("modified"),
        received_bytes=app.uploads.received(key) if here else None,
        outcome=entry.outcome if entry else None,
        receipt=row.receipt,
        reason=Message(entry.reason, entry.reason_values) if entry and entry.reason else None,
        status=entry.status if entry else None,
    )
