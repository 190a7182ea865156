"""Notices that terms end: which were given, and which nobody of the custodian has seen."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.db.retention import RetentionNotice
from archive.queries.paging import Order, Paged

OLDEST_DAY = Order((RetentionNotice.given_at, RetentionNotice.id))


@dataclass(frozen=True, slots=True)
class NoticeLine:
    id: uuid.UUID
    code: str
    title: str
    agency_name: str
    due_on: date
    given_at: datetime


def unseen(
    session: Session, *, actor: Actor, agency_code: str | None = None, cursor: str | None = None, limit: int | None
) -> Paged[NoticeLine]:
    """To agencies for which the actor may propose disposal; the oldest first."""
    rows = (
        select(RetentionNotice, Dossier.code, Dossier.title, Agency.name)
        .join(Dossier, Dossier.id == RetentionNotice.dossier_id)
        .join(Agency, Agency.id == RetentionNotice.agency_id)
        .where(RetentionNotice.seen_at.is_(None), Dossier.agency_id == RetentionNotice.agency_id)
        .where(policy.filter_agency(actor, Permission.DISPOSITION_PROPOSE, RetentionNotice.agency_id))
    )
    if agency_code is not None:
        rows = rows.where(Agency.code == agency_code)
    page = OLDEST_DAY.page(session, rows, cursor=cursor, limit=limit)
    return page.of(
        [NoticeLine(row[0].id, row[1], row[2], row[3], row[0].due_on, row[0].given_at) for row in page.lines]
    )


def count_unseen(session: Session, *, actor: Actor) -> int:
    rows = (
        select(func.count())
        .select_from(RetentionNotice)
        .join(Dossier, Dossier.id == RetentionNotice.dossier_id)
        .where(RetentionNotice.seen_at.is_(None), Dossier.agency_id == RetentionNotice.agency_id)
    )
    return session.scalar(rows.where(policy.filter_dossiers(actor, Permission.DISPOSITION_PROPOSE))) or 0
