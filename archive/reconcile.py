"""Do database, store, quarantine and index agree? Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, union

from archive import i18n
from archive.bootstrap import App
from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Item, Receipt, RecognitionRow, Rendition, StoredObject
from archive.db.states import READABLE, ItemState
from archive.db.trail import Outbox
from archive.drill import CANARIES
from archive.errors import ObjectMissing
from archive.ids import id_of
from archive.protection import is_short

UNDER_WAY = timedelta(hours=1)  # an object may wait so long for its row while items are worked on
WAITING = (ItemState.RECEIVED, ItemState.STOPPED)
_HELD = select(Receipt.id, Receipt.number, Receipt.size_bytes, Item.state, Item.master_digest).join(
    Item, Item.receipt_id == Receipt.id
)


@dataclass(frozen=True, slots=True)
class Finding:
    """rule: message id below `reconcile.`; place: digest, receipt, batch or path that it is about."""

    rule: str
    place: str
    expected: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    findings: tuple[Finding, ...]
    objects: int
    items: int
    quarantined: int
    indexed: int
    waiting: int  # changes that the index has still to learn of

    @property
    def agrees(self) -> bool:
        return not self.findings


def reconcile(app: App) -> ReconcileReport:
    """Compare sizes and presence of every object, not their bytes: that is fixity's work.

    What is under way is no finding: changes in the outbox, files that a living process is receiving. Objects are
    listed before rows and looked for again after them, so that work going on beside this is not taken for damage.
    """
    stored = {ref.digest: ref.size_bytes for ref in app.store.digests()}
    lying = set(app.quarantine.keys())
    rows = _object_rows(app)
    objects = list(_objects(app, stored, rows))
    findings = [
        *objects,
        *_rows_without_object_row(app),
        *_protection(app, {finding.place for finding in objects}),
        *_quarantine(app, lying),
        *_batches(app),
        *_left_overs(app),
    ]
    index_findings, indexed, waiting = _index(app)
    return ReconcileReport(
        findings=tuple(findings + index_findings),
        objects=len(rows),
        items=_count_items(app),
        quarantined=len(lying),
        indexed=indexed,
        waiting=waiting,
    )


def _object_rows(app: App) -> dict[str, int]:
    with app.unit_of_work() as uow:
        found = uow.session.execute(select(StoredObject.digest, StoredObject.size_bytes))
        return {row.digest: row.size_bytes for row in found}


def _objects(app: App, stored: dict[str, int], rows: dict[str, int]) -> Iterator[Finding]:
    for digest, size in sorted(rows.items()):
        if digest not in stored and not app.store.contains(digest):
            yield Finding("object_missing", digest, expected=str(size))
        elif digest in stored and stored[digest] != size:
            yield Finding("object_size", digest, expected=str(size), found=str(stored[digest]))
    under_way = _count_items(app, ItemState.RECEIVED) > 0
    for digest in sorted(stored.keys() - rows.keys() - _masters_to_come(app) - CANARIES):
        if not (under_way and _is_new(app, digest)):  # its row is then about to be committed
            yield Finding("object_orphan", digest, found=str(stored[digest]))


def _masters_to_come(app: App) -> set[str]:
    """Of items that were stopped or killed on their way from the store into the catalogue: receipts name them."""
    waiting = (
        select(Receipt.digest)
        .join(Item, Item.receipt_id == Receipt.id)
        .where(Item.state.in_(WAITING), Item.master_digest.is_(None))
    )
    with app.unit_of_work() as uow:
        return set(uow.session.scalars(waiting))


def _is_new(app: App, digest: str) -> bool:
    try:
        return app.store.stored_at(digest) > app.clock() - UNDER_WAY
    except ObjectMissing:
        return False


def _protection(app: App, damaged: set[str]) -> Iterator[Finding]:
    """What the catalogue says is locked or held is so in the store, or the store is about to be told of it."""
    held = select(StoredObject).where(StoredObject.legal_hold | (StoredObject.locked_until > app.clock()))
    with app.unit_of_work() as uow:
        locked = uow.session.scalars(held.where(StoredObject.protection_pending.is_(False))).all()
        untold = uow.session.scalars(
            select(StoredObject).where(
                StoredObject.protection_pending, StoredObject.protection_changed_at < app.clock() - UNDER_WAY
            )
        ).all()
    for row in locked:
        if row.digest not in damaged and is_short(app, row):
            yield Finding("object_unlocked", row.digest, expected=_told(row))
    for row in untold:
        yield Finding("protection_untold", row.digest, expected=_told(row))


def _told(row: StoredObject) -> str:
    until = "" if row.locked_until is None else row.locked_until.isoformat()
    return i18n.text("reconcile.locked_until", until=until) + (i18n.text("reconcile.held") if row.legal_hold else "")


def _rows_without_object_row(app: App) -> Iterator[Finding]:
    """Objects that no row holds any more, and items past the gate without their objects."""
    holders = union(
        select(Item.master_digest.label("digest")).where(Item.master_digest.is_not(None)),
        select(RecognitionRow.digest),
        select(Rendition.digest),
    ).subquery()
    unheld = select(StoredObject.digest).where(StoredObject.digest.not_in(select(holders.c.digest)))
    access = select(Rendition.item_id).where(Rendition.kind == "access_pdf")
    incomplete = (
        select(Receipt.number)
        .join(Item, Item.receipt_id == Receipt.id)
        .where(Item.state.in_(sorted(READABLE)))
        .where(
            Item.master_digest.is_(None)
            | Item.recognition_id.is_(None)
            | Item.description_id.is_(None)
            | Item.id.not_in(access)
        )
    )
    changed = (
        select(Receipt.number, Receipt.digest, Item.master_digest)
        .join(Item, Item.receipt_id == Receipt.id)
        .where(Item.master_digest.is_not(None), Item.master_digest != Receipt.digest)
    )
    with app.unit_of_work() as uow:
        for digest in uow.session.scalars(unheld):
            yield Finding("object_unheld", digest)
        for number in uow.session.scalars(incomplete):
            yield Finding("item_incomplete", number)
        for row in uow.session.execute(changed):
            yield Finding("master_changed", row.number, expected=row.digest, found=row.master_digest)


def _quarantine(app: App, lying: set[str]) -> Iterator[Finding]:
    """Bytes wait for items that are received or stopped without having passed the gate, and for nothing else."""
    with app.unit_of_work() as uow:
        receipts = {str(row.id): row for row in uow.session.execute(_HELD)}
    for key in sorted(lying & receipts.keys()):
        row = receipts[key]
        size = _size(app, key)
        if size is None:
            continue  # emptied meanwhile
        if row.state not in WAITING:
            yield Finding("quarantine_not_emptied", row.number, found=row.state)
        elif size != row.size_bytes:
            yield Finding("quarantine_size", row.number, expected=str(row.size_bytes), found=str(size))
    yield from _unacknowledged(app, lying - receipts.keys())
    for key, row in receipts.items():
        if key not in lying and _waits(row) and _still_waits(app, key) and _size(app, key) is None:
            yield Finding("quarantine_missing", row.number, expected=str(row.size_bytes))


def _waits(row: Any) -> bool:
    return row.state in WAITING and row.master_digest is None


def _still_waits(app: App, key: str) -> bool:
    with app.unit_of_work() as uow:
        return _waits(uow.session.execute(_HELD.where(Receipt.id == uuid.UUID(key))).one())


def _size(app: App, key: str) -> int | None:
    try:
        return app.quarantine.held(key).size_bytes
    except ObjectMissing:
        return None


def _unacknowledged(app: App, keys: set[str]) -> Iterator[Finding]:
    """Their receipts may have been committed after the rows were read."""
    for key in sorted(keys & set(app.quarantine.unclaimed())) if keys else ():
        receipt_id = id_of(key)
        with app.unit_of_work() as uow:
            if receipt_id is None or uow.session.get(Receipt, receipt_id) is None:
                yield Finding("quarantine_without_receipt", key)


def _batches(app: App) -> Iterator[Finding]:
    """A closed batch explains every file it expected, and every receipt is an entry and an item."""
    entries = func.count(BatchEntry.id)
    unexplained = (
        select(Batch.number, Batch.expected, entries.label("found"))
        .outerjoin(BatchEntry, BatchEntry.batch_id == Batch.id)
        .where(Batch.closed_at.is_not(None), Batch.expected.is_not(None))
        .group_by(Batch.id)
        .having(entries != Batch.expected)
    )
    stored = select(BatchEntry.receipt_id).where(BatchEntry.outcome == "stored")
    half = select(Receipt.number).where(
        Receipt.id.not_in(stored) | Receipt.id.not_in(select(Item.receipt_id)),
    )
    with app.unit_of_work() as uow:
        for row in uow.session.execute(unexplained):
            yield Finding("batch_unexplained", row.number, expected=str(row.expected), found=str(row.found))
        for number in uow.session.scalars(half):
            yield Finding("receipt_half_recorded", number)


def _left_overs(app: App) -> Iterator[Finding]:
    for name in (*app.store.left_over(), *app.quarantine.left_over()):
        yield Finding("left_over", name)


def _index(app: App) -> tuple[list[Finding], int, int]:
    """An item that can be read has its newest revision in the index, unless the outbox is still to tell of it."""
    with app.unit_of_work() as uow:
        told_later = {str(item_id) for item_id in uow.session.scalars(select(Outbox.subject_id).distinct())}
        wanted = {
            str(row.id): (row.revision, row.number)
            for row in uow.session.execute(
                select(Item.id, Item.revision, Receipt.number)
                .join(Receipt, Receipt.id == Item.receipt_id)
                .where(Item.state.in_(sorted(READABLE)))
            )
        }
    indexed = dict(app.index.revisions())
    findings = []
    for item_id, (revision, number) in sorted(wanted.items()):
        if item_id not in told_later and indexed.get(item_id) != revision:
            found = "" if item_id not in indexed else str(indexed[item_id])
            findings.append(Finding("index_behind", number, expected=str(revision), found=found))
    findings += [
        Finding("index_knows_too_much", item_id, found=str(indexed[item_id]))
        for item_id in sorted(indexed.keys() - wanted.keys() - told_later)
    ]
    return findings, len(indexed), len(told_later)


def _count_items(app: App, state: ItemState | None = None) -> int:
    counted = select(func.count()).select_from(Item)
    with app.unit_of_work() as uow:
        return uow.session.scalar(counted if state is None else counted.where(Item.state == state)) or 0
