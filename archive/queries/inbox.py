"""One's own notices: told while the reader holds the right over the agency that they are about."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.db.accounts import Agency
from archive.db.telling import InboxNotice
from archive.queries.inbox_sources import KINDS
from archive.queries.paging import Order, Paged
from archive.queries.views import Message

NEWEST = Order((InboxNotice.at, InboxNotice.id), descending=True)


@dataclass(frozen=True, slots=True)
class InboxLine:
    id: uuid.UUID
    reference: str  # <kind>:<subject>, what a program knows it by
    kind: str
    message: Message
    link: str
    agency_name: str
    at: datetime
    seen_at: datetime | None
    mail: str  # none, due, sent, failed


def inbox(
    session: Session, *, actor: Actor, only_unseen: bool = False, cursor: str | None = None, limit: int = 50
) -> Paged[InboxLine]:
    """The newest first."""
    rows = select(InboxNotice, Agency.name).join(Agency, Agency.id == InboxNotice.agency_id).where(own(actor))
    if only_unseen:
        rows = rows.where(InboxNotice.seen_at.is_(None))
    page = NEWEST.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_line(row[0], row[1]) for row in page.lines])


def count_unseen(session: Session, *, actor: Actor) -> int:
    rows = select(func.count()).select_from(InboxNotice).where(own(actor), InboxNotice.seen_at.is_(None))
    return session.scalar(rows) or 0


def own(actor: Actor) -> ColumnElement[bool]:
    readable = [
        and_(InboxNotice.kind == kind, policy.filter_agency(actor, permission, InboxNotice.agency_id))
        for kind, permission in KINDS.items()
        if policy.may(actor, permission)
    ]
    return and_(InboxNotice.account_id == (actor.on_behalf_of or actor.account_id), or_(False, *readable))


def _line(found: InboxNotice, agency_name: str) -> InboxLine:
    return InboxLine(
        id=found.id,
        reference=f"{found.kind}:{found.subject}",
        kind=found.kind,
        message=Message(f"notice.{found.kind}", found.values),
        link=found.link,
        agency_name=agency_name,
        at=found.at,
        seen_at=found.seen_at,
        mail=found.mail,
    )
