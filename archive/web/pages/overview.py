"""The first page: what waits for me, which batches run, how far the 24 tasks have come."""

from __future__ import annotations

from fastapi import APIRouter, Response

from archive.access.permissions import Permission
from archive.queries.accounts import own_account
from archive.queries.overview import overview
from archive.queries.tasks import tasks
from archive.web.deps import SignedIn

router = APIRouter()


@router.get("/")
def show(visit: SignedIn) -> Response:
    with visit.unit_of_work() as uow:
        summary = overview(uow.session, actor=visit.actor)
        own = own_account(uow.session, actor=visit.actor)
        progress = tasks(uow.session, actor=visit.actor)
    return visit.page(
        "overview.html",
        overview=summary,
        own=own,
        tasks=progress,
        may_ingest=visit.may(Permission.BATCH_INGEST),
        may_progress=visit.may(Permission.PROGRESS_READ),
        may_batches=visit.may(Permission.BATCH_READ),
        may_review=visit.may(Permission.ITEM_REVIEW),
    )
