"""What the secrets gate stopped: for the security officer, without names or contents."""

from __future__ import annotations

from fastapi import APIRouter

from archive.access.permissions import Permission
from archive.actions import stopped as actions
from archive.db.unit_of_work import UnitOfWork
from archive.queries.review import stopped
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.items import Receipt
from archive.web.api.models.stopped import DecisionGiven, DecisionTaken

router = APIRouter(prefix="/api/v1/stopped", tags=["stopped"])


@router.get("")
def list_stopped(visit: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[Receipt]:
    """List the receipts of stopped items, the longest waiting first."""
    visit.require(Permission.STOPPED_READ)
    with visit.unit_of_work() as uow:
        return page_of(Receipt, stopped(uow.session, actor=visit.actor, limit=limit, cursor=cursor))


@router.post("/{receipt}/decisions", status_code=201)
def decide_on_stopped(visit: Writer, receipt: Reference, given: DecisionGiven, key: Key = None) -> DecisionTaken:
    """Decide on a stopped item: its bytes are removed, or it goes on."""

    def act(uow: UnitOfWork) -> DecisionTaken:
        decide = actions.remove_stopped if given.act == "remove" else actions.release_stopped
        item = decide(uow, receipt, decision=given.decision, actor=visit.actor, now=visit.now)
        return DecisionTaken(receipt=receipt, act=given.act, state=item.state)

    taken = once(visit, key, given, act, status=201)
    if given.act == "remove":
        actions.remove_bytes(visit.app)  # what a crash leaves here the service's own sweep does
    return taken
