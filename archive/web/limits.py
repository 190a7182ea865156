"""How often an account may call: a bucket of tokens each, in this process."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

from archive.errors import ArchiveError

ACCOUNTS = 10_000  # buckets that are kept; who has not called for long starts with a full one


class TooManyCalls(ArchiveError):
    """More calls in a minute than one account may make."""

    message_id = "api.too_many_calls"

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s=wait_s)
        self.wait_s = wait_s


class CallLimits:
    """A bucket holds one minute's calls and fills again steadily."""

    def __init__(self, a_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._monotonic = monotonic
        self._buckets: dict[uuid.UUID, tuple[float, float]] = {}  # account -> (calls left, when that was)
        self._guard = threading.Lock()

    def take(self, account_id: uuid.UUID) -> None:
        """Raises TooManyCalls."""
        now = self._monotonic()
        with self._guard:
            left, before = self._buckets.pop(account_id, (float(self._a_minute), now))
            left = min(float(self._a_minute), left + (now - before) * self._a_minute / 60)
            self._buckets[account_id] = (left - 1 if left >= 1 else left, now)
            if len(self._buckets) > ACCOUNTS:
                self._buckets.pop(next(iter(self._buckets)))
        if left < 1:
            raise TooManyCalls(max(1, round((1 - left) * 60 / self._a_minute)))
