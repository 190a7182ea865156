"""The plan's targets and tasks, and how far each task has come."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.digitization import Target, Task
from archive.db.holdings import Item
from archive.errors import NotFound
from archive.queries.figures import Figure, Measure, clause, measure_of
from archive.queries.views import TargetLine, TaskProgress

FIGURES = (Figure.RECEIVED, Figure.RECOGNISED, Figure.REVIEWED, Figure.PUBLISHED, Figure.STOPPED)


def targets(session: Session) -> tuple[TargetLine, ...]:
    rows = session.scalars(select(Target).order_by(Target.number))
    return tuple(TargetLine(row.number, row.title, row.source) for row in rows)


def tasks(session: Session, *, actor: Actor) -> tuple[TaskProgress, ...]:
    """Every task, with the counts of the agencies whose progress the actor may read."""
    counts = _counts(session, actor)
    rows = session.execute(
        select(Task, Agency.name).outerjoin(Agency, Agency.id == Task.owner_agency_id).order_by(Task.number)
    )
    return tuple(_progress(task, owner, counts.get(task.number, {})) for task, owner in rows)


def task(session: Session, number: int, *, actor: Actor) -> TaskProgress:
    for progress in tasks(session, actor=actor):
        if progress.number == number:
            return progress
    raise NotFound(what=i18n.text("noun.task", number=number))


def _counts(session: Session, actor: Actor) -> dict[int, dict[str, Any]]:
    rows = session.execute(
        select(Item.task_number, *(func.count().filter(clause(figure)).label(figure) for figure in FIGURES))
        .where(policy.filter_agency(actor, Permission.PROGRESS_READ, Item.agency_id))
        .group_by(Item.task_number)
    )
    return {row.task_number: dict(row._mapping) for row in rows}


def _progress(task: Task, owner: str | None, counts: Mapping[str, Any]) -> TaskProgress:
    return TaskProgress(
        number=task.number,
        title=task.title,
        target_number=task.target_number,
        owner=owner,
        planned_quantity=task.planned_quantity,
        unit=task.unit,
        due_on=task.due_on,
        **{str(figure): counts.get(figure, 0) for figure in FIGURES},
        percent=_percent(task, counts.get(Figure.PUBLISHED, 0)),
    )


def _percent(task: Task, published: int) -> int | None:
    """Of pages and dossiers the page of the programme tells."""
    if not task.planned_quantity or measure_of(task.unit) is not Measure.ITEMS:
        return None
    return int(min(Decimal(100), 100 * published / task.planned_quantity))
