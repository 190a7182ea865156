"""A file as the body of a request: read as it arrives, never whole in memory nor on a disk outside the quarantine."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from typing import BinaryIO, cast

from anyio import from_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from archive.errors import FileTooBig, InvalidInput
from archive.web.body_limit import STREAMED

READ_BYTES = 1 << 20


def stream_of(request: Request) -> BinaryIO:
    """For a worker thread that the request's own event loop waits for; the caller holds it to a limit of its own."""
    request.scope[STREAMED] = True
    return cast(BinaryIO, io.BufferedReader(_Body(request.stream()), buffer_size=READ_BYTES))


def digest_of(stream: BinaryIO) -> str:
    """SHA-256 of what has arrived until now, hex."""
    return cast(_Body, cast(io.BufferedReader, stream).raw).digest.hexdigest()


def require_announced_size(request: Request, limit_bytes: int) -> None:
    """Before a byte of it is read. Without an announcement the limit holds while it arrives."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit_bytes:
        raise FileTooBig(limit_bytes=limit_bytes)


def read_to_its_end(stream: BinaryIO, limit_bytes: int) -> None:
    """So that the answer is read by who is still sending; past the limit the line is simply cut."""
    left = limit_bytes
    while left > 0 and (block := stream.read(min(left, READ_BYTES))):
        left -= len(block)


class _Body(io.RawIOBase):
    def __init__(self, blocks: AsyncIterator[bytes]) -> None:
        self._blocks, self._block = blocks, b""
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._block:
            following = from_thread.run(self._following)
            if following is None:
                return 0
            self.digest.update(following)
            self._block = following
        part, self._block = self._block[: len(buffer)], self._block[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    async def _following(self) -> bytes | None:
        try:
            return await anext(self._blocks, None)
        except ClientDisconnect as gone:
            raise InvalidInput("web.bad_request", field="body") from gone
