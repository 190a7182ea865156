"""The programme as people see it: targets, tasks and agencies' shares, each with how far it has come."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.digitization import ProgrammeRevision, Target, Task, TaskPlan
from archive.errors import NotFound
from archive.queries.figures import Figure, Measure, Period, Selection
from archive.queries.pace import last_full_weeks
from archive.queries.progress import Plan, Progress, Reached, progress, reached


@dataclass(frozen=True, slots=True)
class AgencyProgress:
    agency_code: str
    agency_name: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class TaskLine:
    number: int
    title: str | None
    target_number: int | None
    owner_code: str | None
    owner_name: str | None
    source: str | None
    version: int
    progress: Progress
    agencies: tuple[AgencyProgress, ...]  # those with records or a share, by code


@dataclass(frozen=True, slots=True)
class TargetLine:
    number: int
    title: str | None
    source: str | None
    version: int
    tasks: tuple[TaskLine, ...]

    def items(self, figure: Figure) -> int:
        return sum(task.progress.items[figure] for task in self.tasks)

    def selection(self, figure: Figure, agency: str = "") -> Selection:
        return Selection(figure, target=self.number, agency=agency or None)


@dataclass(frozen=True, slots=True)
class Programme:
    """loose: tasks that nobody has put under a target yet."""

    targets: tuple[TargetLine, ...]
    loose: tuple[TaskLine, ...]
    period: Period
    agencies: tuple[tuple[str, str], ...]  # code and name of those with records or a share

    @property
    def tasks(self) -> tuple[TaskLine, ...]:
        every = (task for target in self.targets for task in target.tasks)
        return tuple(sorted((*every, *self.loose), key=lambda task: task.number))

    def task(self, number: int) -> TaskLine:
        found = next((task for task in self.tasks if task.number == number), None)
        if found is None:
            raise NotFound(what=i18n.text("noun.task", number=number))
        return found


@dataclass(frozen=True, slots=True)
class Revision:
    """changes: name of the field, what it said before and from then on."""

    version: int
    at: datetime
    by: str
    content: Mapping[str, Any]
    changes: tuple[tuple[str, Any, Any], ...]


def programme(session: Session, *, actor: Actor, today: date, agency: str | None = None) -> Programme:
    """All targets and tasks, with the figures of the agencies whose progress the actor may read.

    agency: only the figures and the share of this one.
    """
    reckoned = _Reckoning(session, actor, today)
    lines = [reckoned.line(row, agency) for row in reckoned.tasks]
    targets = tuple(
        TargetLine(
            target.number,
            target.title,
            target.source,
            target.version,
            tuple(line for line in lines if line.target_number == target.number),
        )
        for target in session.scalars(select(Target).order_by(Target.number))
    )
    loose = tuple(line for line in lines if line.target_number is None)
    return Programme(targets, loose, reckoned.period, reckoned.involved)


class _Reckoning:
    """What the lines of the programme are made of, read once: two or three statements, however many records."""

    def __init__(self, session: Session, actor: Actor, today: date) -> None:
        self.today = today
        self.period = last_full_weeks(today)
        allowed = policy.filter_agency(actor, Permission.PROGRESS_READ, Agency.id)
        agencies = session.execute(select(Agency.id, Agency.code, Agency.name).where(allowed))
        self.names = {row.id: (row.code, row.name) for row in agencies}
        self.shares = {
            (row.task_number, row.agency_id): _plan(row)
            for row in session.scalars(select(TaskPlan))
            if row.agency_id in self.names
        }
        owner = select(Task, Agency.code, Agency.name).outerjoin(Agency, Agency.id == Task.owner_agency_id)
        self.tasks = session.execute(owner.order_by(Task.number)).all()
        plans = [(number, plan) for (number, _), plan in self.shares.items()]
        plans += [(task.number, _plan(task)) for task, *_ in self.tasks]
        by_dossier = {number for number, plan in plans if plan.measure is Measure.DOSSIERS}
        self.cells = reached(session, actor, self.period, by_dossier)

    @property
    def involved(self) -> tuple[tuple[str, str], ...]:
        """Code and name of the agencies with records or a share."""
        return tuple(sorted(self.names[id_] for id_ in {id_ for _, id_ in (*self.cells, *self.shares)}))

    def line(self, row: Row[Task, str, str], only: str | None) -> TaskLine:
        task, owner_code, owner_name = row
        parts = tuple(self._part(task.number, id_) for id_ in self._agencies(task.number, only))
        if only is None:
            cells = [cell for (number, _), cell in self.cells.items() if number == task.number]
            whole = self._progress(task.number, None, _plan(task), cells)
        else:
            whole = parts[0].progress if parts else self._progress(task.number, only, Plan(), [])
        return TaskLine(
            number=task.number,
            title=task.title,
            target_number=task.target_number,
            owner_code=owner_code,
            owner_name=owner_name,
            source=task.source,
            version=task.version,
            progress=whole,
            agencies=parts,
        )

    def _agencies(self, task: int, only: str | None) -> list[uuid.UUID]:
        """Those with records of the task or a share in it, by code."""
        ids = {id_ for number, id_ in (*self.cells, *self.shares) if number == task}
        return sorted((id_ for id_ in ids if only in (None, self.names[id_][0])), key=lambda id_: self.names[id_])

    def _part(self, task: int, agency_id: uuid.UUID) -> AgencyProgress:
        code, name = self.names[agency_id]
        own = [self.cells[task, agency_id]] if (task, agency_id) in self.cells else []
        plan = self.shares.get((task, agency_id), Plan())
        return AgencyProgress(code, name, self._progress(task, code, plan, own))

    def _progress(self, task: int, agency: str | None, plan: Plan, cells: Iterable[Reached]) -> Progress:
        return progress((task, agency), plan, cells, period=self.period, today=self.today)


def revisions(session: Session, kind: str, subject: str) -> tuple[Revision, ...]:
    """Newest first. What the programme says is no secret of an agency: who reads progress reads them."""
    rows = session.execute(
        select(ProgrammeRevision, Account.name)
        .join(Account, Account.id == ProgrammeRevision.account_id)
        .where(ProgrammeRevision.subject_kind == kind, ProgrammeRevision.subject == subject)
        .order_by(ProgrammeRevision.version)
    )
    told: list[Revision] = []
    for row, name in rows:
        before = told[-1].content if told else {}
        changes = [(field, before.get(field), value) for field, value in row.content.items()]
        changed = tuple(change for change in changes if change[1] != change[2])
        told.append(Revision(row.version, row.at, name, row.content, changed))
    return tuple(reversed(told))


def _plan(row: Task | TaskPlan) -> Plan:
    return Plan(row.planned_quantity, row.unit, row.due_on, row.source, row.version)
