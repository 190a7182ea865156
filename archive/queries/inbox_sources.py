"""What people should know of without looking for it: one candidate a subject, whoever it is told to in the end.

Candidates carry codes and counts, no names of records and no contents.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.db.accounts import Agency, Assignment
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import Mailbox, WatchedFolder
from archive.db.holdings import Dossier, Item, PaperLoan, Scanner
from archive.db.retention import DispositionRow, RetentionNotice
from archive.db.reuse import ReuseAgreement
from archive.db.states import ItemState
from archive.db.telling import WebhookDelivery, WebhookEndpoint
from archive.queries.webhooks import DEAD

SCANNER_ENDS, AGREEMENT_ENDS = timedelta(days=14), timedelta(days=30)
BATCHES_BACK = timedelta(days=14)
WEBHOOK_ATTEMPTS = 3  # so many failed: it is no hiccup

KINDS: dict[str, Permission] = {
    "agreement_ending": Permission.REUSE_AGREE,
    "batch_read": Permission.BATCH_READ,
    "disposition_proposed": Permission.DISPOSITION_PROPOSE,
    "folder_problem": Permission.DOOR_MANAGE,
    "mailbox_problem": Permission.DOOR_MANAGE,
    "paper_overdue": Permission.PAPER_MANAGE,
    "publish_waiting": Permission.ITEM_PUBLISH,
    "retention_ends": Permission.DISPOSITION_PROPOSE,
    "scanner_ending": Permission.SCANNER_MANAGE,
    "stopped": Permission.STOPPED_READ,
    "webhook_problem": Permission.WEBHOOK_MANAGE,
}
"""Kind of notice -> the right over the agency that its reader holds; each has its text `notice.<kind>`."""
LASTING = frozenset({"batch_read"})  # an event; every other kind is settled when its cause has gone


@dataclass(frozen=True, slots=True)
class Candidate:
    """about: code of the subject. day: of what is newest in it; what is new since the last notice gives another one.

    agency_ids: the right is needed over all of them. only: the one person it is for. own: what of `count` came from
    a person, and is not for him.
    """

    kind: str
    about: str
    agency_ids: tuple[uuid.UUID, ...]
    link: str
    values: Mapping[str, Any]
    day: date | None = None
    only: uuid.UUID | None = None
    own: Mapping[uuid.UUID, int] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.about if self.day is None else f"{self.about}:{self.day}"


def candidates(session: Session, now: datetime) -> Iterator[Candidate]:
    for source in _SOURCES:
        yield from source(session, now)


def _retention(session: Session, now: datetime) -> Iterator[Candidate]:
    rows = (
        select(Agency.id, Agency.code, func.count(), func.max(RetentionNotice.given_at))
        .join(RetentionNotice, RetentionNotice.agency_id == Agency.id)
        .join(Dossier, Dossier.id == RetentionNotice.dossier_id)
        .where(RetentionNotice.seen_at.is_(None), Dossier.agency_id == RetentionNotice.agency_id)
        .group_by(Agency.id)
    )
    for agency_id, code, count, newest in session.execute(rows):
        yield _of_agency("retention_ends", agency_id, code, count, "/retention", local_date(newest))


def _paper(session: Session, now: datetime) -> Iterator[Candidate]:
    late = (PaperLoan.returned_at.is_(None), PaperLoan.due_back_on < local_date(now))
    rows = (
        select(Agency.id, Agency.code, func.count(), func.max(PaperLoan.due_back_on))
        .join(PaperLoan, PaperLoan.agency_id == Agency.id)
        .where(*late)
        .group_by(Agency.id)
    )
    for agency_id, code, count, newest in session.execute(rows):
        yield _of_agency("paper_overdue", agency_id, code, count, "/paper/loans?only=overdue", newest)


def _stopped(session: Session, now: datetime) -> Iterator[Candidate]:
    rows = (
        select(Agency.id, Agency.code, func.count(), func.max(Item.received_at))
        .join(Item, Item.agency_id == Agency.id)
        .where(Item.state == ItemState.STOPPED)
        .group_by(Agency.id)
    )
    for agency_id, code, count, newest in session.execute(rows):
        yield _of_agency("stopped", agency_id, code, count, "/stopped", local_date(newest))


def _publishing(session: Session, now: datetime) -> Iterator[Candidate]:
    rows = (
        select(Agency, Item.reviewed_by, func.count(), func.max(Item.reviewed_at))
        .join(Item, Item.agency_id == Agency.id)
        .where(Item.state == ItemState.REVIEWED, Item.reviewed_at.is_not(None))
        .group_by(Agency.id, Item.reviewed_by)
    )
    waiting: dict[uuid.UUID, tuple[Agency, dict[uuid.UUID, int], list[datetime]]] = {}
    for agency, reviewer, count, newest in session.execute(rows):
        if reviewer is not None and newest is not None:
            _, by, times = waiting.setdefault(agency.id, (agency, {}, []))
            by[reviewer] = count
            times.append(newest)
    for agency, by, times in waiting.values():
        own = by if agency.second_person_publishes else {}
        values = {"agency": agency.code, "count": sum(by.values())}
        day = local_date(max(times))
        yield Candidate("publish_waiting", agency.code, (agency.id,), "/review", values, day, own=own)


def _scanners(session: Session, now: datetime) -> Iterator[Candidate]:
    rows = (
        select(Scanner, Agency.code)
        .join(Agency, Agency.id == Scanner.agency_id)
        .where(Scanner.state == "cleared", Scanner.cleared_until <= local_date(now) + SCANNER_ENDS)
    )
    for scanner, agency_code in session.execute(rows):
        assert scanner.cleared_until is not None
        about, ends = f"{agency_code}/{scanner.code}", scanner.cleared_until
        values = {"agency": agency_code, "code": scanner.code, "day": i18n.day(ends)}
        yield Candidate("scanner_ending", about, (scanner.agency_id,), f"/scanners/{about}", values, ends)


def _dispositions(session: Session, now: datetime) -> Iterator[Candidate]:
    for row in session.scalars(select(DispositionRow).where(DispositionRow.state == "proposed")):
        link = f"/retention/dispositions/{row.number}"
        own = {row.proposed_by: 1}
        values = {"number": row.number, "count": 1}
        yield Candidate("disposition_proposed", row.number, (row.agency_id,), link, values, own=own)


def _batches(session: Session, now: datetime) -> Iterator[Candidate]:
    entries = select(BatchEntry.id).where(BatchEntry.batch_id == Batch.id).exists()
    under_way = (
        select(BatchEntry.id)
        .join(Item, Item.receipt_id == BatchEntry.receipt_id)
        .where(BatchEntry.batch_id == Batch.id, Item.state == ItemState.RECEIVED)
        .exists()
    )
    read = select(Batch).where(Batch.closed_at >= now - BATCHES_BACK, entries, ~under_way)
    for batch in session.scalars(read):
        values = {"number": batch.number}
        link = f"/batches/{batch.number}"
        yield Candidate("batch_read", batch.number, (batch.agency_id,), link, values, only=batch.opened_by)


def _agreements(session: Session, now: datetime) -> Iterator[Candidate]:
    today = local_date(now)
    ending = select(ReuseAgreement).where(
        ReuseAgreement.ended_at.is_(None), ReuseAgreement.valid_to.between(today, today + AGREEMENT_ENDS)
    )
    for row in session.scalars(ending):
        assert row.valid_to is not None
        values = {"number": row.number, "day": i18n.day(row.valid_to)}
        yield Candidate("agreement_ending", row.number, (row.agency_id,), "/reuse", values, row.valid_to)


def _doors(session: Session, now: datetime) -> Iterator[Candidate]:
    today = local_date(now)
    for kind, door, path in (("folder_problem", WatchedFolder, "folders"), ("mailbox_problem", Mailbox, "mailboxes")):
        failing = select(door.code, door.agency_id).where(door.state == "active", door.problem.is_not(None))
        for code, agency_id in session.execute(failing):
            yield Candidate(kind, code, (agency_id,), f"/doors/{path}/{code}", {"code": code}, today)


def _webhooks(session: Session, now: datetime) -> Iterator[Candidate]:
    dead = (
        select(WebhookDelivery.endpoint_id, func.count().label("number"), func.max(WebhookDelivery.at).label("newest"))
        .where(WebhookDelivery.outcome == DEAD)
        .group_by(WebhookDelivery.endpoint_id)
        .subquery()
    )
    rows = (
        select(WebhookEndpoint, func.coalesce(dead.c.number, 0), dead.c.newest)
        .outerjoin(dead, dead.c.endpoint_id == WebhookEndpoint.id)
        .where(WebhookEndpoint.state == "active")
        .where(or_(WebhookEndpoint.attempts >= WEBHOOK_ATTEMPTS, dead.c.number > 0))
    )
    for endpoint, number, newest in session.execute(rows):
        over = select(Assignment.agency_id).where(Assignment.account_id == endpoint.account_id).distinct()
        agency_ids = tuple(session.scalars(over.order_by(Assignment.agency_id)))
        values = {"code": endpoint.code, "dead": number}
        day = local_date(newest or now)
        yield Candidate("webhook_problem", endpoint.code, agency_ids, f"/webhooks/{endpoint.code}", values, day)


def _of_agency(kind: str, agency_id: uuid.UUID, code: str, count: int, link: str, day: date) -> Candidate:  # noqa: PLR0917
    return Candidate(kind, code, (agency_id,), link, {"agency": code, "count": count}, day)


_SOURCES: tuple[Callable[[Session, datetime], Iterator[Candidate]], ...] = (
    _retention,
    _paper,
    _stopped,
    _publishing,
    _scanners,
    _dispositions,
    _batches,
    _agreements,
    _doors,
    _webhooks,
)
