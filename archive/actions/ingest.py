"""Receiving: a delivery is opened, each file of it is taken or refused, and the delivery is closed.

A file is acknowledged, by its receipt number, only when its bytes were read back from the disk and the receipt is
committed. Its name stays in the quarantine until the secrets gate has passed.
"""

from __future__ import annotations

import contextlib
import io
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry, Task
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, FileTooBig, InvalidInput, NotFound, StoreUnavailable
from archive.ids import new_id
from archive.intake.names import clean_name, shown_name
from archive.intake.refusal import TOO_BIG, Refusal, Refused
from archive.intake.types import HEAD_BYTES, media_type_of
from archive.storage.interface import HeldFile

KEYS_AT_ONCE = 1000
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")  # the year in a number is the office's


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one delivered file: stored, duplicate (of that receipt) or refused."""

    outcome: str
    receipt: str | None = None
    reason: str | None = None
    values: dict[str, object] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Bytes that lie in the quarantine under `key` and have no receipt yet."""

    key: uuid.UUID
    held: HeldFile
    media_type: str


def open_batch(
    uow: UnitOfWork,
    *,
    agency_code: str,
    task_number: int,
    dossier_code: str | None = None,
    expected: int | None = None,
    source: str = "cli",
    actor: Actor,
    now: datetime,
) -> Batch:
    """expected: files that the deliverer says there are; may be given at the close instead."""
    agency = uow.session.scalar(select(Agency).where(Agency.code == agency_code))
    if agency is None:
        raise InvalidInput("error.not_found", field="agency", what=i18n.text("noun.agency", code=agency_code))
    policy.require(actor, Permission.BATCH_INGEST, agency.id)
    if uow.session.get(Task, task_number) is None:
        raise InvalidInput("ingest.task_unknown", field="task", number=task_number)
    dossier_id = None if dossier_code is None else _open_dossier(uow.session, dossier_code, agency.id)
    year = now.astimezone(HANOI).year
    batch = Batch(
        id=new_id(),
        number=f"LO-{agency.code}-{year}-{uow.next_number(f'batch:{agency.code}:{year}'):05d}",
        agency_id=agency.id,
        task_number=task_number,
        dossier_id=dossier_id,
        opened_by=actor.account_id,
        opened_at=now,
        expected=expected,
        source=source,
    )
    uow.session.add(batch)
    _record(uow, EventTag.BATCH_OPENED, batch, actor=actor, now=now, task=task_number, expected=expected)
    return batch


def receive_file(app: App, batch_id: uuid.UUID, name: str, stream: BinaryIO, *, actor: Actor) -> Received:
    """Take the bytes durably and give them a receipt; or say which receipt has them; or refuse them.

    Raises StoreUnavailable or DatabaseUnavailable when nothing could be promised: then the file was not taken.
    """
    key = new_id()
    try:
        cleaned = clean_name(name)
        head = stream.read(HEAD_BYTES)
        media_type = media_type_of(head, cleaned)
        whole = io.BufferedReader(_Rejoined(head, stream), buffer_size=HEAD_BYTES)
        held = app.quarantine.receive(str(key), whole, cleaned, limit_bytes=app.settings.max_file_bytes)
    except Refused as refused:
        return refuse_file(app, batch_id, name, refused.refusal, actor=actor)
    except FileTooBig:
        refusal = Refusal("file.too_big", TOO_BIG, {"limit_bytes": app.settings.max_file_bytes})
        return refuse_file(app, batch_id, name, refusal, actor=actor)
    try:
        with app.unit_of_work() as uow:
            received = _take(uow, app, batch_id, _Arrived(key, held, media_type), actor=actor, now=app.clock())
    except BaseException:
        # whether it was committed is not known when the database goes away: the sweep asks it, and removes or keeps
        app.quarantine.release(str(key))
        raise
    app.quarantine.release(str(key))
    if received.outcome != "stored":
        with contextlib.suppress(StoreUnavailable):  # then the sweep does it: no receipt names these bytes
            app.quarantine.remove(str(key))
    return received


def refuse_file(app: App, batch_id: uuid.UUID, name: str, refusal: Refusal, *, actor: Actor) -> Received:
    """Nothing was received, so the name may be kept: it is how the deliverer finds the file."""
    now = app.clock()
    with app.unit_of_work() as uow:
        batch = _locked_batch(uow.session, batch_id, actor)
        entry = _entry(uow.session, batch, "refused", now)
        entry.name = shown_name(name)
        entry.reason, entry.reason_values, entry.status = refusal.reason, dict(refusal.values), refusal.status
        uow.session.add(entry)
        _record(uow, EventTag.FILE_REFUSED, batch, actor=actor, now=now, ordinal=entry.ordinal, reason=refusal.reason)
    return Received("refused", None, refusal.reason, dict(refusal.values), refusal.status)


def close_batch(
    uow: UnitOfWork, batch_id: uuid.UUID, *, expected: int | None = None, actor: Actor, now: datetime
) -> Batch:
    """No file can be added any more. Closing a closed one changes nothing."""
    batch = uow.session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound(what=i18n.text("noun.batch", number=""))
    policy.require(actor, Permission.BATCH_INGEST, batch.agency_id)
    if batch.closed_at is None:
        batch.closed_at = now
        batch.expected = expected if expected is not None else batch.expected
        _record(uow, EventTag.BATCH_CLOSED, batch, actor=actor, now=now, expected=batch.expected)
    return batch


