"""Items: opened, reviewed, returned, published."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import describe, review
from archive.actions.readings import open_item, open_record
from archive.errors import NotAllowed
from archive.queries.findings import findings
from archive.queries.views import ReceiptView
from archive.web.api.calls import Key, Reader, Reference, Revision, Writer
from archive.web.api.item_changes import change_item
from archive.web.api.models.items import (
    Item,
    ItemFinding,
    ItemStanding,
    PublicationGiven,
    ReasonGiven,
    Receipt,
    ReviewGiven,
)

router = APIRouter(prefix="/api/v1/items/{reference}", tags=["items"])


@router.get("")
def get_item(visit: Reader, reference: Reference) -> Item | Receipt:
    """An item with its fields, pages and renditions; or its receipt while it is under way or was stopped.

    What replaced an item is answered in its place.
    """
    with visit.unit_of_work() as uow:
        view = open_record(uow, reference, actor=visit.actor, now=visit.now)
    return Receipt.model_validate(view) if isinstance(view, ReceiptView) else Item.model_validate(view)


@router.get("/findings")
def list_item_findings(visit: Reader, reference: Reference) -> list[ItemFinding]:
    """List where fields break the form of the document, for those who may correct them."""
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
    if Permission.ITEM_CORRECT not in item.may:
        raise NotAllowed
    return [ItemFinding.of(each) for each in findings(item, today=local_date(visit.now))]


@router.post("/reviews", status_code=201)
def review_item(
    visit: Writer, reference: Reference, given: ReviewGiven, revision: Revision, key: Key = None
) -> ItemStanding:
    """Say that you have seen the whole item; no field of it may be doubtful any more."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        if given.accept_doubtful:
            how = how | {"expected_revision": describe.accept_all(uow, item_id, **how)}
        review.review_item(uow, item_id, **how)

    return change_item(visit, key, reference, given, change, revision=revision)


@router.post("/returns", status_code=201)
def return_item(
    visit: Writer, reference: Reference, given: ReasonGiven, revision: Revision, key: Key = None
) -> ItemStanding:
    """Send a reviewed item back to whoever describes it, with the reason."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        review.return_item(uow, item_id, reason=given.reason, **how)

    return change_item(visit, key, reference, given, change, revision=revision)


@router.post("/publications", status_code=201)
def publish_item(
    visit: Writer, reference: Reference, given: PublicationGiven, revision: Revision, key: Key = None
) -> ItemStanding:
    """Publish a reviewed item; where the agency asks for it, not by whoever reviewed it."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        review.publish_item(uow, item_id, level=given.level, **how)

    return change_item(visit, key, reference, given, change, revision=revision)
