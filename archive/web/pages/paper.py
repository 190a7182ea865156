"""Paper: what lies in which box, what is out, which counts wait for an explanation; and a dossier's own forms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import paper as actions
from archive.db.unit_of_work import UnitOfWork
from archive.queries import paper as queries
from archive.web.deps import SignedForm, SignedIn
from archive.web.form_values import day_given, number_given, number_or_none
from archive.web.pages.dossiers import change_dossier

router = APIRouter()
ROWS = 50


@router.get("/paper")
def boxes(visit: SignedIn, q: str = "", cursor: str = "") -> Response:
    visit.require(Permission.PAPER_MANAGE)
    with visit.unit_of_work() as uow:
        found = queries.boxes(uow.session, actor=visit.actor, words=q, cursor=cursor or None, limit=ROWS)
        figures = queries.figures(uow.session, actor=visit.actor, today=local_date(visit.now))
    return visit.page("paper.html", boxes=found, figures=figures, words=q)


@router.get("/paper/box")
def box(visit: SignedIn, agency: str, place: str, shelf: str = "", box: str = "") -> Response:
    visit.require(Permission.PAPER_MANAGE)
    with visit.unit_of_work() as uow:
        line, dossiers = queries.box(
            uow.session, agency_code=agency, place=place, shelf=shelf, box=box, actor=visit.actor
        )
    return visit.page("paper_box.html", box=line, dossiers=dossiers, now=visit.now)


@router.get("/paper/loans")
def loans(visit: SignedIn, only: str = "", cursor: str = "") -> Response:
    visit.require(Permission.PAPER_MANAGE)
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        found = queries.loans(uow.session, actor=visit.actor, only=only, today=today, cursor=cursor or None, limit=ROWS)
        figures = queries.figures(uow.session, actor=visit.actor, today=today)
    return visit.page("paper_loans.html", loans=found, figures=figures, only=only, today=today, now=visit.now)


@router.post("/dossiers/{code}/paper/place")
def placed(
    *,
    visit: SignedForm,
    code: str,
    place: Annotated[str, Form()] = "",
    shelf: Annotated[str, Form()] = "",
    box: Annotated[str, Form()] = "",
    sheets: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    def change(uow: UnitOfWork) -> None:
        actions.place_paper(
            uow,
            code,
            place=place,
            shelf=shelf,
            box=box,
            sheets=number_or_none(sheets, "sheets"),
            note=note,
            actor=visit.actor,
            now=visit.now,
        )

    given = {"place": place, "shelf": shelf, "box": box, "sheets": sheets, "note": note}
    return change_dossier(visit, code, change, "paper_placed", {"paper_form": "place", **given})


@router.post("/dossiers/{code}/paper/check-out")
def checked_out(
    *,
    visit: SignedForm,
    code: str,
    borrower: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
    sheets: Annotated[str, Form()] = "",
    due_back_on: Annotated[str, Form()] = "",
) -> Response:
    def change(uow: UnitOfWork) -> None:
        actions.check_out(
            uow,
            code,
            borrower=borrower,
            purpose=purpose,
            sheets=number_given(sheets, "sheets"),
            due_back_on=day_given(due_back_on, "due_back_on"),
            actor=visit.actor,
            now=visit.now,
        )

    given = {"borrower": borrower, "purpose": purpose, "sheets": sheets, "due_back_on": due_back_on}
    return change_dossier(visit, code, change, "paper_checked_out", {"paper_form": "check_out", **given})


@router.post("/dossiers/{code}/paper/return")
def returned(
    visit: SignedForm, code: str, sheets: Annotated[str, Form()] = "", condition: Annotated[str, Form()] = ""
) -> Response:
    """Where the count differs, the page says so loudly: the dossier's section leads with it."""

    def change(uow: UnitOfWork) -> None:
        actions.return_paper(
            uow,
            code,
            sheets=number_given(sheets, "sheets"),
            condition=condition,
            actor=visit.actor,
            now=visit.now,
        )

    given = {"paper_form": "return", "sheets": sheets, "condition": condition}
    return change_dossier(visit, code, change, "paper_returned", given)


@router.post("/dossiers/{code}/paper/explain")
def explained(visit: SignedForm, code: str, explanation: Annotated[str, Form()] = "") -> Response:
    def change(uow: UnitOfWork) -> None:
        actions.explain_difference(uow, code, explanation=explanation, actor=visit.actor, now=visit.now)

    given = {"paper_form": "explain", "explanation": explanation}
    return change_dossier(visit, code, change, "paper_explained", given)
