"""What waits for a person: unclear and doubtful items first, then what can be published, and what was stopped."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from archive.queries.lines import has_unclear_page, item_rows, lines_of
from archive.queries.paging import Order, Paged
from archive.queries.receipts import receipt_rows, receipt_view
from archive.queries.views import ItemLine, ReceiptView

# What may carry a mark that was not read first, then most doubtful fields, the least sure reading, the longest wait.
QUEUE = Order(
    (
        case((has_unclear_page(), 0), else_=1),
        -Item.doubtful_fields,
        func.coalesce(Item.confidence, 0.0),
        Item.received_at,
        Item.id,
    )
)
PUBLISHABLE = Order((func.coalesce(Item.reviewed_at, Item.received_at), Item.id))
STOPPED = Order((Receipt.received_at, Receipt.id))


def review_queue(
    session: Session, *, actor: Actor, limit: int = 50, cursor: str | None = None, only_doubtful: bool = False
) -> Paged[ItemLine]:
    """only_doubtful: with a doubtful field or an unclear page."""
    rows = item_rows().where(waits_for_review(actor))
    if only_doubtful:
        rows = rows.where(or_(Item.doubtful_fields > 0, has_unclear_page()))
    return _lines(session, QUEUE.page(session, rows, cursor=cursor, limit=limit))


def next_in_queue(session: Session, after: uuid.UUID | None, *, actor: Actor) -> uuid.UUID | None:
    """The item to show next. Past an item that still waits comes the one behind it, and past the last the first;
    past one that is done, or for a start, comes the head of the queue. None: nothing else waits."""
    queue = (
        select(Item.id)
        .where(waits_for_review(actor), Item.id != after if after else true())
        .order_by(*QUEUE.keys)
        .limit(1)
    )
    place = session.execute(select(*QUEUE.keys).where(waits_for_review(actor), Item.id == after)).one_or_none()
    behind = None
    if place is not None:
        behind = session.scalar(queue.where(tuple_(*QUEUE.keys) > tuple_(*place)))
    return behind or session.scalar(queue)


def publish_queue(session: Session, *, actor: Actor, limit: int = 50, cursor: str | None = None) -> Paged[ItemLine]:
    """Reviewed items that this actor may publish, the longest waiting first."""
    rows = item_rows().where(waits_for_publishing(actor))
    return _lines(session, PUBLISHABLE.page(session, rows, cursor=cursor, limit=limit))


def stopped(session: Session, *, actor: Actor, limit: int = 50, cursor: str | None = None) -> Paged[ReceiptView]:
    """Receipts of stopped items, for the security officer; neither name nor contents."""
    page = STOPPED.page(session, receipt_rows().where(is_stopped(actor)), cursor=cursor, limit=limit)
    return page.of([receipt_view(row, actor) for row in page.lines])


def waits_for_review(actor: Actor) -> ColumnElement[bool]:
    return (Item.state == ItemState.DESCRIBED) & policy.filter_items(actor, Permission.ITEM_REVIEW)


def waits_for_publishing(actor: Actor) -> ColumnElement[bool]:
    """Reviewed, and where the agency asks for a second person, not by the actor."""
    alone = select(Agency.id).where(Agency.second_person_publishes.is_(False))
    own = [account for account in (actor.account_id, actor.on_behalf_of) if account is not None]
    return (
        (Item.state == ItemState.REVIEWED)
        & policy.filter_items(actor, Permission.ITEM_PUBLISH)
        & or_(Item.agency_id.in_(alone), Item.reviewed_by.not_in(own))
    )


def is_stopped(actor: Actor) -> ColumnElement[bool]:
    return (Item.state == ItemState.STOPPED) & policy.filter_agency(actor, Permission.STOPPED_READ, Item.agency_id)


def _lines(session: Session, page: Paged[Row[*tuple[Any, ...]]]) -> Paged[ItemLine]:
    return page.of(lines_of(session, page.lines))
