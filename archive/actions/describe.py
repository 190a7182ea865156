"""What persons say of an item's fields. A word of theirs is a row of its own, laid over every later recognition."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from archive.access.identifiers import SENSITIVE, keep_owner, seal_value
from archive.access.identity import OFFICE_HOURS, Actor
from archive.access.permissions import Permission
from archive.actions.field_values import field_value
from archive.actions.records import enter_state, lock_item, record_item, require_readable
from archive.audit_events import EventTag
from archive.db.holdings import Correction, Item
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput
from archive.ids import new_id
from archive.queries.fields import EffectiveFields, effective_fields, title
from archive.queries.views import FieldView
from metadata.model import FieldName


def correct_field(
    uow: UnitOfWork,
    item_id: uuid.UUID,
    field: str,
    value: object,
    *,
    expected_revision: int | None = None,
    page: int | None = None,
    box: Sequence[float] | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """The field has this value, whatever was read. page, box (fractions): where it stands, if not where it was read.

    Returns the item's new revision; the same value again changes nothing.
    """
    item = _lock(uow, item_id, actor, expected_revision)
    wanted = field_value(field, value, today=now.astimezone(OFFICE_HOURS).date())
    place = _place(item, field, page, box)
    known = _effective(uow, item).get(field)
    if known is not None and known.given_by == "person" and known.value == wanted and not place:
        return item.revision
    tag = EventTag.FIELD_ACCEPTED if known is not None and known.value == wanted else EventTag.FIELD_CORRECTED
    _say(uow, item, field, {"value": wanted}, known=known, place=place, tag=tag, actor=actor, now=now)
    return _settle(uow, item, now)


def accept_field(
    uow: UnitOfWork,
    item_id: uuid.UUID,
    field: str,
    *,
    expected_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """What was read is right. Returns the new revision; accepting again changes nothing."""
    item = _lock(uow, item_id, actor, expected_revision)
    known = _effective(uow, item).get(field)
    if known is None:
        raise InvalidInput("field.absent", field=field)
    if known.given_by == "person":
        return item.revision
    _accept(uow, item, known, actor=actor, now=now)
    return _settle(uow, item, now)


def accept_all(
    uow: UnitOfWork, item_id: uuid.UUID, *, expected_revision: int | None = None, actor: Actor, now: datetime
) -> int:
    """Every field that is still doubtful was read right. Returns the new revision."""
    item = _lock(uow, item_id, actor, expected_revision)
    doubtful = [field for field in _effective(uow, item).fields if field.doubtful]
    for known in doubtful:
        _accept(uow, item, known, actor=actor, now=now)
    return _settle(uow, item, now) if doubtful else item.revision


def remove_field(
    uow: UnitOfWork,
    item_id: uuid.UUID,
    field: str,
    *,
    expected_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """The document has no such field, whatever was read. Returns the new revision."""
    item = _lock(uow, item_id, actor, expected_revision)
    known = _effective(uow, item).get(field)
    if known is None:
        raise InvalidInput("field.absent", field=field)
    _say(uow, item, field, {}, known=known, place={}, tag=EventTag.FIELD_REMOVED, actor=actor, now=now)
    return _settle(uow, item, now)


def refresh_item(uow: UnitOfWork, item: Item) -> None:
    """Title, number of doubtful fields and owner, from the current description with the corrections over it."""
    uow.session.flush()
    fields = _effective(uow, item)
    for name in SENSITIVE:
        keep_owner(uow.session, uow.keys, item, name, fields.text(name))
    item.title = title(fields, item.file_name)
    item.doubtful_fields = fields.doubtful


def _lock(uow: UnitOfWork, item_id: uuid.UUID, actor: Actor, expected_revision: int | None) -> Item:
    item = lock_item(uow, item_id, Permission.ITEM_CORRECT, actor=actor, expected_revision=expected_revision)
    require_readable(item)
    return item


def _effective(uow: UnitOfWork, item: Item) -> EffectiveFields:
    return effective_fields(uow.session, [item.id], sensitive=True)[item.id]


def _place(item: Item, field: str, page: int | None, box: Sequence[float] | None) -> dict[str, Any]:
    if page is None:
        if box is not None:
            raise InvalidInput("field.no_place", field=field)
        return {}
    if not 1 <= page <= (item.page_count or 0):
        raise InvalidInput("field.no_place", field=field)
    if box is None:
        return {"page": page}
    corners = [float(corner) for corner in box]
    if len(corners) != 4 or not (0 <= corners[0] < corners[2] <= 1 and 0 <= corners[1] < corners[3] <= 1):
        raise InvalidInput("field.no_place", field=field)
    return {"page": page, "box": corners}


def _accept(uow: UnitOfWork, item: Item, known: FieldView, *, actor: Actor, now: datetime) -> None:
    value = {"value": known.value}
    _say(uow, item, known.name, value, known=known, place={}, tag=EventTag.FIELD_ACCEPTED, actor=actor, now=now)


def _say(
    uow: UnitOfWork,
    item: Item,
    field: str,
    value: dict[str, Any],
    *,
    known: FieldView | None,
    place: dict[str, Any],
    tag: EventTag,
    actor: Actor,
    now: datetime,
) -> None:
    """Values are not in the trail: auditors read it, and they read no contents."""
    read: dict[str, Any] = {}
    if known is not None:
        read = {"value": known.value} if known.given_by != "person" else _read_as(known)
        place = place or {"page": known.page, "box": list(known.box) if known.box else None}
    correction = Correction(
        id=new_id(),
        item_id=item.id,
        field=FieldName(field),
        page=place.get("page"),
        box=place.get("box"),
        read_as=_sealed(uow, item, field, read),
        value=_sealed(uow, item, field, value),
        account_id=actor.account_id,
        at=now,
    )
    uow.session.add(correction)
    record_item(uow, tag, item, actor=actor, now=now, field=field, correction=correction.id)


def _sealed(uow: UnitOfWork, item: Item, field: str, told: dict[str, Any]) -> dict[str, Any]:
    return {part: seal_value(uow.keys, item.id, field, value) for part, value in told.items()}


def _read_as(known: FieldView) -> dict[str, Any]:
    return {} if known.read_as is None else {"value": known.read_as}


def _settle(uow: UnitOfWork, item: Item, now: datetime) -> int:
    """A reviewed item that is changed waits for a review again: what is published was seen whole by somebody."""
    if item.state == ItemState.REVIEWED:
        enter_state(item, ItemState.DESCRIBED)
        item.reviewed_at = item.reviewed_by = None
    refresh_item(uow, item)
    uow.reindex(item, now=now)
    return item.revision
