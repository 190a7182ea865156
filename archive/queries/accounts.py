"""Accounts, for those who manage them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency, Assignment


@dataclass(frozen=True, slots=True)
class AssignmentView:
    role: str
    agency_code: str
    agency_name: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class AccountLine:
    login: str
    name: str
    kind: str  # person, service, system
    loopback_only: bool
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None
    assignments: tuple[AssignmentView, ...]


def managed_accounts(actor: Actor) -> ColumnElement[bool]:
    """With an assignment where the actor manages accounts; for whoever manages any, those with none, too."""
    if not policy.may(actor, Permission.ACCOUNT_MANAGE):
        return false()
    within = policy.filter_agency(actor, Permission.ACCOUNT_MANAGE, Assignment.agency_id)
    return or_(
        Account.id.in_(select(Assignment.account_id).where(within)),
        Account.id.not_in(select(Assignment.account_id)),
    )


def accounts(session: Session, *, actor: Actor) -> tuple[AccountLine, ...]:
    managed = policy.filter_agency(actor, Permission.ACCOUNT_MANAGE, Assignment.agency_id)
    found = session.scalars(select(Account).where(managed_accounts(actor)).order_by(Account.login)).all()
    given: dict[uuid.UUID, list[AssignmentView]] = {}
    for assignment, code, name in session.execute(
        select(Assignment, Agency.code, Agency.name)
        .join(Agency, Agency.id == Assignment.agency_id)
        .where(managed, Assignment.account_id.in_([account.id for account in found]))
        .order_by(Agency.code, Assignment.role, Assignment.valid_from)
    ):
        given.setdefault(assignment.account_id, []).append(
            AssignmentView(assignment.role, code, name, assignment.valid_from, assignment.valid_to)
        )
    return tuple(
        AccountLine(
            login=account.login,
            name=account.name,
            kind=account.kind,
            loopback_only=account.loopback_only,
            created_at=account.created_at,
            disabled_at=account.disabled_at,
            locked_until=account.locked_until,
            assignments=tuple(given.get(account.id, ())),
        )
        for account in found
    )
