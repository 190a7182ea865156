"""Dossiers: listed, opened, closed when the work has ended, and reopened for a reason."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.permissions import Permission
from archive.actions import dossiers as actions
from archive.db.unit_of_work import UnitOfWork
from archive.queries import dossiers as queries
from archive.queries.paging import Paged
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.dossiers import Dossier, DossierClosing, DossierGiven, DossierLine
from archive.web.api.models.items import ItemLine, ReasonGiven
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/dossiers", tags=["dossiers"])
FIRST_ITEM = 1  # of a dossier whose items are listed elsewhere


@router.get("")
def list_dossiers(
    visit: Reader,
    *,
    agency: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    task: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DossierLine]:
    """List dossiers by code; those of one agency or task where it is named."""
    visit.require(Permission.DOSSIER_READ)
    with visit.unit_of_work() as uow:
        found = queries.dossiers(
            uow.session, actor=visit.actor, limit=limit, cursor=cursor, agency_code=agency, task_number=task
        )
    return page_of(DossierLine, found)


@router.post("", status_code=201)
def open_dossier(visit: Writer, given: DossierGiven, key: Key = None) -> Dossier:
    """Open a dossier; without a code it gets the next number of the agency and year."""

    def act(uow: UnitOfWork) -> Dossier:
        opened = actions.create_dossier(
            uow,
            title=given.title,
            agency_code=given.agency,
            year=given.year,
            code=given.code,
            fond_code=given.fond,
            task_number=given.task,
            actor=visit.actor,
            now=visit.now,
        )
        return _dossier(visit, uow, opened.code)

    return once(visit, key, given, act, status=201)


@router.get("/{code}")
def get_dossier(visit: Reader, code: Reference) -> Dossier:
    """A dossier, and what was moved, replaced or withdrawn in it."""
    with visit.unit_of_work() as uow:
        return _dossier(visit, uow, code)


@router.get("/{code}/items")
def list_dossier_items(visit: Reader, code: Reference, cursor: Cursor = None, limit: Limit = 50) -> Page[ItemLine]:
    """List the items of a dossier in the order of their codes."""
    with visit.unit_of_work() as uow:
        found = queries.dossier(uow.session, code, actor=visit.actor, cursor=cursor, limit=limit)
    return page_of(ItemLine, Paged(found.items, found.previous, found.following))


@router.post("/{code}/closures", status_code=201)
def close_dossier(visit: Writer, code: Reference, given: DossierClosing, key: Key = None) -> Dossier:
    """Close a dossier: its work has ended, and retention counts from the year of the end."""

    def act(uow: UnitOfWork) -> Dossier:
        actions.close_dossier(uow, code, work_ended_on=given.work_ended_on, actor=visit.actor, now=visit.now)
        return _dossier(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/{code}/reopenings", status_code=201)
def reopen_dossier(visit: Writer, code: Reference, given: ReasonGiven, key: Key = None) -> Dossier:
    """Open a closed dossier again, for a reason."""

    def act(uow: UnitOfWork) -> Dossier:
        actions.reopen_dossier(uow, code, reason=given.reason, actor=visit.actor, now=visit.now)
        return _dossier(visit, uow, code)

    return once(visit, key, given, act, status=201)


def _dossier(visit: Visit, uow: UnitOfWork, code: str) -> Dossier:
    uow.session.flush()
    return Dossier.of(queries.dossier(uow.session, code, actor=visit.actor, limit=FIRST_ITEM))
