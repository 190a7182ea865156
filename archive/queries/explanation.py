"""Why a dossier is kept for how long: its rules with their legal basis, the arithmetic, and what would change it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.retention import DossierRule, HoldRow, RetentionNotice, RuleRow, ScheduleRow, Trigger
from archive.errors import Conflict
from archive.queries.dossiers import not_found
from archive.queries.retention import events_of, rule_of, schedule_of
from archive.queries.views import Message
from retention.calculate import Assigned, Calculation, Step, Verdict, due_on

MOST_WAITING_EVENTS = 5


@dataclass(frozen=True, slots=True)
class RuleView:
    """if_confirmed: of a proposal, what the dossier's term would be with it; reasons: why it was proposed or chosen."""

    id: uuid.UUID
    rule_id: uuid.UUID
    title: str
    group: str | None
    term: str | None
    note: str
    schedule: str
    version: int
    ordinal: int
    schedule_title: str
    legal_basis: str
    valid_from: date
    valid_to: date | None
    reasons: tuple[str, ...]
    score: float | None
    proposed_by: str | None  # None: by the service
    proposed_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    if_confirmed: Message | None

    @property
    def state(self) -> str:
        if self.ended_at is not None:
            return "ended" if self.confirmed_at is not None else "declined"
        return "proposed" if self.confirmed_at is None else "confirmed"


@dataclass(frozen=True, slots=True)
class EventView:
    """counts: it is the one that the arithmetic goes by."""

    id: uuid.UUID
    event: str
    happened_on: date
    document: str
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    counts: bool


@dataclass(frozen=True, slots=True)
class HoldView:
    reason: str
    authority: str
    placed_at: datetime
    on_item: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """steps: the arithmetic, one sentence each. changes: what would move the day, or free it. waits_for: events."""

    dossier_id: uuid.UUID
    code: str
    title: str
    agency_name: str
    work_ended_on: date | None
    today: date
    verdict: str
    due_on: date | None
    summary: Message
    steps: tuple[Message, ...]
    rules: tuple[RuleView, ...]
    events: tuple[EventView, ...]
    holds: tuple[HoldView, ...]
    noticed_at: datetime | None
    changes: tuple[Message, ...]
    waits_for: tuple[str, ...]
    may_confirm: bool

    def rules_that_are(self, state: str) -> tuple[RuleView, ...]:
        return tuple(rule for rule in self.rules if rule.state == state)


def explain(session: Session, reference: str, *, actor: Actor, today: date) -> Explanation:
    """reference: a dossier's code, an item's code or a receipt; of these the dossier that it lies in."""
    dossier, agency_name = _dossier(session, reference, actor)
    rows = session.execute(_rules(dossier.id)).all()
    events = events_of(session, [dossier.id]).get(dossier.id, {})
    counting = [_assigned(row) for row in rows if _counts(row[0])]
    found = due_on(counting, dossier.work_ended_on, today, events)
    holds = _holds(session, dossier.id)
    proposed = {
        row[0].id: summary_of(due_on([*counting, _assigned(row)], dossier.work_ended_on or today, today, events))
        for row in rows
        if row[0].confirmed_at is None and row[0].ended_at is None
    }
    return Explanation(
        dossier_id=dossier.id,
        code=dossier.code,
        title=dossier.title,
        agency_name=agency_name,
        work_ended_on=dossier.work_ended_on,
        today=today,
        verdict=found.verdict,
        due_on=found.due_on,
        summary=summary_of(found),
        steps=tuple(told(step) for step in found.steps),
        rules=tuple(_rule_view(row, proposed.get(row[0].id)) for row in rows),
        events=_events(session, dossier.id),
        holds=holds,
        noticed_at=_noticed_at(session, dossier, found.due_on),
        changes=_changes(counting, found, dossier.work_ended_on, today, events, held=bool(holds)),
        waits_for=tuple(dict.fromkeys(row[1].event for row in rows if row[1].event and row[0].ended_at is None)),
        may_confirm=policy.may(actor, Permission.RULE_CONFIRM, dossier.agency_id),
    )


def told(step: Step) -> Message:
    return Message(f"retention_step.{step.kind}", _written(step.values))


def summary_of(calculation: Calculation) -> Message:
    if calculation.due_on is None:
        return Message(f"retention_verdict.{calculation.verdict}")
    days = {"day": calculation.due_on, "kept_until": calculation.due_on - timedelta(days=1)}
    return Message(f"retention_verdict.{calculation.verdict}", _written(days))


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strftime("%d/%m/%Y") if isinstance(value, date) else value for name, value in values.items()}


def _dossier(session: Session, reference: str, actor: Actor) -> tuple[Dossier, str]:
    rows = (
        select(Dossier, Agency.name)
        .join(Agency, Agency.id == Dossier.agency_id)
        .where(policy.filter_dossiers(actor, Permission.DOSSIER_READ))
    )
    found = session.execute(rows.where(Dossier.code == reference)).one_or_none()
    if found is None:
        item = session.scalar(
            select(Item)
            .join(Receipt, Receipt.id == Item.receipt_id)
            .where(or_(Item.code == reference, Receipt.number == reference))
            .where(policy.filter_items(actor, Permission.ITEM_READ))
        )
        if item is not None and item.dossier_id is None:
            raise Conflict("retention.without_dossier", reference=reference)
        if item is not None:
            found = session.execute(rows.where(Dossier.id == item.dossier_id)).one_or_none()
    if found is None:
        raise not_found(reference)
    return found[0], found[1]


