"""What is counted of the records: each figure is one SQL clause, used for its count and for the list behind it.

A figure tells what has been done, not the state of the moment: received holds what is recognised, and so on. Records
that were withdrawn, replaced or destroyed are in none.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from archive.access.identity import OFFICE_HOURS
from archive.db.accounts import Agency
from archive.db.digitization import Task
from archive.db.holdings import Correction, Item, Page, Rendition
from archive.db.reuse import ReuseEvent
from archive.db.states import READABLE, ItemState
from archive.errors import InvalidInput
from archive.queries.lines import has_unclear_page
from ocr.model import TextSource

LOWEST_DPI = 200  # of scans of administrative papers; Thông tư 05/2025/TT-BNV, Điều 8
GONE = (ItemState.WITHDRAWN, ItemState.REPLACED, ItemState.DESTROYED)


class Figure(StrEnum):
    RECEIVED = "received"
    RECOGNISED = "recognised"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    REUSED = "reused"
    STOPPED = "stopped"
    UNCLEAR = "unclear"  # a page was read badly
    COARSE = "coarse"  # a page was scanned below LOWEST_DPI
    UNSEALED = "unsealed"  # no searchable PDF/A
    UNNAMED = "unnamed"  # its copy does not bear the name by rule
    UNLINKED = "unlinked"  # the record does not lead to its master
    FAULTY = "faulty"  # any of the four before, as Nghị định 31/2026/NĐ-CP, Điều 12 counts defects
    CORRECTED = "corrected"  # a person gave a field another value


STAGES = (Figure.RECEIVED, Figure.RECOGNISED, Figure.REVIEWED, Figure.PUBLISHED, Figure.REUSED)
DEFECTS = (Figure.COARSE, Figure.UNSEALED, Figure.UNNAMED, Figure.UNLINKED)


class Measure(StrEnum):
    """What a plan's unit counts."""

    ITEMS = "items"
    PAGES = "pages"
    DOSSIERS = "dossiers"


_UNITS = {"văn bản": Measure.ITEMS, "trang": Measure.PAGES, "hồ sơ": Measure.DOSSIERS}


def measure_of(unit: str | None) -> Measure | None:
    """None: a unit that records do not tell of; it gets no percentage."""
    return _UNITS.get(" ".join(unit.lower().split())) if unit else None


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of Hanoi, both included."""

    first: date
    last: date

    def holds(self, moment: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        return (moment >= _midnight(self.first)) & (moment < _midnight(self.last + timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records a figure counts; `query` is the address of their list.

    period: of the moment when the stage was reached; only of received and published, whose moment a record keeps.
    """

    figure: Figure = Figure.RECEIVED
    task: int | None = None
    target: int | None = None
    agency: str | None = None  # its code
    period: Period | None = None
    measure: Measure = Measure.ITEMS

    @property
    def query(self) -> str:
        told: dict[str, object] = {"figure": str(self.figure)}
        told |= {name: getattr(self, name) for name in ("task", "target", "agency") if getattr(self, name) is not None}
        if self.period is not None:
            told |= {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}
        if self.measure is not Measure.ITEMS:
            told["measure"] = str(self.measure)
        return urlencode(told)

    def scope(self) -> ColumnElement[bool]:
        """Task and agency, of an Item in the query around it."""
        parts: list[ColumnElement[bool]] = [true()]
        if self.task is not None:
            parts.append(Item.task_number == self.task)
        if self.target is not None:
            parts.append(Item.task_number.in_(select(Task.number).where(Task.target_number == self.target)))
        if self.agency is not None:
            parts.append(Item.agency_id.in_(select(Agency.id).where(Agency.code == self.agency)))
        return _all(parts)

    def items(self) -> ColumnElement[bool]:
        """Of an Item in the query around it."""
        return _all([self.scope(), clause(self.figure), self._within()])

    def dossiers(self, allowed: ColumnElement[bool]) -> Select[uuid.UUID]:
        """Ids of the dossiers all of whose live items have come as far. allowed: which items count at all.

        Raises InvalidInput for a figure that is no stage: dossiers are not counted by it.
        """
        if self.figure not in STAGES:
            raise InvalidInput("web.bad_request", field="measure")
        rows = whole_dossiers().where(self.scope(), allowed).subquery()
        found = select(rows.c.dossier_id).where(rows.c[str(self.figure)]).distinct()
        moment = rows.c.get(f"{self.figure}_at")
        if self.period is not None:
            found = found.where(self.period.holds(moment) if moment is not None else false())
        return found

    def _within(self) -> ColumnElement[bool]:
        if self.period is None:
            return true()
        moment = _MOMENTS.get(self.figure)
        return self.period.holds(moment) if moment is not None else false()


