"""What the catalogue says of locks and legal holds, told to the store and compared with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from archive.actions.protection import renew_masters
from archive.bootstrap import App
from archive.db.holdings import Item, StoredObject
from archive.errors import ObjectMissing

PORTION = 500  # masters whose lock is looked at in one transaction
LEAST_LOCK = timedelta(days=28)  # deploy.minio.account denies what is shorter by more than a day
ROLLED_WITHIN = timedelta(days=12)  # of its end, a lock that has no known end is set anew


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


def roll_locks(app: App) -> int:
    """Locks that end soon are looked at: they go on where the term is not known or has no end. Returns how many did."""
    rolled, digest = 0, ""
    while True:
        with app.unit_of_work() as uow:
            ending = (
                select(StoredObject.digest)
                .where(StoredObject.digest > digest, StoredObject.locked_until < app.clock() + ROLLED_WITHIN)
                .where(select(Item.id).where(Item.master_digest == StoredObject.digest).exists())
                .order_by(StoredObject.digest)
                .limit(PORTION)
            )
            digests = uow.session.scalars(ending).all()
            rolled += renew_masters(uow, digests, now=app.clock())
        if len(digests) < PORTION:
            return rolled
        digest = digests[-1]


def set_again(app: App, row: StoredObject) -> None:
    """What the store has lost of what the catalogue says."""
    app.store.protect(row.digest, retain_until=_asked(row.locked_until, app.clock()), legal_hold=row.legal_hold or None)


def is_short(app: App, row: StoredObject) -> bool:
    """Whether the store holds an object less than the catalogue says; of one that it does not have, it does.

    Only what is locked by now is asked for: one small question an object.
    """
    locked = row.locked_until is not None and row.locked_until > app.clock()
    if not locked and not row.legal_hold:
        return False
    try:
        found = app.store.protection(row.digest)
    except ObjectMissing:
        return True
    until = row.locked_until if locked else None
    short = until is not None and (found.retain_until is None or found.retain_until < until)
    return short or (row.legal_hold and not found.legal_hold)


def _asked(until: datetime | None, now: datetime) -> datetime | None:
    """Never for less than LEAST_LOCK: on a server, the service's account is denied anything shorter."""
    return None if until is None or until <= now else max(until, now + LEAST_LOCK)


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
            until = _asked(row.locked_until, app.clock())
            app.store.protect(row.digest, retain_until=until, legal_hold=row.legal_hold)
        except ObjectMissing:
            return row.digest, False
        row.protection_pending = False
        return row.digest, True
