"""Reuse: what public services took of the papers on file, and the agreements by which they may ask."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import agreements as actions
from archive.actions.agreements import Terms
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.queries import agreements as queries
from archive.queries.agencies import agencies
from archive.queries.figures import Period
from archive.queries.reuse_events import ReuseFilter, reuse_events, reuse_figures
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import day_given, number_or_none
from metadata.registry import classes

router = APIRouter(prefix="/reuse")
ROWS = 50
IN_FORCE, PAST = "in_force", "past"
OWNED_KINDS = ("certificate", "permit", "form")  # papers that somebody holds
Text = Annotated[str, Form()]


@router.get("")
def listed(visit: SignedIn, cursor: str = "") -> Response:
    visit.require(Permission.REUSE_READ)
    given = dict(visit.request.query_params)
    asked, wrong = ReuseFilter(), None
    try:
        asked = _filter(given)
    except InvalidInput as mistake:
        wrong = mistake
    with visit.unit_of_work() as uow:
        figures = reuse_figures(uow.session, asked, actor=visit.actor)
        events = reuse_events(uow.session, asked, actor=visit.actor, cursor=cursor or None, limit=ROWS)
        seen = agencies(uow.session, Permission.REUSE_READ, actor=visit.actor)
    return visit.page(
        "reuse.html",
        status=status_of(wrong) if wrong else 200,
        events=events,
        figures=figures,
        asked=asked,
        given=given,
        agencies=seen,
        problem=str(wrong) if wrong else None,
    )


@router.get("/agreements")
def agreements(visit: SignedIn, state: str = IN_FORCE, cursor: str = "") -> Response:
    visit.require(Permission.REUSE_READ)
    return _agreements(visit, state=state, cursor=cursor)


@router.post("/agreements")
def agreed(
    *,
    visit: SignedForm,
    agency: Text = "",
    account: Text = "",
    procedure: Text = "",
    procedure_title: Text = "",
    papers: Annotated[list[str] | None, Form()] = None,
    purpose: Text = "",
    legal_basis: Text = "",
    valid_from: Text = "",
    valid_to: Text = "",
) -> Response:
    visit.require(Permission.REUSE_AGREE)
    given = {"agency": agency, "account": account, "procedure": procedure, "procedure_title": procedure_title}
    given |= {"purpose": purpose, "legal_basis": legal_basis, "valid_from": valid_from, "valid_to": valid_to}
    try:
        terms = Terms(
            procedure,
            procedure_title,
            papers or (),
            purpose,
            legal_basis,
            day_given(valid_from, "valid_from"),
            day_given(valid_to, "valid_to") if valid_to.strip() else None,
        )
        with visit.unit_of_work() as uow:
            row = actions.give_agreement(uow, agency, account, terms, actor=visit.actor, now=visit.now)
            number = row.number
    except (InvalidInput, Conflict, NotFound) as wrong:
        return _agreements(visit, wrong, given={**given, "papers": papers or []})
    return visit.back(f"/reuse/agreements/{number}", "agreement_given")


@router.get("/agreements/{number}")
def agreement(visit: SignedIn, number: str) -> Response:
    visit.require(Permission.REUSE_READ)
    return _agreement(visit, number)


@router.post("/agreements/{number}/end")
def ended(visit: SignedForm, number: str, reason: Text = "") -> Response:
    try:
        with visit.unit_of_work() as uow:
            actions.end_agreement(uow, number, reason=reason, actor=visit.actor, now=visit.now)
    except (InvalidInput, Conflict) as wrong:
        return _agreement(visit, number, wrong, reason)
    return visit.back(f"/reuse/agreements/{number}", "agreement_ended")


def _agreements(
    visit: Visit,
    wrong: ArchiveError | None = None,
    *,
    state: str = IN_FORCE,
    cursor: str = "",
    given: dict[str, Any] | None = None,
) -> Response:
    in_force = state != PAST
    with visit.unit_of_work() as uow:
        found = queries.agreements(
            uow.session, actor=visit.actor, now=visit.now, in_force=in_force, cursor=cursor or None, limit=ROWS
        )
        services = queries.services(uow.session, actor=visit.actor)
        sandboxes = queries.sandboxes(uow.session, actor=visit.actor)
        own = agencies(uow.session, Permission.REUSE_AGREE, actor=visit.actor)
    return visit.page(
        "reuse_agreements.html",
        status=status_of(wrong) if wrong else 200,
        agreements=found,
        state=IN_FORCE if in_force else PAST,
        states=(IN_FORCE, PAST),
        services=services,
        sandboxes=sandboxes,
        agencies=own,
        papers=_papers(),
        may_agree=visit.may(Permission.REUSE_AGREE),
        today=local_date(visit.now),
        given=given or {},
        wrong=getattr(wrong, "field", ""),
        problem=str(wrong) if wrong else None,
    )


def _agreement(visit: Visit, number: str, wrong: ArchiveError | None = None, reason: str = "") -> Response:
    with visit.unit_of_work() as uow:
        found = queries.agreement(uow.session, number, actor=visit.actor, now=visit.now)
        reached = queries.account_reaches(uow.session, number, visit.now)
        asked = ReuseFilter(service=found.account_login, procedure=found.procedure)
        figures = reuse_figures(uow.session, asked, actor=visit.actor)
    return visit.page(
        "reuse_agreement.html",
        status=status_of(wrong) if wrong else 200,
        agreement=found,
        reached=reached,
        figures=figures,
        asked=asked,
        reason=reason,
        problem=str(wrong) if wrong else None,
    )


def _papers() -> tuple[list[str], list[str]]:
    """Kinds of paper that somebody holds, and the others."""
    held = [entry.name for entry in classes().values() if entry.kind in OWNED_KINDS]
    others = [entry.name for entry in classes().values() if entry.kind not in OWNED_KINDS]
    return sorted(held), sorted(others)


def _filter(given: dict[str, str]) -> ReuseFilter:
    """Raises InvalidInput for what was written into the form and means nothing."""
    return ReuseFilter(
        agency=given.get("agency") or None,
        task=number_or_none(given.get("task", ""), "task"),
        service=given.get("service") or None,
        procedure=given.get("procedure") or None,
        period=_period(given.get("first", ""), given.get("last", "")),
    )


def _period(first: str, last: str) -> Period | None:
    if not first.strip() and not last.strip():
        return None
    begins = day_given(first, "first") if first.strip() else date(2000, 1, 1)
    ends = day_given(last, "last") if last.strip() else date(2100, 1, 1)
    if begins > ends or not 2000 <= begins.year <= ends.year <= 2100:
        raise InvalidInput("reuse.days_invalid", field="first")
    return Period(begins, ends)
