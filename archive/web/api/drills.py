"""Drills: whether what is locked could be removed."""

from __future__ import annotations

from fastapi import APIRouter

from archive.access.permissions import Permission
from archive.queries import drills as queries
from archive.web.api.calls import Cursor, Limit, Reader
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.drills import Drill

router = APIRouter(prefix="/api/v1/drills", tags=["drills"])


@router.get("")
def list_drills(visit: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[Drill]:
    """Drills of removal, the newest first; the service runs one a day by itself."""
    visit.require(Permission.DRILL_RUN)
    with visit.unit_of_work() as uow:
        found = queries.drills(uow.session, actor=visit.actor, cursor=cursor, limit=limit)
    return page_of(Drill, found.of([Drill.of(view) for view in found]))
