"""What the viewer needs of a page: its words and their places, its image, the file itself."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.holdings import Item, Receipt, RecognitionRow
from archive.queries.items import not_found, renditions_of
from archive.queries.views import FractionBox, LineBox, PageWords, RenditionView, WordBox
from ocr import stored
from ocr.model import Box, PageText, Recognition

if TYPE_CHECKING:
    from archive.bootstrap import App


def document_words(app: App, item_id: uuid.UUID, *, actor: Actor) -> tuple[PageWords, ...]:
    """Lines and words of every page of the current recognition."""
    return tuple(_words(page) for page in recognition_of(app, item_id, actor=actor).pages)


def page_words(app: App, item_id: uuid.UUID, number: int, *, actor: Actor) -> PageWords:
    for page in recognition_of(app, item_id, actor=actor).pages:
        if page.number == number:
            return _words(page)
    raise not_found(item_id)


def rendition(session: Session, item_id: uuid.UUID, kind: str, page: int = 0, *, actor: Actor) -> RenditionView:
    """Which stored object to hand out; its digest opens it in the store."""
    _readable(session, item_id, actor)
    for view in renditions_of(session, item_id, kind):
        if view.page == page:
            return view
    raise not_found(item_id)


def master(session: Session, item_id: uuid.UUID, *, actor: Actor) -> RenditionView:
    """The master as it was delivered, byte for byte."""
    found = _readable(session, item_id, actor)
    if found.master_digest is None:
        raise not_found(item_id)
    receipt = session.get_one(Receipt, found.receipt_id)
    return RenditionView("master", 0, 1, found.master_digest, receipt.media_type, receipt.size_bytes, found.file_name)


def read_recognition(app: App, digest: str) -> Recognition:
    with app.store.open(digest) as stream:
        return stored.from_bytes(stream.read())


def fractions(box: Box, page: PageText) -> FractionBox:
    return box.left / page.width, box.top / page.height, box.right / page.width, box.bottom / page.height


def _readable(session: Session, item_id: uuid.UUID, actor: Actor) -> Item:
    found = session.scalar(select(Item).where(Item.id == item_id, policy.filter_items(actor, Permission.ITEM_READ)))
    if found is None:
        raise not_found(item_id)
    return found


def recognition_of(app: App, item_id: uuid.UUID, *, actor: Actor) -> Recognition:
    """The current one; NotFound while there is none."""
    with app.unit_of_work() as uow:
        found = _readable(uow.session, item_id, actor)
        digest = uow.session.scalar(select(RecognitionRow.digest).where(RecognitionRow.id == found.recognition_id))
    if digest is None:
        raise not_found(item_id)
    return read_recognition(app, digest)


def _words(page: PageText) -> PageWords:
    return PageWords(
        number=page.number,
        width=page.width,
        height=page.height,
        lines=tuple(
            LineBox(
                text=line.text,
                box=fractions(line.box, page),
                confidence=line.confidence,
                words=tuple(
                    WordBox(word.text, fractions(word.box, page), word.confidence, word.hand) for word in line.words
                ),
            )
            for line in page.lines
        ),
    )
