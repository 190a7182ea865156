"""What the service writes down of a mailbox: each mail that it dealt with, in the commit that explains it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.encryption import Encrypted, decrypt
from archive.access.identity import Actor
from archive.access.keys import Keys
from archive.access.permissions import Permission
from archive.actions.doors import password_place
from archive.actions.folder_work import note_problem, shown
from archive.actions.ingest import close_batch, open_batch
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.doors import Arrival, Mailbox, MailMessage
from archive.db.holdings import Dossier
from archive.db.unit_of_work import UnitOfWork
from archive.ids import new_id

DOOR = "mail"


@dataclass(frozen=True, slots=True)
class MailState:
    """done: all of it has arrived, or it was refused. marked: the mailbox says so too."""

    refused: bool
    done: bool
    marked: bool


@dataclass(frozen=True, slots=True)
class MailboxProfile:
    """What a look at a mailbox needs to know of it."""

    id: uuid.UUID
    host: str
    port: int
    security: str
    login: str
    password: Encrypted
    folder: str
    taken_folder: str | None
    senders: tuple[str, ...]
    active: bool
    since: datetime  # mail from then on was not seen yet

    def secret(self, keys: Keys) -> str:
        return decrypt(keys, self.password, place=password_place(self.id))


def mailboxes(session: Session) -> list[MailboxProfile]:
    return [
        MailboxProfile(
            row.id,
            row.host,
            row.port,
            row.security,
            row.login,
            Encrypted(row.password, row.password_key),
            row.folder,
            row.taken_folder,
            tuple(row.senders),
            row.state == "active",
            row.looked_at or row.opened_at,
        )
        for row in session.scalars(select(Mailbox).order_by(Mailbox.code))
    ]


def states_of(session: Session, mailbox_id: uuid.UUID, references: Collection[str]) -> dict[str, MailState]:
    rows = session.scalars(
        select(MailMessage).where(MailMessage.mailbox_id == mailbox_id, MailMessage.reference.in_(references))
    )
    return {row.reference: _state(session, row) for row in rows}


def unmarked(session: Session, mailbox_id: uuid.UUID, uid_validity: str) -> list[str]:
    """References of mail that was begun and that the mailbox does not say so of."""
    begun = MailMessage.reference.startswith(f"{uid_validity}:", autoescape=True)
    rows = select(MailMessage.reference).where(MailMessage.mailbox_id == mailbox_id, MailMessage.marked_at.is_(None))
    return list(session.scalars(rows.where(begun).order_by(MailMessage.id)))


def batch_of_mail(
    uow: UnitOfWork,
    mailbox_id: uuid.UUID,
    reference: str,
    *,
    attachments: int,
    size_bytes: int,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """A mail has a batch of its own, and goes on in it. Raises InvalidInput or Conflict where none can be opened."""
    mailbox, message = _lock(uow, mailbox_id), _message(uow, mailbox_id, reference)
    if message is not None and message.outcome == "taken" and message.batch_id is not None:
        batch = uow.session.get_one(Batch, message.batch_id)
        if batch.closed_at is None:
            return batch.id
    batch = open_batch(
        uow,
        agency_code=uow.session.scalars(select(Agency.code).where(Agency.id == mailbox.agency_id)).one(),
        task_number=mailbox.task_number,
        dossier_code=uow.session.scalar(select(Dossier.code).where(Dossier.id == mailbox.dossier_id)),
        expected=attachments,
        source="mail",
        door=mailbox.code,
        actor=actor,
        now=now,
    )
    uow.session.flush()
    message = message or _new(uow, mailbox_id, reference)
    message.outcome, message.reason, message.reason_values = "taken", None, {}
    message.batch_id, message.attachments, message.size_bytes = batch.id, attachments, size_bytes
    message.at, message.marked_at = now, None
    return batch.id


def end_mail(uow: UnitOfWork, mailbox_id: uuid.UUID, reference: str, *, actor: Actor, now: datetime) -> None:
    """All of it has arrived: its batch is closed. Repeated, it changes nothing."""
    mailbox, message = _lock(uow, mailbox_id), _message(uow, mailbox_id, reference)
    if message is None or message.batch_id is None:
        return
    batch = uow.session.get_one(Batch, message.batch_id)
    if batch.closed_at is None:
        close_batch(uow, batch.id, actor=actor, now=now)
        details = {"mail": reference, "batch": batch.number, "attachments": message.attachments}
        _record(uow, EventTag.MAIL_RECEIVED, mailbox, details, actor=actor, now=now)


def refuse_mail(
    uow: UnitOfWork,
    mailbox_id: uuid.UUID,
    reference: str,
    reason: str,
    values: Mapping[str, object],
    *,
    size_bytes: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Nothing of it is kept, nobody is answered; who sent it and what it says is written nowhere."""
    mailbox = _lock(uow, mailbox_id)
    message = _message(uow, mailbox_id, reference) or _new(uow, mailbox_id, reference)
    message.outcome, message.reason = "refused", reason
    message.reason_values = {name: shown(value) for name, value in values.items()}
    message.size_bytes, message.at, message.marked_at = size_bytes, now, None
    details = {"mail": reference, "reason": reason, "size": size_bytes}
    _record(uow, EventTag.MAIL_REFUSED, mailbox, details, actor=actor, now=now)