def _rules(dossier_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    proposer, confirmer, ender = aliased(Account), aliased(Account), aliased(Account)
    return (
        select(DossierRule, RuleRow, ScheduleRow, proposer.name, confirmer.name, ender.name)
        .join(RuleRow, RuleRow.id == DossierRule.rule_id)
        .join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id)
        .outerjoin(proposer, proposer.id == DossierRule.proposed_by)
        .outerjoin(confirmer, confirmer.id == DossierRule.confirmed_by)
        .outerjoin(ender, ender.id == DossierRule.ended_by)
        # a proposal that gave way to a newer look of the service tells nobody anything
        .where(DossierRule.dossier_id == dossier_id, or_(DossierRule.ended_at.is_(None), *_by_somebody()))
        .order_by(DossierRule.confirmed_at, DossierRule.score.desc(), DossierRule.id)
    )


def _by_somebody() -> tuple[ColumnElement[bool], ...]:
    return DossierRule.confirmed_at.is_not(None), DossierRule.ended_by.is_not(None)


def _counts(row: DossierRule) -> bool:
    return row.confirmed_at is not None and row.ended_at is None


def _assigned(row: Sequence[Any]) -> Assigned:
    return Assigned(schedule_of(row[2]), rule_of(row[1]))


def _rule_view(row: Sequence[Any], if_confirmed: Message | None) -> RuleView:
    given, rule, schedule, proposer, confirmer, ender = row
    return RuleView(
        id=given.id,
        rule_id=rule.id,
        title=rule.title,
        group=rule.group,
        term=rule.term,
        note=rule.note,
        schedule=schedule.code,
        version=schedule.version,
        ordinal=rule.ordinal,
        schedule_title=schedule.title,
        legal_basis=schedule.legal_basis,
        valid_from=schedule.valid_from,
        valid_to=schedule.valid_to,
        reasons=tuple(str(reason["text"]) for reason in given.reasons),
        score=given.score,
        proposed_by=proposer,
        proposed_at=given.proposed_at,
        confirmed_by=confirmer,
        confirmed_at=given.confirmed_at,
        ended_by=ender,
        ended_at=given.ended_at,
        end_reason=given.end_reason,
        if_confirmed=if_confirmed,
    )


def _events(session: Session, dossier_id: uuid.UUID) -> tuple[EventView, ...]:
    rows = session.execute(
        select(Trigger, Account.name)
        .join(Account, Account.id == Trigger.recorded_by)
        .where(Trigger.dossier_id == dossier_id)
        .order_by(Trigger.recorded_at.desc(), Trigger.id.desc())
    )
    seen: set[str] = set()
    views = []
    for trigger, name in rows:
        counts = trigger.withdrawn_at is None and trigger.event not in seen
        if counts:
            seen.add(trigger.event)
        views.append(
            EventView(
                id=trigger.id,
                event=trigger.event,
                happened_on=trigger.happened_on,
                document=trigger.document,
                recorded_by=name,
                recorded_at=trigger.recorded_at,
                withdrawn_at=trigger.withdrawn_at,
                counts=counts,
            )
        )
    return tuple(views)


def _holds(session: Session, dossier_id: uuid.UUID) -> tuple[HoldView, ...]:
    inside = select(Item.id).where(Item.dossier_id == dossier_id)
    rows = session.scalars(
        select(HoldRow)
        .where(HoldRow.lifted_at.is_(None), or_(HoldRow.dossier_id == dossier_id, HoldRow.item_id.in_(inside)))
        .order_by(HoldRow.placed_at)
    )
    return tuple(HoldView(row.reason, row.authority, row.placed_at, row.item_id is not None) for row in rows)


def _noticed_at(session: Session, dossier: Dossier, day: date | None) -> datetime | None:
    return session.scalar(
        select(RetentionNotice.given_at).where(
            RetentionNotice.dossier_id == dossier.id,
            RetentionNotice.agency_id == dossier.agency_id,
            RetentionNotice.due_on == day,
        )
    )


def _changes(
    counting: Sequence[Assigned],
    found: Calculation,
    work_ended_on: date | None,
    today: date,
    events: Mapping[str, date],
    *,
    held: bool,
) -> tuple[Message, ...]:
    """What somebody could do, and where the arithmetic can say it, what the term would then be."""
    changes: list[Message] = []
    if found.verdict is Verdict.NO_RULE:
        changes.append(Message("retention_change.confirm_rule"))
    elif found.verdict is Verdict.WORK_NOT_ENDED:
        then = due_on(counting, today, today, events)
        changes.append(Message("retention_change.close", {"then": then_words(then)}))
    elif found.verdict is Verdict.NO_SCHEDULE_IN_FORCE:
        changes.append(Message("retention_change.other_schedule"))
    elif found.verdict is Verdict.PERMANENT:
        changes.append(Message("retention_change.end_permanent"))
    waited = dict.fromkeys(each.rule.event for each in counting if each.rule.event)
    for event in list(waited)[:MOST_WAITING_EVENTS]:
        if event in events:
            changes.append(Message("retention_change.event_moved", {"event": event}))
        elif work_ended_on is not None:
            then = due_on(counting, work_ended_on, today, {**events, event: today})
            changes.append(Message("retention_change.event", {"event": event, "then": then_words(then)}))
    if found.verdict is Verdict.DUE:
        changes.append(Message("retention_change.longer_rule"))
    if work_ended_on is not None:
        changes.append(Message("retention_change.reopen"))
    changes.append(Message("retention_change.lift" if held else "retention_change.hold"))
    return tuple(changes)


def then_words(calculation: Calculation) -> str:
    """As the end of a sentence."""
    summary = summary_of(calculation)
    words = i18n.text(summary.id, **summary.values)
    return words[:1].lower() + words[1:]
