"""Search, for a program."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from archive.access.permissions import Permission
from archive.actions.readings import run_search
from archive.queries.searching import MAX_LIMIT
from archive.web.api.calls import Reader
from archive.web.api.models.search import SearchAnswer

router = APIRouter(prefix="/api/v1", tags=["search"])
LAST_OFFSET = 10_000
Words = Annotated[str, Query(max_length=1000, examples=["giấy phép xây dựng"])]
Given = Annotated[str | None, Query(min_length=1, max_length=200)]


@router.get("/search")
def search(
    visit: Reader,
    *,
    q: Words = "",
    agency: Given = None,
    dossier: Given = None,
    task: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    type: Annotated[str | None, Query(min_length=1, max_length=200, examples=["Quyết định"])] = None,
    number: Given = None,
    notation: Given = None,
    organ: Given = None,
    signer: Given = None,
    state: Annotated[str | None, Query(pattern="^(described|reviewed|published)$")] = None,
    level: Annotated[str | None, Query(pattern="^(open|conditional)$")] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    issued_from: Annotated[date | None, Query(alias="from")] = None,
    issued_to: Annotated[date | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 10,
    offset: Annotated[int, Query(ge=0, le=LAST_OFFSET)] = 0,
) -> SearchAnswer:
    """Find items by their words, with or without tones, and by filters; each hit with its pages and places.

    from, to, year: of the date of issue.
    """
    visit.require(Permission.ITEM_READ)
    given: dict[str, Any] = {
        "agency": agency,
        "dossier": dossier,
        "task": task,
        "type": type,
        "number": number,
        "notation": notation,
        "organ": organ,
        "signer": signer,
        "state": state,
        "level": level,
        "year": None if year is None else f"{year:04}",
        "from": issued_from,
        "to": issued_to,
    }
    filters = {name: str(value) for name, value in given.items() if value is not None}
    return SearchAnswer.of(run_search(visit.app, q, actor=visit.actor, filters=filters, limit=limit, offset=offset))
