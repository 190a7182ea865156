"""Where items belong, and putting it right: identity and bytes stay, every code that was given still finds the item."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import or_, select, update

from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.protection import renew_masters
from archive.actions.records import (
    enter_state,
    lock_dossier,
    lock_item,
    lock_items,
    reason_given,
    record_item,
    require_readable,
    state_conflict,
)
from archive.audit_events import EventTag
from archive.db.holdings import Dossier, Filing, Item, Rendition
from archive.db.retention import HoldRow
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput
from archive.ids import new_id
from metadata import names

_TAGS = {
    "filed": EventTag.ITEM_FILED,
    "moved": EventTag.ITEM_MOVED,
    "replaced": EventTag.ITEM_REPLACED,
    "restored": EventTag.ITEM_RESTORED,
    "supplemented": EventTag.ITEM_SUPPLEMENTED,
    "withdrawn": EventTag.ITEM_WITHDRAWN,
}


def file_item(
    uow: UnitOfWork, item_id: uuid.UUID, dossier_code: str, *, reason: str, actor: Actor, now: datetime
) -> str:
    """Put an item that is in no dossier into one. Returns its code."""
    item = lock_item(uow, item_id, Permission.ITEM_FILE, actor=actor)
    why = reason_given(reason)
    require_readable(item)
    if item.dossier_id is not None:
        raise Conflict("item.already_filed")
    dossier = _open_dossier(uow, dossier_code, item, actor)
    return _enter(uow, item, dossier, "filed", why, actor=actor, now=now)


def move_item(
    uow: UnitOfWork, item_id: uuid.UUID, dossier_code: str, *, reason: str, actor: Actor, now: datetime
) -> str:
    """Into another dossier of the same agency, under a new code. Returns it; the old one still finds the item."""
    item = lock_item(uow, item_id, Permission.ITEM_FILE, actor=actor)
    why = reason_given(reason)
    require_readable(item)
    if item.dossier_id is None:
        raise Conflict("item.not_filed")
    _lock_both(uow, item.dossier_id, dossier_code)
    dossier = _open_dossier(uow, dossier_code, item, actor)
    if dossier.id == item.dossier_id:
        raise Conflict("item.already_there", code=dossier.code)
    _require_open(uow.session.get_one(Dossier, item.dossier_id))
    _require_no_hold(uow, item.dossier_id)
    return _enter(uow, item, dossier, "moved", why, actor=actor, now=now)


def replace_item(
    uow: UnitOfWork, item_id: uuid.UUID, by_item_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Another item takes its place (a better scan of the same paper); an unfiled one comes into the same dossier."""
    item, other = _pair(uow, item_id, by_item_id, actor)
    why = reason_given(reason)
    enter_state(item, ItemState.REPLACED)
    item.replaced_by_id = other.id
    _record(uow, item, "replaced", why, other=other, actor=actor, now=now)
    _file_beside(uow, other, item, why, actor=actor, now=now)


def supplement_item(
    uow: UnitOfWork, item_id: uuid.UUID, supplements_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime
) -> None:
    """The item completes another one (an annex that came later); an unfiled one comes into the same dossier."""
    item, other = _pair(uow, item_id, supplements_id, actor)
    why = reason_given(reason)
    require_readable(item)
    if item.supplements_id is not None:
        raise Conflict("item.already_supplements")
    _require_no_circle(uow, item, other)
    item.supplements_id = other.id
    _record(uow, item, "supplemented", why, other=other, actor=actor, now=now)
    _file_beside(uow, item, other, why, actor=actor, now=now)


