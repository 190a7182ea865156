"""Which parts of a running service answer, and since when one does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text

from archive import i18n
from archive.bootstrap import App
from archive.errors import DatabaseUnavailable, PartUnavailable, StoreMisconfigured, StoreUnavailable
from search.errors import IndexOutdated, IndexUnavailable, SearchError

LOOK_EVERY_S = 2.0  # whoever asks more often is told what was seen then
NO_OBJECT = "0" * 64


class Part(StrEnum):
    CATALOGUE = "catalogue"
    STORE = "store"
    INDEX = "index"


NEEDED = frozenset({Part.CATALOGUE, Part.STORE})  # without the index everything but searching goes on


@dataclass(frozen=True, slots=True)
class Away:
    part: Part
    since: datetime

    @property
    def what(self) -> str:
        """For anybody: it names no server."""
        return i18n.text(f"away.{self.part}")

    @property
    def advice(self) -> str:
        return i18n.text(f"away.{self.part}_advice")


class Readiness:
    """One a process; any number of threads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._away: dict[Part, datetime] = {}
        self._looked_at = float("-inf")
        self._looking = threading.Lock()
        self._noting = threading.Lock()

    def look(self) -> tuple[Away, ...]:
        """Every part that does not answer; asks all of them side by side, each for a few seconds at most."""
        with self._looking:
            if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                with ThreadPoolExecutor(len(Part), "readiness") as pool:
                    answers = dict(zip(Part, pool.map(self._answers, Part), strict=True))
                for part, there in answers.items():
                    self._note(part, away=not there)
                self._looked_at = time.monotonic()
        with self._noting:
            return tuple(Away(part, self._away[part]) for part in Part if part in self._away)

    def met(self, error: Exception) -> None:
        """Somebody's request failed with this: if a part is away, it is known from now on."""
        part = part_of(error)
        if part is not None:
            self._note(part, away=True)
            self._looked_at = float("-inf")

    def _note(self, part: Part, *, away: bool) -> None:
        with self._noting:
            if away:
                self._away.setdefault(part, self._app.clock())
            else:
                self._away.pop(part, None)

    def _answers(self, part: Part) -> bool:
        ask: dict[Part, Callable[[], None]] = {
            Part.CATALOGUE: self._ask_catalogue,
            Part.STORE: self._ask_store,
            Part.INDEX: self._ask_index,
        }
        try:
            ask[part]()
        except (PartUnavailable, SearchError):
            return False
        return True

    def _ask_catalogue(self) -> None:
        with self._app.unit_of_work() as uow:
            uow.session.execute(text("select 1"))

    def _ask_store(self) -> None:
        if self._app.object_server is not None:
            self._app.object_server.server_time()  # asked once: what follows is patient with a server that is away
        self._app.store.contains(NO_OBJECT)

    def _ask_index(self) -> None:
        try:
            self._app.index.is_current()
        except IndexOutdated:
            return  # it is built anew, and answers meanwhile


def part_of(error: Exception) -> Part | None:
    """Which part this failure is of."""
    match error:
        case DatabaseUnavailable():
            return Part.CATALOGUE
        case StoreUnavailable() | StoreMisconfigured():
            return Part.STORE
        case IndexUnavailable():
            return Part.INDEX
        case _:
            return None
