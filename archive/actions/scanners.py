"""Scanning devices: registered, cleared by a security check, wiped, and gone only after that; each with its log."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.records import text_given
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.holdings import Scanner, ScannerEvent
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id

CODE = re.compile(r"[0-9A-ZĐ][0-9A-ZĐ.-]{0,31}")
_text = partial(text_given, "scanner", maximum=300)


@dataclass(frozen=True, slots=True)
class Done:
    """What a line of the log says: the day, who did it, on what paper."""

    on: date
    done_by: str
    document: str
    note: str = ""


def register_scanner(
    uow: UnitOfWork, *, agency_code: str, code: str, name: str, serial: str, actor: Actor, now: datetime
) -> Scanner:
    """Not to be used before its first security check."""
    agency = uow.session.scalar(select(Agency).where(Agency.code == agency_code).with_for_update())
    if agency is None or not policy.may(actor, Permission.SCANNER_MANAGE, agency.id):
        raise NotFound(what=i18n.text("noun.agency", code=agency_code))
    code = code.strip().upper()
    if not CODE.fullmatch(code):
        raise InvalidInput("scanner.code_invalid", field="code")
    if uow.session.scalar(select(Scanner.id).where(Scanner.agency_id == agency.id, Scanner.code == code)):
        raise Conflict("scanner.code_taken", code=code)
    scanner = Scanner(
        id=new_id(),
        agency_id=agency.id,
        code=code,
        name=_text(name, "name"),
        serial=_text(serial, "serial"),
        state="registered",
        registered_at=now,
    )
    uow.session.add(scanner)
    _record(uow, EventTag.SCANNER_REGISTERED, scanner, actor=actor, now=now, code=code, serial=scanner.serial)
    return scanner


def clear_scanner(
    uow: UnitOfWork,
    scanner_id: uuid.UUID,
    done: Done,
    *,
    until: date,
    actor: Actor,
    now: datetime,
) -> Scanner:
    """A security check was passed, good until a day; also of one that was wiped, or that came back."""
    scanner = _lock(uow, scanner_id, actor)
    if until < done.on:
        raise InvalidInput("scanner.until_before_check", field="until")
    event = _event(uow, scanner, "cleared", done, actor=actor, now=now)
    scanner.state, scanner.cleared_until = "cleared", until
    told = {"on": event.on, "until": until, "document": event.document}
    _record(uow, EventTag.SCANNER_CLEARED, scanner, actor=actor, now=now, **told)
    return scanner


def wipe_scanner(uow: UnitOfWork, scanner_id: uuid.UUID, done: Done, *, actor: Actor, now: datetime) -> Scanner:
    """Its memory was emptied. Refused while a batch is open that it scans for: what was not delivered would be lost."""
    scanner = _lock(uow, scanner_id, actor)
    if scanner.state == "gone":
        raise Conflict("scanner.gone")
    batches = select(Batch.number).where(Batch.scanner_id == scanner.id, Batch.closed_at.is_(None))
    if numbers := uow.session.scalars(batches.order_by(Batch.number).limit(5)).all():
        raise Conflict("scanner.batches_open", numbers=", ".join(numbers))
    event = _event(uow, scanner, "wiped", done, actor=actor, now=now)
    scanner.state, scanner.cleared_until = "wiped", None
    _record(uow, EventTag.SCANNER_WIPED, scanner, actor=actor, now=now, on=event.on, document=event.document)
    return scanner


def let_scanner_leave(uow: UnitOfWork, scanner_id: uuid.UUID, done: Done, *, actor: Actor, now: datetime) -> Scanner:
    """For repair, return or disposal; only after its memory was wiped and nothing was scanned since."""
    scanner = _lock(uow, scanner_id, actor)
    if scanner.state == "gone":
        raise Conflict("scanner.gone")
    if scanner.state != "wiped":
        raise Conflict("scanner.not_wiped")
    event = _event(uow, scanner, "left", done, actor=actor, now=now)
    scanner.state = "gone"
    _record(uow, EventTag.SCANNER_LEFT, scanner, actor=actor, now=now, on=event.on, document=event.document)
    return scanner


def scanner_in_use(uow: UnitOfWork, agency_id: uuid.UUID, code: str, *, now: datetime) -> uuid.UUID:
    """The agency's scanner, cleared today; it is neither wiped nor gone until the end of the transaction."""
    found = select(Scanner).where(Scanner.agency_id == agency_id, Scanner.code == code).with_for_update(read=True)
    scanner = uow.session.scalar(found)
    if scanner is None:
        raise InvalidInput("scanner.unknown", field="scanner", code=code)
    if scanner.state != "cleared" or scanner.cleared_until is None:
        raise InvalidInput("scanner.not_cleared", field="scanner", code=code)
    if scanner.cleared_until < local_date(now):
        raise InvalidInput("scanner.clearance_over", field="scanner", code=code, until=scanner.cleared_until)
    return scanner.id


def _lock(uow: UnitOfWork, scanner_id: uuid.UUID, actor: Actor) -> Scanner:
    scanner = uow.session.get(Scanner, scanner_id, with_for_update=True, populate_existing=True)
    if scanner is None or not policy.may(actor, Permission.SCANNER_MANAGE, scanner.agency_id):
        raise NotFound(what=i18n.text("noun.scanner", code=""))
    return scanner


def _event(
    uow: UnitOfWork,
    scanner: Scanner,
    kind: str,
    done: Done,
    *,
    actor: Actor,
    now: datetime,
) -> ScannerEvent:
    """A line of the log; the log runs forward in time."""
    if done.on > local_date(now):
        raise InvalidInput("scanner.future", field="on")
    last = uow.session.scalar(
        select(ScannerEvent.on).where(ScannerEvent.scanner_id == scanner.id).order_by(ScannerEvent.on.desc()).limit(1)
    )
    if last is not None and done.on < last:
        raise InvalidInput("scanner.before_last", field="on", last=last)
    event = ScannerEvent(
        id=new_id(),
        scanner_id=scanner.id,
        kind=kind,
        on=done.on,
        done_by=_text(done.done_by, "done_by"),
        document=_text(done.document, "document"),
        note=_text(done.note, "note", needed=False),
        account_id=actor.account_id,
        at=now,
    )
    uow.session.add(event)
    return event


def _record(
    uow: UnitOfWork, tag: EventTag, scanner: Scanner, *, actor: Actor, now: datetime, **details: object
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="scanner",
        subject_id=scanner.id,
        agency_id=scanner.agency_id,
        details=details,
    )
