"""Deliveries: how far each has come, and what became of every file in it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.states import ItemState
from archive.errors import NotFound
from archive.queries.paging import Order, Paged
from archive.queries.reasons import stop_reason, was_stopped
from archive.queries.views import BatchEntryView, BatchLine, BatchView, Message

# What an item of the batch waits for, in the words of the contract.
_WAITS_FOR = {ItemState.DESCRIBED: "review"}

BATCHES = Order((Batch.opened_at, Batch.id), descending=True)
ENTRIES = Order((BatchEntry.ordinal, BatchEntry.id))


def batches(
    session: Session, *, actor: Actor, limit: int = 50, cursor: str | None = None, open_only: bool = False
) -> Paged[BatchLine]:
    """Newest first."""
    rows = _rows().where(policy.filter_agency(actor, Permission.BATCH_READ, Batch.agency_id))
    if open_only:
        rows = rows.where(Batch.closed_at.is_(None) | Batch.id.in_(_with_items_under_way()))
    page = BATCHES.page(session, rows, cursor=cursor, limit=limit)
    counts = _counts(session, [row[0].id for row in page])
    return page.of([_line(row, counts.get(row[0].id, {})) for row in page])


def batch_entries(
    session: Session, number: str, *, actor: Actor, cursor: str | None = None, limit: int = 50
) -> Paged[BatchEntryView]:
    """What became of its files, in the order in which they came."""
    allowed = policy.filter_agency(actor, Permission.BATCH_READ, Batch.agency_id)
    batch_id = session.scalar(select(Batch.id).where(Batch.number == number, allowed))
    if batch_id is None:
        raise not_found(number)
    page = ENTRIES.page(session, _entry_rows(batch_id, actor), cursor=cursor, limit=limit)
    return page.of([_entry(row[0], row[1], row[2], row[3], actor) for row in page])


def batch(session: Session, number: str, *, actor: Actor) -> BatchView:
    """The delivery with its reconciliation, at this moment: items may still be under way."""
    row = session.execute(
        _rows().where(Batch.number == number, policy.filter_agency(actor, Permission.BATCH_READ, Batch.agency_id))
    ).one_or_none()
    if row is None:
        raise not_found(number)
    entries = _entries(session, row[0].id, actor)
    stored = [entry for entry in entries if entry.outcome == "stored" and entry.reason is None]
    items = Counter(
        _WAITS_FOR.get(ItemState(entry.item_state), entry.item_state) for entry in stored if entry.item_state
    )
    return BatchView(
        line=_line(row, _counts(session, [row[0].id]).get(row[0].id, {})),
        entries=entries,
        stored=len(stored),
        items={str(state): count for state, count in sorted(items.items())},
    )


def not_found(number: str) -> NotFound:
    """The one error for what is unknown and for what the actor may not see."""
    return NotFound(what=i18n.text("noun.batch", number=number))


def to_json(view: BatchView) -> dict[str, Any]:
    """The contract of `archive batch --json`."""
    return {
        "batch": view.line.number,
        "agency": view.line.agency_code,
        "task": view.line.task_number,
        "expected": view.expected,
        "stored": view.stored,
        "duplicates": [{"name": entry.name, "receipt": entry.receipt} for entry in view.duplicates],
        "refused": [{"name": entry.name, "reason": _text(entry.reason)} for entry in view.refused],
        "quarantined": [{"receipt": entry.receipt, "reason": _text(entry.reason)} for entry in view.quarantined],
        "unexplained": view.unexplained,
        "items": dict(view.items),
    }


def _text(reason: Message | None) -> str:
    return i18n.text(reason.id, **reason.values) if reason else ""


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(Batch, Agency.code, Agency.name, Dossier.code.label("dossier"), Account.name.label("opener"))
        .join(Agency, Agency.id == Batch.agency_id)
        .join(Account, Account.id == Batch.opened_by)
        .outerjoin(Dossier, Dossier.id == Batch.dossier_id)
    )


def _with_items_under_way() -> Select[*tuple[Any, ...]]:
    return (
        select(BatchEntry.batch_id)
        .join(Item, Item.receipt_id == BatchEntry.receipt_id)
        .where(BatchEntry.outcome == "stored", Item.state == ItemState.RECEIVED)
    )


def _counts(session: Session, batch_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Any]:
    if not batch_ids:
        return {}
    own = BatchEntry.outcome == "stored"
    rows = session.execute(
        select(
            BatchEntry.batch_id,
            func.count().label("delivered"),
            func.count().filter(own, Item.state == ItemState.RECEIVED).label("received"),
            func.count().filter(own, Item.state == ItemState.STOPPED).label("stopped"),
            func.count().filter(own, Item.described_at.is_not(None)).label("described"),
            func.count().filter(BatchEntry.outcome == "refused").label("refused"),
        )
        .outerjoin(Item, Item.receipt_id == BatchEntry.receipt_id)
        .where(BatchEntry.batch_id.in_(batch_ids))
        .group_by(BatchEntry.batch_id)
    )
    return {row.batch_id: row._mapping for row in rows}


def _line(row: Row[*tuple[Any, ...]], counts: Any) -> BatchLine:
    found: Batch = row[0]
    return BatchLine(
        number=found.number,
        agency_code=row.code,
        agency_name=row.name,
        task_number=found.task_number,
        dossier_code=row.dossier,
        opened_by=row.opener,
        opened_at=found.opened_at,
        closed_at=found.closed_at,
        expected=found.expected,
        **{name: counts.get(name, 0) for name in ("delivered", "received", "stopped", "described", "refused")},
    )


def _entries(session: Session, batch_id: uuid.UUID, actor: Actor) -> tuple[BatchEntryView, ...]:
    rows = _entry_rows(batch_id, actor).order_by(*ENTRIES.clauses())
    return tuple(_entry(row[0], row[1], row[2], row[3], actor) for row in session.execute(rows))


def _entry_rows(batch_id: uuid.UUID, actor: Actor) -> Select[*tuple[Any, ...]]:
    visible: ColumnElement[bool] = and_(Item.id.is_not(None), policy.filter_items(actor, Permission.ITEM_READ))
    return (
        select(BatchEntry, Receipt.number, Item, case((visible, True), else_=False))
        .outerjoin(Receipt, Receipt.id == BatchEntry.receipt_id)
        .outerjoin(Item, Item.receipt_id == BatchEntry.receipt_id)
        .where(BatchEntry.batch_id == batch_id)
    )


def _entry(entry: BatchEntry, receipt: str | None, item: Item | None, readable: bool, actor: Actor) -> BatchEntryView:
    reason = Message(entry.reason, entry.reason_values) if entry.reason else None
    if entry.outcome == "stored" and item is not None and was_stopped(item):
        reason = stop_reason(item, actor)
    name = entry.name if item is None or readable else None
    return BatchEntryView(
        ordinal=entry.ordinal,
        outcome=entry.outcome,
        name=name or (item.file_name if item is not None and readable else None),
        size_bytes=entry.size_bytes,
        status=entry.status,
        receipt=receipt,
        reason=reason,
        at=entry.at,
        item_id=item.id if item is not None and readable else None,
        item_state=item.state if item is not None else None,
        item_code=item.code if item is not None and readable else None,
        title=item.title if item is not None and readable else None,
        page_count=item.page_count if item is not None and readable else None,
        readable=readable,
    )
