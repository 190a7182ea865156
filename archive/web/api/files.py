"""What lies behind an item: images, words and marks of its pages, the searchable PDF/A, the master."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from archive.actions.readings import open_item
from archive.intake.types import JPEG, PDF, PNG, TIFF
from archive.queries import pages
from archive.queries.marks import marks
from archive.queries.views import ItemView, RenditionView
from archive.web import streaming
from archive.web.api.calls import Reader, Reference
from archive.web.api.models.files import ItemMarks, PageMarks, PageWords
from archive.web.api.models.items import ItemPage
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/items/{reference}", tags=["files"])
MEDIA_TYPES = (PDF, JPEG, PNG, TIFF)
Number = Annotated[int, Path(ge=1, le=100_000)]


def handed_out(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """What a stored object may be answered with; its ETag is its digest."""
    content: dict[str, Any] = {media: {"schema": {"type": "string", "format": "binary"}} for media in media_types}
    return {
        200: {"description": "All of it", "content": content},
        206: {"description": "The part that Range asks for", "content": content},
        302: {"description": "A big file: an address of the store that lasts a few minutes", "content": {}},
        304: {"description": "As you have it: If-None-Match names its digest"},
        416: {"description": "No such part"},
    }


@router.get("/pages")
def list_pages(visit: Reader, reference: Reference) -> list[ItemPage]:
    """The pages of an item, and how well each was read."""
    return [ItemPage.model_validate(page) for page in _opened(visit, reference).pages]


@router.get("/pages/{number}/image", response_class=Response, responses=handed_out("image/jpeg", "image/png"))
def get_page_image(visit: Reader, reference: Reference, number: Number) -> Response:
    """The image of a page, upright."""
    return _stream(visit, _rendition(visit, reference, "page_image", number))


@router.get("/pages/{number}/words")
def get_page_words(visit: Reader, reference: Reference, number: Number) -> PageWords:
    """Lines and words of a page with their places, in reading order."""
    item = _opened(visit, reference)
    return PageWords.model_validate(pages.page_words(visit.app, item.id, number, actor=visit.actor))


@router.get("/marks")
def get_marks(
    visit: Reader,
    reference: Reference,
    q: Annotated[str, Query(min_length=1, max_length=1000, examples=["giấy phép"])],
) -> ItemMarks:
    """Where the words of a query stand on the pages of an item."""
    item = _opened(visit, reference)
    found = marks(visit.app, item.id, q, actor=visit.actor)
    return ItemMarks(pages=[PageMarks(number=number, boxes=list(map(list, boxes))) for number, boxes in found.items()])


@router.get("/pdf", response_class=Response, responses=handed_out("application/pdf"))
def get_pdf(visit: Reader, reference: Reference) -> Response:
    """The searchable PDF/A."""
    found = _rendition(visit, reference, "access_pdf")
    return _stream(visit, found, found.file_name or f"{reference}.pdf")


@router.get("/master", response_class=Response, responses=handed_out(*MEDIA_TYPES))
def get_master(visit: Reader, reference: Reference) -> Response:
    """The master as it was delivered, byte for byte."""
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
        found = pages.master(uow.session, item.id, actor=visit.actor)
    return _stream(visit, found, found.file_name or reference)


def _opened(visit: Visit, reference: str) -> ItemView:
    """Whatever is fetched of an item is a reading of it, and recorded as one."""
    with visit.unit_of_work() as uow:
        return open_item(uow, reference, actor=visit.actor, now=visit.now)


def _rendition(visit: Visit, reference: str, kind: str, page: int = 0) -> RenditionView:
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
        return pages.rendition(uow.session, item.id, kind, page, actor=visit.actor)


def _stream(visit: Visit, found: RenditionView, file_name: str | None = None) -> Response:
    return streaming.respond(
        visit.request, visit.app.store, found.digest, media_type=found.media_type, file_name=file_name
    )
