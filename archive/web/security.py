"""What every answer of the pages carries, and what every form must bring back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.errors import ArchiveError


class SignInNeeded(ArchiveError):
    """Nobody is signed in, or the sign-in has ended."""

    message_id = "web.sign_in_needed"


class FormRefused(ArchiveError):
    """A form that no page of this service gave out, or one that grew too old."""

    message_id = "web.form_expired"


class RevisionMissing(ArchiveError):
    """A change of what others change too, without saying in which state it was seen."""

    message_id = "api.revision_missing"


class RevisionStale(ArchiveError):
    """Somebody has changed it since."""

    message_id = "api.revision_stale"


SESSION_COOKIE = "archive_session"
VISIT_COOKIE = "archive_visit"  # before the sign-in: what its form is bound to
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """Adds HEADERS to every answer, and keeps what is not said to be cacheable out of every cache."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def new_visit() -> str:
    return secrets.token_urlsafe(24)


def csrf_token(request: Request) -> str:
    """Bound to the cookie that the browser sends along: nobody who cannot read the cookie can make it."""
    secret = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISIT_COOKIE, "")
    return csrf_of(secret)


def csrf_of(secret: str) -> str:
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest() if secret else ""


def require_own_form(request: Request, given: str) -> None:
    """Raises FormRefused for a form that did not come from one of our pages."""
    expected = csrf_token(request)
    if not expected or not hmac.compare_digest(expected, given) or not _same_origin(request):
        raise FormRefused


def _same_origin(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def local_path(target: str | None) -> str:
    """Where to go after the sign-in: a path of this service, never another host."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return "/"
    return "/" if "\\" in target or any(ord(sign) < 33 for sign in target) else target
