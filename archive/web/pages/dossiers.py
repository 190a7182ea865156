"""Dossiers: the list, one with its items, a new one; closing and reopening."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions.dossiers import close_dossier, create_dossier, reopen_dossier
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ArchiveError, Conflict, InvalidInput
from archive.queries import dossiers as queries
from archive.queries.agencies import agencies
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import number_given, number_or_none
from archive.web.pages.dossier_sections import sections_of

router = APIRouter()
ROWS = 50
ITEMS = 100


@router.get("/dossiers")
def listed(visit: SignedIn, cursor: str = "") -> Response:
    visit.require(Permission.DOSSIER_READ)
    return _list(visit, cursor)


@router.post("/dossiers")
def created(
    visit: SignedForm,
    title: Annotated[str, Form()],
    agency: Annotated[str, Form()],
    year: Annotated[str, Form()],
    task: Annotated[str, Form()] = "",
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            dossier = create_dossier(
                uow,
                title=title,
                agency_code=agency,
                year=number_given(year, "year"),
                task_number=number_or_none(task, "task"),
                actor=visit.actor,
                now=visit.now,
            )
            code = dossier.code
    except (InvalidInput, Conflict) as wrong:
        given = {"title": title, "year": year, "task": task}
        return _list(visit, problem=str(wrong), given=given, status=422)
    return visit.back(f"/dossiers/{code}", "dossier_created")


@router.get("/dossiers/{code}")
def shown(visit: SignedIn, code: str, cursor: str = "") -> Response:
    return dossier_page(visit, code, cursor=cursor)


@router.post("/dossiers/{code}/close")
def closed(visit: SignedForm, code: str, work_ended_on: Annotated[str, Form()] = "") -> Response:
    def change(uow: UnitOfWork) -> None:
        close_dossier(uow, code, work_ended_on=_day(work_ended_on), actor=visit.actor, now=visit.now)

    return change_dossier(visit, code, change, "dossier_closed", {"form": "end", "work_ended_on": work_ended_on})


@router.post("/dossiers/{code}/reopen")
def reopened(visit: SignedForm, code: str, reason: Annotated[str, Form()] = "") -> Response:
    def change(uow: UnitOfWork) -> None:
        reopen_dossier(uow, code, reason=reason, actor=visit.actor, now=visit.now)

    return change_dossier(visit, code, change, "dossier_reopened", {"form": "end", "reason": reason})


def change_dossier(
    visit: Visit, code: str, change: Callable[[UnitOfWork], object], done: str, given: dict[str, str]
) -> Response:
    """What a form of the page asks for, and the page again. given: what stood in the form, for where it is refused."""
    try:
        with visit.unit_of_work() as uow:
            change(uow)
    except (InvalidInput, Conflict) as wrong:
        return dossier_page(visit, code, wrong, given=given)
    return visit.back(f"/dossiers/{code}", done)


def dossier_page(
    visit: Visit,
    code: str,
    wrong: ArchiveError | None = None,
    *,
    cursor: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    """wrong: why a form of the page was not taken; given: what stood in it."""
    with visit.unit_of_work() as uow:
        dossier = queries.dossier(uow.session, code, actor=visit.actor, cursor=cursor or None, limit=ITEMS)
        sections = sections_of(visit, uow.session, dossier)
    today = local_date(visit.now)
    return visit.page(
        "dossier.html",
        status=status_of(wrong) if wrong else 200,
        dossier=dossier,
        sections=sections,
        may_close=Permission.ITEM_FILE in dossier.may,
        first_day=date(dossier.line.year, 1, 1),
        today=today,
        given={"form": "", "work_ended_on": today.isoformat(), "reason": "", **(given or {})},
        problem=str(wrong) if wrong else None,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("dossier.end_invalid", field="work_ended_on") from None


def _list(
    visit: Visit,
    cursor: str = "",
    *,
    problem: str | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    with visit.unit_of_work() as uow:
        lines = queries.dossiers(uow.session, actor=visit.actor, limit=ROWS, cursor=cursor or None)
        own = agencies(uow.session, Permission.DOSSIER_CREATE, actor=visit.actor)
    return visit.page(
        "dossiers.html",
        status=status,
        dossiers=lines,
        agencies=own,
        problem=problem,
        given=given or {"title": "", "year": str(visit.now.year), "task": ""},
    )
