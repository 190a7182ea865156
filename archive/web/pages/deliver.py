"""Files from the browser into a batch: one after the other, streamed to disk, each with its outcome."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from archive import i18n
from archive.actions.arrivals import Received
from archive.actions.ingest import receive_file
from archive.actions.uploads import cancel_upload
from archive.errors import Conflict, FileTooBig, InvalidInput, PartUnavailable
from archive.queries.references import batch_id
from archive.queries.uploads import upload
from archive.web.body_limit import STREAMED
from archive.web.deps import SignedForm, SignedIn, Visit, own_form
from archive.web.errors import status_of

router = APIRouter()
FORM_BYTES = 1 << 20  # what the form itself adds to its files
MAX_FILES = 1000


@router.post("/batches/{number}/files")
async def delivered(visit: SignedIn, number: str, request: Request) -> Response:
    """A script sends one file a request and gets JSON; a plain form sends all and is shown what became of each."""
    _require_size(visit, request)
    request.scope[STREAMED] = True
    async with request.form(max_files=MAX_FILES) as form:
        await own_form(request)
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
        if "application/json" in request.headers.get("accept", ""):
            received = [await run_in_threadpool(_receive, visit, number, file) for file in files]
            return JSONResponse({"files": [_told(each) for each in received]})
        told = [(file.filename, await run_in_threadpool(_answer, visit, number, file)) for file in files]
    return visit.page("delivered.html", number=number, files=told)


@router.post("/batches/{number}/uploads/{key}/cancel")
def cancelled(visit: SignedForm, number: str, key: str) -> Response:
    """An upload that its sender does not want to go on with."""
    with visit.unit_of_work() as uow:
        upload(visit.app, uow.session, key, actor=visit.actor)
    cancel_upload(visit.app, UUID(key), actor=visit.actor)
    return visit.back(f"/batches/{number}", "upload_cancelled")


def _receive(visit: Visit, number: str, file: UploadFile) -> Received:
    with visit.unit_of_work() as uow:
        batch = batch_id(uow.session, number, actor=visit.actor)
    return receive_file(visit.app, batch, file.filename or "", file.file, actor=visit.actor)


def _answer(visit: Visit, number: str, file: UploadFile) -> dict[str, object]:
    """As `_told`; a file that could not be taken does not hide the receipts of those before it."""
    try:
        return _told(_receive(visit, number, file))
    except (Conflict, PartUnavailable) as error:
        return {"outcome": "failed", "receipt": None, "reason": str(error), "status": status_of(error)}


def _require_size(visit: Visit, request: Request) -> None:
    """Before a byte of the body is read: the whole request is at most one file of the biggest size."""
    announced = request.headers.get("content-length", "")
    if not announced.isdigit():
        raise InvalidInput("web.bad_request", field="content-length")
    limit = visit.app.settings.max_file_bytes
    if int(announced) > limit + FORM_BYTES:
        raise FileTooBig(limit_bytes=limit)


def _told(received: Received) -> dict[str, object]:
    values: dict[str, Any] = received.values
    reason = i18n.text(received.reason, **values) if received.reason else None
    return {"outcome": received.outcome, "receipt": received.receipt, "reason": reason, "status": received.status}
