"""Our uploads as tuspyserver wants to see them. Disk work is done beside the event loop, a file is never in memory."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from starlette.exceptions import HTTPException
from tuspyserver.storage import TusStorage

from archive.bootstrap import App
from archive.errors import StoreUnavailable
from archive.storage.uploads import Claim, UploadFiles

BLOCK_BYTES = 1 << 20
CLAIM_WAIT_S, CLAIM_LOOK_S = 45.0, 0.05  # longer than a line may be silent: see `patient` in routes.py


class Storage(TusStorage):
    """An upload's offset is what the disk surely has of it, whatever its notes say."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._writing: dict[str, tuple[Claim, bytearray]] = {}

    @property
    def _files(self) -> UploadFiles:
        return self._app.uploads

    async def create(self, uid: str) -> None:
        await asyncio.to_thread(self._files.create, uid)

    async def exists(self, uid: str) -> bool:
        return await asyncio.to_thread(self._files.exists, uid)

    async def size(self, uid: str) -> int:
        return await asyncio.to_thread(self._files.received, uid) or 0

    async def append(self, uid: str, chunk: bytes) -> None:
        _, block = self._writing[uid]
        block += chunk
        if len(block) >= BLOCK_BYTES:
            await self._write(uid)

    async def flush(self, uid: str) -> None:
        await self._write(uid)
        with _refusing():
            await asyncio.to_thread(self._writing[uid][0].sync)

    async def finalize(self, uid: str) -> None:
        """What is whole is taken from here."""

    async def read(self, uid: str) -> bytes | None:
        raise NotImplementedError("an upload is read as a stream")

    async def delete(self, uid: str) -> None:
        await asyncio.to_thread(self._files.remove, uid)

    async def read_info(self, uid: str) -> dict[str, Any] | None:
        told = await asyncio.to_thread(self._files.told, uid)
        return None if told is None else {**told, "offset": await self.size(uid)}

    async def write_info(self, uid: str, data: dict[str, Any]) -> None:
        await asyncio.to_thread(self._files.tell, uid, data)

    async def list_uids(self) -> list[str]:
        return await asyncio.to_thread(lambda: list(self._files.keys()))

    def location(self, uid: str) -> str:
        return uid

    @contextlib.asynccontextmanager
    async def lock(self, uid: str) -> AsyncIterator[None]:  # type: ignore[override]
        """Raises TimeoutError while another request goes on adding to it."""
        end = time.monotonic() + CLAIM_WAIT_S
        while (claim := await asyncio.to_thread(self._files.try_claim, uid)) is None:
            if time.monotonic() > end:
                raise TimeoutError
            await asyncio.sleep(CLAIM_LOOK_S)
        self._writing[uid] = claim, bytearray()
        try:
            yield
        finally:
            del self._writing[uid]
            await asyncio.to_thread(claim.__exit__)

    async def _write(self, uid: str) -> None:
        claim, block = self._writing[uid]
        if block:
            with _refusing():
                await asyncio.to_thread(claim.append, bytes(block))
            block.clear()


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """tuspyserver goes on after any failure but this one, as if the bytes were there."""
    try:
        yield
    except StoreUnavailable as failure:
        raise HTTPException(503) from failure
