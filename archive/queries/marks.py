"""Where a query's words stand on the pages of one item."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from archive.access.identity import Actor
from archive.errors import InvalidInput
from archive.queries.pages import recognition_of
from archive.queries.views import FractionBox
from search.document import text_of
from search.errors import InvalidQuery
from search.highlight import find, place
from search.query import parse

if TYPE_CHECKING:
    from archive.bootstrap import App


def marks(app: App, item_id: uuid.UUID, text: str, *, actor: Actor) -> dict[int, tuple[FractionBox, ...]]:
    """Boxes by page number, on every page with a word of the query; found as the search finds them."""
    try:
        query = parse(text)
    except InvalidQuery as error:
        raise InvalidInput(error.reason, field="query", **error.values) from error
    recognition = recognition_of(app, item_id, actor=actor)
    paged = text_of(recognition)
    found = find(query, paged.text)
    placed = place(found, paged.text, paged.page_offsets, recognition, limit=len(recognition.pages))
    return {page.number: tuple((box.left, box.top, box.right, box.bottom) for box in page.fractions) for page in placed}
