"""For whoever watches over the service: is the process alive, can it do its work."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from archive.readiness import NEEDED, Part, Readiness
from archive.web.errors import RETRY_AFTER_S

router = APIRouter()


@router.get("/healthz")
def alive(request: Request) -> Response:
    """Of this process alone: what is to be asked about whether pages can be had from it."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(request: Request) -> Response:
    """200 while catalogue and store answer, else 503; either way which part does not, since when, what to do."""
    away = cast(Readiness, request.app.state.readiness).look()
    parts = {each.part for each in away}
    answer = {str(part): part not in parts for part in Part} | {
        "away": [
            {"part": str(each.part), "since": each.since.isoformat(), "what": each.what, "advice": each.advice}
            for each in away
        ]
    }
    if not parts & NEEDED:
        return JSONResponse(answer)
    return JSONResponse(answer, status_code=503, headers={"Retry-After": str(RETRY_AFTER_S)})
