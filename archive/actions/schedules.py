"""Retention schedules come in as versions: checked as a whole first, then taken as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.db.retention import RuleRow, ScheduleRow
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput
from archive.ids import new_id
from archive.intake.schedule_sheet import ReadRule, RuleSheet, read_rules
from archive.intake.sheets import Sheet, SheetFinding

_CODE = re.compile(r"[A-Z0-9Đ][A-Z0-9Đ.-]{0,63}")
MAX_CHARACTERS = {"title": 500, "legal_basis": 1000, "source": 1000, "sector": 200}
FIRST_DAY = date(1945, 9, 2)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ScheduleHead:
    """What a sheet does not say. valid_to None: until another version follows; sector None: a general schedule."""

    code: str
    title: str
    legal_basis: str
    source: str
    valid_from: date
    valid_to: date | None = None
    sector: str | None = None


@dataclass(frozen=True, slots=True)
class ClosedBefore:
    """The version that ends on `on` because the new one follows it."""

    version: int
    on: date


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """What an import would do, and what keeps it from being done.

    known_as: the version that is the very same; nothing is then changed.
    """

    head: ScheduleHead
    version: int
    rules: tuple[ReadRule, ...]
    findings: tuple[SheetFinding, ...]
    passed_over: int
    closes: ClosedBefore | None = None
    known_as: int | None = None


def plan_schedule(
    uow: UnitOfWork,
    head: ScheduleHead,
    sheet: Sheet,
    *,
    rows_of: str = "",
    close_previous: bool = False,
    actor: Actor,
    now: datetime,
) -> SchedulePlan:
    """The dry run: every row as it would be taken and every finding; changes nothing.

    close_previous: the version in force before ends on the day before this one begins; without it an overlap in time
    is a finding.
    """
    policy.require_at_top(uow.session, actor, Permission.SCHEDULE_IMPORT, local_date(now))
    read = read_rules(sheet, rows_of=rows_of)
    others = _versions(uow.session, head.code)
    known = next((other.version for other in others if other.digest == _digest(head, read)), None)
    closes, overlaps = (None, []) if known else _follow(head, others, close_previous)
    findings = (*_wrong_in_head(head), *overlaps, *read.findings)
    version = known or max((other.version for other in others), default=0) + 1
    return SchedulePlan(head, version, read.rules, findings, read.passed_over, closes, known)


def import_schedule(
    uow: UnitOfWork,
    head: ScheduleHead,
    sheet: Sheet,
    *,
    rows_of: str = "",
    close_previous: bool = False,
    actor: Actor,
    now: datetime,
) -> SchedulePlan:
    """As planned. Raises InvalidInput while there are findings; the same again changes nothing."""
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"schedule:{head.code}", 0))))
    plan = plan_schedule(uow, head, sheet, rows_of=rows_of, close_previous=close_previous, actor=actor, now=now)
    if plan.findings:
        raise InvalidInput("schedule.has_findings", field="sheet", count=len(plan.findings))
    if plan.known_as is None:
        _write(uow, plan, actor=actor, now=now)
    return plan


def _write(uow: UnitOfWork, plan: SchedulePlan, *, actor: Actor, now: datetime) -> None:
    head = plan.head
    if plan.closes is not None:
        before = uow.session.scalars(
            select(ScheduleRow).where(ScheduleRow.code == head.code, ScheduleRow.version == plan.closes.version)
        ).one()
        before.valid_to = plan.closes.on
    digest = _digest(head, RuleSheet(plan.rules, ()))
    schedule = ScheduleRow(
        id=new_id(),
        code=head.code,
        version=plan.version,
        title=head.title,
        legal_basis=head.legal_basis,
        valid_from=head.valid_from,
        valid_to=head.valid_to,
        source=head.source,
        sector=head.sector,
        digest=digest,
        imported_at=now,
        imported_by=actor.account_id,
    )
    uow.session.add(schedule)
    uow.session.flush()
    uow.session.add_all(_row(schedule.id, read) for read in plan.rules)
    uow.record(
        EventTag.SCHEDULE_IMPORTED,
        actor=actor,
        now=now,
        subject_kind="schedule",
        subject_id=schedule.id,
        details={
            "code": head.code,
            "version": plan.version,
            "legal_basis": head.legal_basis,
            "valid_from": head.valid_from,
            "valid_to": head.valid_to,
            "rules": len(plan.rules),
            "digest": digest,
            "closed_version": plan.closes.version if plan.closes else None,
        },
    )


def _row(schedule_id: uuid.UUID, read: ReadRule) -> RuleRow:
    rule = read.rule
    return RuleRow(
        id=new_id(),
        schedule_id=schedule_id,
        ordinal=rule.ordinal,
        title=rule.title,
        kind=str(rule.kind),
        years=rule.years,
        event=rule.event,
        group=rule.group,
        term=rule.term,
        note=rule.note,
    )


def _versions(session: Session, code: str) -> list[ScheduleRow]:
    rows = select(ScheduleRow).where(ScheduleRow.code == code).order_by(ScheduleRow.version)
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def _digest(head: ScheduleHead, read: RuleSheet) -> str:
    """Of what counts, so that the same schedule as CSV and as XLSX is the same."""
    rules = [astuple(each.rule) for each in read.rules]
    return hashlib.sha256(json.dumps([astuple(head), rules], default=str).encode()).hexdigest()


def _wrong_in_head(head: ScheduleHead) -> list[SheetFinding]:
    wrong = []
    if not _CODE.fullmatch(head.code):
        wrong.append(SheetFinding(0, "code", "schedule.code_invalid"))
    for name, most in MAX_CHARACTERS.items():
        text = getattr(head, name)
        if text is not None and not text.strip():
            wrong.append(SheetFinding(0, name, f"schedule.{name}_missing"))
        elif text is not None and len(text) > most:
            wrong.append(SheetFinding(0, name, "schedule.cell_too_long", {"maximum": most}))
    if head.valid_from < FIRST_DAY:
        wrong.append(SheetFinding(0, "valid_from", "schedule.too_early"))
    if head.valid_to is not None and head.valid_to < head.valid_from:
        wrong.append(SheetFinding(0, "valid_to", "schedule.dates_reversed"))
    return wrong


def _follow(
    head: ScheduleHead, others: list[ScheduleRow], close_previous: bool
) -> tuple[ClosedBefore | None, list[SheetFinding]]:
    """Which version the new one closes, and which it would be in force beside."""
    closes, overlaps = None, []
    for other in others:
        if not _at_once(head, other):
            continue
        if close_previous and other.valid_from < head.valid_from and other.valid_to is None:
            closes = ClosedBefore(other.version, head.valid_from - _DAY)
        else:
            may_close = other.valid_from < head.valid_from and other.valid_to is None
            rule = "schedule.overlaps_open_version" if may_close else "schedule.overlaps_version"
            values = {"version": other.version, "valid_from": other.valid_from, "valid_to": other.valid_to or "…"}
            overlaps.append(SheetFinding(0, "valid_from", rule, values))
    return closes, overlaps


def _at_once(head: ScheduleHead, other: ScheduleRow) -> bool:
    return (head.valid_to is None or other.valid_from <= head.valid_to) and (
        other.valid_to is None or head.valid_from <= other.valid_to
    )
