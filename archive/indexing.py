"""What the index is told: documents made from catalogue and store, through the outbox or all anew.

The process that calls `drain` or `rebuild` holds the database's lock of the index's one writer; in it, one call waits
for the other: what is drained into an index that is being replaced would be lost.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from archive.db.holdings import Dossier, Item, Receipt, RecognitionRow
from archive.db.states import READABLE
from archive.db.trail import Outbox
from archive.errors import PartUnavailable
from archive.queries.fields import EffectiveFields, effective_fields, title
from archive.storage.interface import ObjectStore
from metadata.model import FieldName
from ocr import stored
from search.document import IndexDocument, joined
from search.errors import DocumentRefused, IndexUnavailable

if TYPE_CHECKING:
    from archive.bootstrap import App

TOPIC = "index"
BULK = 200
BULK_ANEW = 1000
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)

_FURTHER_FIELDS = (  # found like the text; never the holder's identifier, which the catalogue holds encrypted
    FieldName.PLACE,
    FieldName.PARENT_ORGAN_NAME,
    FieldName.SIGNER_POSITION,
    FieldName.SIGNING_AUTHORITY,
    FieldName.RECIPIENTS,
    FieldName.REFERENCES,
    FieldName.HOLDER_NAME,
)

_telling = threading.RLock()

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Source:
    """An item that can be found, as the catalogue tells of it; its text is still in the store."""

    item: Item
    receipt: str
    dossier_code: str | None
    recognition: str | None  # digest
    engine: str | None
    fields: EffectiveFields


@dataclass(slots=True)
class Rebuilt:
    indexed: int = 0
    failed: list[str] = field(default_factory=list)  # receipt numbers of items whose text could not be read


def index_document(session: Session, store: ObjectStore, item_id: uuid.UUID) -> IndexDocument | None:
    """The item's document as it should be in the index now; None where it must not be found."""
    source = _sources(session, [item_id]).get(item_id)
    return _document(source, store) if source else None


def drain(app: App) -> int:
    """Tell the index of every change that waits in the outbox; returns how many rows were taken.

    Repeating it changes nothing. Rows go only after the index has them. An item whose document cannot be made waits,
    longer each time, and holds up no other. Raises IndexUnavailable, PartUnavailable: then the rows stay.
    """
    with _telling:
        if not app.index.is_current():
            rebuild(app)
        taken = 0
        while rows := _waiting(app):
            failed = _tell(app, list(dict.fromkeys(rows.values())))
            _settle(app, rows, failed)
            taken += len(rows)
        return taken


def rebuild(app: App, progress: Callable[[int, int], None] | None = None) -> Rebuilt:
    """Build the index from the holdings beside the one in use, then put it in its place.

    An item whose document cannot be made or is refused keeps no other out.
    progress: called with documents done and in all. What changes meanwhile is in the outbox, and told afterwards.
    """
    result = Rebuilt()
    with _telling, app.index.rebuilding() as fresh:
        for total, sources in _everything(app):
            failed: dict[uuid.UUID, str] = {}
            try:
                fresh.put(_documents(sources, app.store, failed))
            except DocumentRefused as refused:
                log.error("the index refuses %d items: %s", len(refused.ids), refused)
                failed |= {uuid.UUID(id_): sources[uuid.UUID(id_)].receipt for id_ in refused.ids}
            result.indexed += len(sources) - len(failed)
            result.failed += failed.values()
            if progress:
                progress(result.indexed + len(result.failed), total)
    return result


def _waiting(app: App) -> dict[int, uuid.UUID]:
    """Outbox rows whose time has come, oldest first: row -> item."""
    due = or_(Outbox.not_before.is_(None), Outbox.not_before <= app.clock())
    rows = select(Outbox.id, Outbox.subject_id).where(Outbox.topic == TOPIC, due).order_by(Outbox.id).limit(BULK)
    with app.unit_of_work() as uow:
        return {row.id: row.subject_id for row in uow.session.execute(rows)}


