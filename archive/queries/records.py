"""The records behind a figure: as many as it counts, and of them those that the actor may see.

Who reads progress may know how many records there are; which they are is for those who may open them, or, while they
have no contents yet, for those who may see the delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item
from archive.db.states import ItemState
from archive.queries.figures import Measure, Selection
from archive.queries.lines import item_rows, lines_of
from archive.queries.paging import Order, Paged
from archive.queries.views import ItemLine

ITEMS = Order((Item.received_at, Item.id), descending=True)
DOSSIERS = Order((Dossier.code, Dossier.id))


@dataclass(frozen=True, slots=True)
class RecordLine:
    """item: None where only the receipt may be shown."""

    receipt: str
    state: str
    received_at: datetime
    agency_name: str
    task_number: int
    item: ItemLine | None


@dataclass(frozen=True, slots=True)
class DossierRecord:
    code: str
    title: str
    agency_name: str
    year: int
    state: str


@dataclass(frozen=True, slots=True)
class Records:
    """counted: as the figure says; pages: of what is counted; seen: how many of it the actor may be shown."""

    counted: int
    pages: int
    seen: int
    lines: Paged[RecordLine] | Paged[DossierRecord]

    @property
    def hidden(self) -> int:
        return self.counted - self.seen


def records(
    session: Session, selection: Selection, *, actor: Actor, cursor: str | None = None, limit: int | None = 100
) -> Records:
    if selection.measure is Measure.DOSSIERS:
        return _dossiers(session, selection, actor, cursor, limit)
    return _items(session, selection, actor, cursor, limit)


def counted(actor: Actor) -> ColumnElement[bool]:
    """The items whose progress the actor may read, of an Item in the query around it."""
    return policy.filter_agency(actor, Permission.PROGRESS_READ, Item.agency_id)


def _items(session: Session, selection: Selection, actor: Actor, cursor: str | None, limit: int | None) -> Records:
    chosen = selection.items() & counted(actor)
    readable = policy.filter_items(actor, Permission.ITEM_READ)
    under_way = Item.state.in_((ItemState.RECEIVED, ItemState.STOPPED))
    seen = or_(readable, under_way & policy.filter_agency(actor, Permission.BATCH_READ, Item.agency_id))
    figures = select(func.count(), func.coalesce(func.sum(Item.page_count), 0), func.count().filter(seen)).select_from(
        Item
    )
    number, pages, visible = session.execute(figures.where(chosen)).one()
    rows = item_rows().add_columns(Agency.name, readable).where(chosen, seen)
    page = ITEMS.page(session, rows, cursor=cursor, limit=limit)
    items = lines_of(session, page.lines)
    lines = [_record(row, line) for row, line in zip(page.lines, items, strict=True)]
    return Records(number, int(pages or 0), visible, page.of(lines))


def _record(row: Row[*tuple[Any, ...]], line: ItemLine) -> RecordLine:
    agency_name, readable = row[5:7]
    item = row[0]
    return RecordLine(
        receipt=line.receipt,
        state=item.state,
        received_at=item.received_at,
        agency_name=agency_name,
        task_number=item.task_number,
        item=line if readable else None,
    )


def _dossiers(session: Session, selection: Selection, actor: Actor, cursor: str | None, limit: int | None) -> Records:
    chosen = Dossier.id.in_(selection.dossiers(counted(actor)))
    seen = policy.filter_dossiers(actor)
    number, visible = session.execute(
        select(func.count(), func.count().filter(seen)).select_from(Dossier).where(chosen)
    ).one()
    rows: Select[*tuple[Any, ...]] = (
        select(Dossier, Agency.name).join(Agency, Agency.id == Dossier.agency_id).where(chosen, seen)
    )
    page = DOSSIERS.page(session, rows, cursor=cursor, limit=limit)
    lines = [DossierRecord(row[0].code, row[0].title, row[1], row[0].year, row[0].state) for row in page.lines]
    return Records(number, 0, visible, page.of(lines))
