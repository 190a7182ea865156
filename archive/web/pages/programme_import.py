"""The programme from a sheet: choose it, see what it would change, confirm."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from archive import i18n
from archive.access import policy
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions.programme import ProgrammeImport, import_programme, plan_import
from archive.errors import InvalidInput, NotFound
from archive.intake.programme_sheet import FIELDS, KEYS, Kind, heading
from archive.queries.programme import programme
from archive.queries.programme_sheets import registry_rows
from archive.web.deps import SignedIn, Visit
from archive.web.sheet_form import SheetForm, sheet_form
from archive.web.xlsx import workbook

router = APIRouter(prefix="/programme")
SHOWN = 200


@router.get("/import")
def choose(visit: SignedIn, kind: Kind = Kind.TASK) -> Response:
    _require(visit)
    return _page(visit, kind, SheetForm({}))


@router.post("/import")
async def imported(visit: SignedIn, request: Request) -> Response:
    return await run_in_threadpool(_imported, visit, await sheet_form(request))


@router.get("/sheets/{kind}.xlsx")
def filled_in(visit: SignedIn, kind: Kind) -> Response:
    """What is filled in so far, to be completed and imported again."""
    visit.require(Permission.PROGRESS_READ)
    with visit.unit_of_work() as uow:
        told = programme(uow.session, actor=visit.actor, today=local_date(visit.now))
    title = i18n.text(f"programme.kind_{kind}")
    return workbook(f"{title} {local_date(visit.now)}", {title: registry_rows(kind, told)})


def _imported(visit: Visit, form: SheetForm) -> Response:
    _require(visit)
    try:
        kind = Kind(form.given.get("kind", ""))
    except ValueError:
        raise InvalidInput("web.bad_request", field="kind") from None
    if form.sheet is None:
        return _page(visit, kind, form)
    with visit.unit_of_work() as uow:
        plan = plan_import(uow, kind, form.sheet, actor=visit.actor, now=visit.now)
    if form.confirmed and not plan.findings:
        with visit.unit_of_work() as uow:
            import_programme(uow, kind, form.sheet, actor=visit.actor, now=visit.now)
        return visit.back("/programme", "programme_imported")
    return _page(visit, kind, form, plan)


def _page(visit: Visit, kind: Kind, form: SheetForm, plan: ProgrammeImport | None = None) -> Response:
    return visit.page(
        "programme_import.html",
        status=422 if form.problem or (plan and plan.findings) else 200,
        kinds=list(Kind),
        kind=kind,
        columns=[heading(name) for name in (*KEYS[kind], *FIELDS[kind])],
        form=form,
        plan=plan,
        shown=SHOWN,
        heading=heading,
    )


def _require(visit: Visit) -> None:
    """Who may not change the programme is told that there is no such page."""
    with visit.unit_of_work() as uow:
        allowed = policy.may_at_top(uow.session, visit.actor, Permission.PROGRAMME_MANAGE, local_date(visit.now))
    if not allowed:
        raise NotFound(what="")
