"""Scanning devices with their logs, and which may be used today."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.digitization import Batch
from archive.db.holdings import Scanner, ScannerEvent
from archive.errors import NotFound

BATCHES = 20


@dataclass(frozen=True, slots=True)
class ScannerLine:
    id: uuid.UUID
    agency_code: str
    agency_name: str
    code: str
    name: str
    serial: str
    state: str  # registered, cleared, wiped, gone
    cleared_until: date | None
    registered_at: datetime

    def overdue(self, today: date) -> bool:
        """Its clearance is over, and it was neither cleared again nor wiped."""
        return self.state == "cleared" and self.cleared_until is not None and self.cleared_until < today

    def usable(self, today: date) -> bool:
        return self.state == "cleared" and not self.overdue(today)


@dataclass(frozen=True, slots=True)
class LogLine:
    kind: str  # cleared, wiped, left
    on: date
    done_by: str
    document: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ScannedBatch:
    number: str
    opened_at: datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class ScannerView:
    """The log newest first, and the newest deliveries that came from this device."""

    line: ScannerLine
    log: tuple[LogLine, ...]
    batches: tuple[ScannedBatch, ...]


def scanners(
    session: Session, *, actor: Actor, permission: Permission = Permission.SCANNER_MANAGE
) -> tuple[ScannerLine, ...]:
    """Those of agencies over which the actor holds the permission, by agency and code."""
    rows = _rows().where(policy.filter_agency(actor, permission, Scanner.agency_id))
    return tuple(_line(row) for row in session.execute(rows.order_by(Agency.code, Scanner.code)))


def scanner(session: Session, agency_code: str, code: str, *, actor: Actor) -> ScannerView:
    allowed = policy.filter_agency(actor, Permission.SCANNER_MANAGE, Scanner.agency_id)
    row = session.execute(_rows().where(Agency.code == agency_code, Scanner.code == code, allowed)).one_or_none()
    if row is None:
        raise NotFound(what=i18n.text("noun.scanner", code=code))
    scanner_id = row.Scanner.id
    log = session.execute(
        select(ScannerEvent, Account.name)
        .join(Account, Account.id == ScannerEvent.account_id)
        .where(ScannerEvent.scanner_id == scanner_id)
        .order_by(ScannerEvent.on.desc(), ScannerEvent.at.desc(), ScannerEvent.id.desc())
    )
    batches = session.execute(
        select(Batch.number, Batch.opened_at, Batch.closed_at)
        .where(Batch.scanner_id == scanner_id, policy.filter_batches(actor))
        .order_by(Batch.opened_at.desc(), Batch.id.desc())
        .limit(BATCHES)
    )
    return ScannerView(
        _line(row),
        tuple(LogLine(at.kind, at.on, at.done_by, at.document, at.note, by, at.at) for at, by in log),
        tuple(ScannedBatch(each.number, each.opened_at, each.closed_at is None) for each in batches),
    )


def scanner_of_batch(session: Session, batch_number: str, *, actor: Actor) -> ScannerLine | None:
    """The device that a delivery came from, where it was named."""
    rows = _rows().join(Batch, Batch.scanner_id == Scanner.id)
    row = session.execute(rows.where(Batch.number == batch_number, policy.filter_batches(actor))).one_or_none()
    return None if row is None else _line(row)


def _rows() -> Select[*tuple[Any, ...]]:
    return select(Scanner, Agency.code.label("agency_code"), Agency.name.label("agency_name")).join(
        Agency, Agency.id == Scanner.agency_id
    )


def _line(row: Row[*tuple[Any, ...]]) -> ScannerLine:
    found: Scanner = row.Scanner
    return ScannerLine(
        id=found.id,
        agency_code=row.agency_code,
        agency_name=row.agency_name,
        code=found.code,
        name=found.name,
        serial=found.serial,
        state=found.state,
        cleared_until=found.cleared_until,
        registered_at=found.registered_at,
    )
