"""What the workflow of a received item writes: stopped, or promoted, described, sealed and finished.

Each may be repeated: what is already there is left as it is. `fence` is asked in the same transaction, so that a
worker whose place was taken commits nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from archive.access.identifiers import seal_fields
from archive.access.identity import SYSTEM
from archive.actions.describe import refresh_item
from archive.actions.filing import give_code
from archive.actions.protection import MASTER_LOCK, renew_masters
from archive.actions.records import record_item
from archive.audit_events import EventTag
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import ManifestLine
from archive.db.holdings import (
    Description,
    Dossier,
    Filing,
    Item,
    Page,
    Receipt,
    RecognitionRow,
    Rendition,
    StoredObject,
)
from archive.db.states import ItemState
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ObjectDamaged
from archive.ids import new_id
from archive.storage.interface import StoredObjectRef
from metadata.extract import RULES_VERSION
from metadata.model import Document, Field, FieldName
from metadata.report import to_catalogue
from ocr.model import PageText, Recognition

RECOGNITION_TYPE = "application/gzip"
ENCLOSURES = "gate.enclosures"  # found before the pages are read: who allows them has not seen what the gate will see
KEPT_VALUES = ("released", "gate_overridden", "enclosures_allowed")  # of decisions on earlier stops


@dataclass(frozen=True, slots=True)
class Derived:
    """A rendition that lies in the store."""

    kind: str
    page: int
    stored: StoredObjectRef
    media_type: str


def lock_received(uow: UnitOfWork, receipt_number: str) -> tuple[Item, Receipt]:
    """Hold the item of a receipt until the end of the transaction."""
    receipt = uow.session.scalars(select(Receipt).where(Receipt.number == receipt_number)).one()
    item = uow.session.scalars(select(Item).where(Item.receipt_id == receipt.id).with_for_update()).one()
    return item, receipt


def stop_item(
    uow: UnitOfWork,
    receipt_number: str,
    *,
    reason: str,
    values: Mapping[str, Any],
    step: str,
    released: int,
    now: datetime,
) -> None:
    """It goes no further until a person decides; the receipt and the delivered bytes stay.

    released: of the way that came to this verdict; one that a later release has overtaken no longer counts.
    """
    item, _ = lock_received(uow, receipt_number)
    if item.state != ItemState.RECEIVED or _released(item) != released:
        return
    kept = {name: item.stop_values[name] for name in KEPT_VALUES if name in item.stop_values}
    item.state, item.stop_reason, item.stop_values = ItemState.STOPPED, reason, {**values, **kept}
    _record(uow, EventTag.ITEM_STOPPED, item, now, reason=reason, step=step)


def is_stopped(uow: UnitOfWork, receipt_number: str, *, released: int) -> bool:
    """Whether it stands stopped on that way; nobody can release it before the end of the transaction."""
    item, _ = lock_received(uow, receipt_number)
    return item.state == ItemState.STOPPED and _released(item) == released


def promote_item(
    uow: UnitOfWork,
    receipt_number: str,
    *,
    master: StoredObjectRef,
    recognised: StoredObjectRef,
    recognition: Recognition,
    file_name: str,
    duplicate_names: Mapping[str, str],
    now: datetime,
) -> None:
    """The gate has passed and both objects are in the store: from here on name, pages and words may be known."""
    item, receipt = lock_received(uow, receipt_number)
    if item.state != ItemState.RECEIVED:
        return
    if master.digest != receipt.digest:
        raise ObjectDamaged(digest=receipt.digest)
    _hold_object(uow, master, receipt.media_type, now, locked_until=now + MASTER_LOCK)
    _hold_object(uow, recognised, RECOGNITION_TYPE, now)
    item.master_digest, item.file_name = master.digest, file_name
    _name_entries(uow, receipt, file_name, duplicate_names)
    newest = uow.session.scalar(
        select(RecognitionRow).where(RecognitionRow.item_id == item.id).order_by(RecognitionRow.generation.desc())
    )
    if newest is not None and newest.digest == recognised.digest:
        item.recognition_id = newest.id
        return
    row = RecognitionRow(
        id=new_id(),
        item_id=item.id,
        generation=newest.generation + 1 if newest else 1,
        engine=recognition.engine.name,
        engine_version=recognition.engine.version,
        digest=recognised.digest,
        confidence=recognition.confidence,
        at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    item.recognition_id = row.id
    item.page_count, item.confidence = len(recognition.pages), recognition.confidence
    uow.session.execute(delete(Page).where(Page.item_id == item.id))
    uow.session.add_all(_page(item.id, page) for page in recognition.pages)
    _record(uow, EventTag.ITEM_RECOGNISED, item, now, engine=row.engine, version=row.engine_version, digest=row.digest)


def describe_item(
    uow: UnitOfWork, receipt_number: str, *, documents: Sequence[Document], recognition: Recognition, now: datetime
) -> None:
    """The fields of the first document count for the item; a file of several is split elsewhere."""
    item, _ = lock_received(uow, receipt_number)
    if item.state != ItemState.RECEIVED or item.recognition_id is None:
        return
    read = dict(documents[0].fields) if documents else {}
    read[FieldName.PAGE_COUNT] = Field(len(recognition.pages), 1.0, None, None)
    told = to_catalogue(Document(documents[0].pages if documents else (), read), recognition)
    newest = uow.session.scalar(
        select(Description).where(Description.item_id == item.id).order_by(Description.generation.desc())
    )
    if newest is not None and (newest.recognition_id, newest.rules_version) == (item.recognition_id, RULES_VERSION):
        return
    row = Description(
        id=new_id(),
        item_id=item.id,
        generation=newest.generation + 1 if newest else 1,
        recognition_id=item.recognition_id,
        rules_version=RULES_VERSION,
        fields=seal_fields(uow.keys, item.id, told),
        at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    item.description_id = row.id
    refresh_item(uow, item)
    fields_read = sorted(row.fields)
    _record(uow, EventTag.ITEM_DESCRIBED, item, now, rules=RULES_VERSION, fields=fields_read)


def add_renditions(uow: UnitOfWork, receipt_number: str, *, derived: Sequence[Derived], now: datetime) -> None:
    """The access copies of the current recognition, as the next version; the same ones again are not added."""
    item, _ = lock_received(uow, receipt_number)
    if item.state != ItemState.RECEIVED or not derived:
        return
    made_from = {"master": item.master_digest, "recognition": str(item.recognition_id)}
    rows = list(uow.session.scalars(select(Rendition).where(Rendition.item_id == item.id)))
    version = max((row.version for row in rows), default=0)
    if {(row.kind, row.page, row.digest) for row in rows if row.version == version} == {
        (each.kind, each.page, each.stored.digest) for each in derived
    }:
        return
    for each in derived:
        _hold_object(uow, each.stored, each.media_type, now)
        uow.session.add(
            Rendition(
                id=new_id(),
                item_id=item.id,
                kind=each.kind,
                page=each.page,
                version=version + 1,
                digest=each.stored.digest,
                media_type=each.media_type,
                file_name=f"{receipt_number}.pdf" if each.kind == "access_pdf" else None,
                made_from=made_from,
                at=now,
            )
        )
    _record(uow, EventTag.ITEM_SEALED, item, now, version=version + 1, renditions=len(derived))


def finish_item(uow: UnitOfWork, receipt_number: str, *, now: datetime) -> bool:
    """It can be found and reviewed from this commit on, in the dossier that the manifest or the batch named.

    Returns whether it is past the quarantine: only then may the bytes that lie there go.
    """
    item, receipt = lock_received(uow, receipt_number)
    if item.state != ItemState.RECEIVED:
        return item.state != ItemState.STOPPED
    item.state, item.described_at = ItemState.DESCRIBED, now
    batch = uow.session.get_one(Batch, receipt.batch_id)
    named = _named_in_manifest(uow, receipt) or batch.dossier_id
    dossier = named and uow.session.get(Dossier, named, with_for_update=True)
    fits = dossier and dossier.state == "open" and dossier.agency_id == item.agency_id  # it may have changed hands
    if dossier and fits and item.dossier_id is None:
        _file(uow, item, dossier, batch, now)
    uow.reindex(item, now=now)
    return True


def _released(item: Item) -> int:
    return int(item.stop_values.get("released", 0))


def _named_in_manifest(uow: UnitOfWork, receipt: Receipt) -> uuid.UUID | None:
    return uow.session.scalar(
        select(ManifestLine.dossier_id)
        .join(BatchEntry, BatchEntry.id == ManifestLine.entry_id)
        .where(BatchEntry.batch_id == receipt.batch_id, BatchEntry.receipt_id == receipt.id)
        .order_by(BatchEntry.ordinal)
        .limit(1)
    )


def _file(uow: UnitOfWork, item: Item, dossier: Dossier, batch: Batch, now: datetime) -> None:
    """In who delivered it names the dossier."""
    code = give_code(uow, item, dossier)
    uow.session.add(
        Filing(
            id=new_id(),
            item_id=item.id,
            act="filed",
            from_dossier_id=None,
            to_dossier_id=dossier.id,
            from_code=None,
            to_code=code,
            reason=batch.number,
            account_id=batch.opened_by,
            at=now,
        )
    )
    _record(uow, EventTag.ITEM_FILED, item, now, to=code, batch=batch.number)
    renew_masters(uow, [item.master_digest], now=now)


def _hold_object(
    uow: UnitOfWork, stored: StoredObjectRef, media_type: str, now: datetime, *, locked_until: datetime | None = None
) -> None:
    """The row of an object that lies in the store, read back just now; a lock is only ever lengthened."""
    row = insert(StoredObject).values(
        digest=stored.digest,
        size_bytes=stored.size_bytes,
        media_type=media_type,
        stored_at=now,
        verified_at=now,
        locked_until=locked_until,
        legal_hold=False,
    )
    longer = {"locked_until": func.greatest(StoredObject.locked_until, row.excluded.locked_until)}
    uow.session.execute(row.on_conflict_do_update(index_elements=[StoredObject.digest], set_=longer))


def _name_entries(uow: UnitOfWork, receipt: Receipt, file_name: str, duplicates: Mapping[str, str]) -> None:
    entries = select(BatchEntry).where(BatchEntry.receipt_id == receipt.id, BatchEntry.name.is_(None))
    for entry in uow.session.scalars(entries):
        entry.name = file_name if entry.outcome == "stored" else duplicates.get(str(entry.id))


def _page(item_id: uuid.UUID, page: PageText) -> Page:
    return Page(
        item_id=item_id,
        number=page.number,
        width=page.width,
        height=page.height,
        dpi=page.dpi,
        rotation=page.rotation,
        skew_degrees=page.skew_degrees,
        blank=page.blank,
        confidence=page.confidence,
        source=page.source.value,
    )


def _record(uow: UnitOfWork, tag: EventTag, item: Item, now: datetime, **details: Any) -> None:
    record_item(uow, tag, item, actor=SYSTEM, now=now, **details)
