"""Search: words, filters, hits with their pages."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from archive.access.permissions import Permission
from archive.actions.readings import run_search
from archive.errors import InvalidInput, NotFound
from archive.queries.agencies import agencies
from archive.queries.items import item
from archive.queries.views import SearchResult
from archive.web.deps import SignedIn, Visit
from archive.web.errors import RETRY_AFTER_S
from archive.web.strip import cut_around
from metadata.registry import classes
from search.errors import IndexUnavailable

log = logging.getLogger(__name__)
router = APIRouter()
LIMIT = 10
LAST_OFFSET = 10_000


@router.get("/search")
def found(
    visit: SignedIn,
    *,
    q: str = "",
    agency: str = "",
    task: str = "",
    type: str = "",
    year: str = "",
    state: str = "",
    dossier: str = "",
    offset: int = 0,
) -> Response:
    visit.require(Permission.ITEM_READ)
    given = {"agency": agency, "task": task, "type": type, "year": year, "state": state, "dossier": dossier}
    filters = {name: value.strip() for name, value in given.items() if value.strip()}
    offset = min(max(0, offset), LAST_OFFSET)
    asked = bool(q.strip() or filters)
    result: SearchResult | None = None
    problem = None
    away: IndexUnavailable | None = None
    if asked:
        try:
            result = run_search(visit.app, q, actor=visit.actor, filters=filters, limit=LIMIT, offset=offset)
        except InvalidInput as wrong:
            problem = str(wrong)
        except IndexUnavailable as unavailable:
            away = unavailable
            log.warning("/search: %s", unavailable)
            visit.request.app.state.readiness.met(unavailable)
    with visit.unit_of_work() as uow:
        own = agencies(uow.session, Permission.ITEM_READ, actor=visit.actor)
    return visit.page(
        "search.html",
        status=503 if away else 422 if problem else 200,
        headers={"Retry-After": str(RETRY_AFTER_S)} if away else None,
        away=away is not None,
        named=_named(visit, q) if away else None,
        query=q,
        asked=asked,
        given=given,
        filters=filters,
        agencies=own,
        types=type_names(),
        result=result,
        problem=problem,
        offset=offset,
        limit=LIMIT,
        strip=cut_around,
        page_url=lambda to: f"/search?{urlencode({'q': q, **filters, 'offset': max(0, to)})}",
    )


def _named(visit: Visit, query: str) -> str | None:
    """The receipt of the item whose number or code this is: the catalogue finds it without the index."""
    with visit.unit_of_work() as uow:
        try:
            return item(uow.session, query.strip(), actor=visit.actor).receipt
        except NotFound:
            return None


def type_names() -> list[str]:
    return [each.name for each in classes().values()]
