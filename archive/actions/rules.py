"""Which retention rules count for a dossier, and what happened that they wait for: said by a person, with a reason.

Whoever changes one of these holds the dossier's row; each ends with the locks of its masters renewed.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from archive import i18n
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.protection import renew_protection
from archive.actions.records import lock_dossier, reason_given, record_dossier
from archive.audit_events import EventTag
from archive.bootstrap import CLOCK_TOLERANCE
from archive.db.holdings import Dossier
from archive.db.retention import DossierRule, RetentionNotice, RuleRow, ScheduleRow, Trigger
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id
from archive.queries.retention import schedule_of

FIRST_DAY = date(1800, 1, 1)


def confirm_rule(
    uow: UnitOfWork,
    code: str,
    rule_id: uuid.UUID,
    *,
    reason: str = "",
    replaces_proposals: bool = False,
    actor: Actor,
    now: datetime,
) -> DossierRule:
    """The rule counts from now on: the one that was proposed, or any other, which needs a reason.

    replaces_proposals: those of other rules that still wait for somebody are ended with the same reason.
    Raises Conflict where it counts already, InvalidInput where its schedule has no force for this dossier's work.
    """
    dossier = _lock(uow, code, actor=actor, now=now)
    rule, schedule = _rule(uow, rule_id)
    _require_force(schedule, dossier.work_ended_on, local_date(now))
    open_rows = uow.session.scalars(
        select(DossierRule).where(DossierRule.dossier_id == dossier.id, DossierRule.ended_at.is_(None))
    ).all()
    mine = [row for row in open_rows if row.rule_id == rule_id]
    if any(row.confirmed_at is not None for row in mine):
        raise Conflict("rule.confirmed_before", title=rule.title)
    confirmed = mine[0] if mine else _chosen(dossier, rule, reason_given(reason), actor=actor, now=now)
    confirmed.confirmed_at, confirmed.confirmed_by = now, actor.account_id
    uow.session.add(confirmed)
    if replaces_proposals:
        for row in open_rows:
            if row.confirmed_at is None and row.id != confirmed.id:
                _end(uow, dossier, row, reason_given(reason), actor=actor, now=now)
    details = {**_told(rule, schedule), "proposed": bool(mine), "reason": " ".join(reason.split())}
    record_dossier(uow, EventTag.RULE_CONFIRMED, dossier, code=dossier.code, actor=actor, now=now, **details)
    uow.session.flush()
    renew_protection(uow, [dossier.id], now=now)
    return confirmed


def end_rule(
    uow: UnitOfWork, code: str, dossier_rule_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime
) -> DossierRule:
    """A confirmed rule counts no more, or a proposal is declined; both stay to be read."""
    dossier = _lock(uow, code, actor=actor, now=now)
    why = reason_given(reason)
    row = uow.session.get(DossierRule, dossier_rule_id, populate_existing=True)
    if row is None or row.dossier_id != dossier.id:
        raise NotFound(what=i18n.text("noun.dossier_rule"))
    if row.ended_at is not None:
        raise Conflict("rule.ended_before")
    _end(uow, dossier, row, why, actor=actor, now=now)
    uow.session.flush()
    renew_protection(uow, [dossier.id], now=now)
    return row


def record_trigger(
    uow: UnitOfWork, code: str, *, event: str, happened_on: date, document: str, actor: Actor, now: datetime
) -> Trigger:
    """What a rule of the dossier waits for has happened. The newest record of an event counts; earlier ones stay.

    event: in the words of the rule. document: what proves it.
    """
    dossier = _lock(uow, code, actor=actor, now=now)
    if event not in _events(uow, dossier):
        raise InvalidInput("trigger.event_unknown", field="event", event=event, code=code)
    if happened_on > local_date(now):
        raise InvalidInput("trigger.in_future", field="happened_on", day=happened_on)
    if happened_on < FIRST_DAY:
        raise InvalidInput("trigger.too_early", field="happened_on", day=happened_on)
    proof = " ".join(document.split())
    if not proof:
        raise InvalidInput("trigger.document_missing", field="document")
    newest = uow.session.scalar(
        select(Trigger)
        .where(Trigger.dossier_id == dossier.id, Trigger.event == event, Trigger.withdrawn_at.is_(None))
        .order_by(Trigger.recorded_at.desc(), Trigger.id.desc())
        .limit(1)
    )
    if newest is not None and newest.happened_on == happened_on:
        raise Conflict("trigger.recorded_before", event=event, day=happened_on)
    trigger = Trigger(
        id=new_id(),
        dossier_id=dossier.id,
        event=event,
        happened_on=happened_on,
        document=reason_given(proof),
        recorded_at=now,
        recorded_by=actor.account_id,
    )
    uow.session.add(trigger)
    details = {"event": event, "happened_on": happened_on, "document": trigger.document}
    record_dossier(uow, EventTag.TRIGGER_RECORDED, dossier, code=dossier.code, actor=actor, now=now, **details)
    uow.session.flush()
    renew_protection(uow, [dossier.id], now=now)
    return trigger


def withdraw_trigger(
    uow: UnitOfWork, code: str, trigger_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime
) -> Trigger:
    """It did not happen, or not then: an earlier record of the same event counts again, if there is one."""
    dossier = _lock(uow, code, actor=actor, now=now)
    why = reason_given(reason)
    trigger = uow.session.get(Trigger, trigger_id, populate_existing=True)
    if trigger is None or trigger.dossier_id != dossier.id:
        raise NotFound(what=i18n.text("noun.trigger"))
    if trigger.withdrawn_at is not None:
        raise Conflict("trigger.withdrawn_before")
    trigger.withdrawn_at, trigger.withdrawn_by = now, actor.account_id
    details = {"event": trigger.event, "happened_on": trigger.happened_on, "reason": why}
    record_dossier(uow, EventTag.TRIGGER_WITHDRAWN, dossier, code=dossier.code, actor=actor, now=now, **details)
    uow.session.flush()
    renew_protection(uow, [dossier.id], now=now)
    return trigger


def refuse_clock_set_back(newest: datetime | None, now: datetime) -> None:
    """Terms and notices count from moments: what is written now must not seem older than what was written before."""
    if newest is not None and newest - now > CLOCK_TOLERANCE:
        raise Conflict("retention.clock_set_back", behind=_span(newest - now))


def _lock(uow: UnitOfWork, code: str, *, actor: Actor, now: datetime) -> Dossier:
    dossier = lock_dossier(uow, code, Permission.RULE_CONFIRM, actor=actor)
    moments = (
        select(func.max(DossierRule.confirmed_at)).where(DossierRule.dossier_id == dossier.id),
        select(func.max(Trigger.recorded_at)).where(Trigger.dossier_id == dossier.id),
        select(func.max(RetentionNotice.given_at)).where(RetentionNotice.dossier_id == dossier.id),
    )
    refuse_clock_set_back(
        uow.session.scalar(select(func.greatest(*(moment.scalar_subquery() for moment in moments)))), now
    )
    return dossier


def _rule(uow: UnitOfWork, rule_id: uuid.UUID) -> tuple[RuleRow, ScheduleRow]:
    rows = select(RuleRow, ScheduleRow).join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id)
    found = uow.session.execute(rows.where(RuleRow.id == rule_id)).one_or_none()
    if found is None:
        raise NotFound(what=i18n.text("noun.rule"))
    return found[0], found[1]


def _require_force(row: ScheduleRow, work_ended_on: date | None, today: date) -> None:
    """In force today, or when the work ended; the work of an open dossier goes on."""
    schedule = schedule_of(row)
    if schedule.in_force(today) or (work_ended_on is not None and schedule.in_force(work_ended_on)):
        return
    dates = {"valid_from": row.valid_from, "valid_to": row.valid_to or "…"}
    reason = "rule.not_in_force" if work_ended_on is None else "rule.not_in_force_then"
    ended = work_ended_on or ""
    raise InvalidInput(reason, field="rule", schedule=row.code, version=row.version, ended=ended, **dates)


def _chosen(dossier: Dossier, rule: RuleRow, why: str, *, actor: Actor, now: datetime) -> DossierRule:
    return DossierRule(
        id=new_id(),
        dossier_id=dossier.id,
        rule_id=rule.id,
        reasons=[{"kind": "person", "text": why}],
        proposed_at=now,
        proposed_by=actor.account_id,
    )


def _end(uow: UnitOfWork, dossier: Dossier, row: DossierRule, why: str, *, actor: Actor, now: datetime) -> None:
    row.ended_at, row.ended_by, row.end_reason = now, actor.account_id, why
    rule, schedule = _rule(uow, row.rule_id)
    details = {**_told(rule, schedule), "confirmed": row.confirmed_at is not None, "reason": why}
    record_dossier(uow, EventTag.RULE_ENDED, dossier, code=dossier.code, actor=actor, now=now, **details)


def _events(uow: UnitOfWork, dossier: Dossier) -> set[str | None]:
    """What rules of the dossier wait for, proposed ones included: it may be known before the rule is confirmed."""
    rows = select(RuleRow.event).join(DossierRule, DossierRule.rule_id == RuleRow.id)
    return set(uow.session.scalars(rows.where(DossierRule.dossier_id == dossier.id, DossierRule.ended_at.is_(None))))


def _told(rule: RuleRow, schedule: ScheduleRow) -> dict[str, object]:
    return {
        "schedule": schedule.code,
        "version": schedule.version,
        "legal_basis": schedule.legal_basis,
        "rule": rule.title,
        "term": rule.term,
    }


def _span(behind: timedelta) -> str:
    minutes = int(behind.total_seconds() // 60)
    return i18n.text("retention.minutes", count=minutes)
