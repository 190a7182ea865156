"""The trail, for auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.queries.trail import events
from archive.web.api.calls import Cursor, Limit, Reader
from archive.web.api.models.audit import AuditEvent
from archive.web.api.models.common import Page, page_of

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


@router.get("/events")
def list_audit_events(
    visit: Reader,
    tag: Annotated[EventTag | None, Query(description="only events of this kind")] = None,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AuditEvent]:
    """Who did or opened what, the newest first."""
    visit.require(Permission.AUDIT_READ)
    with visit.unit_of_work() as uow:
        found = events(uow.session, actor=visit.actor, limit=limit, cursor=cursor, tag=tag)
    return page_of(AuditEvent, found)