def remove_unacknowledged(app: App) -> int:
    """Remove quarantined bytes whose receiver is gone and that no receipt names: nobody was promised anything."""
    removed = 0
    for key in _without_receipt(app, list(app.quarantine.unclaimed())):
        with app.unit_of_work() as uow:
            _lock_key(uow.session, key)  # a commit whose client is gone may still be on its way
            if uow.session.get(Receipt, uuid.UUID(key)) is None:
                app.quarantine.remove(key)
                removed += 1
    return removed


def _without_receipt(app: App, keys: list[str]) -> list[str]:
    known: set[str] = set()
    with app.unit_of_work() as uow:
        for start in range(0, len(keys), KEYS_AT_ONCE):
            asked = [uuid.UUID(key) for key in keys[start : start + KEYS_AT_ONCE]]
            known |= {str(found) for found in uow.session.scalars(select(Receipt.id).where(Receipt.id.in_(asked)))}
    return [key for key in keys if key not in known]


def _take(
    uow: UnitOfWork, app: App, batch_id: uuid.UUID, arrived: _Arrived, *, actor: Actor, now: datetime
) -> Received:
    session = uow.session
    _lock_key(session, str(arrived.key))
    if not app.quarantine.claimed(str(arrived.key)):
        raise StoreUnavailable("ingest.took_too_long")
    batch = _locked_batch(session, batch_id, actor)
    _lock_key(session, f"{batch.agency_id}:{arrived.held.digest}")
    earlier = session.scalar(
        select(Receipt).where(Receipt.agency_id == batch.agency_id, Receipt.digest == arrived.held.digest)
    )
    entry = _entry(session, batch, "stored" if earlier is None else "duplicate", now)
    entry.size_bytes = arrived.held.size_bytes
    if earlier is None:
        receipt = _new_receipt(uow, batch, arrived, actor, now)
    else:
        receipt = earlier
        _name_duplicate(session, app, entry, earlier, arrived.held.name)
    entry.receipt_id = receipt.id
    session.add(entry)
    tag = EventTag.FILE_RECEIVED if earlier is None else EventTag.DUPLICATE_LINKED
    _record(
        uow, tag, batch, actor=actor, now=now, receipt=receipt.number, digest=receipt.digest, size=receipt.size_bytes
    )
    return Received(entry.outcome, receipt.number)


def _new_receipt(uow: UnitOfWork, batch: Batch, arrived: _Arrived, actor: Actor, now: datetime) -> Receipt:
    session = uow.session
    agency = session.get_one(Agency, batch.agency_id)
    year = now.astimezone(HANOI).year
    receipt = Receipt(
        id=arrived.key,
        number=f"BN-{agency.code}-{year}-{uow.next_number(f'receipt:{agency.code}:{year}'):07d}",
        agency_id=agency.id,
        digest=arrived.held.digest,
        size_bytes=arrived.held.size_bytes,
        media_type=arrived.media_type,
        batch_id=batch.id,
        received_at=now,
        received_by=actor.account_id,
    )
    session.add(receipt)
    session.flush()
    session.add(
        Item(
            id=new_id(),
            receipt_id=receipt.id,
            agency_id=agency.id,
            task_number=batch.task_number,
            state=ItemState.RECEIVED,
            received_at=now,
        )
    )
    return receipt


def _name_duplicate(session: Session, app: App, entry: BatchEntry, earlier: Receipt, name: str) -> None:
    """The name is told once the first delivery of these bytes has passed the gate; till then it waits beside them."""
    item = session.scalar(select(Item).where(Item.receipt_id == earlier.id).with_for_update())
    assert item is not None
    if item.file_name is not None:
        entry.name = name
    elif item.state == ItemState.RECEIVED:
        app.quarantine.add_name(str(earlier.id), str(entry.id), name)


def _locked_batch(session: Session, batch_id: uuid.UUID, actor: Actor) -> Batch:
    """Entries are numbered one after the other: who holds the row adds the next."""
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound(what=i18n.text("noun.batch", number=""))
    policy.require(actor, Permission.BATCH_INGEST, batch.agency_id)
    if batch.closed_at is not None:
        raise Conflict("ingest.batch_closed", number=batch.number)
    return batch


def _entry(session: Session, batch: Batch, outcome: str, now: datetime) -> BatchEntry:
    last = session.scalar(select(func.max(BatchEntry.ordinal)).where(BatchEntry.batch_id == batch.id)) or 0
    return BatchEntry(id=new_id(), batch_id=batch.id, ordinal=last + 1, outcome=outcome, reason_values={}, at=now)


def _open_dossier(session: Session, code: str, agency_id: uuid.UUID) -> uuid.UUID:
    dossier = session.scalar(select(Dossier).where(Dossier.code == code, Dossier.agency_id == agency_id))
    if dossier is None:
        raise InvalidInput("error.not_found", field="dossier", what=i18n.text("noun.dossier", code=code))
    if dossier.state != "open":
        raise Conflict("ingest.dossier_closed", code=code)
    return dossier.id


def _lock_key(session: Session, key: str) -> None:
    """Until the end of the transaction; a transaction whose client is gone still holds it until it is settled."""
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _record(uow: UnitOfWork, tag: EventTag, batch: Batch, *, actor: Actor, now: datetime, **details: object) -> None:
    uow.record(
        tag, actor=actor, now=now, subject_kind="batch", subject_id=batch.id, agency_id=batch.agency_id, details=details
    )


class _Rejoined(io.RawIOBase):
    """The head that was looked at, then the rest."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(block)] = block
        return len(block)
