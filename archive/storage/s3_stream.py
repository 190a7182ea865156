"""An object of a bucket as a seekable stream: read as it comes, asked for anew from where it is positioned."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from urllib3 import BaseHTTPResponse

from archive.storage.durable import BLOCK

BUFFER_BYTES = 256 * 1024  # of it a reader that jumps about asks at a time


class ObjectStream(io.RawIOBase):
    """Wants a buffer around it. A transfer that breaks off goes on where it was, with the patience of `ask`."""

    def __init__(
        self,
        get: Callable[[int], BaseHTTPResponse],
        ask: Callable[[Callable[[], int], int], int],
        size_bytes: int,
        response: BaseHTTPResponse | None,
    ) -> None:
        """get: the bytes from an offset on. ask: makes a read, at an offset, until it is done or in vain.

        response: one that is there already, from the beginning.
        """
        super().__init__()
        self._get, self._ask, self._size = get, ask, size_bytes
        self._response, self._at = response, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if position < 0:
            raise ValueError("before the beginning")
        if position != self._at:
            self._let_go()
            self._at = position
        return position

    def tell(self) -> int:
        return self._at

    def readinto(self, target: Any) -> int:
        if self._at >= self._size:
            return 0
        count = self._ask(lambda: self._read(memoryview(target)[: self._size - self._at]), self._at)
        self._at += count
        return count

    def readall(self) -> bytes:
        """In large bites: the inherited one asks for 8 KiB at a time."""
        return b"".join(iter(lambda: self.read(BLOCK), b""))

    def close(self) -> None:
        self._let_go()
        super().close()

    def _read(self, target: memoryview) -> int:
        try:
            if self._response is None:
                self._response = self._get(self._at)
            data = self._response.read(len(target))
        except Exception:
            self._let_go()
            raise
        target[: len(data)] = data
        return len(data)

    def _let_go(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response.release_conn()
            self._response = None
