"""Dossiers, and the items in them that the actor may see."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Fond, Item
from archive.db.states import ItemState
from archive.errors import NotFound
from archive.queries.filings import filings_of_dossier
from archive.queries.lines import item_rows, lines_of
from archive.queries.paging import Order, Paged
from archive.queries.views import DossierLine, DossierView

DOSSIERS = Order((Dossier.code,))
ITEMS = Order((case((Item.code.is_(None), 1), else_=0), func.coalesce(Item.code, ""), Item.received_at, Item.id))
_PERMISSIONS = (Permission.DOSSIER_READ, Permission.DOSSIER_CREATE, Permission.ITEM_FILE, Permission.BATCH_INGEST)


def dossiers(
    session: Session,
    *,
    actor: Actor,
    limit: int = 50,
    cursor: str | None = None,
    agency_code: str | None = None,
    task_number: int | None = None,
) -> Paged[DossierLine]:
    """By code."""
    rows = _rows(actor)
    if agency_code is not None:
        rows = rows.where(Agency.code == agency_code)
    if task_number is not None:
        rows = rows.where(Dossier.task_number == task_number)
    page = DOSSIERS.page(session, rows, cursor=cursor, limit=limit)
    counts = _counts(session, [row.Dossier.id for row in page], actor)
    return page.of([_line(row, counts) for row in page])


def dossier(
    session: Session, code: str, *, actor: Actor, cursor: str | None = None, limit: int | None = None
) -> DossierView:
    """limit: so many of its items, from `cursor` on; None: all."""
    row = session.execute(_rows(actor).where(Dossier.code == code)).one_or_none()
    if row is None:
        raise not_found(code)
    found: Dossier = row.Dossier
    items = item_rows().where(Item.dossier_id == found.id, policy.filter_items(actor, Permission.ITEM_READ))
    page = ITEMS.page(session, items, cursor=cursor, limit=limit)
    return DossierView(
        id=found.id,
        line=_line(row, _counts(session, [found.id], actor)),
        opened_at=found.opened_at,
        closed_at=found.closed_at,
        work_ended_on=found.work_ended_on,
        items=lines_of(session, page.lines),
        previous=page.previous,
        following=page.following,
        filings=filings_of_dossier(session, found.id, found.agency_id, actor),
        may=frozenset(p for p in _PERMISSIONS if policy.may(actor, p, found.agency_id)),
    )


def not_found(code: str) -> NotFound:
    """The one error for what is unknown and for what the actor may not see."""
    return NotFound(what=i18n.text("noun.dossier", code=code))


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Dossier, Agency.code.label("agency_code"), Agency.name.label("agency_name"), Fond.code.label("fond_code")
        )
        .join(Agency, Agency.id == Dossier.agency_id)
        .join(Fond, Fond.id == Dossier.fond_id)
        .where(policy.filter_agency(actor, Permission.DOSSIER_READ, Dossier.agency_id))
    )


def _counts(
    session: Session, dossier_ids: Collection[uuid.UUID], actor: Actor
) -> dict[uuid.UUID | None, Row[*tuple[Any, ...]]]:
    if not dossier_ids:
        return {}
    rows: Select[*tuple[Any, ...]] = (
        select(
            Item.dossier_id,
            func.count().label("items"),
            func.count().filter(Item.state == ItemState.PUBLISHED).label("published"),
            func.count().filter(Item.state == ItemState.DESCRIBED, Item.doubtful_fields > 0).label("doubtful"),
        )
        .where(Item.dossier_id.in_(dossier_ids), policy.filter_items(actor, Permission.ITEM_READ))
        .group_by(Item.dossier_id)
    )
    return {row.dossier_id: row for row in session.execute(rows)}


def _line(row: Row[*tuple[Any, ...]], counts: dict[uuid.UUID | None, Row[*tuple[Any, ...]]]) -> DossierLine:
    found: Dossier = row.Dossier
    counted = counts.get(found.id)
    return DossierLine(
        code=found.code,
        title=found.title,
        agency_code=row.agency_code,
        agency_name=row.agency_name,
        fond_code=row.fond_code,
        task_number=found.task_number,
        year=found.year,
        state=found.state,
        level=found.level,
        items=counted.items if counted else 0,
        published=counted.published if counted else 0,
        doubtful=counted.doubtful if counted else 0,
    )
