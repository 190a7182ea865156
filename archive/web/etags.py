"""ETags of what the API answers: who has the answer already is told so."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/api/"
LARGEST_BYTES = 4 << 20  # a bigger answer is sent as it comes


class ETags:
    """Of each JSON answer of 200 to a GET that has none of its own: the digest of its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(API):
            send = _Answer(send, Headers(scope=scope).get("if-none-match", "")).take
        await self.app(scope, receive, send)


class _Answer:
    def __init__(self, send: Send, known: str) -> None:
        self._send, self._known = send, known
        self._start: Message | None = None
        self._body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _has_digest(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False) or len(self._body) > LARGEST_BYTES:
                await self._end(whole=not message.get("more_body", False))

    async def _end(self, *, whole: bool) -> None:
        start, self._start = self._start, None
        assert start is not None
        if whole:
            tag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"'
            headers = MutableHeaders(scope=start)
            headers["ETag"] = tag
            headers["Cache-Control"] = "private, no-cache"
            if tag in (each.strip().removeprefix("W/") for each in self._known.split(",")):
                start["status"], self._body = 304, b""
                del headers["content-length"], headers["content-type"]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body, "more_body": not whole})


def _has_digest(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_json = headers.get("content-type", "").startswith("application/json")
    return start["status"] == 200 and is_json and "etag" not in headers
