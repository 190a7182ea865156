"""What is wrong with the records of each task and agency, in the categories for which the law has fines.

Wrong format, resolution, file name or missing link to the master data: Nghị định 31/2026/NĐ-CP, Điều 12, by their share
of what was digitised.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.db.accounts import Agency
from archive.db.holdings import Correction, Description, Item
from archive.queries.figures import DEFECTS, Figure, Selection, clause, newest_corrections
from archive.queries.records import counted

FIGURES = (Figure.RECOGNISED, Figure.STOPPED, Figure.UNCLEAR, *DEFECTS, Figure.FAULTY, Figure.CORRECTED)


@dataclass(frozen=True, slots=True)
class QualityLine:
    """fields: that the current descriptions have; corrected_fields: those that a person gave another value."""

    task: int
    agency_code: str
    agency_name: str
    counts: Mapping[Figure, int]
    fields: int
    corrected_fields: int

    @property
    def faulty_share(self) -> float | None:
        """Of what can be read; None where there is nothing yet."""
        return _share(self.counts[Figure.FAULTY], self.counts[Figure.RECOGNISED])

    @property
    def corrected_share(self) -> float | None:
        return _share(self.corrected_fields, self.fields)

    def selection(self, figure: Figure | str) -> Selection:
        return Selection(Figure(figure), task=self.task, agency=self.agency_code)


@dataclass(frozen=True, slots=True)
class Quality:
    lines: tuple[QualityLine, ...]

    @property
    def faulty_share(self) -> float | None:
        faulty = sum(line.counts[Figure.FAULTY] for line in self.lines)
        return _share(faulty, sum(line.counts[Figure.RECOGNISED] for line in self.lines))


def quality(session: Session, *, actor: Actor, task: int | None = None, agency: str | None = None) -> Quality:
    """By task and agency; only where there are records, and the actor may read their progress."""
    scope = Selection(task=task, agency=agency).scope() & counted(actor)
    places = Item.task_number, Item.agency_id
    columns = [func.count().filter(clause(figure)).label(figure) for figure in FIGURES]
    rows = (
        select(Item.task_number, Agency.id, Agency.code, Agency.name, *columns)
        .join(Agency, Agency.id == Item.agency_id)
        .where(scope, clause(Figure.RECEIVED))
        .group_by(Item.task_number, Agency.id)
        .order_by(Item.task_number, Agency.code)
    )
    fields = _amounts(session, _described_fields().where(scope).group_by(*places))
    corrected = _amounts(session, _corrected_fields().where(scope).group_by(*places))
    return Quality(
        tuple(
            QualityLine(
                task=row.task_number,
                agency_code=row.code,
                agency_name=row.name,
                counts={figure: getattr(row, figure) for figure in FIGURES},
                fields=fields.get((row.task_number, row.id), 0),
                corrected_fields=corrected.get((row.task_number, row.id), 0),
            )
            for row in session.execute(rows)
        )
    )


def _described_fields() -> Select[*tuple[Any, ...]]:
    names = select(func.count()).select_from(func.jsonb_object_keys(Description.fields).alias("name"))
    each = names.correlate(Description).scalar_subquery()
    return (
        select(Item.task_number, Item.agency_id, func.sum(each).label("amount"))
        .join(Description, Description.id == Item.description_id)
        .where(clause(Figure.RECOGNISED))
    )


def _corrected_fields() -> Select[*tuple[Any, ...]]:
    return (
        select(Item.task_number, Item.agency_id, func.count().label("amount"))
        .join(Correction, Correction.item_id == Item.id)
        .where(clause(Figure.CORRECTED), Correction.id.in_(newest_corrections()))
    )


def _amounts(session: Session, rows: Select[*tuple[Any, ...]]) -> dict[tuple[int, uuid.UUID], int]:
    return {(row.task_number, row.agency_id): int(row.amount or 0) for row in session.execute(rows)}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
