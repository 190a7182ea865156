"""Retention schedules as imported: law, open to everybody who may see dossiers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account
from archive.db.retention import RuleRow, ScheduleRow
from archive.errors import NotFound
from archive.queries.paging import Order, Paged
from ocr.letters import fold

BY_PLACE = Order((RuleRow.ordinal, RuleRow.id))


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    id: uuid.UUID
    code: str
    version: int
    title: str
    legal_basis: str
    source: str
    sector: str | None
    valid_from: date
    valid_to: date | None
    rules: int
    imported_at: datetime | None
    imported_by: str | None

    def force(self, today: date) -> str:
        """Message id: in force, superseded or yet to come."""
        if today < self.valid_from:
            return "schedule.force_coming"
        return "schedule.force_now" if self.valid_to is None or today <= self.valid_to else "schedule.force_ended"


@dataclass(frozen=True, slots=True)
class RuleLine:
    """ordinal: its place in our list; it is no official number."""

    id: uuid.UUID
    ordinal: int
    group: str | None
    title: str
    kind: str
    years: int | None
    event: str | None
    term: str | None
    note: str


def schedules(session: Session, *, actor: Actor) -> tuple[ScheduleLine, ...]:
    """All versions: those in force or to come first of each code."""
    if not policy.may(actor, Permission.DOSSIER_READ):
        return ()
    counts = select(RuleRow.schedule_id, func.count().label("rules")).group_by(RuleRow.schedule_id).subquery()
    rows = (
        select(ScheduleRow, counts.c.rules, Account.name.label("importer"))
        .outerjoin(counts, counts.c.schedule_id == ScheduleRow.id)
        .outerjoin(Account, Account.id == ScheduleRow.imported_by)
        .order_by(ScheduleRow.code, ScheduleRow.valid_from.desc())
    )
    return tuple(_line(row.ScheduleRow, row.rules or 0, row.importer) for row in session.execute(rows))


def schedule(session: Session, code: str, version: int, *, actor: Actor) -> ScheduleLine:
    for line in schedules(session, actor=actor):
        if (line.code, line.version) == (code, version):
            return line
    raise NotFound(what=i18n.text("noun.schedule", code=code, version=version))


def rules(
    session: Session, schedule_id: uuid.UUID, *, words: str = "", cursor: str | None = None, limit: int | None = None
) -> Paged[RuleLine]:
    """In the order of the list. words: only rules whose title, heading or term has them all, with or without tones."""
    rows = select(RuleRow).where(RuleRow.schedule_id == schedule_id)
    if wanted := fold(words).split():
        every = session.execute(select(RuleRow.id, RuleRow.title, RuleRow.group, RuleRow.term).where(
            RuleRow.schedule_id == schedule_id
        ))  # fmt: skip
        rows = rows.where(RuleRow.id.in_([row.id for row in every if _has(wanted, row.title, row.group, row.term)]))
    page = BY_PLACE.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_rule(row[0]) for row in page.lines])


def _has(wanted: list[str], *texts: str | None) -> bool:
    folded = fold(" ".join(text or "" for text in texts))
    return all(word in folded for word in wanted)


def _rule(row: RuleRow) -> RuleLine:
    return RuleLine(row.id, row.ordinal, row.group, row.title, row.kind, row.years, row.event, row.term, row.note)


def _line(row: ScheduleRow, rules: int, importer: str | None) -> ScheduleLine:
    return ScheduleLine(
        id=row.id,
        code=row.code,
        version=row.version,
        title=row.title,
        legal_basis=row.legal_basis,
        source=row.source,
        sector=row.sector,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        rules=rules,
        imported_at=row.imported_at,
        imported_by=importer,
    )
