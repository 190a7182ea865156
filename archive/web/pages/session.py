"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from archive import i18n
from archive.actions import sign_in
from archive.web import security
from archive.web.deps import SignedForm, address_of, own_form, parts_of
from archive.web.security import SESSION_COOKIE, VISIT_COOKIE

router = APIRouter()


@router.get("/sign-in")
def form(request: Request, next: str = "/") -> Response:
    return _form(request, next=next)


@router.post("/sign-in", dependencies=[Depends(own_form)])
def entered(
    request: Request,
    login: Annotated[str, Form()],
    password: Annotated[str, Form()],
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    app = parts_of(request).app
    with app.unit_of_work() as uow:
        outcome = sign_in.sign_in(
            uow,
            login,
            password,
            code=code.strip() or None,
            address=address_of(request),
            settings=app.settings,
            now=app.clock(),
        )
    if isinstance(outcome, sign_in.Refused):
        return _form(request, next=next, login=login, problem=i18n.text(outcome.reason), status=401)
    response = RedirectResponse(security.local_path(next), status_code=303)
    _set(request, response, SESSION_COOKIE, outcome.token, app.settings.session_minutes * 60)
    response.delete_cookie(VISIT_COOKIE)
    return response


@router.post("/sign-out")
def left(visit: SignedForm) -> Response:
    token = visit.request.cookies[SESSION_COOKIE]
    with visit.unit_of_work() as uow:
        sign_in.sign_out(uow, token, actor=visit.actor, settings=visit.app.settings, now=visit.now)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _form(request: Request, *, next: str, login: str = "", problem: str | None = None, status: int = 200) -> Response:
    """The token of this form is bound to a cookie of the visit, as there is no session yet."""
    visit = request.cookies.get(VISIT_COOKIE) or security.new_visit()
    request.state.csrf = security.csrf_of(request.cookies.get(SESSION_COOKIE) or visit)
    values = {"next": security.local_path(next), "login": login, "problem": problem}
    response = parts_of(request).renderer.page(request, "sign_in.html", values, status=status)
    _set(request, response, VISIT_COOKIE, visit, 3600)
    return response


def _set(request: Request, response: Response, name: str, value: str, max_age_s: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=max_age_s, httponly=True, samesite="lax", secure=secure)
