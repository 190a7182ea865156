"""The item page: the paper beside what was read from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Response

from archive import i18n
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions.readings import open_record
from archive.db.states import ItemState
from archive.queries.findings import FindingView, findings
from archive.queries.holds import holds_of_item
from archive.queries.items import may_restore
from archive.queries.lines import UNCLEAR_BELOW
from archive.queries.reuse_events import reuse_of_item
from archive.queries.views import ItemView, ReceiptView
from archive.web.deps import SignedIn, Visit
from archive.web.render import day
from metadata.model import FieldName

router = APIRouter()

# What a person may add where the machine found nothing; the rest is counted or decided, not read.
ADDABLE = tuple(name for name in FieldName if name not in {FieldName.PAGE_COUNT, FieldName.SECRECY})
RETURNABLE = frozenset({ItemState.REVIEWED})


@router.get("/items/{reference}")
def shown(visit: SignedIn, reference: str, page: int = 1, q: str = "") -> Response:
    """Opening an item is a reading, and recorded as one. While there is only a receipt, the receipt is shown."""
    with visit.unit_of_work() as uow:
        item = open_record(uow, reference, actor=visit.actor, now=visit.now)
        restorable = isinstance(item, ReceiptView) and may_restore(uow.session, reference, actor=visit.actor)
    if isinstance(item, ReceiptView):
        return visit.page("receipt.html", receipt=item, may_restore=restorable)
    numbers = [each.number for each in item.pages]
    return visit.page(
        "item.html",
        **side_values(visit, item),
        unclear=unclear_pages(item),
        pages=_pages(item),
        first_page=page if page in numbers else (numbers[0] if numbers else 1),
        query=q,
        access_pdf=item.rendition("access_pdf"),
        queue=Permission.ITEM_REVIEW in item.may and item.state == ItemState.DESCRIBED,
    )


def side(visit: Visit, item: ItemView) -> Response:
    """What stands beside the page, anew after each change."""
    return visit.page("item_side.html", **side_values(visit, item))


def side_values(visit: Visit, item: ItemView) -> dict[str, Any]:
    """may_*: what this actor may do with this item in its present state."""
    present = {field.name for field in item.fields}
    may_file = Permission.ITEM_FILE in item.may
    may_correct = Permission.ITEM_CORRECT in item.may
    found = findings(item, today=local_date(visit.now)) if may_correct else ()
    with visit.unit_of_work() as uow:
        held = holds_of_item(uow.session, item.id, actor=visit.actor)
        reused = reuse_of_item(uow.session, item.id, actor=visit.actor)
    return {
        "held": held,
        "reused": reused,
        "item": item,
        "doubtful": [field for field in item.fields if field.doubtful],
        "unread": sum(field.doubtful and field.value in ("", []) for field in item.fields),
        "settled": [field for field in item.fields if not field.doubtful],
        "absent": [name for name in ADDABLE if name not in present],
        "findings": said(found),
        "missing": [each for each in found if each.field not in present],
        "may_correct": may_correct,
        "may_review": Permission.ITEM_REVIEW in item.may,
        "may_publish": Permission.ITEM_PUBLISH in item.may,
        "may_return": Permission.ITEM_REVIEW in item.may and item.state in RETURNABLE,
        "may_file": may_file,
        "acts": _acts(item) if may_file else (),
        "history": history(item),
    }


def said(found: Iterable[FindingView]) -> dict[str, list[str]]:
    """Of each field, what to look at, in words."""
    texts: dict[str, list[str]] = {}
    for each in found:
        written = day if each.rule.startswith("date") else str
        text = i18n.text(f"finding.{each.rule}", expected=written(each.expected), found=written(each.found))
        texts.setdefault(each.field, []).append(text)
    return texts


def unclear_pages(item: ItemView) -> list[int]:
    """Pages that a reviewer must look at: a state-secret mark on them may not have been read."""
    waits = Permission.ITEM_REVIEW in item.may and item.state == ItemState.DESCRIBED
    return [page.number for page in item.pages if page.confidence < UNCLEAR_BELOW and not page.blank] if waits else []


def history(item: ItemView) -> list[tuple[Any, str, dict[str, Any]]]:
    """(when, message id, values) of what became of the record, newest first."""
    events: list[tuple[Any, str, dict[str, Any]]] = [(item.received_at, "page.past.received", {"number": item.receipt})]
    if item.described_at:
        events.append((item.described_at, "page.past.described", {"engine": item.engine or ""}))
    for field in item.fields:
        if field.corrected_at:
            said = "accepted" if field.value == field.read_as else "corrected"
            values = {"field": i18n.text(f"page.field.{field.name}"), "by": field.corrected_by or ""}
            events.append((field.corrected_at, f"page.past.{said}", values))
    if item.reviewed_at:
        events.append((item.reviewed_at, "page.past.reviewed", {"by": item.reviewed_by or ""}))
    if item.published_at:
        events.append((item.published_at, "page.past.published", {"by": item.published_by or ""}))
    for back in item.returns:
        events.append((back.at, "page.past.returned", {"by": back.by, "reason": back.reason}))
    for filing in item.filings:
        events.append((filing.at, f"page.past.{filing.act}", {"by": filing.by, "reason": filing.reason}))
    return sorted(events, key=lambda event: event[0], reverse=True)


def _acts(item: ItemView) -> tuple[str, ...]:
    return ("move" if item.dossier_code else "file", "replace", "supplement", "withdraw")


def _pages(item: ItemView) -> list[dict[str, Any]]:
    """Pages with an image, as the viewer wants them."""
    base = f"/items/{item.receipt}/pages"
    return [
        {
            "number": page.number,
            "width": page.width,
            "height": page.height,
            "image": f"{base}/{page.number}/image",
            "words": f"{base}/{page.number}/words",
        }
        for page in item.pages
        if item.rendition("page_image", page.number)
    ]
