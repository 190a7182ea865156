"""Opening a record and searching for records, with their place in the trail."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from archive.access.identity import Actor
from archive.db.holdings import Item
from archive.db.unit_of_work import UnitOfWork
from archive.queries.items import item, resolve
from archive.queries.searching import Filters, search
from archive.queries.views import ItemView, ReceiptView, SearchResult

if TYPE_CHECKING:
    from archive.bootstrap import App


def open_item(uow: UnitOfWork, reference: str | uuid.UUID, *, actor: Actor, now: datetime) -> ItemView:
    """The item, for a person who opens it; one event per actor, item and quarter hour, however often it is opened."""
    view = item(uow.session, reference, actor=actor)
    _record(uow, view, actor, now)
    return view


def open_record(uow: UnitOfWork, reference: str | uuid.UUID, *, actor: Actor, now: datetime) -> ItemView | ReceiptView:
    """As open_item; while the item is under way or was stopped, its receipt, which holds no contents."""
    view = resolve(uow.session, reference, actor=actor)
    if isinstance(view, ItemView):
        _record(uow, view, actor, now)
    return view


def run_search(
    app: App, text: str, *, actor: Actor, filters: Filters | None = None, limit: int = 10, offset: int = 0
) -> SearchResult:
    """What is found, once the trail says that it was searched for; its pages are one question, asked once."""
    result = search(app, text, actor=actor, filters=filters, limit=limit, offset=offset)
    with app.unit_of_work() as uow:
        uow.record_search({"query": text, "filters": dict(filters or {})}, actor=actor, now=app.clock())
    return result


def _record(uow: UnitOfWork, view: ItemView, actor: Actor, now: datetime) -> None:
    uow.record_reading(uow.session.get_one(Item, view.id), actor=actor, now=now)
