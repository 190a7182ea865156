"""Deliveries: opened, filled one file a request, closed, reconciled."""

from __future__ import annotations

from fastapi import APIRouter

from archive.access.permissions import Permission
from archive.actions import ingest
from archive.db.unit_of_work import UnitOfWork
from archive.queries import batches as queries
from archive.queries.references import batch_id
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.batches import Batch, BatchClosing, BatchFile, BatchGiven, BatchSummary
from archive.web.api.models.common import Page, page_of
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/batches", tags=["batches"])


@router.get("")
def list_batches(
    visit: Reader, *, open_only: bool = False, cursor: Cursor = None, limit: Limit = 50
) -> Page[BatchSummary]:
    """List deliveries, the newest first.

    open_only: not closed, or with files that are still on their way.
    """
    visit.require(Permission.BATCH_READ)
    with visit.unit_of_work() as uow:
        found = queries.batches(uow.session, actor=visit.actor, limit=limit, cursor=cursor, open_only=open_only)
    return page_of(BatchSummary, found)


@router.post("", status_code=201)
def open_batch(visit: Writer, given: BatchGiven, key: Key = None) -> Batch:
    """Open a delivery of one task and agency."""

    def act(uow: UnitOfWork) -> Batch:
        opened = ingest.open_batch(
            uow,
            agency_code=given.agency,
            task_number=given.task,
            dossier_code=given.dossier,
            expected=given.expected,
            scanner_code=given.scanner,
            source="api",
            actor=visit.actor,
            now=visit.now,
        )
        return _batch(visit, uow, opened.number)

    return once(visit, key, given, act, status=201)


@router.get("/{number}")
def get_batch(visit: Reader, number: Reference) -> Batch:
    """A delivery with its reconciliation, at this moment: files may still be on their way."""
    with visit.unit_of_work() as uow:
        return _batch(visit, uow, number)


@router.get("/{number}/files")
def list_batch_files(visit: Reader, number: Reference, cursor: Cursor = None, limit: Limit = 50) -> Page[BatchFile]:
    """List what became of each delivered file, in the order in which they came."""
    with visit.unit_of_work() as uow:
        return page_of(
            BatchFile, queries.batch_entries(uow.session, number, actor=visit.actor, cursor=cursor, limit=limit)
        )


@router.post("/{number}/closures", status_code=201)
def close_batch(visit: Writer, number: Reference, given: BatchClosing, key: Key = None) -> Batch:
    """Close a delivery: no file can be added any more. Closing a closed one changes nothing."""

    def act(uow: UnitOfWork) -> Batch:
        found = batch_id(uow.session, number, actor=visit.actor)
        ingest.close_batch(
            uow,
            found,
            expected=given.expected,
            give_up_uploads=given.give_up_uploads,
            actor=visit.actor,
            now=visit.now,
        )
        return _batch(visit, uow, number)

    return once(visit, key, given, act, status=201)


def _batch(visit: Visit, uow: UnitOfWork, number: str) -> Batch:
    uow.session.flush()
    return Batch.of(queries.batch(uow.session, number, actor=visit.actor))
