"""How far the records of a task have come, in each agency: documents, pages and whole dossiers, in all and lately."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.db.holdings import Item
from archive.queries.figures import STAGES, Figure, Measure, Period, Selection, clause, measure_of, whole_dossiers
from archive.queries.pace import Forecast, Pace, forecast
from archive.queries.records import counted

MOVED = (Figure.RECEIVED, Figure.PUBLISHED)
Counts = Mapping[Figure, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for: of a task as a whole, or of one agency. version 0: nothing was written yet."""

    planned_quantity: Decimal | None = None
    unit: str | None = None
    due_on: date | None = None
    source: str | None = None
    version: int = 0

    @property
    def measure(self) -> Measure | None:
        return measure_of(self.unit)


@dataclass(frozen=True, slots=True)
class Progress:
    """items: documents, whatever the unit; measured: in the plan's unit, None where records do not tell of it."""

    task: int
    agency_code: str | None
    plan: Plan
    items: Counts
    measured: Counts | None
    pace: Pace
    forecast: Forecast

    @property
    def percent(self) -> int | None:
        """Published of planned, rounded down; None where nothing is planned, so that no figure is made up."""
        if not self.plan.planned_quantity or self.measured is None:
            return None
        share = 100 * self.measured[Figure.PUBLISHED] / self.plan.planned_quantity
        return int(min(Decimal(100), share))

    def selection(self, figure: Figure, *, measured: bool = False, period: Period | None = None) -> Selection:
        measure = self.plan.measure if measured else None
        return Selection(
            figure, task=self.task, agency=self.agency_code, period=period, measure=measure or Measure.ITEMS
        )


@dataclass(slots=True)
class Reached:
    """Of one task and agency, by measure: how far in all (stages), and in the period (moved)."""

    stages: dict[Measure, dict[Figure, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(STAGES, 0))
    )
    moved: dict[Measure, dict[Figure, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(MOVED, 0))
    )


Cells = Mapping[tuple[int, uuid.UUID], Reached]
"""By number of the task and id of the agency."""


def progress(
    of: tuple[int, str | None], plan: Plan, parts: Iterable[Reached], *, period: Period, today: date
) -> Progress:
    """of: number of the task, code of the agency or None; parts: of that agency, or of all there are."""
    parts = list(parts)
    measure = plan.measure
    items = _sum(STAGES, [part.stages[Measure.ITEMS] for part in parts])
    measured = None if measure is None else _sum(STAGES, [part.stages[measure] for part in parts])
    moved = _sum(MOVED, [part.moved[measure or Measure.ITEMS] for part in parts])
    pace = Pace(period, moved[Figure.RECEIVED], moved[Figure.PUBLISHED])
    outlook = forecast(
        planned=plan.planned_quantity if measured is not None else None,
        published=measured[Figure.PUBLISHED] if measured is not None else 0,
        pace=pace.published,
        due_on=plan.due_on,
        today=today,
    )
    return Progress(*of, plan, items, measured, pace, outlook)


def reached(session: Session, actor: Actor, period: Period, by_dossier: Collection[int]) -> Cells:
    """by_dossier: numbers of the tasks whose whole dossiers are wanted, too: they cost more to count."""
    cells: dict[tuple[int, uuid.UUID], Reached] = defaultdict(Reached)
    for row in session.execute(_item_figures(period).where(counted(actor))):
        cell = cells[row.task_number, row.agency_id]
        for measure in (Measure.ITEMS, Measure.PAGES):
            cell.stages[measure] = {stage: int(getattr(row, f"{measure}_{stage}") or 0) for stage in STAGES}
            cell.moved[measure] = {stage: int(getattr(row, f"{measure}_{stage}_lately") or 0) for stage in MOVED}
    if by_dossier:
        for row in session.execute(_dossier_figures(actor, period, by_dossier)):
            cell = cells[row.task_number, row.agency_id]
            cell.stages[Measure.DOSSIERS] = {stage: getattr(row, stage) for stage in STAGES}
            cell.moved[Measure.DOSSIERS] = {stage: getattr(row, f"{stage}_lately") for stage in MOVED}
    return cells


def _item_figures(period: Period) -> Select[*tuple[Any, ...]]:
    columns: list[ColumnElement[Any]] = []
    for stage in STAGES:
        columns += _both(stage, clause(stage))
    for stage in MOVED:
        columns += _both(f"{stage}_lately", Selection(stage, period=period).items())
    return select(Item.task_number, Item.agency_id, *columns).group_by(Item.task_number, Item.agency_id)


def _both(name: str, chosen: ColumnElement[bool]) -> list[ColumnElement[Any]]:
    return [
        func.count().filter(chosen).label(f"items_{name}"),
        func.sum(Item.page_count).filter(chosen).label(f"pages_{name}"),
    ]


def _dossier_figures(actor: Actor, period: Period, tasks: Collection[int]) -> Select[*tuple[Any, ...]]:
    whole = whole_dossiers().where(counted(actor), Item.task_number.in_(sorted(tasks))).subquery()
    columns = [func.count().filter(whole.c[stage]).label(stage) for stage in STAGES]
    columns += [
        func.count().filter(whole.c[stage], period.holds(whole.c[f"{stage}_at"])).label(f"{stage}_lately")
        for stage in MOVED
    ]
    places = whole.c.task_number, whole.c.agency_id
    return select(*places, *columns).group_by(*places)


def _sum(stages: Iterable[Figure], parts: Collection[Counts]) -> dict[Figure, int]:
    return {stage: sum(part[stage] for part in parts) for stage in stages}
