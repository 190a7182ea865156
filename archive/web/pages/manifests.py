"""The manifest of a delivery: a sheet is chosen, its dry run shown, and kept without being chosen again."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from archive.access.permissions import Permission
from archive.actions.manifests import give_manifest, plan_manifest
from archive.errors import ArchiveError, Conflict
from archive.intake.manifest_sheet import HEADINGS, MAX_ROWS
from archive.queries import batches as queries
from archive.queries.manifests import manifest
from archive.web.deps import SignedIn, Visit
from archive.web.errors import status_of
from archive.web.sheet_form import SheetForm, sheet_form

router = APIRouter(prefix="/batches/{number}/manifest")
NOTHING = SheetForm({})


@router.get("")
def form(visit: SignedIn, number: str) -> Response:
    """What was announced and what of it came; the form of a new manifest while the batch is open."""
    visit.require(Permission.BATCH_READ)
    return _page(visit, number, NOTHING)


@router.post("")
async def imported(visit: SignedIn, number: str, request: Request) -> Response:
    visit.require(Permission.BATCH_INGEST)
    return await run_in_threadpool(_imported, visit, number, await sheet_form(request))


def _imported(visit: Visit, number: str, form: SheetForm) -> Response:
    if form.sheet is None or not form.confirmed:
        return _page(visit, number, form)
    try:
        with visit.unit_of_work() as uow:
            give_manifest(uow, number, form.sheet, actor=visit.actor, now=visit.now)
    except Conflict as wrong:
        return _page(visit, number, form, wrong)
    return visit.back(f"/batches/{number}", "manifest_given")


def _page(visit: Visit, number: str, form: SheetForm, wrong: ArchiveError | None = None) -> Response:
    plan = None
    with visit.unit_of_work() as uow:
        line = queries.batch(uow.session, number, actor=visit.actor).line
        given = manifest(uow.session, number, actor=visit.actor)
        if form.sheet is not None and line.closed_at is None:
            plan = plan_manifest(uow.session, number, form.sheet, actor=visit.actor)
    status = status_of(wrong) if wrong else 422 if form.problem or (plan and plan.findings) else 200
    return visit.page(
        "manifest.html",
        status=status,
        line=line,
        given=given,
        form=form,
        plan=plan,
        may_give=visit.may(Permission.BATCH_INGEST) and line.closed_at is None,
        headings=", ".join(HEADINGS.values()),
        maximum=MAX_ROWS,
        problem=str(wrong) if wrong else form.problem,
    )
