"""Lists of dossiers proposed for disposal, with the columns that such a list must have.

Source of the columns: docs/retention.md, "Lists".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.holdings import Dossier, Item, PhysicalLocation
from archive.db.retention import DispositionEntry, DispositionRow
from archive.errors import NotFound
from archive.queries.due import active_holds, longest_rule
from archive.queries.paging import Order, Paged
from archive.queries.retention import among, terms
from retention.calculate import Calculation
from retention.disposition import DispositionState

NEWEST = Order((DispositionRow.proposed_at, DispositionRow.id), descending=True)


@dataclass(frozen=True, slots=True)
class DispositionLine:
    number: str
    agency_code: str
    agency_name: str
    action: str
    state: str
    proposed_by: str
    proposed_at: datetime
    dossiers: int  # not taken off the list


@dataclass(frozen=True, slots=True)
class EntryLine:
    """keeps: message id of what keeps this dossier from going on, though it is on the list; None: nothing does."""

    code: str
    title: str
    rule: str
    due_on: date | None
    items: int
    pages: int
    reason: str
    note: str
    paper: bool
    state: str
    keeps: str | None


@dataclass(frozen=True, slots=True)
class DispositionView:
    line: DispositionLine
    entries: tuple[EntryLine, ...]
    may: frozenset[Permission]


def dispositions(
    session: Session,
    *,
    actor: Actor,
    agency_code: str | None = None,
    state: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Paged[DispositionLine]:
    """Newest first."""
    rows = _rows(actor)
    if agency_code is not None:
        rows = rows.where(Agency.code == agency_code)
    if state is not None:
        rows = rows.where(DispositionRow.state == state)
    page = NEWEST.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_line(row) for row in page.lines])


def disposition(session: Session, number: str, *, actor: Actor, today: date) -> DispositionView:
    row = session.execute(_rows(actor).where(DispositionRow.number == number)).one_or_none()
    if row is None:
        raise not_found(number)
    found: DispositionRow = row[0]
    entries = session.execute(
        select(DispositionEntry, Dossier)
        .join(Dossier, Dossier.id == DispositionEntry.dossier_id)
        .where(DispositionEntry.disposition_id == found.id)
        .order_by(Dossier.code)
    ).all()
    return DispositionView(
        line=_line(row),
        entries=_entries(session, entries, today),
        may=frozenset(each for each in (Permission.DISPOSITION_PROPOSE,) if policy.may(actor, each, found.agency_id)),
    )


def not_found(number: str) -> NotFound:
    return NotFound(what=i18n.text("noun.disposition", number=number))


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    remaining = (
        select(func.count())
        .where(DispositionEntry.disposition_id == DispositionRow.id)
        .where(DispositionEntry.state != DispositionState.REFUSED)
        .correlate(DispositionRow)
        .scalar_subquery()
    )
    return (
        select(DispositionRow, Agency.code, Agency.name, Account.name, remaining)
        .join(Agency, Agency.id == DispositionRow.agency_id)
        .join(Account, Account.id == DispositionRow.proposed_by)
        .where(policy.filter_agency(actor, Permission.DOSSIER_READ, DispositionRow.agency_id))
    )


def _line(row: Row[*tuple[Any, ...]]) -> DispositionLine:
    found, agency_code, agency_name, proposer, remaining = row[:5]
    return DispositionLine(
        number=found.number,
        agency_code=agency_code,
        agency_name=agency_name,
        action=found.action,
        state=found.state,
        proposed_by=proposer,
        proposed_at=found.proposed_at,
        dossiers=remaining,
    )


def _entries(session: Session, rows: Sequence[Row[*tuple[Any, ...]]], today: date) -> tuple[EntryLine, ...]:
    ids = [row[1].id for row in rows]
    calculations = terms(session, ids, today)
    holds = active_holds(session, ids)
    contents = _contents(session, ids)
    paper = set(
        session.scalars(
            select(PhysicalLocation.dossier_id).where(
                among(PhysicalLocation.dossier_id, ids), PhysicalLocation.valid_to.is_(None)
            )
        )
    )
    return tuple(
        EntryLine(
            code=dossier.code,
            title=dossier.title,
            rule=longest_rule(calculations[dossier.id]),
            due_on=calculations[dossier.id].due_on,
            items=contents.get(dossier.id, (0, 0))[0],
            pages=contents.get(dossier.id, (0, 0))[1],
            reason=entry.reason,
            note=entry.note,
            paper=dossier.id in paper,
            state=entry.state,
            keeps=_keeps(calculations[dossier.id], holds.get(dossier.id, 0), today),
        )
        for entry, dossier in rows
    )


def _contents(session: Session, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID | None, tuple[int, int]]:
    rows = select(Item.dossier_id, func.count(), func.coalesce(func.sum(Item.page_count), 0))
    counted = rows.where(Item.dossier_id.in_(select(Dossier.id).where(among(Dossier.id, ids))))
    return {row[0]: (row[1], int(row[2] or 0)) for row in session.execute(counted.group_by(Item.dossier_id))}


def _keeps(calculation: Calculation, holds: int, today: date) -> str | None:
    if holds:
        return "disposition.kept_by_hold"
    return None if calculation.is_due(today) else "disposition.kept_by_term"
