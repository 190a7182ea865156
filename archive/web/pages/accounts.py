"""Accounts, for the operator: the list, and one account with its roles, password, second factor and tokens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.access.identity import OFFICE_HOURS, local_date
from archive.access.permissions import Permission, Role
from archive.actions import accounts as actions
from archive.actions.api_tokens import make_api_token, revoke_api_token
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ArchiveError, Conflict, InvalidInput, NotAllowed
from archive.queries import accounts as queries
from archive.queries.agencies import agencies
from archive.queries.references import account_id, agency_id
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of

router = APIRouter(prefix="/accounts")
ROWS = 100
KINDS = ("person", "service", "sandbox")  # the last: a program under test
NOTHING_GIVEN = {"login": "", "name": "", "kind": "person"}
MISTAKES = (InvalidInput, Conflict, NotAllowed)


@router.get("")
def listed(visit: SignedIn, cursor: str = "") -> Response:
    visit.require(Permission.ACCOUNT_MANAGE)
    return _list(visit, cursor=cursor)


@router.post("")
def created(
    visit: SignedForm,
    login: Annotated[str, Form()],
    name: Annotated[str, Form()],
    password: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "person",
) -> Response:
    """A program's account has no password: it comes with a token."""
    visit.require(Permission.ACCOUNT_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            made = actions.create_account(
                uow,
                login=login,
                name=name,
                password=password if kind == "person" else None,
                kind="service" if kind == "sandbox" else kind,
                sandbox=kind == "sandbox",
                actor=visit.actor,
                now=visit.now,
            )
            path = f"/accounts/{made.login}"
    except MISTAKES as wrong:
        return _list(visit, wrong, given={"login": login, "name": name, "kind": kind})
    return visit.back(path, "account_created")


@router.get("/{login}")
def shown(visit: SignedIn, login: str) -> Response:
    visit.require(Permission.ACCOUNT_MANAGE)
    return _account(visit, login)


@router.post("/{login}/assignments")
def assigned(
    visit: SignedForm,
    login: str,
    role: Annotated[str, Form()],
    agency: Annotated[str, Form()],
    until: Annotated[str, Form()] = "",
) -> Response:
    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.assign_role(
            uow,
            of,
            role,
            agency_id(uow.session, agency, Permission.ACCOUNT_MANAGE, actor=visit.actor),
            valid_from=local_date(visit.now),
            valid_to=_day(until),
            actor=visit.actor,
            now=visit.now,
        )

    return _change(visit, login, change, "role_assigned")


@router.post("/{login}/assignments/end")
def ended(visit: SignedForm, login: str, assignment: Annotated[uuid.UUID, Form()]) -> Response:
    def change(uow: UnitOfWork, _: uuid.UUID) -> None:
        actions.end_assignment(uow, assignment, actor=visit.actor, now=visit.now)

    return _change(visit, login, change, "role_ended")


@router.post("/{login}/tokens")
def token_made(
    visit: SignedForm, login: str, name: Annotated[str, Form()], until: Annotated[str, Form()] = ""
) -> Response:
    """The only answer that shows the token; loading it anew asks the browser before it would make another."""
    visit.require(Permission.ACCOUNT_MANAGE)
    if not name.strip():
        return _account(visit, login, InvalidInput("account.token_unnamed", field="name"))
    try:
        with visit.unit_of_work() as uow:
            of = account_id(uow.session, login, actor=visit.actor)
            last = _day(until, first=local_date(visit.now))
            token = make_api_token(uow, of, name.strip(), expires_at=_end_of(last), actor=visit.actor, now=visit.now)
    except MISTAKES as wrong:
        return _account(visit, login, wrong)
    return _account(visit, login, token=token)


@router.post("/{login}/tokens/revoke")
def token_revoked(visit: SignedForm, login: str, token: Annotated[uuid.UUID, Form()]) -> Response:
    def change(uow: UnitOfWork, _: uuid.UUID) -> None:
        revoke_api_token(uow, token, actor=visit.actor, now=visit.now)

    return _change(visit, login, change, "token_revoked")


@router.post("/{login}/password")
def password_set(visit: SignedForm, login: str, password: Annotated[str, Form()]) -> Response:
    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.set_password(uow, of, password, actor=visit.actor, now=visit.now)

    return _change(visit, login, change, "password_set")


@router.post("/{login}/second-factor/reset")
def second_factor_reset(visit: SignedForm, login: str) -> Response:
    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.reset_totp(uow, of, actor=visit.actor, now=visit.now)

    return _change(visit, login, change, "totp_reset")


@router.post("/{login}/disable")
def disabled(visit: SignedForm, login: str) -> Response:
    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.disable_account(uow, of, actor=visit.actor, now=visit.now)

    return _change(visit, login, change, "account_disabled")


def _change(visit: Visit, login: str, change: Callable[[UnitOfWork, uuid.UUID], None], done: str) -> Response:
    visit.require(Permission.ACCOUNT_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            change(uow, account_id(uow.session, login, actor=visit.actor))
    except MISTAKES as wrong:
        return _account(visit, login, wrong)
    return visit.back(f"/accounts/{login}", done)


def _day(text: str, *, first: date | None = None) -> date | None:
    """None for an empty one; first: the earliest that makes sense."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or (first is not None and day < first):
        raise InvalidInput("account.period_invalid", field="until")
    return day


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), OFFICE_HOURS)


def _list(
    visit: Visit, wrong: ArchiveError | None = None, *, cursor: str = "", given: dict[str, str] | None = None
) -> Response:
    with visit.unit_of_work() as uow:
        lines = queries.accounts(uow.session, actor=visit.actor, limit=ROWS, cursor=cursor or None)
    return visit.page(
        "accounts.html",
        status=status_of(wrong) if wrong else 200,
        accounts=lines,
        kinds=KINDS,
        given=given or NOTHING_GIVEN,
        problem=str(wrong) if wrong else None,
        now=visit.now,
    )


def _account(visit: Visit, login: str, wrong: ArchiveError | None = None, *, token: str | None = None) -> Response:
    with visit.unit_of_work() as uow:
        account = queries.account(uow.session, login, actor=visit.actor)
        own = agencies(uow.session, Permission.ACCOUNT_MANAGE, actor=visit.actor)
    return visit.page(
        "account_managed.html",
        status=status_of(wrong) if wrong else 200,
        account=account.line,
        managed=account.managed,
        tokens=account.tokens,
        is_own=login == visit.actor.login,
        agencies=own,
        roles_to_give=list(Role),
        token_made=token,
        problem=str(wrong) if wrong else None,
        now=visit.now,
    )
