"""Where items belong, and putting it right: identity and bytes stay, every code that was given still finds the item."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from archive.actions import filing
from archive.queries import items
from archive.web.api.calls import Key, Reference, Writer
from archive.web.api.item_changes import change_item
from archive.web.api.models.items import FilingGiven, ItemStanding, OtherItemGiven, ReasonGiven

router = APIRouter(prefix="/api/v1/items/{reference}", tags=["filing"])


@router.post("/filings", status_code=201)
def file_item(visit: Writer, reference: Reference, given: FilingGiven, key: Key = None) -> ItemStanding:
    """Put an item that is in no dossier into one."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        filing.file_item(uow, item_id, given.dossier, reason=given.reason, **how)

    return change_item(visit, key, reference, given, change)


@router.post("/moves", status_code=201)
def move_item(visit: Writer, reference: Reference, given: FilingGiven, key: Key = None) -> ItemStanding:
    """Move an item into another dossier of its agency, under a new code; the old one still finds it."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        filing.move_item(uow, item_id, given.dossier, reason=given.reason, **how)

    return change_item(visit, key, reference, given, change)


@router.post("/replacements", status_code=201)
def replace_item(visit: Writer, reference: Reference, given: OtherItemGiven, key: Key = None) -> ItemStanding:
    """Let another item take the place of this one, as a better scan of the same paper."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        by = items.item(uow.session, given.item, actor=visit.actor).id
        filing.replace_item(uow, item_id, by, reason=given.reason, **how)

    return change_item(visit, key, reference, given, change)


@router.post("/supplements", status_code=201)
def supplement_item(visit: Writer, reference: Reference, given: OtherItemGiven, key: Key = None) -> ItemStanding:
    """Say that this item completes another one, as an annex that came later."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        other = items.item(uow.session, given.item, actor=visit.actor).id
        filing.supplement_item(uow, item_id, other, reason=given.reason, **how)

    return change_item(visit, key, reference, given, change)


@router.post("/withdrawals", status_code=201)
def withdraw_item(visit: Writer, reference: Reference, given: ReasonGiven, key: Key = None) -> ItemStanding:
    """Take an item from sight; nothing is destroyed."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        filing.withdraw_item(uow, item_id, reason=given.reason, **how)

    return change_item(visit, key, reference, given, change)


@router.post("/restorations", status_code=201)
def restore_item(visit: Writer, reference: Reference, given: ReasonGiven, key: Key = None) -> ItemStanding:
    """Bring a withdrawn item back: it is reviewed and published anew."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        filing.restore_item(uow, item_id, reason=given.reason, **how)

    return change_item(visit, key, reference, given, change, find=items.item_to_restore)
