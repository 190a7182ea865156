"""Accounts, for the operator: their roles, passwords, second factors and tokens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from archive.access.encryption import lookup_digest
from archive.access.identity import OFFICE_HOURS, local_date
from archive.access.permissions import Permission
from archive.actions import accounts as actions
from archive.actions.api_tokens import make_api_token, revoke_api_tokens
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput, NotFound
from archive.queries import accounts as queries
from archive.queries.references import account_id, agency_id, assignment_ids
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.accounts import (
    Account,
    AccountGiven,
    AccountLine,
    PasswordGiven,
    RoleEnding,
    RoleGiven,
    TokenGiven,
    TokenMade,
    TokenRevocation,
)
from archive.web.api.models.common import Page, page_of
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])


@router.get("")
def list_accounts(visit: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[AccountLine]:
    """Accounts with a role where you manage accounts, and those with none, by login."""
    visit.require(Permission.ACCOUNT_MANAGE)
    with visit.unit_of_work() as uow:
        found = queries.accounts(uow.session, actor=visit.actor, limit=limit, cursor=cursor)
    return page_of(AccountLine, found)


@router.post("", status_code=201)
def create_account(visit: Writer, given: AccountGiven, key: Key = None) -> Account:
    """Make an account; without a role it may do nothing."""
    visit.require(Permission.ACCOUNT_MANAGE)

    def act(uow: UnitOfWork) -> Account:
        made = actions.create_account(
            uow,
            login=given.login,
            name=given.name,
            password=(given.password or "") if given.kind == "person" else None,
            kind=given.kind,
            sandbox=given.sandbox,
            actor=visit.actor,
            now=visit.now,
        )
        return _account(visit, uow, made.login)

    return once(visit, key, _unspoken(visit, given), act, status=201)


@router.get("/{login}")
def get_account(visit: Reader, login: Reference) -> Account:
    """An account with its roles and what is known of its tokens."""
    visit.require(Permission.ACCOUNT_MANAGE)
    with visit.unit_of_work() as uow:
        return _account(visit, uow, login)


@router.post("/{login}/assignments", status_code=201)
def assign_role(visit: Writer, login: Reference, given: RoleGiven, key: Key = None) -> Account:
    """Give the account a role over an agency and everything below it, from today on."""

    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.assign_role(
            uow,
            of,
            given.role,
            agency_id(uow.session, given.agency, Permission.ACCOUNT_MANAGE, actor=visit.actor),
            valid_from=local_date(visit.now),
            valid_to=given.until,
            actor=visit.actor,
            now=visit.now,
        )

    return _changed(visit, login, key, given, change)


@router.post("/{login}/assignments/endings", status_code=201)
def end_role(visit: Writer, login: Reference, given: RoleEnding, key: Key = None) -> Account:
    """End what the account holds of a role over an agency, at once."""

    def change(uow: UnitOfWork, _: uuid.UUID) -> None:
        held = assignment_ids(uow.session, login, given.role, given.agency, actor=visit.actor, now=visit.now)
        for assignment in held:
            actions.end_assignment(uow, assignment, actor=visit.actor, now=visit.now)

    return _changed(visit, login, key, given, change)


@router.post("/{login}/tokens", status_code=201)
def make_token(visit: Writer, login: Reference, given: TokenGiven, key: Key = None) -> TokenMade:
    """Make a token by which a program acts as the account; this is the only answer that shows it.

    Answered again under its key it is null: whoever lost the answer takes the token back and makes another one.
    """
    visit.require(Permission.ACCOUNT_MANAGE)
    name = " ".join(given.name.split())
    if not name:
        raise InvalidInput("account.token_unnamed", field="name")
    if given.until is not None and given.until < local_date(visit.now):
        raise InvalidInput("account.period_invalid", field="until")
    expires_at = _end_of(given.until)

    def act(uow: UnitOfWork) -> TokenMade:
        of = account_id(uow.session, login, actor=visit.actor)
        token = make_api_token(uow, of, name, expires_at=expires_at, actor=visit.actor, now=visit.now)
        return TokenMade(token=token, name=name, expires_at=expires_at)

    return once(visit, key, given, act, status=201, untold={"token"})


@router.post("/{login}/tokens/revocations", status_code=201)
def revoke_tokens(visit: Writer, login: Reference, given: TokenRevocation, key: Key = None) -> Account:
    """Take back all tokens of a name: at once they open nothing any more."""

    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        revoke_api_tokens(uow, of, given.name, actor=visit.actor, now=visit.now)
        known = queries.account(uow.session, login, actor=visit.actor).tokens
        if all(token.name != given.name for token in known):
            raise NotFound("web.not_here")

    return _changed(visit, login, key, given, change)


@router.put("/{login}/password")
def set_password(visit: Writer, login: Reference, given: PasswordGiven, key: Key = None) -> Account:
    """Set a password of a person; every sign-in of the account ends, and a lock is lifted."""

    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.set_password(uow, of, given.password, actor=visit.actor, now=visit.now)

    return _changed(visit, login, key, given, change, status=200)


@router.post("/{login}/second-factor/resets", status_code=201)
def reset_second_factor(visit: Writer, login: Reference, key: Key = None) -> Account:
    """Take the second factor off an account whose owner has lost it."""

    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.reset_totp(uow, of, actor=visit.actor, now=visit.now)

    return _changed(visit, login, key, None, change)


@router.post("/{login}/disablings", status_code=201)
def disable_account(visit: Writer, login: Reference, key: Key = None) -> Account:
    """Close an account: its records and events stay, and nobody signs in with it any more."""

    def change(uow: UnitOfWork, of: uuid.UUID) -> None:
        actions.disable_account(uow, of, actor=visit.actor, now=visit.now)

    return _changed(visit, login, key, None, change)


def _changed(
    visit: Visit,
    login: str,
    key: str | None,
    given: BaseModel | None,
    change: Callable[[UnitOfWork, uuid.UUID], None],
    *,
    status: int = 201,
) -> Account:
    visit.require(Permission.ACCOUNT_MANAGE)

    def act(uow: UnitOfWork) -> Account:
        change(uow, account_id(uow.session, login, actor=visit.actor))
        return _account(visit, uow, login)

    return once(visit, key, _unspoken(visit, given) if given else None, act, status=status)


def _unspoken(visit: Visit, given: BaseModel) -> dict[str, Any]:
    """What is kept under a key has no plain digest of a password: that could be guessed back."""
    told = given.model_dump(mode="json")
    if password := told.pop("password", None):
        told["password"], _ = lookup_digest(visit.app.keys, "password", password)
    return told


def _account(visit: Visit, uow: UnitOfWork, login: str) -> Account:
    uow.session.flush()
    return Account.of(queries.account(uow.session, login, actor=visit.actor))


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), OFFICE_HOURS)