def _tell(app: App, item_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Bring the index up to date on these items; returns those whose document could not be made or taken."""
    with app.unit_of_work() as uow:
        sources = _sources(uow.session, item_ids)
    gone = [str(item_id) for item_id in item_ids if item_id not in sources]
    if gone:
        app.index.remove(gone)
    failed: dict[uuid.UUID, str] = {}
    if sources:
        try:
            app.index.put(_documents(sources, app.store, failed))
        except (IndexUnavailable, PartUnavailable):
            raise
        except DocumentRefused as refused:
            log.error("the index refuses %d items: %s", len(refused.ids), refused)
            unfit = {uuid.UUID(id_) for id_ in refused.ids}
            return unfit | set(failed) | _tell(app, [each for each in sources if each not in unfit | set(failed)])
        except Exception:
            if len(sources) == 1:
                log.exception("the index refuses item %s", item_ids[0])
                return set(sources)
            return {item_id for each in sources for item_id in _tell(app, [each])}
    return set(failed)


def _settle(app: App, rows: dict[int, uuid.UUID], failed: set[uuid.UUID]) -> None:
    """Exactly the rows that were told go; newer ones of the same items stay."""
    told = [row for row, item_id in rows.items() if item_id not in failed]
    waits = [row for row, item_id in rows.items() if item_id in failed]
    with app.unit_of_work() as uow:
        uow.session.execute(delete(Outbox).where(Outbox.id.in_(told)))
        for row in uow.session.scalars(select(Outbox).where(Outbox.id.in_(waits))):
            row.not_before = app.clock() + min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(row.attempts, 16))
            row.attempts += 1


def _everything(app: App) -> Iterator[tuple[int, dict[uuid.UUID, _Source]]]:
    """All items that can be found, in bulks, with their number."""
    findable = Item.state.in_(sorted(READABLE))
    last = uuid.UUID(int=0)
    while True:
        with app.unit_of_work() as uow:
            total = uow.session.scalar(select(func.count()).select_from(Item).where(findable)) or 0
            ids = list(
                uow.session.scalars(select(Item.id).where(findable, Item.id > last).order_by(Item.id).limit(BULK_ANEW))
            )
            sources = _sources(uow.session, ids)
        if not ids:
            return
        last = ids[-1]
        yield total, sources


def _sources(session: Session, item_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, _Source]:
    """Of those among the items that can be found."""
    rows = session.execute(
        select(Item, Receipt.number, Dossier.code, RecognitionRow.digest, RecognitionRow.engine)
        .join(Receipt, Receipt.id == Item.receipt_id)
        .outerjoin(Dossier, Dossier.id == Item.dossier_id)
        .outerjoin(RecognitionRow, RecognitionRow.id == Item.recognition_id)
        .where(Item.id.in_(item_ids), Item.state.in_(sorted(READABLE)))
    ).all()
    fields = effective_fields(session, [row[0].id for row in rows])
    return {
        item.id: _Source(item, receipt, dossier_code, digest, engine, fields[item.id])
        for item, receipt, dossier_code, digest, engine in rows
    }


def _documents(
    sources: dict[uuid.UUID, _Source], store: ObjectStore, failed: dict[uuid.UUID, str]
) -> Iterator[IndexDocument]:
    """One at a time, so that no more than one text is in memory; what cannot be read is noted in `failed`."""
    for item_id, source in sources.items():
        try:
            yield _document(source, store)
        except PartUnavailable:
            raise
        except Exception as error:
            log.warning("no index document of item %s: %s", item_id, error)
            failed[item_id] = source.receipt


def _document(source: _Source, store: ObjectStore) -> IndexDocument:
    item, fields = source.item, source.fields
    text, page_offsets = _text(store, source.recognition)
    return IndexDocument(
        id=str(item.id),
        revision=item.revision,
        receipt=source.receipt,
        code=item.code,
        title=item.title or title(fields, item.file_name) or "",
        text=text,
        page_offsets=page_offsets,
        agency=str(item.agency_id),
        fond=str(item.fond_id) if item.fond_id else None,
        dossier=str(item.dossier_id) if item.dossier_id else None,
        dossier_code=source.dossier_code,
        task=item.task_number,
        state=item.state,
        level=item.level,
        type_name=fields.text(FieldName.TYPE_NAME),
        code_number=fields.text(FieldName.CODE_NUMBER),
        code_notation=fields.text(FieldName.CODE_NOTATION),
        organ_name=fields.text(FieldName.ORGAN_NAME),
        signer_name=fields.text(FieldName.SIGNER_NAME),
        subject=fields.text(FieldName.SUBJECT),
        issued_on=_date(fields.text(FieldName.ISSUED_DATE)),
        confidence=item.confidence or 0.0,
        engine=source.engine,
        described=tuple(_further(fields)),
    )


def _text(store: ObjectStore, digest: str | None) -> tuple[str, tuple[int, ...]]:
    """The item's text and where its pages begin."""
    if digest is None:
        return "", ()
    with store.open(digest) as stream:
        return joined(stored.words_from_bytes(stream.read()))


def _further(fields: EffectiveFields) -> Iterator[str]:
    for name in _FURTHER_FIELDS:
        value = fields.value(name)
        if isinstance(value, list):
            yield from map(str, value)
        elif value is not None:
            yield str(value)


def _date(text: str | None) -> date | None:
    """What a person typed may be no date; it is then found by its words only."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
