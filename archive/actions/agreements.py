"""Agreements on reuse: given by an agency to a program's account, on a legal basis, and ended for a reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.records import reason_given, text_given
from archive.audit_events import EventTag
from archive.db.accounts import Account, Agency
from archive.db.reuse import ReuseAgreement
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id
from archive.queries.agreements import Standing, not_found, standing
from metadata.registry import classes

NUMBER_DIGITS = 5
MAX_CHARACTERS = 500
_PROCEDURE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,58}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Terms:
    """papers: names of document classes. valid_to: the last day; None: until it is ended."""

    procedure: str
    procedure_title: str
    papers: Sequence[str]
    purpose: str
    legal_basis: str
    valid_from: date
    valid_to: date | None = None


def give_agreement(
    uow: UnitOfWork, agency_code: str, login: str, terms: Terms, *, actor: Actor, now: datetime
) -> ReuseAgreement:
    """The account may ask for these papers of the agency and all below it, as far as its role reaches them."""
    agency = _agency(uow, agency_code, actor)
    account = _service(uow, login)
    agreed = _checked(terms, now)
    uow.session.get_one(Agency, agency.id, with_for_update=True)  # two who agree on the same at once: one does
    _require_new(uow, agency, account, agreed, now)
    row = ReuseAgreement(
        id=new_id(),
        number=_next_number(uow, agency, now),
        agency_id=agency.id,
        account_id=account.id,
        procedure=agreed.procedure,
        procedure_title=agreed.procedure_title,
        papers=list(agreed.papers),
        purpose=agreed.purpose,
        legal_basis=agreed.legal_basis,
        valid_from=agreed.valid_from,
        valid_to=agreed.valid_to,
        given_by=actor.account_id,
        given_at=now,
    )
    uow.session.add(row)
    _record(
        uow,
        EventTag.AGREEMENT_GIVEN,
        row,
        actor=actor,
        now=now,
        account=account.login,
        procedure=row.procedure,
        papers=row.papers,
        legal_basis=row.legal_basis,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
    return row


def end_agreement(uow: UnitOfWork, number: str, *, reason: str, actor: Actor, now: datetime) -> ReuseAgreement:
    """At once: the next question, and the copies of what was looked up before, find nothing."""
    row = uow.session.scalar(
        select(ReuseAgreement)
        .where(ReuseAgreement.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or not policy.may(actor, Permission.REUSE_READ, row.agency_id):
        raise not_found(number)
    policy.require(actor, Permission.REUSE_AGREE, row.agency_id)
    why = reason_given(reason)
    if standing(row, now) in {Standing.ENDED, Standing.OVER}:
        raise Conflict("reuse.agreement_over", number=number)
    row.ended_by, row.ended_at, row.end_reason = actor.account_id, now, why
    _record(uow, EventTag.AGREEMENT_ENDED, row, actor=actor, now=now, reason=why)
    return row


def _agency(uow: UnitOfWork, code: str, actor: Actor) -> Agency:
    agency = uow.session.scalar(select(Agency).where(Agency.code == code.strip()))
    if agency is None or not policy.may(actor, Permission.REUSE_READ, agency.id):
        raise NotFound(what=i18n.text("noun.agency", code=code))
    policy.require(actor, Permission.REUSE_AGREE, agency.id)
    return agency


def _service(uow: UnitOfWork, login: str) -> Account:
    account = uow.session.scalar(select(Account).where(Account.login == login.strip().lower()))
    if account is None or account.kind != "service" or account.disabled_at is not None:
        raise InvalidInput("reuse.account_unknown", field="account")
    if account.sandbox:
        raise InvalidInput("reuse.account_sandbox", field="account")
    return account


def _checked(terms: Terms, now: datetime) -> Terms:
    procedure = text_given("reuse", terms.procedure, "procedure", maximum=60)
    if not _PROCEDURE.fullmatch(procedure):
        raise InvalidInput("reuse.procedure_invalid", field="procedure")
    papers = tuple(dict.fromkeys(text for each in terms.papers if (text := " ".join(each.split()))))
    known = {entry.name for entry in classes().values()}
    if not papers:
        raise InvalidInput("reuse.papers_missing", field="papers")
    if not known.issuperset(papers):
        raise InvalidInput("reuse.paper_unknown", field="papers")
    if terms.valid_to is not None and terms.valid_to < max(terms.valid_from, local_date(now)):
        raise InvalidInput("reuse.period_invalid", field="valid_to")
    return Terms(
        procedure,
        text_given("reuse", terms.procedure_title, "procedure_title", maximum=MAX_CHARACTERS),
        papers,
        text_given("reuse", terms.purpose, "purpose", maximum=MAX_CHARACTERS),
        text_given("reuse", terms.legal_basis, "legal_basis", maximum=MAX_CHARACTERS),
        terms.valid_from,
        terms.valid_to,
    )


def _require_new(uow: UnitOfWork, agency: Agency, account: Account, agreed: Terms, now: datetime) -> None:
    same = select(ReuseAgreement).filter_by(agency_id=agency.id, account_id=account.id, procedure=agreed.procedure)
    for row in uow.session.scalars(same):
        if standing(row, now) is Standing.IN_FORCE and set(row.papers) >= set(agreed.papers):
            raise Conflict("reuse.agreed_before", number=row.number)


def _next_number(uow: UnitOfWork, agency: Agency, now: datetime) -> str:
    year = local_date(now).year
    number = uow.next_number(f"agreement:{agency.code}:{year}")
    return f"TT-{agency.code}-{year}-{number:0{NUMBER_DIGITS}d}"


def _record(
    uow: UnitOfWork, tag: EventTag, row: ReuseAgreement, *, actor: Actor, now: datetime, **details: object
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="agreement",
        subject_id=row.id,
        agency_id=row.agency_id,
        details={"number": row.number, **details},
    )
