"""What the secrets gate stopped: for the security officer, without names or contents."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from archive.access.permissions import Permission
from archive.actions import stopped as actions
from archive.errors import InvalidInput
from archive.queries.review import stopped
from archive.web.deps import SignedForm, SignedIn, Visit

router = APIRouter()
ROWS = 100


@router.get("/stopped")
def listed(visit: SignedIn, cursor: str = "") -> Response:
    visit.require(Permission.STOPPED_READ)
    return _list(visit, cursor=cursor)


@router.post("/stopped/{receipt}")
def decided(
    visit: SignedForm, receipt: str, act: Annotated[str, Form()], decision: Annotated[str, Form()] = ""
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            how: dict[str, Any] = {"decision": decision, "actor": visit.actor, "now": visit.now}
            if act == "remove":
                actions.remove_stopped(uow, receipt, **how)
            elif act == "release":
                actions.release_stopped(uow, receipt, **how)
            else:
                raise InvalidInput("web.bad_request", field="act")
    except InvalidInput as wrong:
        return _list(visit, problem=str(wrong), status=422)
    if act == "remove":
        actions.remove_bytes(visit.app)
    return visit.back("/stopped", f"stopped_{act}d")


def _list(visit: Visit, *, cursor: str = "", problem: str | None = None, status: int = 200) -> Response:
    with visit.unit_of_work() as uow:
        receipts = stopped(uow.session, actor=visit.actor, limit=ROWS, cursor=cursor or None)
    may_remove = visit.may(Permission.STOPPED_REMOVE)
    return visit.page("stopped.html", status=status, receipts=receipts, may_remove=may_remove, problem=problem)
