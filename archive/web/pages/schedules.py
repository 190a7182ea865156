"""Retention schedules: all versions, one with its rules, the import of a new one; and what fits a dossier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from archive.access import policy
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions.proposals import propose_rules
from archive.actions.schedules import ScheduleHead, SchedulePlan, import_schedule, plan_schedule
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ArchiveError, InvalidInput, NotFound
from archive.queries import schedules as queries
from archive.queries.proposals import candidates
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import day_given
from archive.web.sheet_form import SheetForm, sheet_form

router = APIRouter()
RULES = 100
SHOWN = 400  # rows of a dry run
FIELDS = ("code", "title", "legal_basis", "source", "valid_from", "valid_to", "sector", "rows_of", "close_previous")
NOTHING = SheetForm({})


@router.get("/schedules")
def listed(visit: SignedIn) -> Response:
    visit.require(Permission.DOSSIER_READ)
    with visit.unit_of_work() as uow:
        lines = queries.schedules(uow.session, actor=visit.actor)
        may_import = _may_import(visit, uow)
    return visit.page("schedules.html", schedules=lines, today=local_date(visit.now), may_import=may_import)


@router.get("/schedules/import")
def form(visit: SignedIn) -> Response:
    _require_import(visit)
    return _import_page(visit, NOTHING)


@router.post("/schedules/import")
async def imported(visit: SignedIn, request: Request) -> Response:
    await run_in_threadpool(_require_import, visit)
    return await run_in_threadpool(_imported, visit, await sheet_form(request))


@router.get("/schedules/{code}/{version}")
def shown(visit: SignedIn, code: str, version: int, q: str = "", cursor: str = "") -> Response:
    visit.require(Permission.DOSSIER_READ)
    with visit.unit_of_work() as uow:
        line = queries.schedule(uow.session, code, version, actor=visit.actor)
        rules = queries.rules(uow.session, line.id, words=q, cursor=cursor or None, limit=RULES)
    return visit.page("schedule.html", schedule=line, rules=rules, words=q.strip(), today=local_date(visit.now))


@router.get("/dossiers/{code}/candidates")
def fitting(visit: SignedIn, code: str) -> Response:
    visit.require(Permission.RULE_CONFIRM)
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        view = candidates(uow.session, code, actor=visit.actor, today=today)
    return visit.page("schedule_candidates.html", view=view)


@router.post("/dossiers/{code}/candidates")
def proposed(visit: SignedForm, code: str) -> Response:
    with visit.unit_of_work() as uow:
        propose_rules(uow, code, actor=visit.actor, now=visit.now)
    return visit.back(f"/dossiers/{code}/candidates", "rules_proposed")


def _imported(visit: Visit, form: SheetForm) -> Response:
    """What lies between the dry run and the confirmation is checked anew: the dry run is shown if it no longer fits."""
    if form.sheet is None or not form.confirmed:
        return _import_page(visit, form)
    try:
        with visit.unit_of_work() as uow:
            plan = import_schedule(
                uow, _head(form.given), form.sheet, **_how(form.given), actor=visit.actor, now=visit.now
            )
    except InvalidInput as wrong:
        return _import_page(visit, form, wrong)
    done = "schedule_known" if plan.known_as else "schedule_imported"
    return visit.back(f"/schedules/{plan.head.code}/{plan.version}", done)


def _import_page(visit: Visit, form: SheetForm, wrong: ArchiveError | None = None) -> Response:
    plan: SchedulePlan | None = None
    if form.sheet is not None and wrong is None:
        try:
            with visit.unit_of_work() as uow:
                plan = plan_schedule(
                    uow, _head(form.given), form.sheet, **_how(form.given), actor=visit.actor, now=visit.now
                )
        except InvalidInput as error:
            wrong = error
    problem = str(wrong) if wrong else form.problem
    bad = bool(problem or (plan and plan.findings))
    return visit.page(
        "schedule_import.html",
        status=status_of(wrong) if wrong else 422 if bad else 200,
        form=form,
        plan=plan,
        given={name: form.given.get(name, "") for name in FIELDS},
        shown=SHOWN,
        problem=problem,
    )


def _head(given: Mapping[str, str]) -> ScheduleHead:
    text = {name: " ".join(given.get(name, "").split()) for name in FIELDS}
    return ScheduleHead(
        code=text["code"],
        title=text["title"],
        legal_basis=text["legal_basis"],
        source=text["source"],
        valid_from=day_given(text["valid_from"], "valid_from"),
        valid_to=day_given(text["valid_to"], "valid_to") if text["valid_to"] else None,
        sector=text["sector"] or None,
    )


def _how(given: Mapping[str, str]) -> dict[str, Any]:
    return {"rows_of": given.get("rows_of", "").strip(), "close_previous": bool(given.get("close_previous"))}


def _may_import(visit: Visit, uow: UnitOfWork) -> bool:
    return policy.may_at_top(uow.session, visit.actor, Permission.SCHEDULE_IMPORT, local_date(visit.now))


def _require_import(visit: Visit) -> None:
    with visit.unit_of_work() as uow:
        if not _may_import(visit, uow):
            raise NotFound(what="")
