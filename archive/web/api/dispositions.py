"""Lists of dossiers proposed for disposal: made, and taken back. Nothing is destroyed by them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import dispositions as actions
from archive.db.unit_of_work import UnitOfWork
from archive.queries import dispositions as queries
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.dispositions import Disposition, DispositionGiven, DispositionLine, DispositionWithdrawal
from archive.web.deps import Visit
from retention.disposition import DispositionState

router = APIRouter(prefix="/api/v1/dispositions", tags=["dispositions"])


@router.get("")
def list_dispositions(
    visit: Reader,
    agency: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    state: DispositionState | None = None,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DispositionLine]:
    """Lists of dossiers proposed for disposal, the newest first."""
    visit.require(Permission.RULE_CONFIRM)
    with visit.unit_of_work() as uow:
        found = queries.dispositions(
            uow.session, actor=visit.actor, agency_code=agency, state=state, cursor=cursor, limit=limit
        )
    return page_of(DispositionLine, found)


@router.post("", status_code=201)
def propose_disposition(visit: Writer, given: DispositionGiven, key: Key = None) -> Disposition:
    """Propose what is due, was noticed 30 days ago or more, and is held by nothing."""

    def act(uow: UnitOfWork) -> Disposition:
        row = actions.propose_disposition(uow, given.agency, given.dossiers, actor=visit.actor, now=visit.now)
        return _disposition(visit, uow, row.number)

    return once(visit, key, given, act, status=201)


@router.get("/{number}")
def get_disposition(visit: Reader, number: Reference) -> Disposition:
    """A list with its dossiers, and what keeps each from going on."""
    visit.require(Permission.RULE_CONFIRM)
    with visit.unit_of_work() as uow:
        return _disposition(visit, uow, number)


@router.post("/{number}/withdrawals", status_code=201)
def withdraw_disposition(
    visit: Writer, number: Reference, given: DispositionWithdrawal, key: Key = None
) -> Disposition:
    """Take a list back, or one dossier off it, for a reason; the rows stay."""

    def act(uow: UnitOfWork) -> Disposition:
        actions.withdraw_disposition(
            uow, number, reason=given.reason, dossier_code=given.dossier, actor=visit.actor, now=visit.now
        )
        return _disposition(visit, uow, number)

    return once(visit, key, given, act, status=201)


def _disposition(visit: Visit, uow: UnitOfWork, number: str) -> Disposition:
    uow.session.flush()
    view = queries.disposition(uow.session, number, actor=visit.actor, today=local_date(visit.now))
    may_withdraw = Permission.DISPOSITION_PROPOSE in view.may and view.line.state == DispositionState.PROPOSED
    return Disposition.of_view(view, may_withdraw=may_withdraw)
