"""The programme is changed: titles, owners, quantities and dates of targets and tasks, and agencies' shares of them.

It belongs to all, so whoever changes it holds the permission over the agency at the top. What was said before stays as
a revision; what nobody filled in stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.digitization import ProgrammeRevision, Target, Task, TaskPlan
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id
from archive.intake.programme_sheet import (
    FIELDS,
    KEYS,
    Content,
    Kind,
    ReadLine,
    Value,
    read_programme,
    require_whole,
    value_of,
)
from archive.intake.sheets import Sheet, SheetFinding

Subject = Target | Task | TaskPlan
Key = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one target, task or share; line 0: it does not come from a sheet."""

    kind: Kind
    key: Key
    fields: tuple[FieldChange, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class ProgrammeImport:
    """The dry run of a sheet. unchanged: lines that say what is so already."""

    kind: Kind
    changes: tuple[Change, ...]
    findings: tuple[SheetFinding, ...]
    unchanged: int


def change_programme(
    uow: UnitOfWork, kind: Kind, key: Key, given: Mapping[str, str], *, version: int, actor: Actor, now: datetime
) -> Change | None:
    """Write what a person gave for fields of one subject; None: it says so already.

    version: of the row that the person saw, 0 for a share that is not there yet; Conflict where somebody was quicker.
    """
    _begin(uow, actor, now)
    known = _Known(uow.session)
    row = known.row(kind, key)
    if (row.version if row is not None else 0) != version:
        raise Conflict("programme.changed_meanwhile")
    content = {name: value_of(name, text) for name, text in given.items() if name in FIELDS[kind]}
    known.require(content)
    change = _compare(kind, key, row, content, known)
    require_whole({**_content(kind, row, known), **content})
    if change is not None:
        _apply(uow, change, row, known, actor=actor, now=now)
        uow.record(EventTag.PROGRAMME_CHANGED, actor=actor, now=now, **_told(change, known))
    return change


def plan_import(uow: UnitOfWork, kind: Kind, sheet: Sheet, *, actor: Actor, now: datetime) -> ProgrammeImport:
    """The dry run: every change and every finding; changes nothing."""
    policy.require_at_top(uow.session, actor, Permission.PROGRAMME_MANAGE, local_date(now))
    read = read_programme(kind, sheet)
    known = _Known(uow.session)
    findings = list(read.findings)
    changes: list[Change] = []
    unchanged = 0
    for line in read.lines:
        try:
            change = _change_of(kind, line, known)
        except (InvalidInput, NotFound) as wrong:
            place = wrong.field if isinstance(wrong, InvalidInput) else KEYS[kind][0]
            findings.append(SheetFinding(line.line, read.headings.get(place, place), wrong.reason, wrong.values))
            continue
        if change is None:
            unchanged += 1
        else:
            changes.append(change)
    ordered = sorted(findings, key=lambda finding: finding.line)
    return ProgrammeImport(kind, tuple(changes), tuple(ordered), unchanged)


def import_programme(uow: UnitOfWork, kind: Kind, sheet: Sheet, *, actor: Actor, now: datetime) -> ProgrammeImport:
    """As planned, all or nothing: raises InvalidInput while there are findings. The same again changes nothing."""
    _begin(uow, actor, now)
    plan = plan_import(uow, kind, sheet, actor=actor, now=now)
    if plan.findings:
        raise InvalidInput("programme.has_findings", field="sheet", count=len(plan.findings))
    if not plan.changes:
        return plan
    known = _Known(uow.session)
    for change in plan.changes:
        _apply(uow, change, known.row(kind, change.key), known, actor=actor, now=now)
    details = {"kind": str(kind), "changes": [_told(change, known)["details"] for change in plan.changes]}
    uow.record(
        EventTag.PROGRAMME_IMPORTED, actor=actor, now=now, subject_kind="programme", subject_id=kind, details=details
    )
    return plan


class _Known:
    """The programme as it stands, read once."""

    def __init__(self, session: Session) -> None:
        self.agency_ids = {row.code: row.id for row in session.execute(select(Agency.code, Agency.id))}
        self.codes = {id_: code for code, id_ in self.agency_ids.items()}
        self._rows: dict[tuple[Kind, Key], Subject] = {}
        for target in session.scalars(select(Target)):
            self._rows[Kind.TARGET, (target.number,)] = target
        for task in session.scalars(select(Task)):
            self._rows[Kind.TASK, (task.number,)] = task
        for plan in session.scalars(select(TaskPlan)):
            self._rows[Kind.PLAN, (plan.task_number, self.codes[plan.agency_id])] = plan

    def row(self, kind: Kind, key: Key) -> Subject | None:
        """None only for a share that is not there yet. Raises NotFound for a number or an agency that is unknown."""
        number = int(key[0])
        if kind is Kind.TARGET and (kind, key) not in self._rows:
            raise NotFound("programme.target_unknown", number=number)
        if kind is not Kind.TARGET and (Kind.TASK, (number,)) not in self._rows:
            raise NotFound("programme.task_unknown", number=number)
        if kind is Kind.PLAN and key[1] not in self.agency_ids:
            raise InvalidInput("programme.agency_unknown", field="agency", code=key[1])
        return self._rows.get((kind, key))

    def require(self, content: Content) -> None:
        """Raises InvalidInput where a field names what is not there."""
        target, owner = content.get("target_number"), content.get("owner")
        if isinstance(target, int) and (Kind.TARGET, (target,)) not in self._rows:
            raise InvalidInput("programme.target_unknown", field="target_number", number=target)
        if owner is not None and owner not in self.agency_ids:
            raise InvalidInput("programme.agency_unknown", field="owner", code=owner)

    def add(self, key: Key, plan: TaskPlan) -> None:
        self._rows[Kind.PLAN, key] = plan


def _begin(uow: UnitOfWork, actor: Actor, now: datetime) -> None:
    """Whoever changes the programme does so alone: versions follow each other, and an import is judged over all."""
    policy.require_at_top(uow.session, actor, Permission.PROGRAMME_MANAGE, local_date(now))
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(literal("programme"), 0))))


