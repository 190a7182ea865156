"""A sheet of agencies or successions: uploaded, tried, shown with every change and finding, then confirmed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from archive.access.permissions import Permission
from archive.actions.agency_import import Imported, import_agencies
from archive.errors import InvalidInput
from archive.intake.agency_sheet import agency_rows
from archive.web.deps import SignedIn, Visit
from archive.web.sheet_form import SheetForm, sheet_form

router = APIRouter(prefix="/agencies/import")
SHOWN = 200


@router.get("")
def form(visit: SignedIn) -> Response:
    visit.require(Permission.AGENCY_REORGANISE)
    return _page(visit, SheetForm({}))


@router.post("")
async def imported(visit: SignedIn, request: Request) -> Response:
    visit.require(Permission.AGENCY_REORGANISE)
    return await run_in_threadpool(_imported, visit, await sheet_form(request))


def _imported(visit: Visit, form: SheetForm) -> Response:
    if form.sheet is None:
        return _page(visit, form, problem=form.problem)
    try:
        rows = agency_rows(form.sheet)
    except InvalidInput as wrong:
        return _page(visit, SheetForm(form.given), problem=str(wrong))
    with visit.unit_of_work() as uow:
        done = import_agencies(uow, rows, actor=visit.actor, now=visit.now)
        taken = form.confirmed and not done.findings
        if not taken:
            uow.session.rollback()
    return visit.back("/agencies", "agencies_imported") if taken else _page(visit, form, done)


def _page(visit: Visit, form: SheetForm, done: Imported | None = None, *, problem: str | None = None) -> Response:
    wrong = problem or (done and done.findings)
    return visit.page(
        "agency_import.html", status=422 if wrong else 200, form=form, done=done, shown=SHOWN, problem=problem
    )
