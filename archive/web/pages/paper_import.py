"""A sheet of places: uploaded, shown as what it would change, confirmed without another upload."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from archive.access.permissions import Permission
from archive.actions.paper_import import import_places, plan_places
from archive.errors import ArchiveError, Conflict
from archive.intake.place_sheet import HEADINGS, MAX_ROWS
from archive.web.deps import SignedIn, Visit
from archive.web.errors import status_of
from archive.web.sheet_form import SheetForm, sheet_form

router = APIRouter(prefix="/paper/import")
SHOWN = 200
NOTHING = SheetForm({})


@router.get("")
def form(visit: SignedIn) -> Response:
    visit.require(Permission.PAPER_MANAGE)
    return _page(visit, NOTHING)


@router.post("")
async def imported(visit: SignedIn, request: Request) -> Response:
    visit.require(Permission.PAPER_MANAGE)
    return await run_in_threadpool(_imported, visit, await sheet_form(request))


def _imported(visit: Visit, form: SheetForm) -> Response:
    """What lies between the dry run and the confirmation is checked anew: the dry run is shown if it no longer fits."""
    if form.sheet is None or not form.confirmed:
        return _page(visit, form)
    try:
        with visit.unit_of_work() as uow:
            import_places(uow, form.sheet, actor=visit.actor, now=visit.now)
    except Conflict as wrong:
        return _page(visit, form, wrong)
    return visit.back("/paper", "paper_imported")


def _page(visit: Visit, form: SheetForm, wrong: ArchiveError | None = None) -> Response:
    plan = None
    if form.sheet is not None:
        with visit.unit_of_work() as uow:
            plan = plan_places(uow.session, form.sheet, actor=visit.actor)
    status = status_of(wrong) if wrong else 422 if form.problem or (plan and plan.findings) else 200
    return visit.page(
        "paper_import.html",
        status=status,
        form=form,
        plan=plan,
        shown=SHOWN,
        headings=", ".join(HEADINGS.values()),
        maximum=MAX_ROWS,
        problem=str(wrong) if wrong else form.problem,
    )
