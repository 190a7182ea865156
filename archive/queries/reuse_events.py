"""What was reused, and what was asked for: for agencies whose reuse the actor may see."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.holdings import Item, Receipt
from archive.db.reuse import ReuseAgreement, ReuseEvent, ReuseLookup
from archive.queries.figures import Period
from archive.queries.paging import Order, Paged

NEWEST = Order((ReuseEvent.at, ReuseEvent.id), descending=True)
MOST = 20  # lines of a breakdown


@dataclass(frozen=True, slots=True)
class ReuseFilter:
    """agency: its code; service: login of the account; period: whole days of Hanoi."""

    agency: str | None = None
    task: int | None = None
    service: str | None = None
    procedure: str | None = None
    period: Period | None = None

    @property
    def query(self) -> str:
        told = {name: getattr(self, name) for name in ("agency", "task", "service", "procedure")}
        if self.period is not None:
            told |= {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}
        return urlencode({name: value for name, value in told.items() if value is not None})

    def clause(self) -> ColumnElement[bool]:
        parts: list[ColumnElement[bool]] = []
        if self.agency is not None:
            parts.append(Agency.code == self.agency)
        if self.task is not None:
            parts.append(Item.task_number == self.task)
        if self.service is not None:
            parts.append(Account.login == self.service)
        if self.procedure is not None:
            parts.append(ReuseEvent.procedure == self.procedure)
        if self.period is not None:
            parts.append(self.period.holds(ReuseEvent.at))
        return and_(True, *parts)


@dataclass(frozen=True, slots=True)
class ReuseLine:
    at: datetime
    item_code: str | None
    item_title: str | None  # where the actor may open it
    item_receipt: str | None
    type_state: str
    task_number: int
    agency_code: str
    agency_name: str
    service_login: str
    service_name: str
    procedure: str
    purpose: str
    dossier_reference: str
    how: str


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a breakdown. key: what a filter takes."""

    key: str
    name: str
    uses: int


@dataclass(frozen=True, slots=True)
class ReuseFigures:
    """uses: events; papers, dossiers: different ones. asked, on_file: lookups under the agencies' agreements."""

    uses: int
    papers: int
    dossiers: int
    asked: int
    on_file: int
    by_agency: tuple[Share, ...]
    by_task: tuple[Share, ...]
    by_service: tuple[Share, ...]
    by_procedure: tuple[Share, ...]
    by_how: tuple[Share, ...]


def reuse_events(
    session: Session, asked: ReuseFilter, *, actor: Actor, cursor: str | None = None, limit: int | None = 50
) -> Paged[ReuseLine]:
    """Newest first."""
    page = NEWEST.page(session, _rows(actor).where(asked.clause()), cursor=cursor, limit=limit)
    return page.of(_lines(page.lines, actor))


def reuse_of_item(session: Session, item_id: uuid.UUID, *, actor: Actor, limit: int = 20) -> tuple[ReuseLine, ...]:
    """Newest first; empty for who may not see the reuse of its agency."""
    rows = _rows(actor).where(ReuseEvent.item_id == item_id).order_by(*NEWEST.clauses()).limit(limit)
    return _lines(session.execute(rows).all(), actor)


def reuse_figures(session: Session, asked: ReuseFilter, *, actor: Actor) -> ReuseFigures:
    within = _within(actor) & asked.clause()
    counted = _joined(
        select(
            func.count().label("uses"),
            func.count(func.distinct(ReuseEvent.item_id)).label("papers"),
            func.count(func.distinct(ReuseEvent.dossier_reference)).label("dossiers"),
        )
    ).where(within)
    total = session.execute(counted).one()
    lookups = session.execute(_lookups(asked, actor)).one()
    return ReuseFigures(
        uses=total.uses,
        papers=total.papers,
        dossiers=total.dossiers,
        asked=lookups.asked,
        on_file=lookups.on_file,
        by_agency=_shares(session, within, Agency.code, Agency.name),
        by_task=_shares(session, within, Item.task_number, Item.task_number),
        by_service=_shares(session, within, Account.login, Account.name),
        by_procedure=_shares(session, within, ReuseEvent.procedure, ReuseEvent.procedure),
        by_how=_shares(session, within, ReuseEvent.how, ReuseEvent.how),
    )


def _joined(columns: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        columns.select_from(ReuseEvent)
        .join(Item, Item.id == ReuseEvent.item_id)
        .join(Agency, Agency.id == ReuseEvent.agency_id)
        .join(Account, Account.id == ReuseEvent.account_id)
    )


def _within(actor: Actor) -> ColumnElement[bool]:
    return policy.filter_agency(actor, Permission.REUSE_READ, ReuseEvent.agency_id)


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    shown = select(ReuseEvent, Item, Agency, Account, Receipt.number.label("receipt"))
    return _joined(shown).join(Receipt, Receipt.id == Item.receipt_id).where(_within(actor))


def _lines(rows: Sequence[Row[*tuple[Any, ...]]], actor: Actor) -> tuple[ReuseLine, ...]:
    return tuple(_line(row, actor) for row in rows)


def _line(row: Row[*tuple[Any, ...]], actor: Actor) -> ReuseLine:
    event: ReuseEvent = row.ReuseEvent
    seen = policy.allows(actor, Permission.ITEM_READ, policy.access_of(row.Item))
    return ReuseLine(
        at=event.at,
        item_code=row.Item.code,
        item_title=row.Item.title if seen else None,
        item_receipt=row.receipt if seen else None,
        type_state=row.Item.state,
        task_number=row.Item.task_number,
        agency_code=row.Agency.code,
        agency_name=row.Agency.name,
        service_login=row.Account.login,
        service_name=row.Account.name,
        procedure=event.procedure,
        purpose=event.purpose,
        dossier_reference=event.dossier_reference,
        how=event.how,
    )


def _shares(session: Session, within: ColumnElement[bool], key: Any, name: Any) -> tuple[Share, ...]:
    uses = func.count().label("uses")
    columns = _joined(select(key.label("key"), func.min(name).label("name"), uses))
    rows = session.execute(columns.where(within).group_by(key).order_by(uses.desc(), key).limit(MOST))
    return tuple(Share(str(row.key), str(row.name), row.uses) for row in rows)


def _lookups(asked: ReuseFilter, actor: Actor) -> Select[*tuple[Any, ...]]:
    """Questions have no task; that they were refused says nothing of an agency, and is in the trail alone."""
    rows = (
        select(func.count().label("asked"), func.count().filter(ReuseLookup.outcome == "on_file").label("on_file"))
        .select_from(ReuseLookup)
        .join(ReuseAgreement, ReuseAgreement.id == ReuseLookup.agreement_id)
        .join(Agency, Agency.id == ReuseAgreement.agency_id)
        .join(Account, Account.id == ReuseLookup.account_id)
        .where(policy.filter_agency(actor, Permission.REUSE_READ, ReuseAgreement.agency_id))
    )
    if asked.agency is not None:
        rows = rows.where(Agency.code == asked.agency)
    if asked.service is not None:
        rows = rows.where(Account.login == asked.service)
    if asked.procedure is not None:
        rows = rows.where(ReuseLookup.procedure == asked.procedure)
    return rows if asked.period is None else rows.where(asked.period.holds(ReuseLookup.at))
