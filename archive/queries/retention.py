"""The term of each of many dossiers, from the rules that people confirmed: a few statements, however many there are."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, any_, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive.db.holdings import Dossier
from archive.db.retention import DossierRule, RuleRow, ScheduleRow, Trigger
from retention.calculate import Assigned, Calculation, due_on
from retention.schedule import RetentionSchedule, Rule, RuleKind

PORTION = 20_000

Events = dict[str, date]


def terms(session: Session, dossier_ids: Collection[uuid.UUID], today: date) -> dict[uuid.UUID, Calculation]:
    """By the rules that are confirmed and not ended, and what is recorded of their events; each dossier that exists.

    today: the day in Hà Nội (archive.access.identity.local_date).
    """
    found: dict[uuid.UUID, Calculation] = {}
    catalogue = Catalogue(session)
    remaining = iter(dossier_ids)
    while portion := list(islice(remaining, PORTION)):
        events = events_of(session, portion)
        rows = [(row[0], row[1], row[2]) for row in session.execute(_ended_with_rules(portion))]
        together = catalogue.sets_of({rule_ids for _, _, rule_ids in rows if rule_ids})
        for dossier_id, ended_on, rule_ids in rows:
            assigned = together[rule_ids] if rule_ids else ()
            found[dossier_id] = due_on(assigned, ended_on, today, events.get(dossier_id))
    return found


def _ended_with_rules(dossier_ids: Sequence[uuid.UUID]) -> Select[*tuple[Any, ...]]:
    """(dossier, day on which its work ended, ids of its rules with commas between): one row each."""
    in_order: aggregate_order_by[Any] = aggregate_order_by(
        literal_column("','"), DossierRule.confirmed_at, DossierRule.id
    )
    counted = (
        select(DossierRule.dossier_id, func.string_agg(cast(DossierRule.rule_id, Text), in_order).label("rule_ids"))
        .where(among(DossierRule.dossier_id, dossier_ids), *counting())
        .group_by(DossierRule.dossier_id)
        .subquery()
    )
    return (
        select(Dossier.id, Dossier.work_ended_on, counted.c.rule_ids)
        .outerjoin(counted, counted.c.dossier_id == Dossier.id)
        .where(among(Dossier.id, dossier_ids))
    )


def events_of(session: Session, dossier_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Events]:
    """Of each dossier, by the words of the event: the day of the newest record that was not withdrawn."""
    rows = select(Trigger.dossier_id, Trigger.event, Trigger.happened_on).where(
        among(Trigger.dossier_id, dossier_ids), Trigger.withdrawn_at.is_(None)
    )
    found: dict[uuid.UUID, Events] = defaultdict(dict)
    for dossier_id, event, happened_on in session.execute(rows.order_by(Trigger.recorded_at, Trigger.id)):
        found[dossier_id][event] = happened_on
    return found


class Catalogue:
    """Rules with the schedules that they stand in, each read once; many dossiers have the same ones."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._assigned: dict[str, Assigned] = {}
        self._sets: dict[str, tuple[Assigned, ...]] = {}

    def sets_of(self, written: Collection[str]) -> Mapping[str, tuple[Assigned, ...]]:
        """By ids of rules with commas between, as they are written there."""
        asked = {each: each.split(",") for each in written if each not in self._sets}
        self._read({rule_id for rule_ids in asked.values() for rule_id in rule_ids} - self._assigned.keys())
        for each, rule_ids in asked.items():
            self._sets[each] = tuple(self._assigned[rule_id] for rule_id in rule_ids)
        return self._sets

    def _read(self, rule_ids: Collection[str]) -> None:
        if rule_ids:
            wanted = among(RuleRow.id, [uuid.UUID(rule_id) for rule_id in rule_ids])
            rows = select(RuleRow, ScheduleRow).join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id)
            for rule, schedule in self._session.execute(rows.where(wanted)):
                self._assigned[str(rule.id)] = Assigned(schedule_of(schedule), rule_of(rule))


def schedule_of(row: ScheduleRow) -> RetentionSchedule:
    """Without its rules: a term asks for its legal basis and dates of force only."""
    return RetentionSchedule(
        code=row.code,
        version=row.version,
        title=row.title,
        legal_basis=row.legal_basis,
        source=row.source,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        rules=(),
    )


def rule_of(row: RuleRow) -> Rule:
    return Rule(
        ordinal=row.ordinal,
        title=row.title,
        kind=RuleKind(row.kind),
        years=row.years,
        event=row.event,
        note=row.note,
    )


def counting() -> tuple[ColumnElement[bool], ...]:
    """Of a DossierRule: confirmed and not ended."""
    return DossierRule.confirmed_at.is_not(None), DossierRule.ended_at.is_(None)


def among(column: InstrumentedAttribute[uuid.UUID], ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """One parameter, however many there are, and a text: a list of them takes the client longer than the server."""
    written = literal(",".join([each.hex for each in ids]), Text)
    return column == any_(cast(func.string_to_array(written, ","), ARRAY(Uuid())))
