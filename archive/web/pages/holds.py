"""Holds: the list of them, placing them on records by their codes, lifting one; also from the page of the record."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from archive.access.permissions import Permission
from archive.actions.holds import MAX_SUBJECTS, lift_hold, place_holds
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.queries import items
from archive.queries.drills import newest_drill
from archive.queries.holds import ACTIVE, STATES, hold, holds
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.pages.dossiers import dossier_page

router = APIRouter()
ROWS = 50
Text = Annotated[str, Form()]


@router.get("/holds")
def listed(visit: SignedIn, state: str = ACTIVE, cursor: str = "") -> Response:
    visit.require(Permission.HOLD_READ)
    return _list(visit, state=state, cursor=cursor)


@router.post("/holds")
def placed(visit: SignedForm, subjects: Text = "", reason: Text = "", authority: Text = "") -> Response:
    visit.require(Permission.HOLD_PLACE)
    try:
        number = _place(visit, subjects.splitlines(), reason, authority)
    except (InvalidInput, Conflict, NotFound) as wrong:
        return _list(visit, wrong, given={"subjects": subjects, "reason": reason, "authority": authority})
    return visit.back("/holds", "hold_placed" if number == 1 else "holds_placed")


@router.post("/dossiers/{code}/holds")
def placed_on_dossier(visit: SignedForm, code: str, hold_reason: Text = "", authority: Text = "") -> Response:
    try:
        _place(visit, [code], hold_reason, authority)
    except (InvalidInput, Conflict) as wrong:
        given = {"hold_form": "place", "hold_reason": hold_reason, "authority": authority}
        return dossier_page(visit, code, wrong, given=given)
    return visit.back(f"/dossiers/{code}", "hold_placed")


@router.post("/items/{reference}/holds")
def placed_on_item(visit: SignedForm, reference: str, hold_reason: Text = "", authority: Text = "") -> Response:
    with visit.unit_of_work() as uow:
        receipt = items.item(uow.session, reference, actor=visit.actor).receipt
    _place(visit, [receipt], hold_reason, authority)
    return visit.back(f"/items/{receipt}", "hold_placed")


@router.post("/holds/{number}/lift")
def lifted(visit: SignedForm, number: str, hold_reason: Text = "", back: Text = "") -> Response:
    """back: record, where the form stood on the page of what is held."""
    with visit.unit_of_work() as uow:
        found = hold(uow.session, number, actor=visit.actor)
    to = found.link if back == "record" else None
    try:
        with visit.unit_of_work() as uow:
            lift_hold(uow, number, reason=hold_reason, actor=visit.actor, now=visit.now)
    except (InvalidInput, Conflict) as wrong:
        given = {"hold_form": number, "hold_reason": hold_reason}
        if to is not None and found.kind == "dossier":
            return dossier_page(visit, found.code, wrong, given=given)
        return _list(visit, wrong, given=given)
    return visit.back(to or "/holds", "hold_lifted")


def _place(visit: Visit, subjects: list[str], reason: str, authority: str) -> int:
    with visit.unit_of_work() as uow:
        how: dict[str, Any] = {"reason": reason, "authority": authority, "actor": visit.actor, "now": visit.now}
        return len(place_holds(uow, subjects, **how))


def _list(
    visit: Visit,
    wrong: ArchiveError | None = None,
    *,
    state: str = ACTIVE,
    cursor: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    shown = state if state in STATES else None
    with visit.unit_of_work() as uow:
        listed = holds(uow.session, actor=visit.actor, state=shown, cursor=cursor or None, limit=ROWS)
        drill = newest_drill(uow.session, actor=visit.actor)
    return visit.page(
        "holds.html",
        status=status_of(wrong) if wrong else 200,
        holds=listed,
        state=shown or "all",
        states=(*STATES, "all"),
        may_place=visit.may(Permission.HOLD_PLACE),
        maximum=MAX_SUBJECTS,
        drill=drill,
        problem=str(wrong) if wrong else None,
        given=given or {},
    )
