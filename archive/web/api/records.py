"""The records behind a figure of the programme."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.permissions import Permission
from archive.errors import InvalidInput
from archive.queries.figures import Figure, Measure, Period, Selection
from archive.queries.records import records
from archive.web.api.calls import Cursor, Limit, Reader
from archive.web.api.models.figures import Records

router = APIRouter(prefix="/api/v1", tags=["records"])
FIRST_YEAR, LAST_YEAR = 2000, 2100
Day = Annotated[date | None, Query(description="of the moment when it was received or published")]


@router.get("/records")
def list_records(
    visit: Reader,
    *,
    figure: Figure = Figure.RECEIVED,
    measure: Annotated[Measure, Query(description="dossiers: those all of whose items have come as far")] = (
        Measure.ITEMS
    ),
    task: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    target: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    agency: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    first: Day = None,
    last: Day = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Records:
    """List the records that a figure counts: how many there are, and of them those that you may see."""
    visit.require(Permission.PROGRESS_READ)
    selection = Selection(figure, task, target, agency, _period(first, last), measure)
    with visit.unit_of_work() as uow:
        return Records.of(records(uow.session, selection, actor=visit.actor, cursor=cursor, limit=limit))


def _period(first: date | None, last: date | None) -> Period | None:
    if first is None and last is None:
        return None
    if first is None or last is None or not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
        raise InvalidInput("web.bad_request", field="first" if first is None else "last")
    return Period(first, last)
