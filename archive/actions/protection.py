"""How long masters are locked: by the terms of the dossiers that hold them, and by holds.

Only the catalogue is written here; archive.protection tells the store after the commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import or_, select

from archive.access.identity import OFFICE_HOURS, local_date
from archive.db.holdings import Item, StoredObject
from archive.db.retention import HoldRow
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.queries.retention import terms
from retention.calculate import Calculation, Verdict

MASTER_LOCK = timedelta(days=30)  # from the gate on, and on and on until a term is known
RENEWED_WITHIN = MASTER_LOCK / 2  # of its end, so that not every change is one for the store
WITHOUT_END = frozenset({Verdict.PERMANENT, Verdict.WAITS_FOR_EVENT})
PORTION = 5000  # objects asked for in one statement


@dataclass(frozen=True, slots=True)
class _Holder:
    """An item whose master the object is: under a hold, and with its dossier's term; None: no term is known."""

    held: bool
    term: Calculation | None

    @property
    def without_end(self) -> bool:
        return self.held or (self.term is not None and self.term.verdict in WITHOUT_END)

    @property
    def ends_at(self) -> datetime | None:
        due_on = self.term.due_on if self.term else None
        return None if due_on is None else datetime.combine(due_on, time(), OFFICE_HOURS)


def renew_protection(uow: UnitOfWork, dossier_ids: Collection[uuid.UUID], *, now: datetime) -> int:
    """After anything that changes the term of a dossier, its holds or what is in it. Returns how many masters changed.

    An object is held as its strictest holder wants it. A lock is only ever lengthened; the legal hold is set while an
    active hold or a term without end asks for it, and taken off after that. May be repeated.
    """
    masters = select(Item.master_digest).where(Item.dossier_id.in_(dossier_ids), Item.master_digest.is_not(None))
    return renew_masters(uow, uow.session.scalars(masters), now=now) if dossier_ids else 0


def renew_masters(uow: UnitOfWork, digests: Iterable[str | None], *, now: datetime) -> int:
    """As renew_protection, for the masters of some items. Rows are locked in the order of digests, whoever asks."""
    known = sorted({digest for digest in digests if digest is not None})
    return sum(_renew(uow, known[at : at + PORTION], now) for at in range(0, len(known), PORTION))


def _renew(uow: UnitOfWork, digests: Sequence[str], now: datetime) -> int:
    wanted = select(StoredObject).where(StoredObject.digest.in_(digests)).order_by(StoredObject.digest)
    rows = uow.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()
    holders = _holders(uow, digests, now)  # read after the locks: who held them has committed
    return sum(_change(row, holders.get(row.digest, ()), now) for row in rows)


def _change(row: StoredObject, holders: Sequence[_Holder], now: datetime) -> bool:
    if not holders:
        return False
    legal_hold = any(holder.without_end for holder in holders)
    until = _locked_until(row.locked_until, holders, now)
    if (until, legal_hold) == (row.locked_until, row.legal_hold):
        return False
    row.locked_until, row.legal_hold, row.protection_pending = until, legal_hold, True
    row.protection_changed_at = now
    return True


def _locked_until(held: datetime | None, holders: Sequence[_Holder], now: datetime) -> datetime | None:
    """To the end of the longest term; while any is unknown or without end, a lock that rolls on."""
    ends = [holder.ends_at for holder in holders]
    asked = [end for end in ends if end is not None and end > now]
    if None in ends and (held is None or held < now + RENEWED_WITHIN):
        asked.append(now + MASTER_LOCK)
    return max((end for end in (held, *asked) if end is not None), default=None)


def _holders(uow: UnitOfWork, digests: Sequence[str], now: datetime) -> Mapping[str, Sequence[_Holder]]:
    found = uow.session.execute(
        select(Item.master_digest, Item.id, Item.dossier_id).where(
            Item.master_digest.in_(digests), Item.state != ItemState.DESTROYED
        )
    ).all()
    dossier_ids = {row.dossier_id for row in found if row.dossier_id is not None}
    known = terms(uow.session, dossier_ids, local_date(now))
    held = _held(uow, [row.id for row in found], dossier_ids)
    holders: dict[str, list[_Holder]] = {}
    for row in found:
        holder = _Holder(bool({row.id, row.dossier_id} & held), known.get(row.dossier_id))
        holders.setdefault(row.master_digest, []).append(holder)
    return holders


def _held(uow: UnitOfWork, item_ids: Collection[uuid.UUID], dossier_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Items and dossiers under an active hold of their own."""
    active = select(HoldRow.item_id, HoldRow.dossier_id).where(
        HoldRow.lifted_at.is_(None), or_(HoldRow.item_id.in_(item_ids), HoldRow.dossier_id.in_(dossier_ids))
    )
    return {subject for row in uow.session.execute(active) for subject in row if subject is not None}
