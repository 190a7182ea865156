"""Retention rules are proposed for dossiers by the service; only a person makes one count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import OFFICE_HOURS, SYSTEM, Actor, local_date
from archive.access.permissions import Permission
from archive.actions.records import lock_dossier
from archive.audit_events import EventTag
from archive.bootstrap import App
from archive.db.holdings import Dossier, Filing, Item
from archive.db.retention import DossierRule, RuleRow, ScheduleRow
from archive.db.unit_of_work import UnitOfWork
from archive.ids import new_id
from archive.queries.proposals import Proposers, RuleInForce, declined, rank, reason_text
from retention.propose import Candidate, Proposal

PORTION = 300
LONGEST = timedelta(seconds=10)  # other periodic work waits for a portion
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Proposed:
    """rows: what now waits for a person, the service's own alone."""

    proposal: Proposal
    rows: tuple[DossierRule, ...]
    changed: bool


def propose_rules(
    uow: UnitOfWork, code: str, *, proposers: Proposers | None = None, actor: Actor = SYSTEM, now: datetime
) -> Proposed:
    """Look for the dossier's rules; earlier proposals of the service that nobody confirmed give way.

    What a person confirmed or declined stays as it is; beside a confirmed rule only one that keeps longer is proposed.
    Safe to repeat: the same again changes nothing but the time of the look.
    """
    dossier = lock_dossier(uow, code, Permission.RULE_CONFIRM, actor=actor)
    proposers = proposers or Proposers(uow.session, local_date(now))
    proposal, rules = proposers.for_dossier(uow.session, dossier)
    rows = uow.session.scalars(
        select(DossierRule).where(DossierRule.dossier_id == dossier.id).order_by(DossierRule.id)
    ).all()
    own = [row for row in rows if row.ended_at is None and row.confirmed_at is None and row.proposed_by is None]
    wanted = _wanted(uow.session, proposal, rules, rows)
    new = [_row(dossier, candidate, rules[candidate.rule.key], now) for candidate in wanted]
    kept = [row for row in own if any(_alike(row, other) for other in new)]
    added = [row for row in new if not any(_alike(row, other) for other in own)]
    for row in own:
        if row not in kept:
            row.ended_at, row.end_reason = now, i18n.text("proposal.gave_way")
    uow.session.add_all(added)
    dossier.rules_sought_at = now
    if added or len(kept) < len(own):
        _record(uow, dossier, added, len(own) - len(kept), rules, actor=actor, now=now)
    return Proposed(proposal, (*kept, *added), changed=bool(added) or len(kept) < len(own))


def propose_waiting(app: App, *, actor: Actor = SYSTEM, portion: int = PORTION) -> int:
    """Dossiers that nobody has looked at since they, or the schedules, changed; returns how many were looked at.

    A portion ends when it is done or has taken `LONGEST`.
    """
    now = app.clock()
    with app.unit_of_work() as uow:
        proposers = Proposers(uow.session, local_date(now))
        codes = _waiting(uow.session, now, actor, portion)
    looked = 0
    for code in codes:
        with app.unit_of_work() as uow:
            propose_rules(uow, code, proposers=proposers, actor=actor, now=now)
        looked += 1
        if app.clock() - now > LONGEST:
            break
    return looked


def _wanted(
    session: Session, proposal: Proposal, rules: Mapping[str, RuleInForce], rows: Sequence[DossierRule]
) -> list[Candidate]:
    confirmed = {row.rule_id for row in rows if row.confirmed_at is not None and row.ended_at is None}
    counting = session.scalars(select(RuleRow).where(RuleRow.id.in_(confirmed))) if confirmed else ()
    longest = max((rank(row) for row in counting), default=-1)
    no_more = declined(rows) | confirmed
    return [
        each for each in proposal.proposed if each.rule.rank > longest and rules[each.rule.key].row.id not in no_more
    ]


def _row(dossier: Dossier, candidate: Candidate, rule: RuleInForce, now: datetime) -> DossierRule:
    return DossierRule(
        id=new_id(),
        dossier_id=dossier.id,
        rule_id=rule.row.id,
        reasons=[{"kind": str(reason.kind), "text": reason_text(reason)} for reason in candidate.reasons],
        score=candidate.score,
        proposed_at=now,
    )


def _alike(one: DossierRule, other: DossierRule) -> bool:
    return (one.rule_id, one.score, one.reasons) == (other.rule_id, other.score, other.reasons)


def _waiting(session: Session, now: datetime, actor: Actor, portion: int) -> list[str]:
    """Without a schedule nothing waits: it will, when one is imported."""
    newest = _schedules_changed_at(session, now)
    if newest is None:
        return []
    sought = Dossier.rules_sought_at
    rows = (
        select(Dossier.code)
        .where(
            policy.filter_dossiers(actor, Permission.RULE_CONFIRM),
            or_(sought.is_(None), sought < newest, Dossier.closed_at > sought, _contents_changed()),
        )
        .order_by(sought.asc().nulls_first(), Dossier.id)
        .limit(portion)
    )
    return list(session.scalars(rows))


def _contents_changed() -> ColumnElement[bool]:
    sought = Dossier.rules_sought_at
    described = exists().where(
        Item.dossier_id == Dossier.id, or_(Item.described_at > sought, Item.reviewed_at > sought)
    )
    filed = exists().where(
        or_(Filing.to_dossier_id == Dossier.id, Filing.from_dossier_id == Dossier.id), Filing.at > sought
    )
    return or_(described, filed)


def _schedules_changed_at(session: Session, now: datetime) -> datetime | None:
    """When a version was imported, came into force or was superseded last; None: there is none in force."""
    today = local_date(now)
    moments = []
    for row in session.scalars(select(ScheduleRow)):
        days = [day for day in (row.valid_from, row.valid_to + _DAY if row.valid_to else None) if day and day <= today]
        moments += [datetime.combine(day, time(), OFFICE_HOURS) for day in days]
        if row.imported_at is not None and days:
            moments.append(row.imported_at)
    return max(moments, default=None)


def _record(
    uow: UnitOfWork,
    dossier: Dossier,
    added: list[DossierRule],
    gave_way: int,
    rules: Mapping[str, RuleInForce],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    told = [(rules[str(row.rule_id)], row.score) for row in added]
    uow.record(
        EventTag.RULE_PROPOSED,
        actor=actor,
        now=now,
        subject_kind="dossier",
        subject_id=dossier.id,
        agency_id=dossier.agency_id,
        details={
            "code": dossier.code,
            "rules": [
                {
                    "schedule": rule.schedule.code,
                    "version": rule.schedule.version,
                    "place": rule.row.ordinal,
                    "term": rule.row.term,
                    "score": score,
                }
                for rule, score in told
            ],
            "gave_way": gave_way,
        },
    )
