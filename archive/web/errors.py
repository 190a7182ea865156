"""One table from error to HTTP status, and how an error is shown: a page, a fragment's notice or problem+json."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from archive import errors, i18n
from archive.readiness import part_of
from archive.web.render import Renderer
from archive.web.security import FormRefused, RevisionMissing, RevisionStale, SignInNeeded
from search.errors import InvalidQuery, SearchError

log = logging.getLogger(__name__)


STATUS: dict[type[Exception], int] = {
    SignInNeeded: 401,
    errors.SignInRefused: 401,
    FormRefused: 403,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    RevisionStale: 412,
    errors.FileTooBig: 413,
    errors.WrongType: 415,
    errors.InvalidInput: 422,
    errors.ObjectMissing: 500,
    errors.ObjectDamaged: 500,
    errors.PartUnavailable: 503,
    RevisionMissing: 428,
    InvalidQuery: 422,
    SearchError: 503,
}
RETRY_AFTER_S = 10
API = "/api/"


def status_of(error: Exception) -> int:
    """The status of the nearest class in the table; what is in no line is our own mistake: 500."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def install(application: FastAPI, renderer: Renderer) -> None:
    def known(request: Request, error: Exception) -> Response:
        if isinstance(error, SignInNeeded) and not request.url.path.startswith(API):
            return _to_sign_in(request)
        if isinstance(error, errors.NotAllowed) and error.reason == errors.NotAllowed.message_id:
            error = errors.NotFound("web.not_here")  # what may not be seen looks like what is not there
        status = status_of(error)
        if status == 503:  # known by itself: a trace for each request would bury the log
            log.warning("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
            request.app.state.readiness.met(error)
        elif status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, type(error).__name__, exc_info=error)
        return show(request, renderer, status, _text(error, status))

    def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        key = {404: "web.not_here", 405: "web.not_here", 413: "web.too_big"}.get(status, "web.bad_request")
        return show(request, renderer, status, i18n.text(key))

    def of_validation(request: Request, error: Exception) -> Response:
        return show(request, renderer, 422, i18n.text("web.bad_request"))

    def unexpected(request: Request, error: Exception) -> Response:
        return show(request, renderer, 500, i18n.text("error.unexpected"))

    application.add_exception_handler(errors.ArchiveError, known)
    application.add_exception_handler(SearchError, known)
    application.add_exception_handler(HTTPException, of_http)
    application.add_exception_handler(RequestValidationError, of_validation)
    application.add_exception_handler(Exception, unexpected)


def show(request: Request, renderer: Renderer, status: int, detail: str) -> Response:
    title = i18n.text(f"web.status_{status}" if f"web.status_{status}" in i18n.catalog("vi") else "web.status_other")
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}
    if request.url.path.startswith(API):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(problem, status_code=status, headers=headers, media_type="application/problem+json")
    values = {"title": title, "detail": detail, "status": status}
    return renderer.page(request, "error.html", values, status=status, headers=headers)


def _text(error: Exception, status: int) -> str:
    if isinstance(error, errors.NotFound):
        return i18n.text("web.not_here")
    if status >= 500 and not isinstance(error, errors.PartUnavailable):
        return i18n.text("error.unexpected")
    if status == 503:
        part = part_of(error)
        return i18n.text(f"web.{part}_away" if part else "web.part_away")
    if isinstance(error, SearchError):
        values: dict[str, Any] = dict(error.values)
        return i18n.text(error.reason, **values)
    return str(error)


def _to_sign_in(request: Request) -> Response:
    """A whole page goes to the form and back again; a fragment takes its page along."""
    query = f"?{request.url.query}" if request.url.query else ""
    target = request.url.path + query if request.method == "GET" else "/"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", status_code=303)
