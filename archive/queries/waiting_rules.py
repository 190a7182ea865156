"""Rules that were proposed and wait for a person, and the rules that a person may choose from instead."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.db.retention import DossierRule, RuleRow, ScheduleRow
from archive.queries.explanation import summary_of
from archive.queries.paging import Order, Paged
from archive.queries.retention import among, counting, events_of, rule_of, schedule_of
from archive.queries.views import Message
from retention.calculate import Assigned, due_on

BY_DOSSIER = Order((Dossier.code, DossierRule.proposed_at, DossierRule.id))


@dataclass(frozen=True, slots=True)
class WaitingRule:
    """then: the term with this rule beside those that count already; as if the work of an open dossier ended today."""

    dossier_rule_id: uuid.UUID
    rule_id: uuid.UUID
    code: str
    title: str
    agency_name: str
    work_ended_on: date | None
    rule: str
    group: str | None
    term: str | None
    schedule: str
    version: int
    ordinal: int
    legal_basis: str
    superseded: bool
    reasons: tuple[str, ...]
    score: float | None
    then: Message


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """label: what stands in the list under the heading `group`."""

    rule_id: uuid.UUID
    group: str
    label: str


def waiting_rules(
    session: Session,
    *,
    actor: Actor,
    today: date,
    agency_code: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Paged[WaitingRule]:
    """Of the dossiers whose rules the actor may confirm, by code."""
    rows = (
        select(DossierRule, Dossier, Agency.name, RuleRow, ScheduleRow)
        .join(Dossier, Dossier.id == DossierRule.dossier_id)
        .join(Agency, Agency.id == Dossier.agency_id)
        .join(RuleRow, RuleRow.id == DossierRule.rule_id)
        .join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id)
        .where(*_waits(actor))
    )
    if agency_code is not None:
        rows = rows.where(Agency.code == agency_code)
    page = BY_DOSSIER.page(session, rows, cursor=cursor, limit=limit)
    return page.of(_lines(session, page.lines, today))


def count_waiting(session: Session, *, actor: Actor) -> int:
    rows = select(func.count()).select_from(DossierRule).join(Dossier, Dossier.id == DossierRule.dossier_id)
    return session.scalar(rows.where(*_waits(actor))) or 0


def without_rule(session: Session, *, actor: Actor) -> int:
    """How many dossiers whose rules the actor may confirm have none that counts."""
    counted = select(DossierRule.id).where(DossierRule.dossier_id == Dossier.id, *counting())
    rows = select(func.count()).select_from(Dossier)
    return session.scalar(rows.where(policy.filter_dossiers(actor, Permission.RULE_CONFIRM), ~counted.exists())) or 0


def choosable_rules(session: Session, *, work_ended_on: date | None, today: date) -> tuple[RuleChoice, ...]:
    """Rules of schedules that have force for this work: in force today, or when it ended."""
    in_force = [_in_force(today), *([_in_force(work_ended_on)] if work_ended_on else [])]
    rows = select(RuleRow, ScheduleRow).join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id).where(or_(*in_force))
    ordered = rows.order_by(ScheduleRow.valid_from.desc(), ScheduleRow.code, RuleRow.ordinal)
    return tuple(
        RuleChoice(
            rule.id,
            " · ".join(part for part in (schedule.code, rule.group) if part),
            " — ".join(part for part in (rule.title, rule.term) if part),
        )
        for rule, schedule in session.execute(ordered)
    )


def _in_force(on: date) -> Any:
    return and_(ScheduleRow.valid_from <= on, or_(ScheduleRow.valid_to.is_(None), ScheduleRow.valid_to >= on))


def _waits(actor: Actor) -> tuple[Any, ...]:
    return (
        DossierRule.confirmed_at.is_(None),
        DossierRule.ended_at.is_(None),
        policy.filter_dossiers(actor, Permission.RULE_CONFIRM),
    )


def _lines(session: Session, rows: Sequence[Row[*tuple[Any, ...]]], today: date) -> list[WaitingRule]:
    ids = [row[1].id for row in rows]
    events = events_of(session, ids)
    confirmed: dict[uuid.UUID, list[Assigned]] = {}
    others = (
        select(DossierRule.dossier_id, RuleRow, ScheduleRow)
        .join(RuleRow, RuleRow.id == DossierRule.rule_id)
        .join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id)
        .where(among(DossierRule.dossier_id, ids), *counting())
    )
    for dossier_id, rule, schedule in session.execute(others):
        confirmed.setdefault(dossier_id, []).append(Assigned(schedule_of(schedule), rule_of(rule)))
    return [_line(row, confirmed.get(row[1].id, []), events.get(row[1].id, {}), today) for row in rows]


def _line(
    row: Row[*tuple[Any, ...]], confirmed: Sequence[Assigned], events: dict[str, date], today: date
) -> WaitingRule:
    given, dossier, agency_name, rule, schedule = row[:5]
    assigned = Assigned(schedule_of(schedule), rule_of(rule))
    return WaitingRule(
        dossier_rule_id=given.id,
        rule_id=rule.id,
        code=dossier.code,
        title=dossier.title,
        agency_name=agency_name,
        work_ended_on=dossier.work_ended_on,
        rule=rule.title,
        group=rule.group,
        term=rule.term,
        schedule=schedule.code,
        version=schedule.version,
        ordinal=rule.ordinal,
        legal_basis=schedule.legal_basis,
        superseded=not assigned.schedule.in_force(today),
        reasons=tuple(str(reason["text"]) for reason in given.reasons),
        score=given.score,
        then=summary_of(due_on([*confirmed, assigned], dossier.work_ended_on or today, today, events)),
    )
