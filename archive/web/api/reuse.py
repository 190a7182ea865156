"""Reuse: what is on file, asked and taken by public services; what was reused, for who may see that."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from archive.access.permissions import Permission
from archive.actions import reuse as actions
from archive.errors import InvalidInput
from archive.queries import reuse_events as events
from archive.queries.figures import Period
from archive.queries.reuse_events import ReuseFilter
from archive.queries.views import RenditionView
from archive.web import streaming
from archive.web.api.calls import Cursor, Limit, Reader, Reference, Writer
from archive.web.api.files import handed_out
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.reuse import (
    LOOKUP,
    Lookup,
    LookupQuestion,
    ReuseCounts,
    ReuseEvent,
    ReuseUse,
    UseAsked,
)

router = APIRouter(prefix="/api/v1/reuse", tags=["reuse"])
LookupCode = Annotated[str, Path(max_length=40, pattern=r"^[A-Za-z0-9_-]+$", examples=[LOOKUP])]
GONE: dict[int | str, dict[str, Any]] = {
    410: {"description": "More than a day has passed, the paper was withdrawn, or the agreement is over"}
}
PAPER = "/lookups/{lookup}/papers/{reference}"


def _scope(
    *,
    agency: Annotated[str | None, Query(max_length=60, description="code")] = None,
    task: Annotated[int | None, Query(ge=1, le=9999)] = None,
    service: Annotated[str | None, Query(max_length=64, description="login of the account")] = None,
    procedure: Annotated[str | None, Query(max_length=60)] = None,
    first: Annotated[date | None, Query(description="day of Hanoi; only together with last")] = None,
    last: Annotated[date | None, Query(description="its whole day counts")] = None,
) -> ReuseFilter:
    """Raises InvalidInput for what is no period."""
    if first is None and last is None:
        return ReuseFilter(agency, task, service, procedure)
    if first is None or last is None or first > last or not 2000 <= first.year <= last.year <= 2100:
        raise InvalidInput("reuse.days_invalid", field="first")
    return ReuseFilter(agency, task, service, procedure, Period(first, last))


ReuseScope = Annotated[ReuseFilter, Depends(_scope)]
"""Which events: all conditions that are given hold."""


@router.post("/lookups", status_code=201)
def create_lookup(visit: Writer, given: LookupQuestion) -> Lookup:
    """Ask whether a paper is on file, instead of asking its owner for it.

    Only published papers are told of, and only where an agreement for this account, procedure and kind of paper is in
    force; otherwise the answer is that nothing is on file. The owner's identifier is in this body alone. Asking again
    is another question, so that no Idempotency-Key is needed.
    """
    with visit.unit_of_work() as uow:
        return Lookup.of(actions.look_up(uow, given.question(), actor=visit.actor, now=visit.now))


@router.post(PAPER + "/uses", status_code=201, responses=GONE)
def use_paper(visit: Writer, lookup: LookupCode, reference: Reference, given: UseAsked) -> ReuseUse:
    """Take a paper that a lookup offered: it is counted, and its fields and sealed copy may be had.

    The same use of the same paper in the same lookup is counted once, however often it is sent.
    """
    with visit.unit_of_work() as uow:
        use = actions.use_paper(uow, lookup, reference, given.how, actor=visit.actor, now=visit.now)
    return ReuseUse.of(use, f"{router.prefix}/lookups/{lookup}/papers/{reference}/pdf")


@router.get(PAPER + "/pdf", response_class=Response, responses={**handed_out("application/pdf"), **GONE})
def get_used_pdf(visit: Reader, lookup: LookupCode, reference: Reference) -> Response:
    """The sealed PDF of a paper that was taken in this lookup, for a day after it."""
    with visit.unit_of_work() as uow:
        found = actions.open_copy(uow, lookup, reference, actor=visit.actor, now=visit.now)
    if not isinstance(found, RenditionView):
        named = {"Content-Disposition": f'attachment; filename="{found.file_name}"', "ETag": f'"{found.digest}"'}
        return Response(found.content, media_type="application/pdf", headers=named)
    name = found.file_name or f"{reference}.pdf"
    return streaming.respond(visit.request, visit.app.store, found.digest, media_type=found.media_type, file_name=name)


@router.get("/events")
def list_reuse_events(visit: Reader, asked: ReuseScope, cursor: Cursor = None, limit: Limit = 50) -> Page[ReuseEvent]:
    """What was reused, the newest first."""
    visit.require(Permission.REUSE_READ)
    with visit.unit_of_work() as uow:
        found = events.reuse_events(uow.session, asked, actor=visit.actor, cursor=cursor, limit=limit)
    return page_of(ReuseEvent, found)


@router.get("/counts")
def get_reuse_counts(visit: Reader, asked: ReuseScope) -> ReuseCounts:
    """How often papers were reused: in all, and by agency, task, service, procedure and way."""
    visit.require(Permission.REUSE_READ)
    with visit.unit_of_work() as uow:
        return ReuseCounts.model_validate(events.reuse_figures(uow.session, asked, actor=visit.actor))
