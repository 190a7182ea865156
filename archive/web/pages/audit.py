"""The trail, for the auditor."""

from __future__ import annotations

from fastapi import APIRouter, Response

from archive.access.permissions import Permission
from archive.audit import EventTag
from archive.errors import InvalidInput
from archive.queries.trail import events
from archive.web.deps import SignedIn

router = APIRouter()
ROWS = 100


@router.get("/audit")
def listed(visit: SignedIn, cursor: str = "", tag: str = "") -> Response:
    visit.require(Permission.AUDIT_READ)
    if tag and tag not in set(EventTag):
        raise InvalidInput("web.bad_request", field="tag")
    with visit.unit_of_work() as uow:
        lines = events(uow.session, actor=visit.actor, limit=ROWS, cursor=cursor or None, tag=tag or None)
    return visit.page("audit.html", events=lines, tags=sorted(EventTag), tag=tag)
