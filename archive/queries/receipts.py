"""Receipts, with neither name nor contents of what was delivered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, select

from archive.access.identity import Actor
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.holdings import Item, Receipt
from archive.queries.reasons import stop_reason
from archive.queries.views import ReceiptView


def receipt_rows() -> Select[*tuple[Any, ...]]:
    """The caller adds who may see them."""
    return (
        select(Receipt, Item, Agency, Batch.number.label("batch_number"))
        .join(Item, Item.receipt_id == Receipt.id)
        .join(Agency, Agency.id == Receipt.agency_id)
        .join(Batch, Batch.id == Receipt.batch_id)
    )


def receipt_view(row: Row[*tuple[Any, ...]], actor: Actor) -> ReceiptView:
    return ReceiptView(
        number=row.Receipt.number,
        digest=row.Receipt.digest,
        size_bytes=row.Receipt.size_bytes,
        media_type=row.Receipt.media_type,
        agency_code=row.Agency.code,
        agency_name=row.Agency.name,
        batch_number=row.batch_number,
        received_at=row.Receipt.received_at,
        state=row.Item.state,
        reason=stop_reason(row.Item, actor),
    )
