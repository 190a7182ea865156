"""Who acts, and what they were given: read anew for each request."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session, aliased

from archive.access.permissions import Permission, Role
from archive.db.accounts import Account, Agency, Assignment
from archive.errors import NotFound

OFFICE_HOURS = ZoneInfo("Asia/Ho_Chi_Minh")  # assignments begin and end at midnight there

SYSTEM_ID = uuid.UUID("00000000-0000-7000-8000-000000000001")
SYSTEM_LOGIN = "system"
LOCAL_LOGIN = "local"  # whom the command line of the embedded profile acts as
LOCAL_NAME = "Dòng lệnh trên máy này"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over agencies: the assignment's agency and all below it."""

    role: Role
    agency_ids: frozenset[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Actor:
    """account_id is who really acts; with on_behalf_of the grants are those of that other account.

    everywhere: permissions over every agency and state; only the service's own work has any.
    """

    account_id: uuid.UUID
    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    on_behalf_of: uuid.UUID | None = None
    os_user: str | None = None
    everywhere: frozenset[Permission] = frozenset()

    def agencies_of(self, role: Role) -> frozenset[uuid.UUID]:
        return frozenset().union(*(grant.agency_ids for grant in self.grants if grant.role is role))


SYSTEM = Actor(SYSTEM_ID, SYSTEM_LOGIN, "Hệ thống", everywhere=frozenset(Permission))
"""The service itself: workflows, set-up."""


def local_date(now: datetime) -> date:
    return now.astimezone(OFFICE_HOURS).date()


def actor_of(
    session: Session, account_id: uuid.UUID, now: datetime, *, by: Actor | None = None, os_user: str | None = None
) -> Actor:
    """The account with what it holds at `now`; a disabled or unknown one is NotFound.

    by: who acts on behalf of this account; the caller has asked the policy for account:impersonate.
    """
    account = session.get(Account, account_id)
    if account is None or (account.disabled_at is not None and account.disabled_at <= now):
        raise NotFound(what="tài khoản")
    grants = grants_of(session, account_id, now)
    if by is not None and by.account_id != account_id:
        return Actor(by.account_id, account.login, account.name, grants, account_id, os_user or by.os_user)
    return Actor(account_id, account.login, account.name, grants, None, os_user)


def actor_named(session: Session, login: str, now: datetime, **how: Actor | str | None) -> Actor:
    """As actor_of, by login."""
    account_id = session.scalar(select(Account.id).where(Account.login == login))
    if account_id is None:
        raise NotFound(what=f"tài khoản {login}")
    return actor_of(session, account_id, now, **how)  # type: ignore[arg-type]


def grants_of(session: Session, account_id: uuid.UUID, now: datetime) -> tuple[Grant, ...]:
    """Assignments in force, each with its subtree. The tree is bounded in time, rights over old records are not:
    an agency that has ended stays below its parent."""
    return _grants(session, Assignment.account_id == account_id, now).get(account_id, ())


def people(session: Session, now: datetime) -> tuple[Actor, ...]:
    """Everybody who holds a role at `now`, with what they hold; no programs, no closed accounts."""
    living = select(Account).where(
        Account.kind == "person", or_(Account.disabled_at.is_(None), Account.disabled_at > now)
    )
    held = _grants(session, true(), now)
    return tuple(
        Actor(account.id, account.login, account.name, held[account.id])
        for account in session.scalars(living.order_by(Account.id))
        if account.id in held
    )


def _grants(session: Session, whose: ColumnElement[bool], now: datetime) -> dict[uuid.UUID, tuple[Grant, ...]]:
    today = local_date(now)
    held = (
        select(Assignment.id.label("assignment_id"), Assignment.account_id, Assignment.role, Assignment.agency_id)
        .where(
            whose,
            Assignment.valid_from <= today,
            or_(Assignment.valid_to.is_(None), Assignment.valid_to >= today),
            or_(Assignment.ended_at.is_(None), Assignment.ended_at > now),
        )
        .cte("held", recursive=True)
    )
    below = aliased(Agency)
    reached = held.union(
        select(held.c.assignment_id, held.c.account_id, held.c.role, below.id).join(
            below, below.parent_id == held.c.agency_id
        )
    )
    found: dict[uuid.UUID, dict[str, set[uuid.UUID]]] = {}
    for account_id, role, agency_id in session.execute(
        select(reached.c.account_id, reached.c.role, reached.c.agency_id)
    ):
        found.setdefault(account_id, {}).setdefault(role, set()).add(agency_id)
    return {
        account_id: tuple(Grant(Role(role), frozenset(ids)) for role, ids in sorted(roles.items()))
        for account_id, roles in found.items()
    }
