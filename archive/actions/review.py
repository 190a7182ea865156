"""From described to published: a person has seen it, and where the agency asks for it, a second one."""

from __future__ import annotations

import uuid
from datetime import datetime

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.records import enter_state, lock_item, reason_given, record_item
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.holdings import Item
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotAllowed
from archive.queries.items import is_second_person

LEVELS = (policy.OPEN_LEVEL, "conditional")  # mức độ tiếp cận 01, 02


def review_item(
    uow: UnitOfWork, item_id: uuid.UUID, *, expected_revision: int | None = None, actor: Actor, now: datetime
) -> Item:
    """The actor has seen the whole item. Every doubtful field must have been accepted or corrected."""
    item = lock_item(uow, item_id, Permission.ITEM_REVIEW, actor=actor, expected_revision=expected_revision)
    enter_state(item, ItemState.REVIEWED)
    if item.doubtful_fields:
        raise Conflict("item.doubtful_left", count=item.doubtful_fields)
    item.reviewed_at, item.reviewed_by = now, actor.account_id
    _tell(uow, EventTag.ITEM_REVIEWED, item, actor=actor, now=now)
    return item


def return_item(
    uow: UnitOfWork,
    item_id: uuid.UUID,
    *,
    reason: str,
    expected_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> Item:
    """Back to whoever describes it: something is not right yet."""
    item = lock_item(uow, item_id, Permission.ITEM_REVIEW, actor=actor, expected_revision=expected_revision)
    why = reason_given(reason)
    if item.state != ItemState.REVIEWED:
        raise Conflict("item.not_reviewed")
    enter_state(item, ItemState.DESCRIBED)
    item.reviewed_at = item.reviewed_by = None
    _tell(uow, EventTag.ITEM_RETURNED, item, actor=actor, now=now, reason=why)
    return item


def publish_item(
    uow: UnitOfWork,
    item_id: uuid.UUID,
    *,
    level: str = "conditional",
    expected_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> Item:
    """level: open to every agency, or conditional: for the agency's own people and by request."""
    item = lock_item(uow, item_id, Permission.ITEM_PUBLISH, actor=actor, expected_revision=expected_revision)
    if level not in LEVELS:
        raise InvalidInput("item.level_unknown", field="level", known=", ".join(LEVELS))
    if item.state != ItemState.REVIEWED:
        raise Conflict("item.not_reviewed")
    if item.code is None:
        raise Conflict("item.not_filed")
    agency = uow.session.get_one(Agency, item.agency_id)
    if agency.second_person_publishes and not is_second_person(actor, item.reviewed_by):
        raise NotAllowed("item.second_person")
    enter_state(item, ItemState.PUBLISHED)
    item.level = level
    item.published_at, item.published_by = now, actor.account_id
    _tell(uow, EventTag.ITEM_PUBLISHED, item, actor=actor, now=now, level=level)
    return item


def _tell(uow: UnitOfWork, tag: EventTag, item: Item, *, actor: Actor, now: datetime, **details: object) -> None:
    record_item(uow, tag, item, actor=actor, now=now, **details)
    uow.reindex(item, now=now)