def _change_of(kind: Kind, line: ReadLine, known: _Known) -> Change | None:
    row = known.row(kind, line.key)
    known.require(line.content)
    require_whole({**_content(kind, row, known), **line.content})
    return _compare(kind, line.key, row, line.content, known, line=line.line)


def _compare(
    kind: Kind, key: Key, row: Subject | None, content: Content, known: _Known, *, line: int = 0
) -> Change | None:
    before = _content(kind, row, known)
    changed = tuple(FieldChange(name, before[name], value) for name, value in content.items() if before[name] != value)
    return Change(kind, key, changed, line) if changed else None


def _content(kind: Kind, row: Subject | None, known: _Known) -> dict[str, Value]:
    if row is None:
        return dict.fromkeys(FIELDS[kind])
    content: dict[str, Value] = {name: getattr(row, name) for name in FIELDS[kind] if name != "owner"}
    if isinstance(row, Task):
        content["owner"] = known.codes[row.owner_agency_id] if row.owner_agency_id else None
    return content


def _apply(uow: UnitOfWork, change: Change, row: Subject | None, known: _Known, *, actor: Actor, now: datetime) -> None:
    if row is None:
        row = TaskPlan(
            id=new_id(), task_number=int(change.key[0]), agency_id=known.agency_ids[str(change.key[1])], version=0
        )
        uow.session.add(row)
        known.add(change.key, row)
    for field in change.fields:
        if field.name == "owner":
            assert isinstance(row, Task)
            row.owner_agency_id = known.agency_ids[str(field.after)] if field.after else None
        else:
            setattr(row, field.name, field.after)
    row.version += 1
    uow.session.add(
        ProgrammeRevision(
            id=new_id(),
            subject_kind=str(change.kind),
            subject=subject(change.key),
            version=row.version,
            content=_plain(_content(change.kind, row, known)),
            account_id=actor.account_id,
            at=now,
        )
    )
    uow.session.flush()


def subject(key: Key) -> str:
    """As a revision names it: a number, or <task number>:<agency code> of a share."""
    return ":".join(str(part) for part in key)


def _told(change: Change, known: _Known) -> dict[str, Any]:
    details = {
        "number": subject(change.key),
        "before": _plain({field.name: field.before for field in change.fields}),
        "after": _plain({field.name: field.after for field in change.fields}),
    }
    agency_id = known.agency_ids[str(change.key[1])] if change.kind is Kind.PLAN else None
    return {
        "subject_kind": str(change.kind),
        "subject_id": subject(change.key),
        "agency_id": agency_id,
        "details": details,
    }


def _plain(content: Content) -> dict[str, str | int | None]:
    return {name: _plain_value(value) for name, value in content.items()}


def _plain_value(value: Value) -> str | int | None:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value
