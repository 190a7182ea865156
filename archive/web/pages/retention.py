"""Retention at work: what waits to be confirmed, what becomes due, notices, lists for disposal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions.dispositions import propose_disposition, ready_agencies, withdraw_disposition
from archive.actions.notices import give_notices, see_notices
from archive.actions.rules import confirm_rule, end_rule
from archive.errors import Conflict, InvalidInput
from archive.queries import dispositions as lists
from archive.queries.agencies import agencies
from archive.queries.due import due
from archive.queries.notices import count_unseen, unseen
from archive.queries.waiting_rules import count_waiting, waiting_rules, without_rule
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.form_values import day_given, id_given

router = APIRouter()
ROWS = 50
AHEAD = timedelta(days=365)


@router.get("/retention")
def waiting(visit: SignedIn, agency: str = "", cursor: str = "") -> Response:
    visit.require(Permission.RULE_CONFIRM)
    return _waiting(visit, agency, cursor=cursor)


@router.post("/retention/confirm")
def confirmed(
    visit: SignedForm,
    dossier: Annotated[str, Form()],
    rule: Annotated[str, Form()],
    agency: Annotated[str, Form()] = "",
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            confirm_rule(uow, dossier, id_given(rule, "rule"), actor=visit.actor, now=visit.now)
    except (InvalidInput, Conflict) as wrong:
        return _waiting(visit, agency, problem=str(wrong), status=422)
    return _back(visit, "/retention", agency=agency, done="rule_confirmed")


@router.post("/retention/decline")
def declined(
    *,
    visit: SignedForm,
    dossier: Annotated[str, Form()],
    proposal: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
    agency: Annotated[str, Form()] = "",
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            found = id_given(proposal, "proposal")
            end_rule(uow, dossier, found, reason=reason, actor=visit.actor, now=visit.now)
    except (InvalidInput, Conflict) as wrong:
        return _waiting(visit, agency, problem=str(wrong), status=422)
    return _back(visit, "/retention", agency=agency, done="rule_declined")


@router.get("/retention/due")
def becoming_due(visit: SignedIn, agency: str = "", until: str = "", after: str = "", cursor: str = "") -> Response:
    """after: how far the list of dossiers was turned; cursor: the one of notices."""
    visit.require(Permission.RULE_CONFIRM)
    return _due(visit, agency, until, after=after, cursor=cursor)


@router.post("/retention/run")
def run(visit: SignedForm, agency: Annotated[str, Form()] = "") -> Response:
    """As `archive retention run`, one portion of notices a time."""
    try:
        with visit.unit_of_work() as uow:
            given = give_notices(uow, agency_code=agency or None, actor=visit.actor, now=visit.now)
            ready = ready_agencies(uow, agency_code=agency or None, actor=visit.actor, now=visit.now)
        for code in ready:
            with visit.unit_of_work() as uow:
                propose_disposition(uow, code, actor=visit.actor, now=visit.now)
    except (InvalidInput, Conflict) as wrong:
        return _due(visit, agency, "", problem=str(wrong), status=422)
    if ready:
        return _back(visit, "/retention/dispositions", agency=agency, done="disposition_proposed")
    return _back(visit, "/retention/due", agency=agency, done="notices_given" if given else "nothing_due")


@router.post("/retention/notices/seen")
def seen(visit: SignedForm, notice: Annotated[list[str], Form()], agency: Annotated[str, Form()] = "") -> Response:
    with visit.unit_of_work() as uow:
        see_notices(uow, [id_given(each, "notice") for each in notice], actor=visit.actor, now=visit.now)
    return _back(visit, "/retention/due", agency=agency, done="notices_seen")


@router.get("/retention/dispositions")
def dispositions(visit: SignedIn, agency: str = "", cursor: str = "") -> Response:
    visit.require(Permission.RULE_CONFIRM)
    with visit.unit_of_work() as uow:
        found = lists.dispositions(
            uow.session, actor=visit.actor, agency_code=agency or None, cursor=cursor or None, limit=ROWS
        )
    return _page(visit, "retention_dispositions.html", agency, dispositions=found)


@router.get("/retention/dispositions/{number}")
def disposition(visit: SignedIn, number: str) -> Response:
    visit.require(Permission.RULE_CONFIRM)
    return _disposition(visit, number)


@router.post("/retention/dispositions/{number}/withdraw")
def withdrawn(
    visit: SignedForm, number: str, reason: Annotated[str, Form()] = "", dossier: Annotated[str, Form()] = ""
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            withdraw_disposition(
                uow, number, reason=reason, dossier_code=dossier or None, actor=visit.actor, now=visit.now
            )
    except (InvalidInput, Conflict) as wrong:
        return _disposition(visit, number, problem=str(wrong), given={"reason": reason, "dossier": dossier})
    return visit.back(f"/retention/dispositions/{number}", "disposition_withdrawn")


def _waiting(visit: Visit, agency: str, *, cursor: str = "", problem: str | None = None, status: int = 200) -> Response:
    with visit.unit_of_work() as uow:
        found = waiting_rules(
            uow.session,
            actor=visit.actor,
            today=local_date(visit.now),
            agency_code=agency or None,
            cursor=cursor or None,
            limit=ROWS,
        )
        lacking = without_rule(uow.session, actor=visit.actor)
    return _page(visit, "retention.html", agency, status=status, waiting=found, lacking=lacking, problem=problem)


def _due(
    visit: Visit,
    agency: str,
    until: str,
    *,
    after: str = "",
    cursor: str = "",
    problem: str | None = None,
    status: int = 200,
) -> Response:
    today = local_date(visit.now)
    last, problem, status = _until(until, today, problem, status)
    with visit.unit_of_work() as uow:
        found = due(
            uow.session,
            actor=visit.actor,
            until=last,
            today=today,
            agency_code=agency or None,
            after=after or None,
            limit=ROWS,
        )
        notices = unseen(uow.session, actor=visit.actor, agency_code=agency or None, cursor=cursor or None, limit=ROWS)
    return _page(
        visit, "retention_due.html", agency, status=status, due=found, until=last, notices=notices, problem=problem
    )


def _until(given: str, today: date, problem: str | None, status: int) -> tuple[date, str | None, int]:
    if not given:
        return today + AHEAD, problem, status
    try:
        return day_given(given, "until"), problem, status
    except InvalidInput as wrong:
        return today + AHEAD, str(wrong), 422


def _disposition(
    visit: Visit, number: str, *, problem: str | None = None, given: dict[str, str] | None = None
) -> Response:
    with visit.unit_of_work() as uow:
        view = lists.disposition(uow.session, number, actor=visit.actor, today=local_date(visit.now))
    return visit.page(
        "retention_disposition.html",
        status=422 if problem else 200,
        disposition=view,
        may_withdraw=Permission.DISPOSITION_PROPOSE in view.may and view.line.state == "proposed",
        problem=problem,
        given=given or {},
    )


def _page(visit: Visit, template: str, agency: str, *, status: int = 200, **values: Any) -> Response:
    """What the three lists share: which agency, and how much waits in each."""
    with visit.unit_of_work() as uow:
        own = agencies(uow.session, Permission.RULE_CONFIRM, actor=visit.actor)
        figures = {
            "waiting": count_waiting(uow.session, actor=visit.actor),
            "unseen": count_unseen(uow.session, actor=visit.actor),
        }
    shared = {"agency": agency, "agencies": own, "figures": figures, "today": local_date(visit.now)}
    return visit.page(template, status=status, **{"problem": None, **shared, **values})


def _back(visit: Visit, path: str, *, agency: str, done: str) -> Response:
    asked = {"agency": agency} if agency else {}
    return visit.back(f"{path}?{urlencode({**asked, 'done': done})}")
