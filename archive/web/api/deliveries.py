"""One file as the body of a request, into a delivery that is open.

Its name comes in a header: names may be secret until the gate has passed, and addresses are logged on their way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO
from urllib.parse import unquote

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from archive.actions.arrivals import ArrivalKey, Received, handed_in
from archive.actions.ingest import receive_file
from archive.errors import FileTooBig, InvalidInput, WrongType
from archive.intake.names import WHOLE_BYTES
from archive.intake.refusal import TOO_BIG, WRONG_TYPE
from archive.queries.references import batch_id
from archive.web.api import body
from archive.web.api.calls import Key, Reference, Writer
from archive.web.api.models.batches import DeliveredFile
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/batches/{number}", tags=["batches"])
REFUSED = {TOO_BIG: FileTooBig, WRONG_TYPE: WrongType}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file, byte for byte",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
TOLD: dict[int | str, dict[str, Any]] = {
    200: {"model": DeliveredFile, "description": "These bytes have a receipt already"},
    413: {"description": "The file is too big"},
    415: {"description": "The file is of a type that is not taken"},
}

FileName = Annotated[
    str,
    Header(
        alias="File-Name",
        min_length=1,
        max_length=3 * WHOLE_BYTES,
        pattern=r"^[\x20-\x7e]+$",
        description="UTF-8, percent-encoded",
        examples=["quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh.pdf"],
    ),
]
FileDigest = Annotated[
    str | None,
    Header(
        alias="File-SHA256",
        pattern="^[0-9A-Fa-f]{64}$",
        description="of the whole body, in hex: other bytes are refused",
    ),
]


@router.post("/files", status_code=201, openapi_extra=BODY, responses=TOLD)
async def deliver_file(
    visit: Writer,
    request: Request,
    response: Response,
    number: Reference,
    *,
    name: FileName,
    digest: FileDigest = None,
    key: Key = None,
) -> DeliveredFile:
    """Deliver a file: the receipt says that its bytes are kept durably.

    A file that is refused stands in the reconciliation with its reason. With an Idempotency-Key the same file may be
    sent again after a broken line, and is answered by what became of it.
    """
    body.require_announced_size(request, visit.app.settings.max_file_bytes)
    arrival = None if key is None else ArrivalKey("api", f"{visit.actor.account_id}:{key}")
    stream = body.stream_of(request)
    file = _Sent(_decoded(name), stream, digest, arrival)
    received = await run_in_threadpool(_receive, visit, number, file)
    if received.outcome == "refused" or received.receipt is None:
        raise _refusal(received)
    response.status_code = 201 if received.outcome == "stored" else 200
    return DeliveredFile.model_validate({"outcome": received.outcome, "receipt": received.receipt, "batch": number})


@dataclass(frozen=True, slots=True)
class _Sent:
    name: str
    stream: BinaryIO
    digest: str | None
    arrival: ArrivalKey | None


def _receive(visit: Visit, number: str, file: _Sent) -> Received:
    with visit.unit_of_work() as uow:
        batch = batch_id(uow.session, number, actor=visit.actor)
    how: dict[str, Any] = {"actor": visit.actor, "arrival": file.arrival, "digest": file.digest}
    received = receive_file(visit.app, batch, file.name, file.stream, **how)
    body.read_to_its_end(file.stream, visit.app.settings.max_file_bytes)
    if file.arrival is not None:
        with visit.unit_of_work() as uow:
            batch_then, digest_then = handed_in(uow.session, file.arrival)
        if batch_then != batch or digest_then not in (None, body.digest_of(file.stream)):
            raise InvalidInput("api.key_used", field="Idempotency-Key")
    return received


def _refusal(received: Received) -> InvalidInput:
    values: dict[str, Any] = received.values
    return REFUSED.get(received.status or 0, InvalidInput)(received.reason, **values)


def _decoded(name: str) -> str:
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError:
        raise InvalidInput("web.bad_request", field="File-Name") from None
