"""Reading over HTTP: the same queries as the pages, the same contracts as the commands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder

from archive.actions.readings import open_record, run_search
from archive.queries import batches, searching
from archive.web.deps import SignedIn

router = APIRouter(prefix="/api/v1")
NOT_FOR_PEOPLE = ("id", "may", "publishable")  # ids are never shown; rights are asked for at each act


@router.get("/items/{reference}")
def item(visit: SignedIn, reference: str) -> dict[str, Any]:
    """The item with its fields, pages and renditions; or its receipt while it is under way or was stopped."""
    with visit.unit_of_work() as uow:
        view = open_record(uow, reference, actor=visit.actor, now=visit.now)
    shown: dict[str, Any] = jsonable_encoder(view)
    return {
        name: [_without_ids(part) for part in value] if isinstance(value, list) else value
        for name, value in _without_ids(shown).items()
    }


@router.get("/batches/{number}")
def batch(visit: SignedIn, number: str) -> dict[str, Any]:
    """State and reconciliation; as `archive batch --json`."""
    with visit.unit_of_work() as uow:
        return batches.to_json(batches.batch(uow.session, number, actor=visit.actor))


@router.get("/search")
def search(visit: SignedIn, q: str = "", limit: int = 10, offset: int = 0) -> dict[str, Any]:
    """Hits with pages and boxes; as `archive search --json`."""
    return searching.to_json(run_search(visit.app, q, actor=visit.actor, limit=limit, offset=offset))


def _without_ids(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    return {name: value for name, value in part.items() if name not in NOT_FOR_PEOPLE}
