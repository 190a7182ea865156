"""Accounts, for the operator: list, make, give a role."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.access.identity import OFFICE_HOURS
from archive.access.permissions import Permission, Role
from archive.actions import accounts as actions
from archive.errors import ArchiveError, Conflict, InvalidInput, NotAllowed, NotFound
from archive.queries.accounts import accounts
from archive.queries.agencies import agencies
from archive.queries.references import account_id, agency_id
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of

router = APIRouter()


@router.get("/accounts")
def listed(visit: SignedIn) -> Response:
    visit.require(Permission.ACCOUNT_MANAGE)
    return _list(visit)


@router.post("/accounts")
def created(
    visit: SignedForm, login: Annotated[str, Form()], name: Annotated[str, Form()], password: Annotated[str, Form()]
) -> Response:
    visit.require(Permission.ACCOUNT_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            actions.create_account(uow, login=login, name=name, password=password, actor=visit.actor, now=visit.now)
    except (InvalidInput, Conflict) as wrong:
        return _list(visit, wrong)
    return visit.back("/accounts", "account_created")


@router.post("/accounts/assign")
def assigned(
    visit: SignedForm,
    login: Annotated[str, Form()],
    role: Annotated[str, Form()],
    agency: Annotated[str, Form()],
    until: Annotated[str, Form()] = "",
) -> Response:
    visit.require(Permission.ACCOUNT_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            actions.assign_role(
                uow,
                account_id(uow.session, login, actor=visit.actor),
                role,
                agency_id(uow.session, agency, Permission.ACCOUNT_MANAGE, actor=visit.actor),
                valid_from=visit.now.astimezone(OFFICE_HOURS).date(),
                valid_to=_day(until) if until else None,
                actor=visit.actor,
                now=visit.now,
            )
    except (InvalidInput, Conflict, NotAllowed, NotFound) as wrong:
        return _list(visit, wrong)
    return visit.back("/accounts", "role_assigned")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("account.period_invalid", field="until") from None


def _list(visit: Visit, wrong: ArchiveError | None = None) -> Response:
    with visit.unit_of_work() as uow:
        lines = accounts(uow.session, actor=visit.actor)
        own = agencies(uow.session, Permission.ACCOUNT_MANAGE, actor=visit.actor)
    return visit.page(
        "accounts.html",
        status=status_of(wrong) if wrong else 200,
        accounts=lines,
        agencies=own,
        roles_to_give=list(Role),
        problem=str(wrong) if wrong else None,
        now=visit.now,
    )
