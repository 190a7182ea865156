"""The drill of removal, as it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from archive.access import policy
from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.db.retention import DeletionDrill
from archive.db.unit_of_work import UnitOfWork
from archive.ids import new_id

GAVE_WAY = "gave_way"


def require_drill(actor: Actor) -> None:
    """It is tried on nobody's records: whoever may do it anywhere may do it."""
    policy.require(actor, Permission.DRILL_RUN)


def record_drill(
    uow: UnitOfWork,
    *,
    store: str,
    compared: int,
    attempts: Sequence[Mapping[str, str]],
    actor: Actor,
    now: datetime,
) -> DeletionDrill:
    """attempts: digest, attempt and outcome of each."""
    require_drill(actor)
    gave_way = sorted({each["attempt"] for each in attempts if each["outcome"] == GAVE_WAY})
    drill = DeletionDrill(
        id=new_id(),
        at=now,
        account_id=None if actor == SYSTEM else actor.account_id,
        store=store,
        objects=len({each["digest"] for each in attempts}) + compared,
        passed=not gave_way,
        attempts=[dict(each) for each in attempts],
    )
    uow.session.add(drill)
    uow.record(
        EventTag.DELETION_DRILLED,
        actor=actor,
        now=now,
        subject_kind="drill",
        subject_id=drill.id,
        details={"store": store, "attempts": len(attempts), "compared": compared, "gave_way": gave_way},
    )
    return drill
