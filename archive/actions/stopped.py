"""What the security officer decides of an item that was stopped: its bytes go, or it goes on."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from archive.access import policy
from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Permission
from archive.actions.processing import ENCLOSURES
from archive.actions.records import enter_state, reason_given, record_item, state_conflict
from archive.audit_events import EventTag
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict
from archive.queries.items import not_found
from archive.queries.reasons import GATE

if TYPE_CHECKING:
    from archive.bootstrap import App

# item.stop_values of a removed item: what is still to do is in the commit of the decision, so that no crash loses it
REMOVAL = "removal"
DECIDED, DONE = "decided", "done"


def remove_stopped(uow: UnitOfWork, receipt_number: str, *, decision: str, actor: Actor, now: datetime) -> Item:
    """The bytes are to be removed from the quarantine; the receipt stays. `remove_bytes` does it after the commit.

    Raises Conflict for bytes that the gate had let into the store: they go by an executed disposition alone.
    """
    item = _locked(uow, receipt_number, actor)
    why = reason_given(decision)
    if item.master_digest is not None:
        raise Conflict("item.past_the_gate")
    enter_state(item, ItemState.DESTROYED)
    item.stop_reason, item.stop_values = None, {REMOVAL: DECIDED}
    record_item(uow, EventTag.STOPPED_DECIDED, item, actor=actor, now=now, act="remove", decision=why)
    return item


def release_stopped(uow: UnitOfWork, receipt_number: str, *, decision: str, actor: Actor, now: datetime) -> Item:
    """It holds no state secret, or it is to be tried again: it goes through the workflow once more.

    Where the gate had stopped it, the gate lets it through this time: a person answers for that, by this decision.
    Files enclosed in it are allowed by themselves: its pages still come before the gate.
    """
    item = _locked(uow, receipt_number, actor)
    why = reason_given(decision)
    enclosed = item.stop_reason == ENCLOSURES
    by_gate = item.stop_reason is not None and item.stop_reason.startswith(GATE) and not enclosed
    overridden = by_gate or bool(item.stop_values.get("gate_overridden"))
    allowed = {"enclosures_allowed": True} if enclosed or item.stop_values.get("enclosures_allowed") else {}
    enter_state(item, ItemState.RECEIVED)
    item.stop_values = {"released": item.stop_values.get("released", 0) + 1, "gate_overridden": overridden, **allowed}
    item.stop_reason = None
    record_item(
        uow,
        EventTag.STOPPED_DECIDED,
        item,
        actor=actor,
        now=now,
        act="release",
        decision=why,
        gate_overridden=overridden,
    )
    return item


def remove_bytes(app: App) -> int:
    """Remove what was decided to be removed. Safe to repeat and to run beside itself. Returns how many were removed."""
    removed = 0
    while _remove_one(app):
        removed += 1
    return removed


def _remove_one(app: App) -> bool:
    with app.unit_of_work() as uow:
        item = uow.session.scalar(
            select(Item)
            .where(Item.state == ItemState.DESTROYED, Item.stop_values[REMOVAL].astext == DECIDED)
            .order_by(Item.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if item is None:
            return False
        app.quarantine.remove(str(item.receipt_id))
        item.stop_values = {REMOVAL: DONE}
        record_item(uow, EventTag.STOPPED_REMOVED, item, actor=SYSTEM, now=app.clock())
        return True


def _locked(uow: UnitOfWork, receipt_number: str, actor: Actor) -> Item:
    """Raises NotFound for who may not see the receipt, NotAllowed for who sees it but does not decide."""
    item_id: uuid.UUID | None = uow.session.scalar(
        select(Item.id).join(Receipt, Receipt.id == Item.receipt_id).where(Receipt.number == receipt_number)
    )
    if item_id is None:
        raise not_found(receipt_number)
    item = uow.session.get_one(Item, item_id, with_for_update=True, populate_existing=True)
    if not policy.may(actor, Permission.STOPPED_REMOVE, item.agency_id):
        if not policy.may(actor, Permission.BATCH_READ, item.agency_id):
            raise not_found(receipt_number)
        policy.require(actor, Permission.STOPPED_REMOVE, item.agency_id)
    if item.state != ItemState.STOPPED:
        raise state_conflict(item)
    return item
