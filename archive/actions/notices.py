"""An agency is told that the term of a dossier ends, 30 days before anything is proposed for it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from archive.access import policy
from archive.access.identity import SYSTEM, Actor, local_date
from archive.access.permissions import Permission
from archive.actions.rules import refuse_clock_set_back
from archive.audit_events import EventTag
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.db.retention import RetentionNotice
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotAllowed
from archive.ids import new_id
from archive.queries.due import NOTICE, DueLine, Ending, endings, lines_of, longest_terms, not_told
from archive.queries.retention import among

PORTION = 1000  # of one commit


def give_notices(
    uow: UnitOfWork, *, agency_code: str | None = None, limit: int = PORTION, actor: Actor, now: datetime
) -> tuple[DueLine, ...]:
    """Of the dossiers over which the actor may propose disposal, those that become due within 30 days or are due.

    One notice a dossier, day and custodian: repeated, or by two at once, it gives none twice. Returns those given.
    """
    policy.require(actor, Permission.DISPOSITION_PROPOSE)
    refuse_clock_set_back(uow.session.scalar(select(func.max(RetentionNotice.given_at))), now)
    today = local_date(now)
    lasts = longest_terms()
    scope = [policy.filter_agency(actor, Permission.DISPOSITION_PROPOSE, Dossier.agency_id), not_told(lasts)]
    if agency_code is not None:
        scope.append(Dossier.agency_id.in_(select(Agency.id).where(Agency.code == agency_code)))
    ends = endings(uow.session, *scope, until=today + NOTICE, today=today, lasts=lasts)
    given = [line for line in _untold(uow, ends, limit) if _give(uow, line, now)]
    for line in given:
        details = {"code": line.code, "due_on": line.due_on}
        _record(uow, EventTag.NOTICE_GIVEN, line.dossier_id, line.agency_id, actor=actor, now=now, **details)
    return tuple(given)


def give_due_notices(app: App) -> int:
    """The service's own, a bounded portion each time."""
    with app.unit_of_work() as uow:
        return len(give_notices(uow, actor=SYSTEM, now=app.clock()))


def see_notices(uow: UnitOfWork, notice_ids: Collection[uuid.UUID], *, actor: Actor, now: datetime) -> int:
    """Somebody of the custodian has read them. Returns how many nobody had seen before; may be repeated."""
    rows = uow.session.scalars(
        select(RetentionNotice)
        .where(among(RetentionNotice.id, notice_ids))
        .order_by(RetentionNotice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(not policy.may(actor, Permission.DISPOSITION_PROPOSE, row.agency_id) for row in rows):
        raise NotAllowed(permission=Permission.DISPOSITION_PROPOSE)
    unseen = [row for row in rows if row.seen_at is None]
    for row in unseen:
        row.seen_at, row.seen_by = now, actor.account_id
        _record(uow, EventTag.NOTICE_SEEN, row.dossier_id, row.agency_id, actor=actor, now=now, due_on=row.due_on)
    return len(unseen)


def _untold(uow: UnitOfWork, ends: Sequence[Ending], limit: int) -> list[DueLine]:
    """The clause `not_told` knows of days that are counted in years alone; here it is known of all."""
    found: list[DueLine] = []
    for at in range(0, len(ends), limit):
        lines = lines_of(uow.session, ends[at : at + limit])
        found += [line for line in lines if line.noticed_at is None]
        if len(found) >= limit:
            break
    return found[:limit]


def _give(uow: UnitOfWork, line: DueLine, now: datetime) -> bool:
    notice = insert(RetentionNotice).values(
        id=new_id(), agency_id=line.agency_id, dossier_id=line.dossier_id, due_on=line.due_on, given_at=now
    )
    return uow.session.scalar(notice.on_conflict_do_nothing().returning(RetentionNotice.id)) is not None


def _record(
    uow: UnitOfWork,
    tag: EventTag,
    dossier_id: uuid.UUID,
    agency_id: uuid.UUID,
    *,
    actor: Actor,
    now: datetime,
    **details: object,
) -> None:
    uow.record(
        tag, actor=actor, now=now, subject_kind="dossier", subject_id=dossier_id, agency_id=agency_id, details=details
    )
