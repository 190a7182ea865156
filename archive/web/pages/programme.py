"""The programme: how far tasks and agencies have come, the quality of their records, and changes to what is planned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from archive import i18n
from archive.access import policy
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions.programme import change_programme
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.intake.programme_sheet import FIELDS, Kind
from archive.queries.agencies import agencies
from archive.queries.figures import DEFECTS, STAGES, Figure
from archive.queries.programme import Programme, TargetLine, programme, revisions
from archive.queries.programme_sheets import progress_rows, quality_rows
from archive.queries.quality import quality
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import number_given, number_or_none
from archive.web.xlsx import workbook

router = APIRouter(prefix="/programme")
MISTAKES = (InvalidInput, Conflict)
Given = Mapping[str, str]


@router.get("")
def shown(visit: SignedIn, agency: str = "") -> Response:
    visit.require(Permission.PROGRESS_READ)
    told, may_change = _programme(visit, agency)
    return visit.page(
        "programme.html",
        programme=told,
        agency=agency,
        stages=STAGES,
        published=Figure.PUBLISHED,
        may_change=may_change,
    )


@router.get("/export.xlsx")
def exported(visit: SignedIn, agency: str = "") -> Response:
    visit.require(Permission.PROGRESS_READ)
    told, _ = _programme(visit, agency)
    with visit.unit_of_work() as uow:
        checked = quality(uow.session, actor=visit.actor, agency=agency or None)
    sheets = {
        i18n.text("page.programme.progress"): progress_rows(told),
        i18n.text("page.programme.quality"): quality_rows(checked),
    }
    return workbook(f"{i18n.text('page.programme.title')} {local_date(visit.now)}", sheets)


@router.get("/quality")
def checked(visit: SignedIn, task: str = "", agency: str = "") -> Response:
    visit.require(Permission.PROGRESS_READ)
    number = number_or_none(task, "task")
    with visit.unit_of_work() as uow:
        told = quality(uow.session, actor=visit.actor, task=number, agency=agency or None)
        own = agencies(uow.session, Permission.PROGRESS_READ, actor=visit.actor)
    return visit.page(
        "programme_quality.html",
        quality=told,
        figures=(Figure.STOPPED, Figure.UNCLEAR, *DEFECTS, Figure.FAULTY),
        agencies=own,
        task=number,
        agency=agency,
    )


@router.get("/tasks/{number}")
def task_shown(visit: SignedIn, number: int, share: str = "") -> Response:
    """share: code of the agency whose share is to be changed."""
    visit.require(Permission.PROGRESS_READ)
    return _task_page(visit, number, share=share)


@router.post("/tasks/{number}")
async def task_changed(visit: SignedForm, number: int, request: Request) -> Response:
    def again(given: Given, wrong: ArchiveError) -> Response:
        return _task_page(visit, number, wrong, given)

    return await run_in_threadpool(_changed, visit, await request.form(), Kind.TASK, (number,), again)


@router.post("/tasks/{number}/shares")
async def share_changed(visit: SignedForm, number: int, request: Request) -> Response:
    form = await request.form()
    agency = str(form.get("agency", "")).strip()

    def again(given: Given, wrong: ArchiveError) -> Response:
        return _task_page(visit, number, wrong, given, share=agency)

    return await run_in_threadpool(_changed, visit, form, Kind.PLAN, (number, agency), again)


@router.get("/targets/{number}")
def target_shown(visit: SignedIn, number: int) -> Response:
    visit.require(Permission.PROGRESS_READ)
    return _target_page(visit, number)


@router.post("/targets/{number}")
async def target_changed(visit: SignedForm, number: int, request: Request) -> Response:
    def again(given: Given, wrong: ArchiveError) -> Response:
        return _target_page(visit, number, wrong, given)

    return await run_in_threadpool(_changed, visit, await request.form(), Kind.TARGET, (number,), again)


def _changed(
    visit: Visit,
    form: Mapping[str, Any],
    kind: Kind,
    key: tuple[int | str, ...],
    again: Callable[[Given, ArchiveError], Response],
) -> Response:
    """again: the page with the form as it was given and why it was not taken."""
    given = {name: str(form[name]) for name in FIELDS[kind] if name in form}
    try:
        version = number_given(str(form.get("version", "")), "version")
        with visit.unit_of_work() as uow:
            changed = change_programme(uow, kind, key, given, version=version, actor=visit.actor, now=visit.now)
    except Conflict as wrong:
        return again({}, wrong)  # what somebody else wrote meanwhile is shown, not overwritten by what was typed
    except InvalidInput as wrong:
        return again(given, wrong)
    path = f"/programme/targets/{key[0]}" if kind is Kind.TARGET else f"/programme/tasks/{key[0]}"
    return visit.back(path, "programme_changed" if changed else "programme_unchanged")


def _task_page(
    visit: Visit, number: int, wrong: ArchiveError | None = None, given: Given | None = None, *, share: str = ""
) -> Response:
    told, may_change = _programme(visit, "")
    task = told.task(number)
    with visit.unit_of_work() as uow:
        history = [("", revisions(uow.session, Kind.TASK, str(number)))]
        history += [
            (part.agency_name, revisions(uow.session, Kind.PLAN, f"{number}:{part.agency_code}"))
            for part in task.agencies
        ]
        own = agencies(uow.session, Permission.PROGRESS_READ, actor=visit.actor) if may_change else ()
    part = next((part for part in task.agencies if part.agency_code == share), None)
    return visit.page(
        "programme_task.html",
        status=status_of(wrong) if wrong else 200,
        task=task,
        programme=told,
        stages=STAGES,
        published=Figure.PUBLISHED,
        may_change=may_change,
        agencies=own,
        history=[(name, lines) for name, lines in history if lines],
        share=share,
        share_name=part.agency_name if part else share,
        share_plan=part.progress.plan if part else None,
        given=given or {},
        **_told(wrong),
    )


def _target_page(visit: Visit, number: int, wrong: ArchiveError | None = None, given: Given | None = None) -> Response:
    told, may_change = _programme(visit, "")
    target = _target(told, number)
    with visit.unit_of_work() as uow:
        history = revisions(uow.session, Kind.TARGET, str(number))
    return visit.page(
        "programme_target.html",
        status=status_of(wrong) if wrong else 200,
        target=target,
        stages=STAGES,
        may_change=may_change,
        history=history,
        given=given or {},
        **_told(wrong),
    )


def _told(wrong: ArchiveError | None) -> dict[str, Any]:
    return {"problem": str(wrong) if wrong else None, "wrong_field": getattr(wrong, "field", "")}


def _programme(visit: Visit, agency: str) -> tuple[Programme, bool]:
    """With whether the visitor may change it."""
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        told = programme(uow.session, actor=visit.actor, today=today, agency=agency or None)
        may_change = policy.may_at_top(uow.session, visit.actor, Permission.PROGRAMME_MANAGE, today)
    return told, may_change


def _target(told: Programme, number: int) -> TargetLine:
    found = next((target for target in told.targets if target.number == number), None)
    if found is None:
        raise NotFound(what=i18n.text("noun.target", number=number))
    return found
