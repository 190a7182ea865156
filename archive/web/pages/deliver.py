"""Files from the browser into a batch: one after the other, streamed to disk, each with its outcome."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from archive import i18n
from archive.actions.ingest import Received, receive_file
from archive.errors import FileTooBig, InvalidInput
from archive.queries.references import batch_id
from archive.web.deps import SignedIn, Visit, own_form

router = APIRouter()
FORM_BYTES = 1 << 20  # what the form itself adds to its files
MAX_FILES = 1000


@router.post("/batches/{number}/files")
async def delivered(visit: SignedIn, number: str, request: Request) -> Response:
    """A script sends one file a request and gets JSON; a plain form sends all and goes back to the batch."""
    _require_size(visit, request)
    async with request.form(max_files=MAX_FILES) as form:
        await own_form(request)
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
        received = [await run_in_threadpool(_receive, visit, number, file) for file in files]
    if "application/json" not in request.headers.get("accept", ""):
        return visit.back(f"/batches/{number}")
    return JSONResponse({"files": [_told(each) for each in received]})


def _receive(visit: Visit, number: str, file: UploadFile) -> Received:
    with visit.unit_of_work() as uow:
        batch = batch_id(uow.session, number, actor=visit.actor)
    return receive_file(visit.app, batch, file.filename or "", file.file, actor=visit.actor)


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
