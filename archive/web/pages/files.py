"""What the viewer and the download links ask for: images, words, marks, strips, the PDF/A and the master.

Whatever is fetched of an item is a reading of it, and recorded as one, once a quarter hour. A strip is the excerpt of a
search that is in the trail itself, so no higher than an excerpt is.
"""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from archive.actions.readings import open_item
from archive.queries import items, pages
from archive.queries.marks import marks
from archive.queries.views import FractionBox, RenditionView
from archive.web import streaming, strip
from archive.web.deps import SignedIn, Visit

router = APIRouter(prefix="/items/{reference}")


@router.get("/pages/{number}/image")
def image(visit: SignedIn, reference: str, number: int) -> Response:
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
        found = pages.rendition(uow.session, item.id, "page_image", number, actor=visit.actor)
    return _stream(visit, found)


@router.get("/pages/{number}/strip")
def strip_of(visit: SignedIn, reference: str, number: int, *, top: float, bottom: float, marks: str = "") -> Response:
    found = _rendition(visit, reference, "page_image", number)
    drawn = hashlib.sha256(f"{found.digest} {top} {bottom} {marks}".encode()).hexdigest()[:32]
    headers = {"ETag": f'"{drawn}"', "Cache-Control": "private, no-cache"}
    if visit.request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    with visit.app.store.open(found.digest) as source:
        body = strip.draw(source, top, bottom, strip.read_marks(marks))
    return Response(body, media_type="image/jpeg", headers=headers)


@router.get("/pages/{number}/words")
def words(visit: SignedIn, reference: str, number: int) -> Response:
    """Lines of [text, left, top, right, bottom], in reading order; `hand`: boxes of what was written by hand."""
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
    page = pages.page_words(visit.app, item.id, number, actor=visit.actor)
    lines = [[[word.text, *_rounded(word.box)] for word in line.words] for line in page.lines]
    by_hand = [_rounded(word.box) for line in page.lines for word in line.words if word.hand]
    return JSONResponse({"lines": lines, "hand": by_hand})


@router.get("/marks")
def marks_of(visit: SignedIn, reference: str, q: str = "") -> Response:
    """Boxes of the query's words by page."""
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
    found: dict[int, Any] = marks(visit.app, item.id, q, actor=visit.actor) if q.strip() else {}
    return JSONResponse({"pages": {str(number): boxes for number, boxes in found.items()}})


@router.get("/pdf")
def access_pdf(visit: SignedIn, reference: str) -> Response:
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
        found = pages.rendition(uow.session, item.id, "access_pdf", actor=visit.actor)
    return _stream(visit, found, file_name=found.file_name or f"{item.receipt}.pdf")


@router.get("/master")
def master(visit: SignedIn, reference: str) -> Response:
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
        found = pages.master(uow.session, item.id, actor=visit.actor)
    return _stream(visit, found, file_name=found.file_name or item.receipt)


def _rounded(box: FractionBox) -> list[float]:
    return [round(part, 5) for part in box]


def _rendition(visit: Visit, reference: str, kind: str, number: int) -> RenditionView:
    with visit.unit_of_work() as uow:
        item = items.item(uow.session, reference, actor=visit.actor)
        return pages.rendition(uow.session, item.id, kind, number, actor=visit.actor)


def _stream(visit: Visit, found: RenditionView, file_name: str | None = None) -> Response:
    return streaming.respond(
        visit.request, visit.app.store, found.digest, media_type=found.media_type, file_name=file_name
    )
