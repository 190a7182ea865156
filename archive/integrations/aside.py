"""Work on places outside, each in a thread of its own: one that does not answer holds up no other."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping

from archive.failure_log import warn

Beat = Callable[[], None]
"""To be called whenever the place has answered."""


class Aside:
    """silent_s: who has not answered for so long is said to be silent."""

    def __init__(self, name: str, silent_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._name, self._silent_s, self._monotonic = name, silent_s, monotonic
        self._threads: dict[uuid.UUID, threading.Thread] = {}
        self._beats: dict[uuid.UUID, float] = {}

    def run(self, works: Mapping[uuid.UUID, Callable[[Beat], object]], patience_s: float) -> list[uuid.UUID]:
        """Begin whatever is not under way, wait a little, and tell which places are silent."""
        for place, work in works.items():
            thread = self._threads.get(place)
            if thread is None or not thread.is_alive():
                self._begin(place, work)
        until = self._monotonic() + patience_s
        for place in works:
            self._threads[place].join(max(0.0, until - self._monotonic()))
        return [place for place in works if self._silent(place)]

    def _begin(self, place: uuid.UUID, work: Callable[[Beat], object]) -> None:
        def beat() -> None:
            self._beats[place] = self._monotonic()

        def quietly() -> None:
            try:
                work(beat)
            except Exception as failure:  # it is tried again at the next look
                warn(self._name, failure)

        beat()
        self._threads[place] = threading.Thread(target=quietly, name=f"background-{self._name}", daemon=True)
        self._threads[place].start()

    def _silent(self, place: uuid.UUID) -> bool:
        return self._threads[place].is_alive() and self._monotonic() - self._beats[place] > self._silent_s
