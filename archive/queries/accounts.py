"""Accounts, for those who manage them, and one's own."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency, ApiToken, Assignment
from archive.errors import NotFound
from archive.queries.paging import Order, Paged

BY_LOGIN = Order((Account.login,))


@dataclass(frozen=True, slots=True)
class AssignmentView:
    id: uuid.UUID
    role: str
    agency_code: str
    agency_name: str
    valid_from: date
    valid_to: date | None
    ended_at: datetime | None

    def in_force(self, now: datetime) -> bool:
        """Now or from a later day on."""
        return (self.ended_at is None or self.ended_at > now) and (
            self.valid_to is None or self.valid_to >= local_date(now)
        )


@dataclass(frozen=True, slots=True)
class AccountLine:
    login: str
    name: str
    kind: str  # person, service, system
    loopback_only: bool
    sandbox: bool  # of a program under test: meets invented people only, never has a role
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None
    second_factor: bool
    password_expires_at: datetime | None  # of one that somebody else made, until the owner changes it
    assignments: tuple[AssignmentView, ...]  # where the actor manages accounts, past ones too


@dataclass(frozen=True, slots=True)
class MailView:
    """Where the owner of an account gets mail, and whether notices come there, too."""

    email: str
    by_mail: bool


@dataclass(frozen=True, slots=True)
class TokenLine:
    id: uuid.UUID
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountView:
    line: AccountLine
    managed: bool  # wholly: every agency where it was ever given a role; else its roles here are all that is shown
    tokens: tuple[TokenLine, ...]  # newest first


def managed_accounts(actor: Actor) -> ColumnElement[bool]:
    """With an assignment where the actor manages accounts; for whoever manages any, those with none, too."""
    if not policy.may(actor, Permission.ACCOUNT_MANAGE):
        return false()
    within = policy.filter_agency(actor, Permission.ACCOUNT_MANAGE, Assignment.agency_id)
    return or_(
        Account.id.in_(select(Assignment.account_id).where(within)),
        Account.id.not_in(select(Assignment.account_id)),
    )


def wholly_managed_accounts(actor: Actor) -> ColumnElement[bool]:
    """Without an assignment that lies outside: whose password, tokens and second factor the actor sees to."""
    other = aliased(Assignment)
    within = policy.filter_agency(actor, Permission.ACCOUNT_MANAGE, other.agency_id)
    outside = exists().where(other.account_id == Account.id, ~within)
    return managed_accounts(actor) & ~outside & (Account.kind != "system")


def accounts(session: Session, *, actor: Actor, limit: int = 100, cursor: str | None = None) -> Paged[AccountLine]:
    """By login."""
    rows = select(Account).where(managed_accounts(actor))
    page = BY_LOGIN.page(session, rows, cursor=cursor, limit=limit)
    found = [row.Account for row in page.lines]
    managed = policy.filter_agency(actor, Permission.ACCOUNT_MANAGE, Assignment.agency_id)
    given = _assignments(session, [account.id for account in found], managed)
    return page.of([_line(account, given.get(account.id, [])) for account in found])


def account(session: Session, login: str, *, actor: Actor) -> AccountView:
    row = session.execute(
        select(Account, wholly_managed_accounts(actor)).where(Account.login == login, managed_accounts(actor))
    ).one_or_none()
    if row is None:
        raise NotFound(what=i18n.text("noun.account", login=login))
    found, wholly = row
    managed = policy.filter_agency(actor, Permission.ACCOUNT_MANAGE, Assignment.agency_id)
    given = _assignments(session, [found.id], managed)
    tokens = select(ApiToken).where(ApiToken.account_id == found.id).order_by(ApiToken.created_at.desc(), ApiToken.id)
    return AccountView(
        line=_line(found, given.get(found.id, [])),
        managed=wholly,
        tokens=tuple(
            TokenLine(token.id, token.name, token.created_at, token.expires_at, token.revoked_at)
            for token in (session.scalars(tokens) if wholly else ())
        ),
    )


def own_account(session: Session, *, actor: Actor) -> AccountLine:
    found = session.get_one(Account, actor.account_id)
    return _line(found, _assignments(session, [found.id], true()).get(found.id, []))


def own_mail(session: Session, *, actor: Actor) -> MailView:
    found = session.get_one(Account, actor.account_id)
    return MailView(found.email or "", found.mail_notices)


def _assignments(
    session: Session, account_ids: Collection[uuid.UUID], visible: ColumnElement[bool]
) -> dict[uuid.UUID, list[AssignmentView]]:
    given: dict[uuid.UUID, list[AssignmentView]] = {}
    for held, code, name in session.execute(
        select(Assignment, Agency.code, Agency.name)
        .join(Agency, Agency.id == Assignment.agency_id)
        .where(visible, Assignment.account_id.in_(account_ids))
        .order_by(Agency.code, Assignment.role, Assignment.valid_from, Assignment.id)
    ):
        given.setdefault(held.account_id, []).append(
            AssignmentView(held.id, held.role, code, name, held.valid_from, held.valid_to, held.ended_at)
        )
    return given


def _line(account: Account, given: Collection[AssignmentView]) -> AccountLine:
    return AccountLine(
        login=account.login,
        name=account.name,
        kind=account.kind,
        loopback_only=account.loopback_only,
        sandbox=account.sandbox,
        created_at=account.created_at,
        disabled_at=account.disabled_at,
        locked_until=account.locked_until,
        second_factor=account.totp_secret is not None,
        password_expires_at=account.password_expires_at,
        assignments=tuple(given),
    )
