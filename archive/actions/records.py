"""What every action on a record begins with: find it, ask the rule, hold it, see that it is as the person saw it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.db.holdings import Dossier, Item
from archive.db.states import NEXT, READABLE, ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotAllowed
from archive.queries import dossiers, items

MAX_REASON_CHARACTERS = 1000


def lock_item(
    uow: UnitOfWork,
    item_id: uuid.UUID,
    permission: Permission,
    *,
    actor: Actor,
    expected_revision: int | None = None,
) -> Item:
    """Hold the item until the end of the transaction.

    Raises NotFound for an item that is unknown or that the actor may not see, NotAllowed where it may be seen but not
    worked on, Conflict where it has changed since `expected_revision`.
    """
    item = uow.session.get(Item, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise items.not_found(item_id)
    access = policy.access_of(item)
    if not policy.allows(actor, permission, access):
        if policy.allows(actor, Permission.ITEM_READ, access):
            raise NotAllowed(permission=permission)
        raise items.not_found(item_id)
    if expected_revision is not None and expected_revision != item.revision:
        raise Conflict("item.changed")
    return item


def lock_items(
    uow: UnitOfWork, item_ids: Collection[uuid.UUID], permission: Permission, *, actor: Actor
) -> dict[uuid.UUID, Item]:
    """Several, always in the same order, so that two who want the same ones do not wait for each other."""
    return {item_id: lock_item(uow, item_id, permission, actor=actor) for item_id in sorted(set(item_ids))}


def lock_dossier(uow: UnitOfWork, code: str, permission: Permission, *, actor: Actor) -> Dossier:
    found = select(Dossier).where(Dossier.code == code).with_for_update().execution_options(populate_existing=True)
    dossier = uow.session.scalar(found)
    if dossier is None or not policy.may(actor, Permission.DOSSIER_READ, dossier.agency_id):
        raise dossiers.not_found(code)
    policy.require(actor, permission, dossier.agency_id)
    return dossier


def record_item(uow: UnitOfWork, tag: EventTag, item: Item, *, actor: Actor, now: datetime, **details: object) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="item",
        subject_id=item.id,
        agency_id=item.agency_id,
        details=details,
    )


def record_dossier(
    uow: UnitOfWork, tag: EventTag, dossier: Dossier, *, actor: Actor, now: datetime, **details: object
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="dossier",
        subject_id=dossier.id,
        agency_id=dossier.agency_id,
        details=details,
    )


def enter_state(item: Item, state: ItemState) -> None:
    if state not in NEXT[ItemState(item.state)]:
        raise state_conflict(item)
    item.state = state


def require_readable(item: Item) -> None:
    if item.state not in READABLE:
        raise state_conflict(item)


def state_conflict(item: Item) -> Conflict:
    return Conflict("item.state_forbids", state=i18n.text(f"state.{item.state}"))


def reason_given(reason: Any) -> str:
    """Why, in a person's words: what a later reader of the trail needs."""
    text = " ".join(str(reason or "").split())
    if not text:
        raise InvalidInput("reason.missing", field="reason")
    if len(text) > MAX_REASON_CHARACTERS:
        raise InvalidInput("reason.too_long", field="reason", maximum=MAX_REASON_CHARACTERS)
    return text


def text_given(subject: str, given: str, field: str, *, maximum: int, needed: bool = True) -> str:
    """What a form gave for a field, on one line. subject: the table of messages that tell what is wrong with it."""
    text = " ".join(given.split())
    if needed and not text:
        raise InvalidInput(f"{subject}.{field}_missing", field=field)
    if len(text) > maximum:
        raise InvalidInput(f"{subject}.text_too_long", field=field, maximum=maximum)
    return text
