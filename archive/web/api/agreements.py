"""Agreements on reuse: which service may ask for which papers, for which procedure, on what basis."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.permissions import Permission
from archive.actions import agreements as actions
from archive.db.unit_of_work import UnitOfWork
from archive.queries import agreements as queries
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.agreements import Agreement, AgreementEnding, AgreementGiven
from archive.web.api.models.common import Page, page_of
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/agreements", tags=["agreements"])


@router.get("")
def list_agreements(
    visit: Reader,
    in_force: Annotated[bool | None, Query(description="true: those that hold now; false: the others")] = None,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Agreement]:
    """Agreements of agencies whose reuse you may see, the newest first."""
    visit.require(Permission.REUSE_READ)
    with visit.unit_of_work() as uow:
        found = queries.agreements(
            uow.session, actor=visit.actor, now=visit.now, in_force=in_force, cursor=cursor, limit=limit
        )
    return page_of(Agreement, found)


@router.post("", status_code=201)
def give_agreement(visit: Writer, given: AgreementGiven, key: Key = None) -> Agreement:
    """Let a service account ask for papers of an agency and all below it."""
    visit.require(Permission.REUSE_AGREE)

    def act(uow: UnitOfWork) -> Agreement:
        row = actions.give_agreement(uow, given.agency, given.account, given.terms(), actor=visit.actor, now=visit.now)
        return _agreement(visit, uow, row.number)

    return once(visit, key, given, act, status=201)


@router.get("/{number}")
def get_agreement(visit: Reader, number: Reference) -> Agreement:
    """One agreement."""
    with visit.unit_of_work() as uow:
        return _agreement(visit, uow, number)


@router.post("/{number}/endings", status_code=201)
def end_agreement(visit: Writer, number: Reference, given: AgreementEnding, key: Key = None) -> Agreement:
    """End an agreement at once, for a reason."""

    def act(uow: UnitOfWork) -> Agreement:
        actions.end_agreement(uow, number, reason=given.reason, actor=visit.actor, now=visit.now)
        return _agreement(visit, uow, number)

    return once(visit, key, given, act, status=201)


def _agreement(visit: Visit, uow: UnitOfWork, number: str) -> Agreement:
    uow.session.flush()
    return Agreement.model_validate(queries.agreement(uow.session, number, actor=visit.actor, now=visit.now))
