"""Dossiers whose term ends: which, when, and what keeps them from being proposed for disposal, or nothing does."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Subquery, cast, extract, func, or_, select, union_all
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item
from archive.db.retention import DispositionEntry, DispositionRow, DossierRule, HoldRow, RetentionNotice, RuleRow
from archive.queries.retention import among, counting, terms
from retention.calculate import Calculation, StepKind
from retention.disposition import DispositionState
from retention.schedule import RuleKind

NOTICE = timedelta(days=30)
"""An agency knows of the end of a term for so long before anything is proposed. Source: docs/retention.md, Notices."""


class Standing(StrEnum):
    HELD = "held"
    PROPOSED = "proposed"
    REFUSED = "refused"  # was proposed since the notice, and refused: a person may propose it again by its code
    READY = "ready"
    NOTICED = "noticed"  # not yet due, or not noticed for long enough
    NOT_NOTICED = "not_noticed"


@dataclass(frozen=True, slots=True)
class Ending:
    """A dossier whose term is known to end on `due_on`."""

    due_on: date
    code: str
    dossier_id: uuid.UUID
    calculation: Calculation


@dataclass(frozen=True, slots=True)
class DueLine:
    """noticed_at: when the present custodian was told of this day; rule: the one whose term is the longest."""

    dossier_id: uuid.UUID
    code: str
    title: str
    agency_id: uuid.UUID
    agency_code: str
    agency_name: str
    due_on: date
    rule: str
    holds: int
    noticed_at: datetime | None
    seen_at: datetime | None
    disposition: str | None  # number of the proposal that it is in
    refused_at: datetime | None

    @property
    def ready_on(self) -> date | None:
        return None if self.noticed_at is None else max(self.due_on, local_date(self.noticed_at) + NOTICE)

    def standing(self, today: date) -> Standing:
        if self.holds:
            return Standing.HELD
        if self.disposition is not None:
            return Standing.PROPOSED
        if self.noticed_at is None or self.ready_on is None:
            return Standing.NOT_NOTICED
        if self.refused_at is not None and self.refused_at >= self.noticed_at:
            return Standing.REFUSED
        return Standing.READY if self.ready_on <= today else Standing.NOTICED


@dataclass(frozen=True, slots=True)
class DuePage:
    lines: tuple[DueLine, ...]
    total: int
    following: str | None  # the place of the last line, where there are more


def due(
    session: Session,
    *,
    actor: Actor,
    until: date,
    today: date,
    agency_code: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> DuePage:
    """Of the dossiers that the actor may see, by day and code. after: `following` of the page before."""
    scope = [policy.filter_dossiers(actor, Permission.DOSSIER_READ)]
    if agency_code is not None:
        scope.append(Dossier.agency_id.in_(select(Agency.id).where(Agency.code == agency_code)))
    found = endings(session, *scope, until=until, today=today)
    shown = [each for each in found if after is None or _place(each) > after]
    more = limit is not None and len(shown) > limit
    shown = shown[:limit]
    return DuePage(lines_of(session, shown), len(found), _place(shown[-1]) if more else None)


def endings(
    session: Session, *scope: ColumnElement[bool], until: date, today: date, lasts: Subquery | None = None
) -> list[Ending]:
    """Dossiers of the scope whose term ends until that day, by day and code.

    scope: clauses over Dossier, and over `lasts`, the longest_terms, where they are given.
    """
    lasts = longest_terms() if lasts is None else lasts
    rows = candidates(lasts, until).where(*scope)
    codes: dict[uuid.UUID, str] = {row[0]: row[1] for row in session.execute(rows)}
    ends = [
        Ending(found.due_on, codes[dossier_id], dossier_id, found)
        for dossier_id, found in terms(session, codes, today).items()
        if found.due_on is not None and found.due_on <= until
    ]
    return sorted(ends, key=lambda each: (each.due_on, each.code))


def longest_terms() -> Subquery:
    """(dossier_id, years, waits, permanent) of what is confirmed: no dossier's term ends sooner than by these years."""
    return (
        select(
            DossierRule.dossier_id,
            func.max(func.coalesce(RuleRow.years, 0)).label("years"),
            func.bool_or(RuleRow.kind == RuleKind.EVENT).label("waits"),
            func.bool_or(RuleRow.kind == RuleKind.PERMANENT).label("permanent"),
        )
        .join(RuleRow, RuleRow.id == DossierRule.rule_id)
        .where(*counting())
        .group_by(DossierRule.dossier_id)
        .subquery()
    )


def first_day_after(lasts: Subquery) -> ColumnElement[date]:
    """After the longest term in years; where nothing is waited for, the day on which the dossier is due."""
    return func.make_date(cast(extract("year", Dossier.work_ended_on) + lasts.c.years + 1, Integer), 1, 1)


