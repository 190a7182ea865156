"""What /tus/ answers beside the protocol's own headers."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from archive import i18n
from archive.errors import ArchiveError, NotAllowed, NotFound
from archive.failure_log import warn
from archive.web.errors import RETRY_AFTER_S, status_of

TUS = "/tus"
VERSION = "1.0.0"
OF_THE_PROTOCOL = {  # what tuspyserver answers in English
    400: "upload.not_understood",
    404: "upload.ended",
    409: "upload.offset_differs",
    410: "upload.ended",
    412: "upload.version",
    413: "web.too_big",
    503: "upload.busy",
}


class Refusal(Exception):
    """An answer of the protocol that is no success; reason: message id."""

    def __init__(self, status: int, reason: str, *, values: Mapping[str, object] | None = None) -> None:
        self.status, self.reason, self.values = status, reason, values or {}
        super().__init__(reason)


def answered(outcome: str | None, receipt: str | None) -> dict[str, str]:
    told = {"Archive-Outcome": outcome, "Archive-Receipt": receipt}
    return {name: value for name, value in told.items() if value}


def problem_of(request: Request, failure: Exception) -> Response:
    """problem+json. What is nobody's fault but ours is logged by its kind alone: its text may quote a file's name."""
    headers = {"Tus-Resumable": VERSION, "Tus-Version": VERSION, "Cache-Control": "no-store"}
    if isinstance(failure, HTTPException) and isinstance(failure.__cause__, ArchiveError):
        failure = failure.__cause__
    if isinstance(failure, Refusal):
        status, detail = failure.status, i18n.filled(failure.reason, failure.values)
        headers |= answered("refused" if status in (413, 415, 422) else None, None)
    elif isinstance(failure, NotFound | NotAllowed):
        status, detail = 404, i18n.text("web.not_here")
    elif isinstance(failure, ArchiveError):
        status, detail = status_of(failure), str(failure)
    elif isinstance(failure, HTTPException | RequestValidationError):
        status = failure.status_code if isinstance(failure, HTTPException) else 400
        detail = i18n.text(OF_THE_PROTOCOL.get(status, "upload.not_understood"))
    else:
        status, detail = 500, i18n.text("error.unexpected")
    if status >= 500:
        warn("tus", failure)
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    title = i18n.text(f"web.status_{status}" if f"web.status_{status}" in i18n.catalog("vi") else "web.status_other")
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(problem, status_code=status, headers=headers, media_type="application/problem+json")
