"""Search: the index finds, the access rule decides, the catalogue has the last word."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Item, RecognitionRow
from archive.db.states import READABLE
from archive.db.trail import Outbox
from archive.errors import InvalidInput, StoreUnavailable
from archive.queries.fields import EffectiveFields, effective_fields
from archive.queries.lines import item_rows, lines_by_id
from archive.queries.pages import read_recognition
from archive.queries.views import HitPage, ItemLine, SearchHit, SearchResult
from ocr.model import Recognition
from search.errors import IndexUnavailable, InvalidQuery
from search.highlight import beginning, find, place
from search.index import Hit, ResultPage
from search.query import AllOf, AnyValue, DateRange, Filter, Not, OneOf, Query, parse

if TYPE_CHECKING:
    from archive.bootstrap import App

FILTERS = {
    "agency": "agency",
    "dossier": "dossier_code",
    "engine": "engine",
    "level": "level",
    "notation": "code_notation",
    "number": "code_number",
    "organ": "organ_name",
    "signer": "signer_name",
    "state": "state",
    "task": "task",
    "type": "type_name",
}
"""Filter as people name it -> field of the index; beside them from, to (dates) and year."""
DATE_FILTERS = ("from", "to", "year")
MAX_LIMIT = 100

Filters = Mapping[str, str | Sequence[str]]


def search(
    app: App, text: str, *, actor: Actor, filters: Filters | None = None, limit: int = 10, offset: int = 0
) -> SearchResult:
    """Best first, each hit with the pages and places of the words. The total counts nothing that the actor may not see.

    Where no document has all the words, those that have most of them are found, and the result is `eased`.
    An item whose last change the index has not learned of is judged by the catalogue: what was withdrawn a moment
    ago is found no more.
    Raises IndexUnavailable, also where the index was removed and is not built anew yet: that is not "nothing found".
    """
    if not 0 < limit <= MAX_LIMIT or offset < 0:
        raise InvalidInput("search.limit_invalid", field="limit", maximum=MAX_LIMIT)
    with app.unit_of_work() as uow:
        query = _query(uow.session, text, filters or {})
        page, lines = _visible(app, uow.session, query, actor=actor, limit=limit, offset=offset)
        if not page.total:
            _refuse_without_index(app, uow.session)
        easier = None if page.total else query.eased()
        if easier is not None:
            page, lines = _visible(app, uow.session, easier, actor=actor, limit=limit, offset=offset)
        fields = effective_fields(uow.session, list(lines))
        digests = _recognitions(uow.session, list(lines))
    hits = []
    read = _reader(app)
    for hit in page.hits:
        item_id = uuid.UUID(hit.id)
        if item_id in lines:
            pages = _pages(read, query, hit, digests.get(item_id), fields[item_id])
            hits.append(SearchHit(lines[item_id], hit.score, pages))
    total = page.total - (len(page.hits) - len(hits))
    return SearchResult(total, tuple(hits), eased=easier is not None and total > 0)


def to_json(result: SearchResult) -> dict[str, Any]:
    """The contract of `archive search --json`; `id` is the receipt number, which `archive show` takes.

    An answer without all the words says "eased": true beside the rest.
    """
    told: dict[str, Any] = {"eased": True} if result.eased else {}
    return told | {
        "total": result.total,
        "hits": [
            {
                "id": hit.item.receipt,
                "code": hit.item.code,
                "dossier": hit.item.dossier_code,
                "title": hit.item.title,
                "score": hit.score,
                "pages": [
                    {"number": page.number, "snippet": page.snippet, "boxes": [list(box) for box in page.boxes]}
                    for page in hit.pages
                ],
            }
            for hit in result.hits
        ],
    }


def _refuse_without_index(app: App, session: Session) -> None:
    findable = select(Item.id).where(Item.state.in_(sorted(READABLE))).exists()
    if not app.index.is_current() and session.scalar(select(findable)):
        raise IndexUnavailable("search.index_missing", retry=True)


def _visible(
    app: App, session: Session, query: Query, *, actor: Actor, limit: int, offset: int
) -> tuple[ResultPage, dict[uuid.UUID, ItemLine]]:
    """Ask the index; ask once more if what it found was taken from sight meanwhile."""
    denied = _denied(session, actor)
    visible = policy.filter_search(actor, Permission.ITEM_READ)
    for _ in range(2):
        page = app.index.search(query, _without(visible, denied), limit=limit, offset=offset)
        found = [uuid.UUID(hit.id) for hit in page.hits]
        rows = item_rows().where(Item.id.in_(found), policy.filter_items(actor, Permission.ITEM_READ))
        lines = lines_by_id(session, rows) if found else {}
        gone = {str(item_id) for item_id in found if item_id not in lines}
        if not gone:
            break
        denied |= gone
    return page, lines


def _denied(session: Session, actor: Actor) -> set[str]:
    """Changed items that the index still knows as they were, and that the actor may not see as they are."""
    pending = select(Outbox.subject_id).where(Outbox.topic == "index")
    allowed = policy.filter_items(actor, Permission.ITEM_READ)
    return {str(item_id) for item_id in session.scalars(select(Item.id).where(Item.id.in_(pending), ~allowed))}


def _without(visible: Filter, denied: Collection[str]) -> Filter:
    return AllOf((visible, Not(AnyValue("id", frozenset(denied))))) if denied else visible


def _query(session: Session, text: str, filters: Filters) -> Query:
    unknown = sorted(set(filters) - set(FILTERS) - set(DATE_FILTERS))
    if unknown:
        known = ", ".join(sorted((*FILTERS, *DATE_FILTERS)))
        raise InvalidInput("search.filter_unknown", field=unknown[0], known=known)
    parts: list[Filter] = []
    for name, value in filters.items():
        values = frozenset([value] if isinstance(value, str) else value)
        if name == "agency":
            values = frozenset(map(str, session.scalars(select(Agency.id).where(Agency.code.in_(values)))))
        parts += _dates(name, values) if name in DATE_FILTERS else [AnyValue(FILTERS[name], values)]
    try:
        return parse(text, AllOf(tuple(parts)))
    except InvalidQuery as error:
        raise InvalidInput(error.reason, field="query", **error.values) from error


def _dates(name: str, values: Collection[str]) -> list[Filter]:
    try:
        if name == "year":
            years = (DateRange("issued_on", date(int(year), 1, 1), date(int(year), 12, 31)) for year in values)
            return [OneOf(tuple(years))]
        days = [date.fromisoformat(value) for value in values]
    except ValueError as error:
        raise InvalidInput("search.date_invalid", field=name) from error
    return [DateRange("issued_on", day, None) if name == "from" else DateRange("issued_on", None, day) for day in days]


def _recognitions(session: Session, item_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = session.execute(
        select(Item.id, RecognitionRow.digest)
        .join(RecognitionRow, RecognitionRow.id == Item.recognition_id)
        .where(Item.id.in_(item_ids))
    )
    return {row.id: row.digest for row in rows}


def _reader(app: App) -> Callable[[str], Recognition | None]:
    """Of recognitions, until the store is found to be away: hits are then shown without their places on the page."""
    away = False

    def read(digest: str) -> Recognition | None:
        nonlocal away
        if not away:
            try:
                return read_recognition(app, digest)
            except StoreUnavailable:
                away = True
        return None

    return read


def _pages(
    read: Callable[[str], Recognition | None], query: Query, hit: Hit, digest: str | None, fields: EffectiveFields
) -> tuple[HitPage, ...]:
    """Where the words stand on the pages; else in the fields, at their places; else how the text begins."""
    marked = find(query, hit.text)
    if marked:
        recognition = read(digest) if digest else None
        return tuple(
            HitPage(
                number=page.number,
                snippet=page.snippet,
                marks=page.marks,
                boxes=tuple((box.left, box.top, box.right, box.bottom) for box in page.fractions),
            )
            for page in place(marked, hit.text, hit.page_offsets, recognition)
        )
    described = []
    for field in fields.fields:
        text = "; ".join(field.value) if isinstance(field.value, list) else str(field.value)
        if field.page is not None and (marks := find(query, text)):
            described.append(HitPage(field.page, text, marks, (field.box,) if field.box else ()))
    opening = beginning(hit.text, hit.page_offsets)
    return tuple(described) or ((HitPage(1, opening, (), ()),) if opening else ())
