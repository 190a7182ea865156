"""Bytes that an agency delivers again: their name is kept, and they stand in where those that wait were lost."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.bootstrap import App
from archive.db.digitization import BatchEntry
from archive.db.holdings import Item
from archive.db.states import ItemState
from archive.errors import ObjectDamaged, ObjectMissing
from archive.storage.interface import HeldFile

_WAITING = (ItemState.RECEIVED, ItemState.STOPPED)  # and not in the store yet: the quarantine has the only copy


def deliver_again(session: Session, app: App, entry: BatchEntry, key: uuid.UUID, held: HeldFile) -> bool:
    """The receipt of `entry` has these bytes already; those that came now lie under `key`.

    Returns whether the earlier copy, missing or damaged in the quarantine, was replaced by them. The item then is where
    it was: one that was stopped for its damaged bytes goes on when it is released.
    """
    item = session.scalars(select(Item).where(Item.receipt_id == entry.receipt_id).with_for_update()).one()
    replaced = item.state in _WAITING and item.master_digest is None and _replaced(app, item, key, held)
    _keep_name(app, item, entry, held.name)
    return replaced


def _replaced(app: App, item: Item, key: uuid.UUID, held: HeldFile) -> bool:
    quarantine, earlier = app.quarantine, str(item.receipt_id)
    try:
        quarantine.path(earlier)
    except ObjectMissing:
        name, names = held.name, {}
    except ObjectDamaged:
        name, names = quarantine.held(earlier).name, quarantine.names(earlier)
    else:
        return False
    quarantine.remove(earlier)  # killed from here on, nothing is acknowledged: the next delivery does it again
    with quarantine.path(str(key)).open("rb") as stream:
        quarantine.receive(earlier, stream, name, limit_bytes=held.size_bytes)
    for entry_id, other in names.items():
        quarantine.add_name(earlier, entry_id, other)
    quarantine.release(earlier)
    return True


def _keep_name(app: App, item: Item, entry: BatchEntry, name: str) -> None:
    """The name is told once the first delivery of these bytes has passed the gate; till then it waits beside them."""
    if item.file_name is not None:
        entry.name = name
    elif item.state == ItemState.RECEIVED:
        app.quarantine.add_name(str(item.receipt_id), str(entry.id), name)
