"""The trail, for the auditor."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response

from archive.access.permissions import Permission
from archive.audit import EventTag
from archive.errors import InvalidInput
from archive.queries.trail import events
from archive.web.deps import SignedIn

router = APIRouter()
ROWS = 100


@router.get("/audit")
def listed(visit: SignedIn, before: str = "", tag: str = "") -> Response:
    visit.require(Permission.AUDIT_READ)
    if tag and tag not in set(EventTag):
        raise InvalidInput("web.bad_request", field="tag")
    with visit.unit_of_work() as uow:
        lines = events(uow.session, actor=visit.actor, limit=ROWS, before=_moment(before), tag=tag or None)
    older = lines[-1].at.isoformat() if len(lines) == ROWS else None
    return visit.page("audit.html", events=lines, before=older, tags=sorted(EventTag), tag=tag)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput("web.bad_request", field="before")
    return moment
