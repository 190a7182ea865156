"""Holds: what keeps records from disposal; a second person lifts them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.permissions import Permission
from archive.actions import holds as actions
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.queries import holds as queries
from archive.queries.dossiers import dossier
from archive.queries.items import item
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.holds import Hold, HoldLifting, HoldsGiven, HoldState, RecordHolds

router = APIRouter(prefix="/api/v1", tags=["holds"])


@router.get("/holds")
def list_holds(
    visit: Reader,
    state: Annotated[HoldState | None, Query(description="left out: both")] = None,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Hold]:
    """Holds over records of your agencies, the newest first."""
    visit.require(Permission.HOLD_READ)
    with visit.unit_of_work() as uow:
        found = queries.holds(uow.session, actor=visit.actor, state=state, cursor=cursor, limit=limit)
    return page_of(Hold, found)


@router.post("/holds", status_code=201)
def place_holds(visit: Writer, given: HoldsGiven, key: Key = None) -> list[Hold]:
    """Place a hold on each of the records that are named, or on none of them."""
    visit.require(Permission.HOLD_PLACE)

    def act(uow: UnitOfWork) -> list[Hold]:
        placed = actions.place_holds(
            uow,
            given.subjects,
            reason=given.reason,
            authority=given.authority,
            actor=visit.actor,
            now=visit.now,
        )
        uow.session.flush()
        views = [queries.hold(uow.session, row.number, actor=visit.actor) for row in placed]
        return [Hold.model_validate(view) for view in views]

    return once(visit, key, given, act, status=201)


@router.get("/holds/{number}")
def get_hold(visit: Reader, number: Reference) -> Hold:
    """A hold: who ordered it, who placed it, and who lifted it."""
    with visit.unit_of_work() as uow:
        return Hold.model_validate(queries.hold(uow.session, number, actor=visit.actor))


@router.post("/holds/{number}/liftings", status_code=201)
def lift_hold(visit: Writer, number: Reference, given: HoldLifting, key: Key = None) -> Hold:
    """Lift a hold that somebody else placed."""

    def act(uow: UnitOfWork) -> Hold:
        actions.lift_hold(uow, number, reason=given.reason, actor=visit.actor, now=visit.now)
        uow.session.flush()
        return Hold.model_validate(queries.hold(uow.session, number, actor=visit.actor))

    return once(visit, key, given, act, status=201)


@router.get("/dossiers/{code}/holds")
def list_dossier_holds(visit: Reader, code: Reference) -> RecordHolds:
    """Holds on a dossier and on what is in it, active ones first."""
    with visit.unit_of_work() as uow:
        view = dossier(uow.session, code, actor=visit.actor, limit=1)
        return _told(queries.holds_of_dossier(uow.session, view.id, actor=visit.actor))


@router.get("/items/{reference}/holds")
def list_item_holds(visit: Reader, reference: Reference) -> RecordHolds:
    """Holds on an item and on the dossier that it lies in, active ones first."""
    with visit.unit_of_work() as uow:
        view = item(uow.session, reference, actor=visit.actor)
        return _told(queries.holds_of_item(uow.session, view.id, actor=visit.actor))


def _told(found: queries.RecordHolds | None) -> RecordHolds:
    if found is None:
        raise NotFound("web.not_here")
    return RecordHolds.model_validate(found)
