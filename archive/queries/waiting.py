"""Whether a delivery has been worked through."""

from __future__ import annotations

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Item
from archive.db.states import ItemState
from archive.db.trail import Outbox


def items_waiting(session: Session, batch_number: str) -> tuple[int, int]:
    """(items under way or not yet known to the index, all items) of a batch, those of its duplicates included."""
    told = select(Outbox.subject_id).where(Outbox.topic == "index", Outbox.not_before.is_(None))
    waits = case((or_(Item.state == ItemState.RECEIVED, Item.id.in_(told)), Item.id))
    counted = (
        select(func.count(waits.distinct()), func.count(Item.id.distinct()))
        .select_from(BatchEntry)
        .join(Batch, Batch.id == BatchEntry.batch_id)
        .join(Item, Item.receipt_id == BatchEntry.receipt_id)
        .where(Batch.number == batch_number)
    )
    waiting, total = session.execute(counted).one()
    return waiting, total
