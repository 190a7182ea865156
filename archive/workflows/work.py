"""What a step is given, and how it ends an item's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from archive.bootstrap import App
from archive.db.unit_of_work import UnitOfWork


class Verdict(TypedDict):
    """The item goes no further: message id of the reason, and what fills it. Never words of the document."""

    reason: str
    values: dict[str, Any]


def _unfenced(_: Session) -> None:
    """A step that is called by itself has no rival."""


@dataclass(frozen=True, slots=True)
class Work:
    """fence: raises LeaseLost in a transaction of a worker whose place was taken; jobs: pages side by side."""

    app: App
    fence: Callable[[Session], None] = _unfenced
    jobs: Callable[[], int] = lambda: 1

    @contextmanager
    def commit(self) -> Iterator[UnitOfWork]:
        with self.app.unit_of_work() as uow:
            self.fence(uow.session)
            yield uow


Step = Callable[[Work, str], Verdict | None]
"""A plain function of (work, receipt number). None: go on. Safe to repeat at any point of it."""
