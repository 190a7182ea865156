"""Which rules speak of a dossier: the scorer over the schedules in force and what is catalogued."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.db.holdings import Dossier, Item
from archive.db.retention import DossierRule, RuleRow, ScheduleRow
from archive.db.states import READABLE
from archive.queries.dossiers import not_found
from archive.queries.fields import effective_fields
from metadata.model import FieldName
from retention.propose import Candidate, Document, Proposal, Proposer, Reason, ReasonKind, Silence, WordedRule
from retention.schedule import RuleKind

MOST_DOCUMENTS = 200
_FOR_EVER, _UNTIL_AN_EVENT = 1_000_000, 10_000  # ranks of terms without a known end; below them years


@dataclass(frozen=True, slots=True)
class RuleInForce:
    row: RuleRow
    schedule: ScheduleRow


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """reasons: as sentences; declined: a person has declined it for this dossier."""

    rule_id: uuid.UUID
    title: str
    group: str | None
    term: str | None
    schedule_code: str
    schedule_version: int
    ordinal: int
    legal_basis: str
    score: float
    reasons: tuple[str, ...]
    proposed: bool
    confirmed: bool
    declined: bool


@dataclass(frozen=True, slots=True)
class CandidatesView:
    """on: the day whose schedules were looked at. silence: sentence that says why nothing is proposed."""

    code: str
    title: str
    on: date
    candidates: tuple[CandidateLine, ...]
    silence: str | None


class Proposers:
    """One scorer for each set of schedules that is in force together, made when it is first asked for."""

    def __init__(self, session: Session, today: date) -> None:
        self._today = today
        self._schedules = tuple(session.scalars(select(ScheduleRow).order_by(ScheduleRow.code, ScheduleRow.version)))
        self._made: dict[frozenset[uuid.UUID], tuple[Proposer, Mapping[str, RuleInForce]]] = {}

    def for_dossier(self, session: Session, dossier: Dossier) -> tuple[Proposal, Mapping[str, RuleInForce]]:
        """The proposal, and the rules that its keys stand for."""
        in_force = self._in_force(dossier.work_ended_on or self._today) or self._in_force(self._today)
        ids = frozenset(schedule.id for schedule in in_force)
        if ids not in self._made:
            known = _rules(session, in_force)
            self._made[ids] = Proposer(_worded(key, rule.row) for key, rule in known.items()), known
        proposer, rules = self._made[ids]
        return proposer.propose(dossier.title, documents(session, dossier.id)), rules

    def _in_force(self, on: date) -> list[ScheduleRow]:
        return [each for each in self._schedules if each.valid_from <= on and (each.valid_to or date.max) >= on]


def candidates(session: Session, code: str, *, actor: Actor, today: date) -> CandidatesView:
    """Looked for anew; changes nothing."""
    dossier = session.scalar(select(Dossier).where(Dossier.code == code, policy.filter_dossiers(actor)))
    if dossier is None:
        raise not_found(code)
    proposal, rules = Proposers(session, today).for_dossier(session, dossier)
    rows = session.scalars(select(DossierRule).where(DossierRule.dossier_id == dossier.id)).all()
    proposed = {each.rule.key for each in proposal.proposed}
    extra = [each for each in proposal.proposed if each.rule.key not in {c.rule.key for c in proposal.candidates}]
    lines = (_line(each, rules[each.rule.key], proposed, rows) for each in (*extra, *proposal.candidates))
    silence = None if proposal.silence is None else silence_text(proposal.silence)
    return CandidatesView(code, dossier.title, dossier.work_ended_on or today, tuple(lines), silence)


def documents(session: Session, dossier_id: uuid.UUID) -> list[Document]:
    """Those that may be read, the first ones where there are very many."""
    items = session.scalars(
        select(Item)
        .where(Item.dossier_id == dossier_id, Item.state.in_(sorted(READABLE)))
        .order_by(Item.code, Item.id)
        .limit(MOST_DOCUMENTS)
    ).all()
    fields = effective_fields(session, [item.id for item in items])
    return [
        Document(
            text=fields[item.id].text(FieldName.SUBJECT) or item.title or "",
            type_name=fields[item.id].text(FieldName.TYPE_NAME) or "",
            name=item.code or "",
        )
        for item in items
    ]


def declined(rows: Sequence[DossierRule]) -> frozenset[uuid.UUID]:
    """Rules that a person has taken off this dossier: not proposed a second time."""
    return frozenset(row.rule_id for row in rows if row.ended_at is not None and row.ended_by is not None)


def reason_text(reason: Reason) -> str:
    contrasts = ReasonKind.AGREES, ReasonKind.DIFFERS, ReasonKind.UNSAID
    said = i18n.text(f"proposal.contrast_{reason.text}") if reason.kind in contrasts else reason.text
    return i18n.text(f"proposal.reason_{reason.kind}", text=said)


def silence_text(silence: Silence) -> str:
    return i18n.text(f"proposal.silence_{silence}")


def rank(row: RuleRow) -> int:
    """The greater, the longer it keeps."""
    match RuleKind(row.kind):
        case RuleKind.PERMANENT:
            return _FOR_EVER
        case RuleKind.EVENT:
            return _UNTIL_AN_EVENT + (row.years or 0)
        case RuleKind.YEARS:
            return row.years or 0


def _rules(session: Session, schedules: list[ScheduleRow]) -> dict[str, RuleInForce]:
    by_id = {schedule.id: schedule for schedule in schedules}
    rows = session.scalars(
        select(RuleRow).where(RuleRow.schedule_id.in_(by_id)).order_by(RuleRow.schedule_id, RuleRow.ordinal)
    )
    return {str(row.id): RuleInForce(row, by_id[row.schedule_id]) for row in rows}


def _worded(key: str, row: RuleRow) -> WordedRule:
    return WordedRule(key, row.title, f"{row.kind} {row.years} {row.event}", rank(row), row.group or "")


def _line(candidate: Candidate, rule: RuleInForce, proposed: set[str], rows: Sequence[DossierRule]) -> CandidateLine:
    return CandidateLine(
        rule_id=rule.row.id,
        title=rule.row.title,
        group=rule.row.group,
        term=rule.row.term,
        schedule_code=rule.schedule.code,
        schedule_version=rule.schedule.version,
        ordinal=rule.row.ordinal,
        legal_basis=rule.schedule.legal_basis,
        score=candidate.score,
        reasons=tuple(reason_text(reason) for reason in candidate.reasons),
        proposed=candidate.rule.key in proposed,
        confirmed=any(row.rule_id == rule.row.id and row.confirmed_at and not row.ended_at for row in rows),
        declined=rule.row.id in declined(rows),
    )
