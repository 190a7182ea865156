"""The term of each of many dossiers, from the rules that people confirmed: a few statements, however many there are."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, literal, select
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
    known: dict[tuple[object, ...], Calculation] = {}  # many dossiers have the same rules and ended in the same days
    catalogue = Catalogue(session)
    remaining = iter(dossier_ids)
    while portion := list(islice(remaining, PORTION)):
        rules = _confirmed_rules(session, portion)
        events = events_of(session, portion)
        catalogue.read(rule_id for each in rules.values() for rule_id in each)
        for dossier_id, ended_on in _work_ended(session, portion):
            key = (ended_on, *rules.get(dossier_id, ()), *sorted(events.get(dossier_id, {}).items()))
            if key not in known:
                assigned = [catalogue.assigned(rule_id) for rule_id in rules.get(dossier_id, ())]
                known[key] = due_on(assigned, ended_on, today, events.get(dossier_id))
            found[dossier_id] = known[key]
    return found


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
    """Rules with the schedules that they stand in, each read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._assigned: dict[uuid.UUID, Assigned] = {}

    def read(self, rule_ids: Iterator[uuid.UUID] | Collection[uuid.UUID]) -> None:
        missing = set(rule_ids) - self._assigned.keys()
        if missing:
            rows = select(RuleRow, ScheduleRow).join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id)
            for rule, schedule in self._session.execute(rows.where(among(RuleRow.id, missing))):
                self._assigned[rule.id] = Assigned(schedule_of(schedule), rule_of(rule))

    def assigned(self, rule_id: uuid.UUID) -> Assigned:
        return self._assigned[rule_id]


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
    """One parameter, however many there are."""
    return column == any_(literal(list(ids), ARRAY(Uuid())))


def _confirmed_rules(session: Session, dossier_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[uuid.UUID]]:
    rows = select(DossierRule.dossier_id, DossierRule.rule_id).where(
        among(DossierRule.dossier_id, dossier_ids), *counting()
    )
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for dossier_id, rule_id in session.execute(rows.order_by(DossierRule.confirmed_at, DossierRule.id)):
        found[dossier_id].append(rule_id)
    return found


def _work_ended(session: Session, dossier_ids: Sequence[uuid.UUID]) -> Iterator[tuple[uuid.UUID, date | None]]:
    rows = select(Dossier.id, Dossier.work_ended_on).where(among(Dossier.id, dossier_ids))
    yield from ((row[0], row[1]) for row in session.execute(rows))
