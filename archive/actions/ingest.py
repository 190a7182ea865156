"""Receiving: a delivery is opened, each file of it is taken or refused, and the delivery is closed.

A file is acknowledged, by its receipt number, only when its bytes were read back from the disk and the receipt is
committed. Its name stays in the quarantine until the secrets gate has passed.
"""

from __future__ import annotations

import contextlib
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.arrivals import ArrivalKey, Received, became_of, dealt_with, lock, rows_of
from archive.actions.manifest_lines import assign_line, name_digest
from archive.actions.redelivery import deliver_again
from archive.actions.scanners import scanner_in_use
from archive.actions.unfinished import settle_uploads
from archive.audit_events import EventTag
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.base import Row
from archive.db.digitization import Batch, BatchEntry, Task
from archive.db.doors import ManifestLine
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, FileTooBig, InvalidInput, NotFound, StoreUnavailable
from archive.ids import id_of, new_id
from archive.intake.names import clean_name, shown_name
from archive.intake.refusal import TOO_BIG, UNUSABLE, Refusal, Refused
from archive.intake.types import HEAD_BYTES, media_type_of
from archive.storage.interface import HeldFile

KEYS_AT_ONCE = 1000
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")  # the year in a number is the office's


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Bytes that lie in the quarantine under `key` and have no receipt yet."""

    key: uuid.UUID
    held: HeldFile
    media_type: str
    arrival: ArrivalKey | None


def open_batch(
    uow: UnitOfWork,
    *,
    agency_code: str,
    task_number: int,
    dossier_code: str | None = None,
    expected: int | None = None,
    scanner_code: str | None = None,
    source: str = "cli",
    door: str | None = None,
    actor: Actor,
    now: datetime,
) -> Batch:
    """expected: files that the deliverer says there are; may be given at the close instead.

    scanner_code: the agency's device that the files come from; only one that is cleared today.
    door: code of the watched folder or mailbox that it comes through.
    """
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
        scanner_id=None if scanner_code is None else scanner_in_use(uow, agency.id, scanner_code, now=now),
        door=door,
    )
    uow.session.add(batch)
    tag, scanner = EventTag.BATCH_OPENED, scanner_code
    _record(uow, tag, batch, actor=actor, now=now, task=task_number, expected=expected, scanner=scanner)
    return batch


def receive_file(
    app: App,
    batch_id: uuid.UUID,
    name: str,
    stream: BinaryIO,
    *,
    actor: Actor,
    arrival: ArrivalKey | None = None,
    digest: str | None = None,
) -> Received:
    """Take the bytes durably and give them a receipt; or say which receipt has them; or refuse them.

    arrival: for who cannot know whether an earlier try was committed; see `became_of`.
    digest: SHA-256 in hex that the deliverer says they have; others are refused.
    Raises StoreUnavailable or DatabaseUnavailable when nothing could be promised: then the file was not taken.
    """
    if arrival is not None and (earlier := became_of(app, arrival)) is not None:
        return earlier
    key = new_id()
    try:
        cleaned = clean_name(name)
        head = stream.read(HEAD_BYTES)
        media_type = media_type_of(head, cleaned)
        whole = io.BufferedReader(_Rejoined(head, stream), buffer_size=HEAD_BYTES)
        held = app.quarantine.receive(str(key), whole, cleaned, limit_bytes=app.settings.max_file_bytes)
    except Refused as refused:
        return refuse_file(app, batch_id, name, refused.refusal, actor=actor, arrival=arrival)
    except FileTooBig:
        refusal = Refusal("file.too_big", TOO_BIG, {"limit_bytes": app.settings.max_file_bytes})
        return refuse_file(app, batch_id, name, refusal, actor=actor, arrival=arrival)
    if digest is not None and digest.lower() != held.digest:
        _let_go(app, key)
        refusal = Refusal("file.digest_differs", UNUSABLE, {"announced": digest.lower(), "arrived": held.digest})
        return refuse_file(app, batch_id, name, refusal, actor=actor, arrival=arrival)
    try:
        with app.unit_of_work() as uow:
            taken = _Arrived(key, held, media_type, arrival)
            received = _take(uow, app, batch_id, taken, actor=actor, now=app.clock())
    except BaseException:
        # whether it was committed is not known when the database goes away: the sweep asks it, and removes or keeps
        app.quarantine.release(str(key))
        raise
    if received.outcome == "stored":
        app.quarantine.release(str(key))
    else:
        _let_go(app, key)
    return received


def refuse_file(
    app: App, batch_id: uuid.UUID, name: str, refusal: Refusal, *, actor: Actor, arrival: ArrivalKey | None = None
) -> Received:
    """Nothing was received, so the name may be kept: it is how the deliverer finds the file."""
    now = app.clock()
    with app.unit_of_work() as uow:
        if arrival is not None and (earlier := dealt_with(uow.session, arrival)) is not None:
            return earlier
        batch = _entered(uow.session, batch_id, actor)
        (ordinal,) = uow.next_numbers(_entries(batch))
        entry = _entry(batch, "refused", ordinal, now)
        entry.name = shown_name(name)
        entry.reason, entry.reason_values, entry.status = refusal.reason, dict(refusal.values), refusal.status
        tag = EventTag.FILE_REFUSED
        rows: list[Row] = [entry, *rows_of(entry, arrival)]
        _record(uow, tag, batch, actor=actor, now=now, rows=rows, ordinal=entry.ordinal, reason=refusal.reason)
        if batch.listed:
            assign_line(uow, batch.id, entry.id, name, None)
    return Received("refused", None, refusal.reason, dict(refusal.values), refusal.status)


def close_batch(
    uow: UnitOfWork,
    batch_id: uuid.UUID,
    *,
    expected: int | None = None,
    give_up_uploads: bool = False,
    actor: Actor,
    now: datetime,
) -> Batch:
    """No file can be added any more. Closing a closed one changes nothing.

    Raises Conflict while files are on their way to it; give_up_uploads: those of which bytes are missing are given up.
    """
    batch = uow.session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound(what=i18n.text("noun.batch", number=""))
    policy.require(actor, Permission.BATCH_INGEST, batch.agency_id)
    if batch.closed_at is None:
        settle_uploads(uow, batch, give_up=give_up_uploads, actor=actor, now=now)
        batch.closed_at = now
        batch.expected = expected if expected is not None else batch.expected
        _record(uow, EventTag.BATCH_CLOSED, batch, actor=actor, now=now, expected=batch.expected)
    return batch


def remove_unacknowledged(app: App) -> int:
    """Remove quarantined bytes whose receiver is gone and that no receipt names: nobody was promised anything.

    What others put there is not touched; `archive reconcile` tells of it.
    """
    removed = 0
    for key in _without_receipt(app, [key for key in app.quarantine.unclaimed() if id_of(key)]):
        with app.unit_of_work() as uow:
            uow.session.execute(select(lock(literal(key))))  # a commit whose client is gone may be on its way
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
    """Few round trips: all deliveries of an agency wait for the one that has taken a number and not yet committed."""
    session, held = uow.session, arrived.held
    if arrived.arrival is not None and (known := dealt_with(session, arrived.arrival)) is not None:
        return known
    batch = _entered(session, batch_id, actor, arrived)
    if not app.quarantine.claimed(str(arrived.key)):
        raise StoreUnavailable("ingest.took_too_long")
    earlier = session.execute(
        select(Receipt.id, Receipt.number).where(Receipt.agency_id == batch.agency_id, Receipt.digest == held.digest)
    ).first()
    more: dict[str, object] = {"digest": held.digest, "size": held.size_bytes}
    if earlier is not None:
        (ordinal,) = uow.next_numbers(_entries(batch))
        entry = _entry(batch, "duplicate", ordinal, now)
        entry.receipt_id, entry.size_bytes = earlier.id, held.size_bytes
        more["bytes_replaced"] = deliver_again(session, app, entry, arrived.key, held)
        number, tag, rows = earlier.number, EventTag.DUPLICATE_LINKED, list[Row]([entry])
    else:
        year = now.astimezone(HANOI).year
        receipts = f"receipt:{batch.agency_code}:{year}"
        count, ordinal = uow.next_numbers({receipts: 1, **_entries(batch)})
        number, tag = f"BN-{batch.agency_code}-{year}-{count:07d}", EventTag.FILE_RECEIVED
        entry = _entry(batch, "stored", ordinal, now)
        entry.receipt_id, entry.size_bytes = arrived.key, held.size_bytes
        rows = [*_receipt(batch, number, arrived, actor, now), entry]
    rows += rows_of(entry, arrived.arrival)
    entry.name_digest, _ = name_digest(uow.keys, held.name)
    _record(uow, tag, batch, actor=actor, now=now, rows=rows, receipt=number, **more)
    if batch.listed:
        assign_line(uow, batch.id, entry.id, held.name, held.digest)
    return Received(entry.outcome, number)


def _receipt(batch: Any, number: str, arrived: _Arrived, actor: Actor, now: datetime) -> list[Row]:
    receipt = Receipt(
        id=arrived.key,
        number=number,
        agency_id=batch.agency_id,
        digest=arrived.held.digest,
        size_bytes=arrived.held.size_bytes,
        media_type=arrived.media_type,
        batch_id=batch.id,
        received_at=now,
        received_by=actor.account_id,
    )
    item = Item(
        id=new_id(),
        receipt_id=receipt.id,
        agency_id=batch.agency_id,
        task_number=batch.task_number,
        state=ItemState.RECEIVED,
        received_at=now,
    )
    return [receipt, item]


def _entered(session: Session, batch_id: uuid.UUID, actor: Actor, arrived: _Arrived | None = None) -> Any:
    """The batch, kept from being closed until the end of the transaction.

    arrived: its key and its bytes in this agency are locked too, so that equal bytes wait for each other; the next
    statement sees what the other has committed.
    """
    last = select(func.coalesce(func.max(BatchEntry.ordinal), 0) + 1).where(BatchEntry.batch_id == batch_id)
    listed = select(ManifestLine.id).where(ManifestLine.batch_id == batch_id).exists()
    locks = []
    if arrived is not None:
        in_agency = func.concat(Batch.agency_id, ":", arrived.held.digest)
        locks = [lock(literal(str(arrived.key))), lock(in_agency)]
    found = session.execute(
        select(Batch.id, Batch.number, Batch.agency_id, Batch.task_number, Batch.closed_at, *locks)
        .add_columns(
            Agency.code.label("agency_code"), last.scalar_subquery().label("following"), listed.label("listed")
        )
        .join(Agency, Agency.id == Batch.agency_id)
        .where(Batch.id == batch_id)
        .with_for_update(read=True, key_share=True, of=Batch)
    ).first()
    if found is None:
        raise NotFound(what=i18n.text("noun.batch", number=""))
    policy.require(actor, Permission.BATCH_INGEST, found.agency_id)
    if found.closed_at is not None:
        raise Conflict("ingest.batch_closed", number=found.number)
    return found


def _entries(batch: Any) -> dict[str, int]:
    """The series of a batch's entries; one that was begun by an earlier version is gone on with."""
    return {f"entry:{batch.id}": batch.following}


def _let_go(app: App, key: uuid.UUID) -> None:
    app.quarantine.release(str(key))
    with contextlib.suppress(StoreUnavailable):  # then the sweep does it: no receipt names these bytes
        app.quarantine.remove(str(key))


def _entry(batch: Any, outcome: str, ordinal: int, now: datetime) -> BatchEntry:
    return BatchEntry(id=new_id(), batch_id=batch.id, ordinal=ordinal, outcome=outcome, reason_values={}, at=now)


def _open_dossier(session: Session, code: str, agency_id: uuid.UUID) -> uuid.UUID:
    dossier = session.scalar(select(Dossier).where(Dossier.code == code, Dossier.agency_id == agency_id))
    if dossier is None:
        raise InvalidInput("error.not_found", field="dossier", what=i18n.text("noun.dossier", code=code))
    if dossier.state != "open":
        raise Conflict("ingest.dossier_closed", code=code)
    return dossier.id


def _record(
    uow: UnitOfWork,
    tag: EventTag,
    batch: Any,
    *,
    actor: Actor,
    now: datetime,
    rows: Sequence[Row] = (),
    **details: object,
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="batch",
        subject_id=batch.id,
        agency_id=batch.agency_id,
        details=details,
        rows=rows,
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
