"""Receipts: what was promised of delivered bytes, whatever becomes of the item."""

from __future__ import annotations

from fastapi import APIRouter

from archive.queries import items
from archive.web.api.calls import Reader, Reference
from archive.web.api.models.items import Receipt

router = APIRouter(prefix="/api/v1", tags=["receipts"])


@router.get("/receipts/{number}")
def get_receipt(visit: Reader, number: Reference) -> Receipt:
    """The proof that bytes were taken, for those who may see the delivery."""
    with visit.unit_of_work() as uow:
        return Receipt.model_validate(items.receipt(uow.session, number, actor=visit.actor))