def withdraw_item(uow: UnitOfWork, item_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take it from sight; nothing is destroyed. From this commit on nobody finds or opens it."""
    item = lock_item(uow, item_id, Permission.ITEM_FILE, actor=actor)
    why = reason_given(reason)
    enter_state(item, ItemState.WITHDRAWN)
    _record(uow, item, "withdrawn", why, actor=actor, now=now)


def restore_item(uow: UnitOfWork, item_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime) -> None:
    """A withdrawn item comes back as described: it is reviewed and published anew."""
    item = lock_item(uow, item_id, Permission.ITEM_FILE, actor=actor)
    why = reason_given(reason)
    if item.state != ItemState.WITHDRAWN:
        raise state_conflict(item)
    enter_state(item, ItemState.DESCRIBED)
    item.reviewed_at = item.reviewed_by = item.published_at = item.published_by = None
    _record(uow, item, "restored", why, actor=actor, now=now)


def give_code(uow: UnitOfWork, item: Item, dossier: Dossier) -> str:
    """The next number of a dossier whose row the caller holds; a number is never given twice.

    The access copy bears it as its name: code of the dossier and the item's number in it.
    """
    dossier.last_ordinal += 1
    item.dossier_id, item.fond_id = dossier.id, dossier.fond_id
    item.code = names.item_code(dossier.code, dossier.last_ordinal)
    uow.session.execute(
        update(Rendition)
        .where(Rendition.item_id == item.id, Rendition.kind == "access_pdf")
        .values(file_name=names.file_name(dossier.code, dossier.last_ordinal))
    )
    return item.code


def _pair(uow: UnitOfWork, item_id: uuid.UUID, other_id: uuid.UUID, actor: Actor) -> tuple[Item, Item]:
    if item_id == other_id:
        raise InvalidInput("item.same_item", field="item")
    held = lock_items(uow, (item_id, other_id), Permission.ITEM_FILE, actor=actor)
    item, other = held[item_id], held[other_id]
    if item.agency_id != other.agency_id:
        raise InvalidInput("item.other_agency", field="item")
    require_readable(other)
    return item, other


def _require_no_circle(uow: UnitOfWork, item: Item, other: Item) -> None:
    above: Item | None = other
    while above is not None:
        if above.id == item.id:
            raise Conflict("item.supplements_itself")
        above = uow.session.get(Item, above.supplements_id) if above.supplements_id else None


def _open_dossier(uow: UnitOfWork, code: str, item: Item, actor: Actor) -> Dossier:
    dossier = lock_dossier(uow, code, Permission.ITEM_FILE, actor=actor)
    if dossier.agency_id != item.agency_id:
        raise InvalidInput("item.other_agency", field="dossier")
    _require_open(dossier)
    return dossier


def _require_open(dossier: Dossier) -> None:
    if dossier.state != "open":
        raise Conflict("dossier.closed", code=dossier.code)


def _lock_both(uow: UnitOfWork, dossier_id: uuid.UUID, other_code: str) -> None:
    """In the order of ids, so that two who move items to and fro do not wait for each other."""
    both = select(Dossier.id).where(or_(Dossier.id == dossier_id, Dossier.code == other_code)).order_by(Dossier.id)
    uow.session.execute(both.with_for_update())


def _require_no_hold(uow: UnitOfWork, dossier_id: uuid.UUID) -> None:
    """What a hold keeps together stays together; the caller holds the dossier's row."""
    held = select(HoldRow.number).where(HoldRow.dossier_id == dossier_id, HoldRow.lifted_at.is_(None))
    number = uow.session.scalar(held.order_by(HoldRow.number).limit(1))
    if number is not None:
        raise Conflict("hold.keeps_items", number=number)


def _file_beside(uow: UnitOfWork, item: Item, beside: Item, reason: str, *, actor: Actor, now: datetime) -> None:
    if item.dossier_id is None and beside.dossier_id is not None:
        dossier = uow.session.get_one(Dossier, beside.dossier_id, with_for_update=True, populate_existing=True)
        _require_open(dossier)
        _enter(uow, item, dossier, "filed", reason, actor=actor, now=now)


def _enter(uow: UnitOfWork, item: Item, dossier: Dossier, act: str, reason: str, *, actor: Actor, now: datetime) -> str:
    former = (item.dossier_id, item.code)
    code = give_code(uow, item, dossier)
    _record(uow, item, act, reason, former=former, actor=actor, now=now)
    renew_masters(uow, [item.master_digest], now=now)
    return code


def _record(
    uow: UnitOfWork,
    item: Item,
    act: str,
    reason: str,
    *,
    former: tuple[uuid.UUID | None, str | None] | None = None,
    other: Item | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """The row of the filing, the event, and word to the index. former: dossier and code before, where they changed."""
    from_dossier, from_code = former or (item.dossier_id, item.code)
    uow.session.add(
        Filing(
            id=new_id(),
            item_id=item.id,
            act=act,
            from_dossier_id=from_dossier,
            to_dossier_id=item.dossier_id if former else None,
            from_code=from_code,
            to_code=item.code if former else None,
            other_item_id=other.id if other else None,
            reason=reason,
            account_id=actor.account_id,
            at=now,
        )
    )
    details = {"from": from_code, "to": item.code, "other": other.id if other else None, "reason": reason}
    record_item(uow, _TAGS[act], item, actor=actor, now=now, **details)
    uow.reindex(item, now=now)
