"""A body that is read whole before anybody knows who sent it is never big: neither a stranger's, nor a broken one."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOADS = "/tus/"  # they bring files, and ask who sends them before the first byte
LARGEST_BYTES = 1 << 20
STREAMED = "archive.streamed"  # in the scope of a request whose body is read as it arrives, under a limit of its own


class BodyLimit:
    """The framework reads the body of a model or a form before it asks who calls."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(UPLOADS):
            receive = _Counted(scope, receive).take
        await self.app(scope, receive, send)


class _Counted:
    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope, self._receive = scope, receive
        announced = Headers(scope=scope).get("content-length", "0")
        self._announced_bytes = int(announced) if announced.isdigit() else 0
        self._taken_bytes = 0

    async def take(self) -> Message:
        """Raises HTTPException, which the framework lets through and the table of errors tells as a problem."""
        if STREAMED in self._scope:
            return await self._receive()
        self._require(self._announced_bytes)
        message = await self._receive()
        self._taken_bytes += len(message.get("body", b""))
        self._require(self._taken_bytes)
        return message

    def _require(self, size_bytes: int) -> None:
        if size_bytes > LARGEST_BYTES:
            raise HTTPException(413)
