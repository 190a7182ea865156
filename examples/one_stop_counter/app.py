"""The counter as a web application. For officers at this machine: an office puts its own sign-in before it."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.trustedhost import TrustedHostMiddleware

from examples.one_stop_counter import pages
from examples.one_stop_counter.counter import Counter

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def make_app(counter: Counter, hosts: list[str]) -> FastAPI:
    """hosts: names under which browsers reach it; under any other it answers nothing."""
    app = FastAPI(openapi_url=None)
    app.state.counter = counter
    app.mount("/static", StaticFiles(directory=Path(__file__).with_name("static")))
    app.include_router(pages.router)
    app.middleware("http")(_from_here_only)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    return app


async def _from_here_only(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """A page of another site cannot send this one's forms."""
    if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return PlainTextResponse("Không nhận biểu mẫu gửi từ trang khác.", status_code=403)
    answer = await call_next(request)
    answer.headers.update(HEADERS)
    return answer
