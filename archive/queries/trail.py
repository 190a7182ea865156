"""The audit trail, for auditors: who did or opened what, when."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.digitization import Batch
from archive.db.holdings import Dossier, Fond, Item, Receipt, Scanner
from archive.db.retention import DispositionRow, ScheduleRow
from archive.db.reuse import ReuseAgreement, ReuseLookup
from archive.db.telling import WebhookEndpoint
from archive.db.trail import AuditDetails, AuditEvent, AuditLink
from archive.queries.items import not_found
from archive.queries.paging import Order, Paged

_Principal = aliased(Account)
NEWEST = Order((AuditEvent.at, AuditEvent.id), descending=True)


@dataclass(frozen=True, slots=True)
class AuditLine:
    at: datetime
    tag: str  # archive.audit.EventTag
    actor: str | None  # name of the account
    acting_as: str | None
    os_user: str | None
    agency_code: str | None
    subject_kind: str
    subject: str  # people's code of the subject where it has one; the words of a search
    details: Mapping[str, Any]
    sequence: int | None  # place in the hash chain; None: not sealed yet


def events(
    session: Session, *, actor: Actor, limit: int = 100, cursor: str | None = None, tag: str | None = None
) -> Paged[AuditLine]:
    """Newest first. Events of no agency (sign-ins, the service itself) are for auditors of an agency at the top."""
    own = policy.filter_agency(actor, Permission.AUDIT_READ, AuditEvent.agency_id)
    top = select(Agency.id).where(
        Agency.parent_id.is_(None), policy.filter_agency(actor, Permission.AUDIT_READ, Agency.id)
    )
    rows = _rows().where(or_(own, AuditEvent.agency_id.is_(None) & top.exists()))
    if tag is not None:
        rows = rows.where(AuditEvent.tag == tag)
    page = NEWEST.page(session, rows, cursor=cursor, limit=limit)
    return page.of(_lines(session, page.lines))


def item_events(session: Session, item_id: uuid.UUID, *, actor: Actor, limit: int = 200) -> tuple[AuditLine, ...]:
    """Everything that was done with one item and everyone who opened it."""
    allowed = policy.filter_agency(actor, Permission.AUDIT_READ, Item.agency_id)
    if session.scalar(select(Item.id).where(Item.id == item_id, allowed)) is None:
        raise not_found(item_id)
    rows = _rows().where(AuditEvent.subject_kind == "item", AuditEvent.subject_id == str(item_id))
    return _lines(session, session.execute(rows.order_by(*NEWEST.clauses()).limit(limit)).all())


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            AuditEvent,
            Account.name.label("actor"),
            _Principal.name.label("acting_as"),
            Agency.code.label("agency_code"),
            AuditDetails.details,
            AuditLink.sequence,
        )
        .outerjoin(Account, Account.id == AuditEvent.actor_id)
        .outerjoin(_Principal, _Principal.id == AuditEvent.acting_as_id)
        .outerjoin(Agency, Agency.id == AuditEvent.agency_id)
        .outerjoin(AuditDetails, AuditDetails.event_id == AuditEvent.id)
        .outerjoin(AuditLink, AuditLink.event_id == AuditEvent.id)
    )


def _lines(session: Session, found: Sequence[Row[*tuple[Any, ...]]]) -> tuple[AuditLine, ...]:
    names = _names(session, found)
    return tuple(
        AuditLine(
            at=row.AuditEvent.at,
            tag=row.AuditEvent.tag,
            actor=row.actor,
            acting_as=row.acting_as,
            os_user=row.AuditEvent.os_user,
            agency_code=row.agency_code,
            subject_kind=row.AuditEvent.subject_kind,
            subject=_subject(row, names),
            details=row.details or {},
            sequence=row.sequence,
        )
        for row in found
    )


def _subject(row: Row[*tuple[Any, ...]], names: Mapping[tuple[str, str], str]) -> str:
    if row.AuditEvent.subject_kind == "search":
        return str((row.details or {}).get("query", ""))
    kind, subject_id = row.AuditEvent.subject_kind, row.AuditEvent.subject_id
    return subject_id if kind in _TOLD_AS_IS else names.get((kind, subject_id), "")


def _names(session: Session, rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[tuple[str, str], str]:
    """People's code of each subject: ids are not shown. One statement a kind of subject."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        if row.AuditEvent.subject_kind in _CODES:
            wanted.setdefault(row.AuditEvent.subject_kind, set()).add(uuid.UUID(row.AuditEvent.subject_id))
    names: dict[tuple[str, str], str] = {}
    for kind, (key, code) in _CODES.items():
        if kind in wanted:
            named = select(key, code)
            if kind == "item":
                named = named.join(Receipt, Receipt.id == Item.receipt_id)
            for subject_id, text in session.execute(named.where(key.in_(wanted[kind]))):
                names[kind, str(subject_id)] = text
    return names


_CODES: dict[str, tuple[InstrumentedAttribute[uuid.UUID], InstrumentedAttribute[str]]] = {
    "account": (Account.id, Account.login),
    "agreement": (ReuseAgreement.id, ReuseAgreement.number),
    "agency": (Agency.id, Agency.code),
    "batch": (Batch.id, Batch.number),
    "disposition": (DispositionRow.id, DispositionRow.number),
    "dossier": (Dossier.id, Dossier.code),
    "fond": (Fond.id, Fond.code),
    "item": (Item.id, Receipt.number),
    "receipt": (Receipt.id, Receipt.number),
    "reuse_lookup": (ReuseLookup.id, ReuseLookup.dossier_reference),
    "scanner": (Scanner.id, Scanner.code),
    "schedule": (ScheduleRow.id, ScheduleRow.code),
    "webhook": (WebhookEndpoint.id, WebhookEndpoint.code),
}
_TOLD_AS_IS = frozenset({"target", "task", "plan"})  # the programme's own numbers
