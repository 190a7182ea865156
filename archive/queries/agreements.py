"""Agreements on reuse: which paper a service account may ask for, for which procedure, on what legal basis."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, grants_of, local_date
from archive.access.permissions import Permission, Role
from archive.db.accounts import Account, Agency
from archive.db.reuse import ReuseAgreement
from archive.errors import NotFound
from archive.queries.paging import Order, Paged
from archive.queries.reuse import reaches

NEWEST = Order((ReuseAgreement.given_at, ReuseAgreement.id), descending=True)
_Giver, _Ender = aliased(Account), aliased(Account)


class Standing(StrEnum):
    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    OVER = "over"  # its last day has passed
    ENDED = "ended"  # by somebody, before that


class Refusal(StrEnum):
    """Why a question is not the asker's: for the trail alone, the asker hears only that nothing is on file."""

    NO_AGREEMENT = "no_agreement"
    OTHER_PROCEDURE = "other_procedure"
    OTHER_PAPER = "other_paper"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True)
class AgreementView:
    number: str
    agency_code: str
    agency_name: str
    account_login: str
    account_name: str
    procedure: str
    procedure_title: str
    papers: tuple[str, ...]
    purpose: str
    legal_basis: str
    valid_from: date
    valid_to: date | None
    given_by: str
    given_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    standing: Standing
    may_end: bool


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, with every agreement that was ever made with that account."""

    account_id: uuid.UUID
    sandbox: bool
    agreements: tuple[ReuseAgreement, ...]


def standing(agreement: ReuseAgreement, now: datetime) -> Standing:
    today = local_date(now)
    if agreement.ended_at is not None and agreement.ended_at <= now:
        return Standing.ENDED
    if agreement.valid_from > today:
        return Standing.NOT_YET
    return Standing.OVER if agreement.valid_to is not None and agreement.valid_to < today else Standing.IN_FORCE


def asker(session: Session, actor: Actor) -> Asker:
    """In one statement."""
    account_id = actor.on_behalf_of or actor.account_id
    rows = session.execute(_asker(), {"account_id": account_id}).all()
    agreed = tuple(row.ReuseAgreement for row in rows if row.ReuseAgreement is not None)
    return Asker(account_id, rows[0].sandbox, agreed)


@cache
def _asker() -> Select[*tuple[Any, ...]]:
    return (
        select(Account.sandbox, ReuseAgreement)
        .outerjoin(ReuseAgreement, ReuseAgreement.account_id == Account.id)
        .where(Account.id == bindparam("account_id"))
        .order_by(ReuseAgreement.number)
    )


def applying(
    agreements: Sequence[ReuseAgreement], *, procedure: str, paper: str, now: datetime
) -> tuple[tuple[ReuseAgreement, ...], Refusal | None]:
    """Those in force for this procedure and kind of paper; where there is none, the nearest reason."""
    if not agreements:
        return (), Refusal.NO_AGREEMENT
    same = [agreement for agreement in agreements if agreement.procedure == procedure]
    if not same:
        return (), Refusal.OTHER_PROCEDURE
    same = [agreement for agreement in same if paper in agreement.papers]
    if not same:
        return (), Refusal.OTHER_PAPER
    found = tuple(agreement for agreement in same if standing(agreement, now) is Standing.IN_FORCE)
    return found, None if found else Refusal.NOT_IN_FORCE


def agreements(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    in_force: bool | None = None,
    cursor: str | None = None,
    limit: int | None = 50,
) -> Paged[AgreementView]:
    """Newest first. in_force: only those that hold now, or only the others."""
    rows = _rows(actor)
    if in_force is not None:
        today = local_date(now)
        holds = and_(
            or_(ReuseAgreement.ended_at.is_(None), ReuseAgreement.ended_at > now),
            ReuseAgreement.valid_from <= today,
            or_(ReuseAgreement.valid_to.is_(None), ReuseAgreement.valid_to >= today),
        )
        rows = rows.where(holds if in_force else ~holds)
    page = NEWEST.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_view(row, actor, now) for row in page.lines])


def agreement(session: Session, number: str, *, actor: Actor, now: datetime) -> AgreementView:
    row = session.execute(_rows(actor).where(ReuseAgreement.number == number)).one_or_none()
    if row is None:
        raise not_found(number)
    return _view(row, actor, now)


def services(session: Session, *, actor: Actor) -> tuple[tuple[str, str], ...]:
    """(login, name) of programs that an agreement can be made with, for who may make any."""
    if not policy.may(actor, Permission.REUSE_AGREE):
        return ()
    living = select(Account.login, Account.name).where(
        Account.kind == "service", Account.disabled_at.is_(None), ~Account.sandbox
    )
    return tuple((row.login, row.name) for row in session.execute(living.order_by(Account.name, Account.login)))


def sandboxes(session: Session, *, actor: Actor) -> tuple[tuple[str, str], ...]:
    """(login, name) of programs under test: they meet invented people only, so that no agreement is needed."""
    if not policy.may(actor, Permission.REUSE_READ):
        return ()
    living = select(Account.login, Account.name).where(Account.sandbox, Account.disabled_at.is_(None))
    return tuple((row.login, row.name) for row in session.execute(living.order_by(Account.name, Account.login)))


def account_reaches(session: Session, number: str, now: datetime) -> bool:
    """Whether the account's role reaches any agency of the agreement: without it the agreement opens nothing."""
    row = session.execute(
        select(ReuseAgreement.agency_id, ReuseAgreement.account_id).where(ReuseAgreement.number == number)
    ).one()
    held = [grant.agency_ids for grant in grants_of(session, row.account_id, now) if grant.role is Role.SERVICE]
    return reaches(session, {row.agency_id}, frozenset().union(*held))


def not_found(number: str) -> NotFound:
    return NotFound(what=i18n.text("noun.agreement", number=number))


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            ReuseAgreement,
            Agency,
            Account,
            _Giver.name.label("given_by"),
            _Ender.name.label("ended_by"),
        )
        .join(Agency, Agency.id == ReuseAgreement.agency_id)
        .join(Account, Account.id == ReuseAgreement.account_id)
        .join(_Giver, _Giver.id == ReuseAgreement.given_by)
        .outerjoin(_Ender, _Ender.id == ReuseAgreement.ended_by)
        .where(policy.filter_agency(actor, Permission.REUSE_READ, ReuseAgreement.agency_id))
    )


def _view(row: Row[*tuple[Any, ...]], actor: Actor, now: datetime) -> AgreementView:
    found: ReuseAgreement = row.ReuseAgreement
    stands = standing(found, now)
    return AgreementView(
        number=found.number,
        agency_code=row.Agency.code,
        agency_name=row.Agency.name,
        account_login=row.Account.login,
        account_name=row.Account.name,
        procedure=found.procedure,
        procedure_title=found.procedure_title,
        papers=tuple(found.papers),
        purpose=found.purpose,
        legal_basis=found.legal_basis,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        given_by=row.given_by,
        given_at=found.given_at,
        ended_by=row.ended_by,
        ended_at=found.ended_at,
        end_reason=found.end_reason,
        standing=stands,
        may_end=stands in {Standing.IN_FORCE, Standing.NOT_YET}
        and policy.may(actor, Permission.REUSE_AGREE, found.agency_id),
    )
