"""For whoever watches over the service: is the process alive, can it do its work."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import text

from archive.errors import PartUnavailable
from archive.web.deps import parts_of
from archive.web.errors import RETRY_AFTER_S

router = APIRouter()


@router.get("/healthz")
def alive() -> Response:
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(request: Request) -> Response:
    """200 when the catalogue and the store answer; else 503 with the part that does not."""
    app = parts_of(request).app
    answers = {"catalogue": True, "store": True}
    try:
        with app.unit_of_work() as uow:
            uow.session.execute(text("select 1"))
    except PartUnavailable:
        answers["catalogue"] = False
    try:
        app.store.contains("0" * 64)
    except PartUnavailable:
        answers["store"] = False
    if all(answers.values()):
        return JSONResponse(answers)
    return JSONResponse(answers, status_code=503, headers={"Retry-After": str(RETRY_AFTER_S)})