def candidates(lasts: Subquery, until: date) -> Select[*tuple[Any, ...]]:
    """(id, code) of dossiers that can be due until that day; whether they are is the arithmetic's to say."""
    return (
        select(Dossier.id, Dossier.code)
        .join(lasts, lasts.c.dossier_id == Dossier.id)
        .where(Dossier.work_ended_on.is_not(None), ~lasts.c.permanent, first_day_after(lasts) <= until)
    )


def not_told(lasts: Subquery) -> ColumnElement[bool]:
    """No notice was given of the day that is counted in years; of days that an event moves this says nothing."""
    told = select(RetentionNotice.id).where(
        RetentionNotice.dossier_id == Dossier.id,
        RetentionNotice.agency_id == Dossier.agency_id,
        RetentionNotice.due_on == first_day_after(lasts),
    )
    return or_(lasts.c.waits, ~told.exists())


def lines_of(session: Session, ends: Sequence[Ending]) -> tuple[DueLine, ...]:
    ids = [each.dossier_id for each in ends]
    rows = select(Dossier, Agency.code, Agency.name).join(Agency, Agency.id == Dossier.agency_id)
    found = {row[0].id: row for row in session.execute(rows.where(among(Dossier.id, ids)))}
    holds = active_holds(session, ids)
    notices = _notices(session, ids)
    proposals = _proposals(session, ids)
    lines = []
    for each in ends:
        dossier, agency_code, agency_name = found[each.dossier_id]
        notice = notices.get((dossier.id, dossier.agency_id, each.due_on))
        proposed, refused_at = proposals.get(dossier.id, (None, None))
        lines.append(
            DueLine(
                dossier_id=dossier.id,
                code=dossier.code,
                title=dossier.title,
                agency_id=dossier.agency_id,
                agency_code=agency_code,
                agency_name=agency_name,
                due_on=each.due_on,
                rule=longest_rule(each.calculation),
                holds=holds.get(dossier.id, 0),
                noticed_at=notice.given_at if notice else None,
                seen_at=notice.seen_at if notice else None,
                disposition=proposed,
                refused_at=refused_at,
            )
        )
    return tuple(lines)


def longest_rule(calculation: Calculation) -> str:
    added = [step.values for step in calculation.steps if step.kind is StepKind.YEARS_ADDED]
    latest = max((values["kept_until"] for values in added), default=None)
    return next((str(values["title"]) for values in added if values["kept_until"] == latest), "")


def active_holds(session: Session, dossier_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """How many holds keep each dossier, those on items that lie in it included."""
    own = select(HoldRow.dossier_id.label("dossier_id")).where(
        HoldRow.lifted_at.is_(None), HoldRow.dossier_id.in_(_ids(dossier_ids))
    )
    inside = select(Item.dossier_id.label("dossier_id")).join(HoldRow, HoldRow.item_id == Item.id)
    inside = inside.where(HoldRow.lifted_at.is_(None), Item.dossier_id.in_(_ids(dossier_ids)))
    every = union_all(own, inside).subquery()
    counted = select(every.c.dossier_id, func.count()).group_by(every.c.dossier_id)
    return {row[0]: row[1] for row in session.execute(counted)}


def _ids(dossier_ids: Collection[uuid.UUID]) -> Select[uuid.UUID]:
    return select(Dossier.id).where(among(Dossier.id, dossier_ids))


def _notices(
    session: Session, dossier_ids: Sequence[uuid.UUID]
) -> Mapping[tuple[uuid.UUID, uuid.UUID, date], RetentionNotice]:
    rows = session.scalars(select(RetentionNotice).where(among(RetentionNotice.dossier_id, dossier_ids)))
    return {(row.dossier_id, row.agency_id, row.due_on): row for row in rows}


def _proposals(
    session: Session, dossier_ids: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, tuple[str | None, datetime | None]]:
    """Of each dossier: the number of the disposition that it is in, and when it was last refused."""
    rows = (
        select(DispositionEntry, DispositionRow.number)
        .join(DispositionRow, DispositionRow.id == DispositionEntry.disposition_id)
        .where(among(DispositionEntry.dossier_id, dossier_ids))
    )
    found: dict[uuid.UUID, tuple[str | None, datetime | None]] = {}
    for entry, number in session.execute(rows):
        proposed, refused_at = found.get(entry.dossier_id, (None, None))
        if entry.state != DispositionState.REFUSED:
            proposed = number
        elif entry.refused_at is not None:
            refused_at = max(filter(None, (refused_at, entry.refused_at)))
        found[entry.dossier_id] = (proposed, refused_at)
    return found


def _place(each: Ending) -> str:
    return f"{each.due_on.isoformat()}~{each.code}"
