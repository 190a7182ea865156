"""States of an item, and which follow which."""

from __future__ import annotations

from enum import StrEnum


class ItemState(StrEnum):
    RECEIVED = "received"
    STOPPED = "stopped"
    DESCRIBED = "described"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    DESTROYED = "destroyed"


NEXT: dict[ItemState, frozenset[ItemState]] = {
    ItemState.RECEIVED: frozenset({ItemState.STOPPED, ItemState.DESCRIBED}),
    ItemState.STOPPED: frozenset({ItemState.DESTROYED, ItemState.RECEIVED}),
    ItemState.DESCRIBED: frozenset({ItemState.REVIEWED, ItemState.WITHDRAWN, ItemState.REPLACED}),
    ItemState.REVIEWED: frozenset({ItemState.DESCRIBED, ItemState.PUBLISHED, ItemState.WITHDRAWN, ItemState.REPLACED}),
    ItemState.PUBLISHED: frozenset({ItemState.WITHDRAWN, ItemState.REPLACED}),
    ItemState.WITHDRAWN: frozenset({ItemState.DESCRIBED}),
    ItemState.REPLACED: frozenset(),
    ItemState.DESTROYED: frozenset(),
}
"""Only what was stopped before it was a record is removed; of records, nothing leads there."""

READABLE = frozenset({ItemState.DESCRIBED, ItemState.REVIEWED, ItemState.PUBLISHED})
"""States in which an item can be found and opened by those who may."""
