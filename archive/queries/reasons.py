"""Why an item was stopped, as far as the actor may know."""

from __future__ import annotations

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.holdings import Item
from archive.db.states import ItemState
from archive.queries.views import Message

GATE = "gate."  # reasons of the secrets gate begin with it; any other is about the file itself


def was_stopped(item: Item) -> bool:
    """Stopped now, or removed by a decision without ever having passed the gate."""
    return item.state == ItemState.STOPPED or (item.state == ItemState.DESTROYED and item.master_digest is None)


def stop_reason(item: Item, actor: Actor) -> Message | None:
    if item.state == ItemState.DESTROYED:
        return Message("gate.removed")
    if item.stop_reason is None:
        return None
    secret = item.stop_reason.startswith(GATE)
    if secret and not policy.may(actor, Permission.STOPPED_READ, item.agency_id):
        return Message("gate.stopped")
    return Message(item.stop_reason, item.stop_values)
