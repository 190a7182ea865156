"""What a handler is given: the application, who is signed in, and how to answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.access.sessions import actor_of_session, actor_of_token
from archive.bootstrap import App
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.queries.inbox import count_unseen
from archive.web import security
from archive.web.assets import Assets
from archive.web.limits import CallLimits
from archive.web.problems import is_for_programs
from archive.web.render import Renderer
from archive.web.security import CSRF_FIELD, CSRF_HEADER, SESSION_COOKIE, SignInNeeded


@dataclass(frozen=True, slots=True)
class Parts:
    """What one service shares between its handlers."""

    app: App
    assets: Assets
    renderer: Renderer
    limits: CallLimits


def parts_of(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    parts: Parts
    actor: Actor

    @property
    def app(self) -> App:
        return self.parts.app

    @property
    def now(self) -> datetime:
        return self.parts.app.clock()

    @property
    def is_fragment(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    def unit_of_work(self) -> UnitOfWork:
        return self.parts.app.unit_of_work()

    def may(self, permission: Permission, agency_id: uuid.UUID | None = None) -> bool:
        return policy.may(self.actor, permission, agency_id)

    def require(self, permission: Permission) -> None:
        """For a whole page: who holds the permission nowhere is told that there is no such page."""
        if not self.may(permission):
            raise NotFound(what="")

    def page(
        self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
    ) -> Response:
        shown = {"unseen": 0 if self.is_fragment else self._unseen(), **values}
        return self.parts.renderer.page(self.request, template, shown, status=status, headers=headers)

    def _unseen(self) -> int:
        """Notices: the number beside the bell."""
        with self.unit_of_work() as uow:
            return count_unseen(uow.session, actor=self.actor)

    def back(self, path: str, done: str | None = None) -> Response:
        """After a form: the page shows what was done, and reloading it repeats nothing."""
        return RedirectResponse(f"{path}?{urlencode({'done': done})}" if done else path, status_code=303)


def signed_in(request: Request) -> Visit:
    """Reads the session anew for each request, so that a withdrawn right ends at once."""
    parts = parts_of(request)
    if is_for_programs(request) and (bearer := bearer_of(request)) is not None:
        return _program(request, parts, bearer)
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise SignInNeeded
    with parts.app.unit_of_work() as uow:
        actor = actor_of_session(uow.session, token, now=parts.app.clock(), settings=parts.app.settings)
    if actor is None:
        raise SignInNeeded
    request.state.actor = actor
    return Visit(request, parts, actor)


def bearer_of(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _program(request: Request, parts: Parts, token: str) -> Visit:
    """A program names itself by its token at each request of the API; pages are for people."""
    with parts.app.unit_of_work() as uow:
        actor = actor_of_token(uow.session, token, now=parts.app.clock())
    if actor is None:
        raise SignInNeeded
    request.state.actor = actor
    parts.limits.take(actor.on_behalf_of or actor.account_id)
    return Visit(request, parts, actor)


async def own_form(request: Request) -> None:
    """A form is taken only with the token that our own page carried."""
    given = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD, "")
    security.require_own_form(request, str(given))


async def signed_form(request: Request, visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    await own_form(request)
    return visit


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


SignedIn = Annotated[Visit, Depends(signed_in)]
SignedForm = Annotated[Visit, Depends(signed_form)]
