"""One table from error to HTTP status, and how an error is shown: a page, a fragment's notice, or a problem."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from archive import errors, i18n
from archive.actions.refusals import note_refusal
from archive.readiness import part_of
from archive.web.limits import TooManyCalls
from archive.web.problems import is_for_programs, problem
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
    TooManyCalls: 429,
    InvalidQuery: 422,
    SearchError: 503,
}
RETRY_AFTER_S = 10
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
STALE = {"item.changed", *(f"{subject}.changed_meanwhile" for subject in ("programme", "webhook", "door"))}
"""Reasons of a Conflict that say that somebody else was quicker: to a program, that its If-Match no longer holds."""


def status_of(error: Exception) -> int:
    """The status of the nearest class in the table; what is in no line is our own mistake: 500."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def install(application: FastAPI, renderer: Renderer) -> None:
    def known(request: Request, error: Exception) -> Response:
        if isinstance(error, SignInNeeded) and not is_for_programs(request):
            return _to_sign_in(request)
        if isinstance(error, errors.NotAllowed) and error.reason == errors.NotAllowed.message_id:
            error = errors.NotFound("web.not_here")  # what may not be seen looks like what is not there
        if is_for_programs(request) and getattr(error, "reason", None) in STALE:
            error = RevisionStale()
        status = status_of(error)
        if status == 503:  # known by itself: a trace for each request would bury the log
            log.warning("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
            request.app.state.readiness.met(error)
        elif status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, type(error).__name__, exc_info=error)
        reason, values = _told(error, status)
        if is_for_programs(request):
            _note_refusal(request, status, reason)
        field = error.field if isinstance(error, errors.InvalidInput) else ""
        wait_s = error.wait_s if isinstance(error, TooManyCalls) else RETRY_AFTER_S
        return show(request, renderer, status, reason, values, fields=[field] if field else [], wait_s=wait_s)

    def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        key = {404: "web.not_here", 405: "web.not_here", 413: "web.too_big"}.get(status, _unreadable(request))
        return show(request, renderer, status, key)

    def of_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = [".".join(str(part) for part in each["loc"]) for each in error.errors()]
        return show(request, renderer, 422, _unreadable(request), fields=wrong)

    def of_values(request: Request, error: Exception) -> Response:
        """What no column takes: NUL, half of a surrogate pair, a number beyond its range."""
        log.warning("%s %s: %s", request.method, request.url.path, type(error).__name__)
        return show(request, renderer, 422, _unreadable(request))

    def unexpected(request: Request, error: Exception) -> Response:
        return show(request, renderer, 500, "error.unexpected")

    application.add_exception_handler(errors.ArchiveError, known)
    application.add_exception_handler(SearchError, known)
    application.add_exception_handler(HTTPException, of_http)
    application.add_exception_handler(RequestValidationError, of_validation)
    application.add_exception_handler(DataError, of_values)
    application.add_exception_handler(UnicodeEncodeError, of_values)
    application.add_exception_handler(Exception, unexpected)


def show(
    request: Request,
    renderer: Renderer,
    status: int,
    reason: str,
    values: Mapping[str, object] | None = None,
    *,
    fields: Sequence[str] = (),
    wait_s: int = RETRY_AFTER_S,
) -> Response:
    """fields: of the request, that are wrong."""
    headers = {"Retry-After": str(wait_s)} if status in (429, 503) else {}
    if is_for_programs(request):
        return problem(request, status, reason, values, fields=fields, headers=headers)
    named = f"web.status_{status}"
    title = i18n.text(named if named in i18n.catalog("vi") else "web.status_other")
    told = {
        "title": title,
        "detail": i18n.filled(reason, values or {}),
        "again": status in (500, 503) and request.method in SAFE,  # a form cannot be sent anew by a link
    }
    return renderer.page(request, "error.html", told, status=status, headers=headers)


def _unreadable(request: Request) -> str:
    return "api.bad_request" if is_for_programs(request) else "web.bad_request"


def _note_refusal(request: Request, status: int, reason: str) -> None:
    """A token that is none, and a change of what the caller may not see, or under the key of another call."""
    forged = status == 401 and "authorization" in request.headers
    tried = request.method not in SAFE and (status == 404 or reason == "api.key_used")
    if not (forged or tried):
        return
    app = request.app.state.parts.app
    address = request.client.host if request.client else ""
    told = {"address": address, "reason": reason, "method": request.method, "path": request.url.path}
    with contextlib.suppress(errors.PartUnavailable), app.unit_of_work() as uow:
        note_refusal(uow, actor=getattr(request.state, "actor", None), now=app.clock(), **told)


def _told(error: Exception, status: int) -> tuple[str, Mapping[str, object]]:
    """Message id and what fills it."""
    if isinstance(error, errors.NotFound):
        return "web.not_here", {}
    if status == 503:
        part = part_of(error)
        return (f"web.{part}_away" if part else "web.part_away"), {}
    if isinstance(error, errors.ArchiveError | SearchError) and (
        status < 500 or isinstance(error, errors.PartUnavailable)
    ):
        return error.reason, error.values
    return "error.unexpected", {}


def _to_sign_in(request: Request) -> Response:
    """A whole page goes to the form and back again; a fragment takes its page along."""
    query = f"?{request.url.query}" if request.url.query else ""
    target = request.url.path + query if request.method == "GET" else "/"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", status_code=303)
