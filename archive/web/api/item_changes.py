"""What every change of an item over the API has in common: which item, who, what it left the item as."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.db.unit_of_work import UnitOfWork
from archive.queries import items
from archive.web.api.calls import once
from archive.web.api.models.items import ItemStanding
from archive.web.deps import Visit

Find = Callable[..., uuid.UUID]
Change = Callable[[UnitOfWork, uuid.UUID, dict[str, Any]], object]


def change_item(
    visit: Visit,
    key: str | None,
    reference: str,
    given: BaseModel | None,
    change: Change,
    *,
    revision: int | None = None,
    find: Find | None = None,
    status: int = 201,
) -> ItemStanding:
    """One change in one commit.

    revision: as the caller has seen the item; change gets it, who acts, and when. find: where not all who change it
    find it otherwise.
    """
    how: dict[str, Any] = {"actor": visit.actor, "now": visit.now}
    if revision is not None:
        how["expected_revision"] = revision

    def act(uow: UnitOfWork) -> ItemStanding:
        item_id = (find or _readable)(uow.session, reference, actor=visit.actor)
        change(uow, item_id, how)
        return ItemStanding.model_validate(items.standing(uow.session, item_id))

    answered: ItemStanding = once(visit, key, given, act, status=status)
    return answered


def _readable(session: Session, reference: str, *, actor: Actor) -> uuid.UUID:
    return items.item(session, reference, actor=actor).id
