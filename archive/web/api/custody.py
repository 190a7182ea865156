"""Who holds which fond, and its hand-over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.identity import local_date
from archive.actions.custody import move_custody
from archive.db.unit_of_work import UnitOfWork
from archive.queries import custody as queries
from archive.web.api.calls import Key, Reader, Reference, Writer, once
from archive.web.api.models.custody import Fond, HandOver, Holder
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1", tags=["custody"])


@router.get("/holders")
def find_holder(
    visit: Reader,
    q: Annotated[
        str, Query(max_length=500, description="a dossier's code, an identifier, an agency's code or words of its name")
    ] = "",
) -> Holder:
    """Who holds the records of an agency now, even of one that is no more."""
    with visit.unit_of_work() as uow:
        found = queries.holder(uow.session, q, actor=visit.actor, today=local_date(visit.now))
        return Holder.model_validate(found)


@router.get("/fonds/{code}")
def get_fond(visit: Reader, code: Reference) -> Fond:
    """A fond: who created it, who holds it, and who held it before."""
    with visit.unit_of_work() as uow:
        return _fond(visit, uow, code)


@router.post("/fonds/{code}/hand-overs", status_code=201)
def hand_over_fond(visit: Writer, code: Reference, given: HandOver, key: Key = None) -> Fond:
    """Hand a fond over to another agency by minutes; from now on access follows the new holder."""

    def act(uow: UnitOfWork) -> Fond:
        move_custody(
            uow,
            code,
            given.to.strip().upper(),
            legal_basis=given.legal_basis,
            document=given.document,
            handed_over_on=given.handed_over_on,
            actor=visit.actor,
            now=visit.now,
        )
        return _fond(visit, uow, code)

    return once(visit, key, given, act, status=201)


def _fond(visit: Visit, uow: UnitOfWork, code: str) -> Fond:
    uow.session.flush()
    found = queries.fond(uow.session, code, actor=visit.actor, today=local_date(visit.now))
    return Fond.model_validate(found)
