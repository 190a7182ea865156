"""How drills of removal went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.retention import DeletionDrill
from archive.queries.paging import Order, Paged

NEWEST = Order((DeletionDrill.at, DeletionDrill.id), descending=True)


@dataclass(frozen=True, slots=True)
class DrillView:
    """gave_way: message ids below `drill.attempt.`, each once."""

    at: datetime
    passed: bool
    attempts: int
    gave_way: tuple[str, ...]


def newest_drill(session: Session, *, actor: Actor) -> DrillView | None:
    """None where there was none, and for who may not run one."""
    return next(iter(drills(session, actor=actor, limit=1)), None)


def drills(session: Session, *, actor: Actor, cursor: str | None = None, limit: int | None = None) -> Paged[DrillView]:
    """Newest first; none for who may not run one."""
    if not policy.may(actor, Permission.DRILL_RUN):
        return Paged()
    page = NEWEST.page(session, select(DeletionDrill), cursor=cursor, limit=limit)
    return page.of([_view(row[0]) for row in page.lines])


def _view(row: DeletionDrill) -> DrillView:
    gave_way = dict.fromkeys(each["attempt"] for each in row.attempts if each["outcome"] == "gave_way")
    return DrillView(row.at, row.passed, len(row.attempts), tuple(gave_way))
