"""Watched folders and mailboxes: whether they work, what waits in them and why, what came of their mail."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql import ColumnElement

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.doors import FolderFile, Mailbox, MailMessage, WatchedFolder
from archive.db.holdings import Dossier, Scanner
from archive.errors import NotFound
from archive.queries.paging import Order, Paged
from archive.queries.views import Message

MESSAGES = Order((MailMessage.at, MailMessage.id), descending=True)
WAITING = Order((FolderFile.seen_at, FolderFile.id))


@dataclass(frozen=True, slots=True)
class DoorLine:
    """kind: folder or mailbox. place: its path, or login and server; only for who may set it up."""

    kind: str
    code: str
    agency_code: str
    agency_name: str
    task_number: int
    dossier_code: str | None
    state: str  # active, paused
    problem: Message | None
    looked_at: datetime | None
    opened_at: datetime
    version: int
    place: str | None
    manages: bool


@dataclass(frozen=True, slots=True)
class FolderView:
    """waiting: files that are not taken yet."""

    line: DoorLine
    id: uuid.UUID
    agency_id: uuid.UUID
    path: str
    scanner_code: str | None
    proof: str
    quiet_s: int
    done_suffix: str
    close_after_s: int
    waiting: int
    open_batch: str | None


@dataclass(frozen=True, slots=True)
class WaitingFile:
    path_digest: str
    size_bytes: int
    since: datetime
    reason: Message


@dataclass(frozen=True, slots=True)
class MailboxView:
    """senders: who may deliver; empty for who does not set it up."""

    line: DoorLine
    id: uuid.UUID
    host: str | None
    port: int | None
    security: str
    login: str | None
    folder: str | None
    taken_folder: str | None
    senders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailLine:
    """outcome: taken, under_way or refused. number: UID in the mailbox, by which the mail is found there."""

    number: str
    outcome: str
    reason: Message | None
    batch: str | None
    attachments: int
    size_bytes: int
    at: datetime
    marked: bool


def doors(session: Session, *, actor: Actor) -> tuple[DoorLine, ...]:
    """Those that the actor sets up, and those through which batches come that he may see; with problems first."""
    found = [
        _line(row, kind, actor)
        for kind, table in (("folder", WatchedFolder), ("mailbox", Mailbox))
        for row in session.execute(_rows(table).where(_seen(actor, table.agency_id)))
    ]
    return tuple(sorted(found, key=lambda line: (line.problem is None, line.code)))


def folder(session: Session, code: str, *, actor: Actor) -> FolderView:
    rows = _rows(WatchedFolder).add_columns(Scanner.code.label("scanner_code"), Batch.number.label("batch"))
    rows = rows.outerjoin(Scanner, Scanner.id == WatchedFolder.scanner_id)
    rows = rows.outerjoin(Batch, Batch.id == WatchedFolder.batch_id)
    row = session.execute(rows.where(WatchedFolder.code == code, _seen(actor, WatchedFolder.agency_id))).one_or_none()
    if row is None:
        raise not_found(code)
    door: WatchedFolder = row[0]
    waiting = select(func.count()).select_from(FolderFile).where(FolderFile.folder_id == door.id)
    return FolderView(
        line=_line(row, "folder", actor),
        id=door.id,
        agency_id=door.agency_id,
        path=door.path,
        scanner_code=row.scanner_code,
        proof=door.proof,
        quiet_s=door.quiet_s,
        done_suffix=door.done_suffix,
        close_after_s=door.close_after_s,
        waiting=session.scalar(waiting) or 0,
        open_batch=row.batch,
    )


def waiting_files(
    session: Session, code: str, *, actor: Actor, cursor: str | None = None, limit: int = 50
) -> Paged[WaitingFile]:
    """Who has waited longest first."""
    door_id = folder(session, code, actor=actor).id
    rows = select(FolderFile).where(FolderFile.folder_id == door_id)
    page = WAITING.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_waiting(row[0]) for row in page])


def mailbox(session: Session, code: str, *, actor: Actor) -> MailboxView:
    rows = _rows(Mailbox).where(Mailbox.code == code, _seen(actor, Mailbox.agency_id))
    row = session.execute(rows).one_or_none()
    if row is None:
        raise not_found(code)
    door: Mailbox = row[0]
    line = _line(row, "mailbox", actor)
    return MailboxView(
        line=line,
        id=door.id,
        host=door.host if line.manages else None,
        port=door.port if line.manages else None,
        security=door.security,
        login=door.login if line.manages else None,
        folder=door.folder if line.manages else None,
        taken_folder=door.taken_folder if line.manages else None,
        senders=tuple(door.senders) if line.manages else (),
    )


def mails(session: Session, code: str, *, actor: Actor, cursor: str | None = None, limit: int = 50) -> Paged[MailLine]:
    """Newest first."""
    door_id = mailbox(session, code, actor=actor).id
    rows = (
        select(MailMessage, Batch.number.label("batch"), Batch.closed_at)
        .outerjoin(Batch, Batch.id == MailMessage.batch_id)
        .where(MailMessage.mailbox_id == door_id)
    )
    page = MESSAGES.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_mail(*row[:3]) for row in page])


def not_found(code: str) -> NotFound:
    return NotFound(what=i18n.text("noun.door", code=code))


def _rows(table: Any) -> Select[*tuple[Any, ...]]:
    found = select(table).add_columns(
        Agency.code.label("agency_code"), Agency.name.label("agency_name"), Dossier.code.label("dossier_code")
    )
    return found.join(Agency, Agency.id == table.agency_id).outerjoin(Dossier, Dossier.id == table.dossier_id)


def _seen(actor: Actor, agency_id: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[bool]:
    return or_(
        policy.filter_agency(actor, Permission.DOOR_MANAGE, agency_id),
        policy.filter_agency(actor, Permission.BATCH_READ, agency_id),
    )


def _line(row: Row[*tuple[Any, ...]], kind: str, actor: Actor) -> DoorLine:
    door = row[0]
    manages = policy.may(actor, Permission.DOOR_MANAGE, door.agency_id)
    place = door.path if kind == "folder" else (f"{door.login} · {door.host}" if manages else None)
    return DoorLine(
        kind=kind,
        code=door.code,
        agency_code=row.agency_code,
        agency_name=row.agency_name,
        task_number=door.task_number,
        dossier_code=row.dossier_code,
        state=door.state,
        problem=Message(door.problem, door.problem_values) if door.problem else None,
        looked_at=door.looked_at,
        opened_at=door.opened_at,
        version=door.version,
        place=place,
        manages=manages,
    )


def _waiting(row: FolderFile) -> WaitingFile:
    return WaitingFile(row.path_digest, row.size_bytes, row.seen_at, Message(row.reason, row.reason_values))


def _mail(message: MailMessage, batch: str | None, closed_at: datetime | None) -> MailLine:
    outcome = "under_way" if message.outcome == "taken" and closed_at is None else message.outcome
    return MailLine(
        number=message.reference.rpartition(":")[2],
        outcome=outcome,
        reason=Message(message.reason, message.reason_values) if message.reason else None,
        batch=batch,
        attachments=message.attachments,
        size_bytes=message.size_bytes,
        at=message.at,
        marked=message.marked_at is not None,
    )
