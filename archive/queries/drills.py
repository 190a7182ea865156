"""How the newest drill of removal went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.retention import DeletionDrill


@dataclass(frozen=True, slots=True)
class DrillView:
    """gave_way: message ids below `drill.attempt.`, each once."""

    at: datetime
    passed: bool
    attempts: int
    gave_way: tuple[str, ...]


def newest_drill(session: Session, *, actor: Actor) -> DrillView | None:
    """None where there was none, and for who may not run one."""
    if not policy.may(actor, Permission.DRILL_RUN):
        return None
    row = session.scalar(select(DeletionDrill).order_by(DeletionDrill.at.desc(), DeletionDrill.id.desc()).limit(1))
    if row is None:
        return None
    gave_way = dict.fromkeys(each["attempt"] for each in row.attempts if each["outcome"] == "gave_way")
    return DrillView(row.at, row.passed, len(row.attempts), tuple(gave_way))
