"""Which notices go by mail now, and what became of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from archive.access.identity import actor_of
from archive.db.accounts import Account
from archive.db.telling import InboxNotice
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.queries.inbox import own
from archive.queries.views import Message

MOST_LINES = 50  # of one letter
TOO_OLD = timedelta(days=7)  # it is in the inbox all the same
WAITS = tuple(timedelta(**wait) for wait in ({"minutes": 5}, {"minutes": 30}, {"hours": 2}, {"hours": 6}))
PERMANENT = 500  # what SMTP refuses with a code from here on it refuses for good
DUE, SENT, FAILED, NONE = "due", "sent", "failed", "none"


@dataclass(frozen=True, slots=True)
class Letter:
    """at: of the newest notice, so that a letter that is sent again is the same."""

    notice_ids: tuple[uuid.UUID, ...]
    address: str
    lines: tuple[tuple[Message, str], ...]  # what is told, and the path of its page
    at: datetime


def next_letter(uow: UnitOfWork, *, now: datetime) -> Letter | None:
    """All that is due for the one who has waited longest. What nobody may or wants to read by mail any more is left
    to the inbox."""
    uow.session.execute(
        update(InboxNotice).where(InboxNotice.mail == DUE, InboxNotice.at < now - TOO_OLD).values(mail=FAILED)
    )
    due = select(InboxNotice.account_id).where(InboxNotice.mail == DUE, InboxNotice.mail_after <= now)
    while (account_id := uow.session.scalar(due.order_by(InboxNotice.mail_after, InboxNotice.id).limit(1))) is not None:
        letter = _letter(uow, account_id, now)
        if letter is not None:
            return letter
    return None


def record_letter(uow: UnitOfWork, letter: Letter, *, refused: int | None, now: datetime) -> None:
    """refused: the server's code."""
    rows = uow.session.scalars(
        select(InboxNotice)
        .where(InboxNotice.id.in_(letter.notice_ids), InboxNotice.mail == DUE)
        .order_by(InboxNotice.id)
        .with_for_update()
    ).all()
    for row in rows:
        row.mail_attempts += 1
        if refused is None:
            row.mail, row.mailed_at = SENT, now
        elif refused >= PERMANENT or row.mail_attempts > len(WAITS):
            row.mail = FAILED
        else:
            row.mail_after = now + WAITS[row.mail_attempts - 1]


def _letter(uow: UnitOfWork, account_id: uuid.UUID, now: datetime) -> Letter | None:
    due = (InboxNotice.account_id == account_id, InboxNotice.mail == DUE, InboxNotice.mail_after <= now)
    account = uow.session.get_one(Account, account_id)
    try:
        actor = actor_of(uow.session, account_id, now)
    except NotFound:
        actor = None
    if actor is not None and account.mail_notices and account.email:
        readable = select(InboxNotice).where(*due, InboxNotice.seen_at.is_(None), own(actor))
        rows = uow.session.scalars(readable.order_by(InboxNotice.at, InboxNotice.id).limit(MOST_LINES)).all()
        if rows:
            lines = tuple((Message(f"notice.{row.kind}", row.values), row.link) for row in rows)
            return Letter(tuple(row.id for row in rows), account.email, lines, rows[-1].at)
    uow.session.execute(update(InboxNotice).where(*due).values(mail=NONE))
    return None
