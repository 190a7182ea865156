"""Notices in people's inboxes: given once to each who should know, settled when their cause has gone, seen."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from archive.access import policy
from archive.access.identity import Actor, people
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.bootstrap import App
from archive.db.accounts import Account
from archive.db.telling import InboxNotice
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.ids import new_id
from archive.queries.inbox import own
from archive.queries.inbox_sources import KINDS, LASTING, Candidate, candidates


@dataclass(frozen=True, slots=True)
class _Due:
    """A candidate for one person, with what it tells him."""

    account_id: uuid.UUID
    candidate: Candidate
    values: Mapping[str, Any]

    @property
    def about(self) -> tuple[uuid.UUID, str, str]:
        return self.account_id, self.candidate.kind, self.candidate.about


def fill_inbox(app: App) -> int:
    """The service's own, from time to time. Returns how many notices are new."""
    by_mail = app.settings.smtp_url is not None and app.settings.mail_from is not None
    with app.unit_of_work() as uow:
        return give_inbox_notices(uow, by_mail=by_mail, now=app.clock())


def give_inbox_notices(uow: UnitOfWork, *, by_mail: bool, now: datetime) -> int:
    """Whoever holds the right over the agency gets one of each, once; repeated, or by two at once, it gives none twice.

    While somebody has not seen the last one about the same, that one is brought up to date instead.
    """
    due = list(_due(uow, now))
    unseen = {
        (row.account_id, row.kind, _about(row)): row
        for row in uow.session.scalars(
            select(InboxNotice).where(InboxNotice.seen_at.is_(None)).order_by(InboxNotice.id).with_for_update()
        )
    }
    mailed = _wanting_mail(uow) if by_mail else frozenset()
    new = [_row(each, now, mailed) for each in due if each.about not in unseen]
    for each in due:
        waiting = unseen.pop(each.about, None)
        if waiting is not None and waiting.values != dict(each.values):
            waiting.values = dict(each.values)
    for row in unseen.values():
        if row.kind not in LASTING:
            row.seen_at = now
            row.mail = "none" if row.mail == "due" else row.mail
    if not new:
        return 0
    given = insert(InboxNotice).on_conflict_do_nothing().returning(InboxNotice.id)
    return len(uow.session.scalars(given, new).all())


def see_inbox(uow: UnitOfWork, notice_ids: Collection[uuid.UUID] | None = None, *, actor: Actor, now: datetime) -> int:
    """Those, or all of one's own. Returns how many were new; may be repeated."""
    mine = update(InboxNotice).where(own(actor), InboxNotice.seen_at.is_(None))
    if notice_ids is not None:
        mine = mine.where(InboxNotice.id.in_(notice_ids))
    seen = uow.session.scalars(mine.values(seen_at=now).returning(InboxNotice.id)).all()
    if seen:
        uow.record(
            EventTag.NOTICE_SEEN,
            actor=actor,
            now=now,
            subject_kind="account",
            subject_id=actor.account_id,
            details={"number": len(seen)},
        )
    return len(seen)


def see_inbox_named(uow: UnitOfWork, references: Collection[str], *, actor: Actor, now: datetime) -> int:
    """As see_inbox, by what programs know notices by. Raises NotFound for one that is not the actor's."""
    ids = []
    for reference in references:
        kind, _, subject = reference.partition(":")
        found = select(InboxNotice.id).where(own(actor), InboxNotice.kind == kind, InboxNotice.subject == subject)
        notice_id = uow.session.scalar(found)
        if notice_id is None:
            raise NotFound(what=reference)
        ids.append(notice_id)
    return see_inbox(uow, ids, actor=actor, now=now)


def _due(uow: UnitOfWork, now: datetime) -> Iterator[_Due]:
    everybody = people(uow.session, now)

    @cache
    def holders(permission: Permission) -> list[tuple[uuid.UUID, frozenset[uuid.UUID]]]:
        held = ((actor.account_id, policy.agencies(actor, permission)) for actor in everybody)
        return [(account_id, agency_ids) for account_id, agency_ids in held if agency_ids]

    for candidate in candidates(uow.session, now):
        for account_id, agency_ids in holders(KINDS[candidate.kind]):
            reached = bool(candidate.agency_ids) and agency_ids.issuperset(candidate.agency_ids)
            if not reached or candidate.only not in (None, account_id):
                continue
            values = dict(candidate.values)
            if account_id in candidate.own:
                values["count"] -= candidate.own[account_id]
            if values.get("count") != 0:
                yield _Due(account_id, candidate, values)


def _about(row: InboxNotice) -> str:
    about, colon, day = row.subject.rpartition(":")
    return about if colon else day


def _wanting_mail(uow: UnitOfWork) -> frozenset[uuid.UUID]:
    wanting = select(Account.id).where(Account.mail_notices, Account.email.is_not(None))
    return frozenset(uow.session.scalars(wanting))


def _row(each: _Due, now: datetime, mailed: frozenset[uuid.UUID]) -> dict[str, Any]:
    by_mail = each.account_id in mailed
    return {
        "id": new_id(),
        "account_id": each.account_id,
        "agency_id": each.candidate.agency_ids[0],
        "kind": each.candidate.kind,
        "subject": each.candidate.subject,
        "values": dict(each.values),
        "link": each.candidate.link,
        "at": now,
        "mail": "due" if by_mail else "none",
        "mail_attempts": 0,
        "mail_after": now if by_mail else None,
    }
