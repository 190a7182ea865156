"""Dossiers past their term are put on a list for disposal, and taken off it: nothing here destroys anything.

What follows (council, appraisal, decision, execution) is a workflow of its own; retention.disposition has its states.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.identity import OFFICE_HOURS, Actor, local_date
from archive.access.permissions import Permission
from archive.actions.records import reason_given
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.db.retention import DispositionEntry, DispositionRow, DispositionStep
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, NotFound
from archive.ids import new_id
from archive.queries import dispositions as queries
from archive.queries.dossiers import not_found
from archive.queries.due import DueLine, Standing, endings, lines_of
from archive.queries.retention import among
from retention.disposition import DispositionAction, DispositionState, advance
from retention.errors import TransitionRefused

NUMBER_DIGITS = 5
MAX_ENTRIES = 2000  # of one list; what is left waits for the next


def propose_disposition(
    uow: UnitOfWork, agency_code: str, dossier_codes: Collection[str] = (), *, actor: Actor, now: datetime
) -> DispositionRow:
    """One list of an agency's dossiers that are due, were noticed 30 days ago or more and are held by nothing.

    dossier_codes: only these; one that was refused before is taken again. None named: all that are ready.
    Raises Conflict for a named one that may not be proposed, with what keeps it, and where there is none at all.
    """
    agency = _agency(uow, agency_code, actor)
    lines = _lock_due(uow, agency, dossier_codes, now)
    today = local_date(now)
    wanted = {Standing.READY} | ({Standing.REFUSED} if dossier_codes else set())
    for line in lines if dossier_codes else ():
        if (standing := line.standing(today)) not in wanted:
            raise Conflict("disposition.not_ready", code=line.code, why=i18n.text(f"due.{standing}"))
    chosen = [line for line in lines if line.standing(today) in wanted][:MAX_ENTRIES]
    if not chosen:
        raise Conflict("disposition.nothing_ready", agency=agency_code)
    return _write(uow, agency, chosen, actor=actor, now=now)


def withdraw_disposition(
    uow: UnitOfWork, number: str, *, reason: str, dossier_code: str | None = None, actor: Actor, now: datetime
) -> DispositionRow:
    """The list is refused or taken back; dossier_code: only this dossier is taken off it. The rows stay."""
    row = uow.session.scalar(
        select(DispositionRow)
        .where(DispositionRow.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or not policy.may(actor, Permission.DOSSIER_READ, row.agency_id):
        raise queries.not_found(number)
    policy.require(actor, Permission.DISPOSITION_PROPOSE, row.agency_id)
    why = reason_given(reason)
    _require_step(row, DispositionState.REFUSED)
    entries = _open_entries(uow, row)
    dropped = [entry for entry, code in entries if dossier_code in (None, code)]
    if not dropped:
        raise not_found(dossier_code or number)
    for entry in dropped:
        entry.state, entry.note, entry.refused_at = DispositionState.REFUSED, why, now
    if len(dropped) == len(entries):
        row.state = DispositionState.REFUSED
        _step(uow, row, actor=actor, now=now)
    details = {"number": number, "reason": why, "dossiers": len(dropped), "dossier": dossier_code}
    _record(uow, EventTag.DISPOSITION_REFUSED, row, details, actor=actor, now=now)
    return row


def ready_agencies(uow: UnitOfWork, *, agency_code: str | None, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Codes of the agencies that have something to propose, among those over which the actor may."""
    today = local_date(now)
    scope = [policy.filter_agency(actor, Permission.DISPOSITION_PROPOSE, Dossier.agency_id)]
    if agency_code is not None:
        scope.append(Dossier.agency_id == _agency(uow, agency_code, actor).id)
    lines = lines_of(uow.session, endings(uow.session, *scope, until=today, today=today))
    return tuple(sorted({line.agency_code for line in lines if line.standing(today) is Standing.READY}))


def _agency(uow: UnitOfWork, code: str, actor: Actor) -> Agency:
    agency = uow.session.scalar(select(Agency).where(Agency.code == code))
    if agency is None or not policy.may(actor, Permission.DOSSIER_READ, agency.id):
        raise NotFound(what=i18n.text("noun.agency", code=code))
    policy.require(actor, Permission.DISPOSITION_PROPOSE, agency.id)
    return agency


def _lock_due(uow: UnitOfWork, agency: Agency, codes: Collection[str], now: datetime) -> Sequence[DueLine]:
    """Held until the commit, so that two lists cannot have the same dossier and no rule changes meanwhile."""
    today = local_date(now)
    scope = [Dossier.agency_id == agency.id, *([Dossier.code.in_(sorted(codes))] if codes else ())]
    if codes:
        known = set(uow.session.scalars(select(Dossier.code).where(*scope)))
        for code in sorted(set(codes) - known):
            raise not_found(code)
    found = [each.dossier_id for each in endings(uow.session, *scope, until=today, today=today)]
    locked = select(Dossier.id).where(among(Dossier.id, found)).order_by(Dossier.id).with_for_update()
    held = uow.session.scalars(locked).all()
    lines = lines_of(uow.session, endings(uow.session, *scope, among(Dossier.id, held), until=today, today=today))
    for code in sorted(set(codes) - {line.code for line in lines}):
        raise Conflict("disposition.not_due", code=code)
    return lines


def _write(uow: UnitOfWork, agency: Agency, lines: Sequence[DueLine], *, actor: Actor, now: datetime) -> DispositionRow:
    year = now.astimezone(OFFICE_HOURS).year
    number = uow.next_number(f"disposition:{agency.code}:{year}")
    row = DispositionRow(
        id=new_id(),
        number=f"DX-{agency.code}-{year}-{number:0{NUMBER_DIGITS}}",
        agency_id=agency.id,
        action=DispositionAction.DESTROY,
        state=DispositionState.PROPOSED,
        proposed_by=actor.account_id,
        proposed_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    for line in lines:
        uow.session.add(
            DispositionEntry(
                disposition_id=row.id,
                dossier_id=line.dossier_id,
                reason=i18n.text("disposition.term_ended", day=line.due_on),
                state=DispositionState.PROPOSED,
            )
        )
    _step(uow, row, actor=actor, now=now)
    details = {"number": row.number, "dossiers": [line.code for line in lines]}
    _record(uow, EventTag.DISPOSITION_PROPOSED, row, details, actor=actor, now=now)
    return row


def _open_entries(uow: UnitOfWork, row: DispositionRow) -> list[tuple[DispositionEntry, str]]:
    rows = (
        select(DispositionEntry, Dossier.code)
        .join(Dossier, Dossier.id == DispositionEntry.dossier_id)
        .where(DispositionEntry.disposition_id == row.id, DispositionEntry.state != DispositionState.REFUSED)
    )
    return [(found[0], found[1]) for found in uow.session.execute(rows)]


def _require_step(row: DispositionRow, to: DispositionState) -> None:
    try:
        advance(DispositionState(row.state), to)
    except TransitionRefused as refused:
        names = {name: i18n.text(f"disposition.state_{value}") for name, value in refused.values.items()}
        raise Conflict(refused.reason, **names) from refused


def _step(uow: UnitOfWork, row: DispositionRow, *, actor: Actor, now: datetime) -> None:
    uow.session.add(
        DispositionStep(id=new_id(), disposition_id=row.id, state=row.state, account_id=actor.account_id, at=now)
    )


def _record(
    uow: UnitOfWork, tag: EventTag, row: DispositionRow, details: Mapping[str, object], *, actor: Actor, now: datetime
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="disposition",
        subject_id=row.id,
        agency_id=row.agency_id,
        details=details,
    )
