"""Dossiers: the list, one with its items, a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.access.permissions import Permission
from archive.actions.dossiers import create_dossier
from archive.errors import Conflict, InvalidInput
from archive.queries import dossiers as queries
from archive.queries.agencies import agencies
from archive.web.deps import SignedForm, SignedIn, Visit

router = APIRouter()
ROWS = 50


@router.get("/dossiers")
def listed(visit: SignedIn, after: str | None = None) -> Response:
    visit.require(Permission.DOSSIER_READ)
    return _list(visit, after)


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
                year=whole_number(year, "year"),
                task_number=whole_number(task, "task") if task.strip() else None,
                actor=visit.actor,
                now=visit.now,
            )
            code = dossier.code
    except (InvalidInput, Conflict) as wrong:
        given = {"title": title, "year": year, "task": task}
        return _list(visit, None, problem=str(wrong), given=given, status=422)
    return visit.back(f"/dossiers/{code}", "dossier_created")


@router.get("/dossiers/{code}")
def shown(visit: SignedIn, code: str) -> Response:
    with visit.unit_of_work() as uow:
        dossier = queries.dossier(uow.session, code, actor=visit.actor)
    return visit.page("dossier.html", dossier=dossier)


def whole_number(text: str, field: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 10):
        raise InvalidInput("web.number_needed", field=field)
    return int(text)


def _list(
    visit: Visit,
    after: str | None,
    *,
    problem: str | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    with visit.unit_of_work() as uow:
        lines = queries.dossiers(uow.session, actor=visit.actor, limit=ROWS, after=after)
        own = agencies(uow.session, Permission.DOSSIER_CREATE, actor=visit.actor)
    return visit.page(
        "dossiers.html",
        status=status,
        dossiers=lines,
        after=lines[-1].code if len(lines) == ROWS else None,
        agencies=own,
        problem=problem,
        given=given or {"title": "", "year": str(visit.now.year), "task": ""},
    )