def clause(figure: Figure) -> ColumnElement[bool]:
    """Of an Item in the query around it."""
    return _CLAUSES[figure]()


def whole_dossiers() -> Select[*tuple[Any, ...]]:
    """Of each task, agency and dossier: which stages all its live items have reached, and when.

    The caller adds which items count; a dossier without a live item has no row.
    """
    flags = [func.bool_and(clause(stage)).label(str(stage)) for stage in STAGES]
    return (
        select(
            Item.task_number,
            Item.agency_id,
            Item.dossier_id,
            *flags,
            func.min(Item.received_at).label("received_at"),
            func.max(Item.published_at).label("published_at"),
        )
        .where(Item.dossier_id.is_not(None), clause(Figure.RECEIVED))
        .group_by(Item.task_number, Item.agency_id, Item.dossier_id)
    )


_MOMENTS: dict[Figure, InstrumentedAttribute[Any]] = {
    Figure.RECEIVED: Item.received_at,
    Figure.PUBLISHED: Item.published_at,
}


def _coarse() -> ColumnElement[bool]:
    scanned = Page.source == TextSource.RECOGNISED, Page.dpi < LOWEST_DPI
    return select(Page.number).where(Page.item_id == Item.id, *scanned).correlate(Item).exists()


def _copies() -> Select[uuid.UUID]:
    return select(Rendition.id).where(Rendition.item_id == Item.id, Rendition.kind == "access_pdf").correlate(Item)


def _unnamed() -> ColumnElement[bool]:
    """The rule: {code of the dossier}.{number of the item}, which is the item's code."""
    other = Rendition.file_name.is_distinct_from(Item.code + ".pdf")
    return Item.code.is_(None) | _copies().where(other).exists()


def _corrected() -> ColumnElement[bool]:
    return newest_corrections().where(Correction.item_id == Item.id).correlate(Item).exists()


def newest_corrections() -> Select[uuid.UUID]:
    """Of each item and field the last word of a person, where it is another one than was read."""
    later = aliased(Correction)
    same = later.item_id == Correction.item_id, later.field == Correction.field
    newer = (later.at > Correction.at) | ((later.at == Correction.at) & (later.id > Correction.id))
    overruled = select(later.id).where(*same, newer).correlate(Correction).exists()
    return select(Correction.id).where(Correction.value != Correction.read_as, ~overruled)


def _reused() -> ColumnElement[bool]:
    return select(ReuseEvent.id).where(ReuseEvent.item_id == Item.id).correlate(Item).exists()


def _live() -> ColumnElement[bool]:
    return Item.state.not_in(GONE)


def _readable() -> ColumnElement[bool]:
    return Item.state.in_(sorted(READABLE))


_CLAUSES: dict[Figure, Callable[[], ColumnElement[bool]]] = {
    Figure.RECEIVED: _live,
    Figure.RECOGNISED: lambda: _live() & Item.described_at.is_not(None),
    Figure.REVIEWED: lambda: Item.state.in_((ItemState.REVIEWED, ItemState.PUBLISHED)),
    Figure.PUBLISHED: lambda: Item.state == ItemState.PUBLISHED,
    Figure.REUSED: lambda: (Item.state == ItemState.PUBLISHED) & _reused(),
    Figure.STOPPED: lambda: Item.state == ItemState.STOPPED,
    Figure.UNCLEAR: lambda: _readable() & has_unclear_page(),
    Figure.COARSE: lambda: _readable() & _coarse(),
    Figure.UNSEALED: lambda: _readable() & ~_copies().exists(),
    Figure.UNNAMED: lambda: _readable() & _unnamed(),
    Figure.UNLINKED: lambda: _readable() & Item.master_digest.is_(None),
    Figure.FAULTY: lambda: or_(*(clause(defect) for defect in DEFECTS)),
    Figure.CORRECTED: lambda: _readable() & _corrected(),
}


def _all(parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole & part
    return whole


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time.min, OFFICE_HOURS)
