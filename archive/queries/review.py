"""What waits for a person: doubtful items first, then what can be published, and what was stopped."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from archive.queries.lines import item_lines, item_rows
from archive.queries.receipts import receipt_rows, receipt_view
from archive.queries.views import ItemLine, ReceiptView

# Most doubtful fields first, then the least sure reading, then the longest wait.
_ORDER = (-Item.doubtful_fields, func.coalesce(Item.confidence, 0.0), Item.received_at, Item.id)


def review_queue(
    session: Session, *, actor: Actor, limit: int = 50, offset: int = 0, only_doubtful: bool = False
) -> tuple[ItemLine, ...]:
    rows = item_rows().where(waits_for_review(actor))
    if only_doubtful:
        rows = rows.where(Item.doubtful_fields > 0)
    return item_lines(session, rows.order_by(*_ORDER).limit(limit).offset(offset))


def next_in_queue(session: Session, after: uuid.UUID | None, *, actor: Actor) -> uuid.UUID | None:
    """The item to show next. Past an item that still waits comes the one behind it, and past the last the first;
    past one that is done, or for a start, comes the head of the queue. None: nothing else waits."""
    queue = (
        select(Item.id).where(waits_for_review(actor), Item.id != after if after else true()).order_by(*_ORDER).limit(1)
    )
    place = session.execute(select(*_ORDER).where(waits_for_review(actor), Item.id == after)).one_or_none()
    behind = None
    if place is not None:
        behind = session.scalar(queue.where(tuple_(*_ORDER) > tuple_(*place)))
    return behind or session.scalar(queue)


def publish_queue(session: Session, *, actor: Actor, limit: int = 50, offset: int = 0) -> tuple[ItemLine, ...]:
    """Reviewed items that this actor may publish, the longest waiting first."""
    rows = item_rows().where(waits_for_publishing(actor)).order_by(Item.reviewed_at, Item.id)
    return item_lines(session, rows.limit(limit).offset(offset))


def stopped(session: Session, *, actor: Actor, limit: int = 50, offset: int = 0) -> tuple[ReceiptView, ...]:
    """Receipts of stopped items, for the security officer; neither name nor contents."""
    rows = receipt_rows().where(is_stopped(actor)).order_by(Receipt.received_at, Receipt.id)
    return tuple(receipt_view(row, actor) for row in session.execute(rows.limit(limit).offset(offset)))


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