def note_marked(uow: UnitOfWork, mailbox_id: uuid.UUID, reference: str, *, actor: Actor, now: datetime) -> None:
    policy.require(actor, Permission.DOOR_MANAGE)
    message = _message(uow, mailbox_id, reference)
    if message is not None and message.marked_at is None:
        message.marked_at = now


def note_mailbox_look(
    uow: UnitOfWork,
    mailbox_id: uuid.UUID,
    reason: str | None,
    values: Mapping[str, object],
    *,
    whole: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """whole: nothing was left for the next look."""
    policy.require(actor, Permission.DOOR_MANAGE)
    mailbox = _lock(uow, mailbox_id)
    if whole:
        mailbox.looked_at = now
    note_problem(uow, mailbox, reason, values)


def arrival_reference(mailbox_id: uuid.UUID, reference: str, part: int | str) -> str:
    return f"{mailbox_id}:{reference}:{part}"


def _state(session: Session, row: MailMessage) -> MailState:
    if row.outcome == "refused":
        return MailState(True, True, row.marked_at is not None)
    mine = Arrival.reference.startswith(arrival_reference(row.mailbox_id, row.reference, ""), autoescape=True)
    arrived = session.scalar(select(func.count()).select_from(Arrival).where(Arrival.door == DOOR, mine)) or 0
    return MailState(False, arrived >= row.attachments, row.marked_at is not None)


def _lock(uow: UnitOfWork, mailbox_id: uuid.UUID) -> Mailbox:
    found = select(Mailbox).where(Mailbox.id == mailbox_id).with_for_update()
    return uow.session.scalars(found.execution_options(populate_existing=True)).one()


def _message(uow: UnitOfWork, mailbox_id: uuid.UUID, reference: str) -> MailMessage | None:
    found = select(MailMessage).where(MailMessage.mailbox_id == mailbox_id, MailMessage.reference == reference)
    return uow.session.scalar(found.with_for_update())


def _new(uow: UnitOfWork, mailbox_id: uuid.UUID, reference: str) -> MailMessage:
    message = MailMessage(id=new_id(), mailbox_id=mailbox_id, reference=reference, attachments=0)
    uow.session.add(message)
    return message


def _record(
    uow: UnitOfWork, tag: EventTag, mailbox: Mailbox, details: Mapping[str, object], *, actor: Actor, now: datetime
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="door",
        subject_id=mailbox.id,
        agency_id=mailbox.agency_id,
        details={"code": mailbox.code, **details},
    )
