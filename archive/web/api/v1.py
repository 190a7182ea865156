"""Reading over HTTP: the same queries as the pages, the same contracts as the commands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from archive.queries import batches, searching
from archive.web.deps import SignedIn

router = APIRouter(prefix="/api/v1")


@router.get("/batches/{number}")
def batch(visit: SignedIn, number: str) -> dict[str, Any]:
    """State and reconciliation; as `archive batch --json`."""
    with visit.unit_of_work() as uow:
        return batches.to_json(batches.batch(uow.session, number, actor=visit.actor))


@router.get("/search")
def search(visit: SignedIn, q: str = "", limit: int = 10, offset: int = 0) -> dict[str, Any]:
    """Hits with pages and boxes; as `archive search --json`."""
    return searching.to_json(searching.search(visit.app, q, actor=visit.actor, limit=limit, offset=offset))
