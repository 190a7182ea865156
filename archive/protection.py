"""What the catalogue says of locks and legal holds, told to the store."""

from __future__ import annotations

from sqlalchemy import select

from archive.bootstrap import App
from archive.db.holdings import StoredObject
from archive.errors import ObjectMissing


def tell_store(app: App) -> int:
    """Returns how many objects the store was told of.

    The row of an object is held while the store is told of it, so that of two changes the newer one is told last; the
    mark goes in the same transaction. Safe to repeat, to be killed, and to run beside itself. An object that the store
    does not have keeps its mark: `archive reconcile` tells of it.
    """
    told, digest = 0, ""
    while (row := _tell_next(app, digest)) is not None:
        digest, done = row
        told += done
    return told


def _tell_next(app: App, after: str) -> tuple[str, bool] | None:
    waiting = (
        select(StoredObject)
        .where(StoredObject.protection_pending, StoredObject.digest > after)
        .order_by(StoredObject.digest)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with app.unit_of_work() as uow:
        row = uow.session.scalar(waiting)
        if row is None:
            return None
        try:
            app.store.protect(row.digest, retain_until=row.locked_until, legal_hold=row.legal_hold)
        except ObjectMissing:
            return row.digest, False
        row.protection_pending = False
        return row.digest, True
