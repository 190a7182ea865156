"""What a door hands in, by its own name for it: whoever was interrupted asks here what became of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from archive.bootstrap import App
from archive.db.base import Row
from archive.db.digitization import BatchEntry
from archive.db.doors import Arrival
from archive.db.holdings import Receipt
from archive.ids import new_id


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one delivered file: stored, duplicate (of that receipt) or refused."""

    outcome: str
    receipt: str | None = None
    reason: str | None = None
    values: dict[str, object] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True, slots=True)
class ArrivalKey:
    """What a door calls the thing that it hands in; the same one again is answered by what became of it then."""

    door: str  # upload, folder, mail, api
    reference: str


def became_of(app: App, key: ArrivalKey) -> Received | None:
    """What became of it, if it was dealt with already."""
    with app.unit_of_work() as uow:
        return _of_arrival(uow.session, key)


def dealt_with(session: Session, key: ArrivalKey) -> Received | None:
    """As `became_of`, once whoever deals with it now has ended."""
    session.execute(select(lock(literal(f"{key.door}:{key.reference}"))))
    return _of_arrival(session, key)


def handed_in(session: Session, key: ArrivalKey) -> tuple[uuid.UUID, str | None]:
    """Batch and SHA-256 of what came under the key; no digest where it was refused."""
    row = session.execute(
        select(Arrival.batch_id, Receipt.digest)
        .join(BatchEntry, BatchEntry.id == Arrival.entry_id)
        .outerjoin(Receipt, Receipt.id == BatchEntry.receipt_id)
        .where(Arrival.door == key.door, Arrival.reference == key.reference)
    ).one()
    return row.batch_id, row.digest


def rows_of(entry: BatchEntry, key: ArrivalKey | None) -> list[Row]:
    if key is None:
        return []
    told = {"door": key.door, "reference": key.reference}
    return [Arrival(id=new_id(), batch_id=entry.batch_id, entry_id=entry.id, at=entry.at, **told)]


def lock(key: ColumnElement[str]) -> ColumnElement[None]:
    """Until the end of the transaction; a transaction whose client is gone still holds it until it is settled."""
    return func.pg_advisory_xact_lock(func.hashtextextended(key, 0))


def _of_arrival(session: Session, key: ArrivalKey) -> Received | None:
    found = session.execute(
        select(BatchEntry, Receipt.number)
        .join(Arrival, Arrival.entry_id == BatchEntry.id)
        .outerjoin(Receipt, Receipt.id == BatchEntry.receipt_id)
        .where(Arrival.door == key.door, Arrival.reference == key.reference)
    ).first()
    if found is None:
        return None
    entry: BatchEntry = found[0]
    return Received(entry.outcome, found.number, entry.reason, dict(entry.reason_values), entry.status)
