"""The first agency and the first operator, from whom everything else in an installation is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, text

from archive.access.identity import LOCAL_LOGIN, LOCAL_NAME, SYSTEM, local_date
from archive.access.passwords import new_password
from archive.access.permissions import Role
from archive.actions.accounts import assign_role, create_account, set_password
from archive.actions.agencies import create_agency
from archive.actions.api_tokens import make_api_token, revoke_api_tokens
from archive.db.accounts import Account, Agency, Assignment
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound

SET_UP_LOCK = 0x4152_4348_0004
TOKEN_NAME = "archive setup"  # noqa: S105
ONE_TIME = timedelta(hours=24)  # the printed password ends then, unless its owner has changed it


@dataclass(frozen=True, slots=True)
class FirstOperator:
    """password and token are there when they were made just now; they are kept nowhere."""

    agency_code: str
    login: str
    created: bool
    password: str | None = None
    token: str | None = None


def set_up_operator(
    uow: UnitOfWork, *, login: str, name: str, agency_code: str, agency_name: str, local: bool, now: datetime
) -> FirstOperator:
    """Repeating it changes nothing: who operates already stays the one who does.

    local: also the account that commands of this machine act as, where there is none.
    """
    uow.session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": SET_UP_LOCK})
    agency = _root(uow)
    if agency is None:
        agency = create_agency(uow, code=agency_code, name=agency_name, actor=SYSTEM, now=now)
    if local and _account(uow, LOCAL_LOGIN) is None:
        own = create_account(uow, login=LOCAL_LOGIN, name=LOCAL_NAME, actor=SYSTEM, now=now)
        _give(uow, own, agency, Role.RECORDS_MANAGER, now)
        _give(uow, own, agency, Role.OPERATOR, now)
    operator = _operator(uow, now)
    if operator is not None:
        return FirstOperator(agency.code, operator.login, created=False)
    password = new_password()
    account = _account(uow, login)
    if account is None:
        account = create_account(
            uow,
            login=login,
            name=name,
            password=password,
            password_expires_at=now + ONE_TIME,
            actor=SYSTEM,
            now=now,
        )
        uow.session.flush()
    else:
        set_password(uow, account.id, password, expires_at=now + ONE_TIME, actor=SYSTEM, now=now)
    _give(uow, account, agency, Role.OPERATOR, now)
    token = make_api_token(uow, account.id, TOKEN_NAME, actor=SYSTEM, now=now)
    return FirstOperator(agency.code, account.login, created=True, password=password, token=token)


def renew_operator(uow: UnitOfWork, login: str, *, now: datetime) -> FirstOperator:
    """A new password and token for an operator who lost them; the old ones end. Raises NotFound for anybody else."""
    account = _account(uow, login)
    operates = select(Agency.code).join(Assignment, Assignment.agency_id == Agency.id)
    code = uow.session.scalar(operates.where(Assignment.account_id == account.id, *_in_force(now))) if account else None
    if account is None or code is None:
        raise NotFound(what=f"tài khoản vận hành {login}")
    password = new_password()
    set_password(uow, account.id, password, expires_at=now + ONE_TIME, actor=SYSTEM, now=now)
    revoke_api_tokens(uow, account.id, TOKEN_NAME, actor=SYSTEM, now=now)
    token = make_api_token(uow, account.id, TOKEN_NAME, actor=SYSTEM, now=now)
    return FirstOperator(code, account.login, created=False, password=password, token=token)


def _give(uow: UnitOfWork, account: Account, agency: Agency, role: Role, now: datetime) -> None:
    uow.session.flush()
    assign_role(uow, account.id, role, agency.id, valid_from=local_date(now), actor=SYSTEM, now=now)


def _root(uow: UnitOfWork) -> Agency | None:
    """The oldest agency that stands below no other; ids are in the order of their making."""
    return uow.session.scalar(select(Agency).where(Agency.parent_id.is_(None)).order_by(Agency.id).limit(1))


def _account(uow: UnitOfWork, login: str) -> Account | None:
    return uow.session.scalar(select(Account).where(Account.login == login.strip().lower()))


def _operator(uow: UnitOfWork, now: datetime) -> Account | None:
    """Somebody who can sign in from elsewhere and operates now."""
    found = (
        select(Account)
        .join(Assignment, Assignment.account_id == Account.id)
        .where(
            Account.login != LOCAL_LOGIN,
            Account.kind == "person",
            Account.loopback_only.is_(False),
            Account.password_hash.is_not(None),
            or_(Account.disabled_at.is_(None), Account.disabled_at > now),
            *_in_force(now),
        )
    )
    return uow.session.scalar(found.order_by(Account.id).limit(1))


def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Assignment.role == Role.OPERATOR,
        or_(Assignment.valid_to.is_(None), Assignment.valid_to >= local_date(now)),
        or_(Assignment.ended_at.is_(None), Assignment.ended_at > now),
    )
