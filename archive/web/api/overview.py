"""The first page, for a program."""

from __future__ import annotations

from fastapi import APIRouter

from archive.queries.overview import overview as what_waits
from archive.web.api.calls import Reader
from archive.web.api.models.overview import Overview

router = APIRouter(prefix="/api/v1", tags=["overview"])


@router.get("/overview")
def overview(visit: Reader) -> Overview:
    """What waits for you, which deliveries run, and how far the tasks have come."""
    with visit.unit_of_work() as uow:
        return Overview.model_validate(what_waits(uow.session, actor=visit.actor))
