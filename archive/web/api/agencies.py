"""Agencies in time: the directory, one of them, and what changes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import agencies as actions
from archive.actions import agency_import, identifiers, successions
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput
from archive.intake.agency_sheet import agency_rows
from archive.queries import agencies as queries
from archive.queries import custody
from archive.queries.references import identifier_id
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.agencies import (
    Agency,
    AgencyChange,
    AgencyChanges,
    AgencyClosing,
    AgencyGiven,
    AgencyImport,
    AgencyLine,
    IdentifierEnding,
    IdentifierGiven,
    RenamingGiven,
    SuccessionGiven,
)
from archive.web.api.models.agency_parts import Succession
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.sheets import SheetFinding
from archive.web.api.sheet_body import SHEET_BODY, DryRun, SheetBody, holding, sheet_for
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/agencies", tags=["agencies"])
AgencySheet = Annotated[SheetBody, sheet_for(holding(Permission.AGENCY_REORGANISE))]


@router.get("")
def list_agencies(
    visit: Reader,
    ended: Annotated[bool, Query(description="also what is no more")] = False,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AgencyLine]:
    """The directory of agencies by code, open to everybody who has a role anywhere."""
    with visit.unit_of_work() as uow:
        found = queries.directory(
            uow.session, actor=visit.actor, today=local_date(visit.now), ended=ended, limit=limit, cursor=cursor
        )
    return page_of(AgencyLine, found)


@router.post("", status_code=201)
def create_agency(visit: Writer, given: AgencyGiven, key: Key = None) -> Agency:
    """Enter an agency below another one; it gets a fond of its own."""

    def act(uow: UnitOfWork) -> Agency:
        made = actions.create_agency(
            uow,
            code=given.code.strip().upper(),
            name=given.name,
            parent_code=given.parent.strip().upper(),
            kind=given.kind,
            valid_from=given.valid_from,
            actor=visit.actor,
            now=visit.now,
        )
        return _agency(visit, uow, made.code)

    return once(visit, key, given, act, status=201)


@router.post("/imports", openapi_extra=SHEET_BODY)
def import_agencies(visit: Writer, body: AgencySheet, dry_run: DryRun = False, key: Key = None) -> AgencyImport:
    """Import agencies, or who took over from whom, from a sheet: all of it or nothing."""
    rows = agency_rows(body.sheet)

    def act(uow: UnitOfWork) -> AgencyImport:
        done = agency_import.import_agencies(uow, rows, actor=visit.actor, now=visit.now)
        if done.findings and not dry_run:
            raise InvalidInput("agency.has_findings", field="sheet", count=len(done.findings))
        return AgencyImport(
            taken=not dry_run,
            findings=[SheetFinding.model_validate(finding) for finding in done.findings],
            changes=[AgencyChange.model_validate(change) for change in done.changes],
        )

    if not dry_run:
        return once(visit, key, body.digest, act)
    with visit.unit_of_work() as uow:
        told = act(uow)
        uow.session.rollback()
    return told


@router.post("/successions", status_code=201)
def record_succession(visit: Writer, given: SuccessionGiven, key: Key = None) -> list[Succession]:
    """Enter a merger, split, separation, renaming or closure: who took over from whom."""

    def act(uow: UnitOfWork) -> list[Succession]:
        parts = [
            successions.Part(part.predecessor.strip().upper(), part.successor.strip().upper(), part.partial, part.note)
            for part in given.parts
        ]
        successions.record_succession(
            uow,
            kind=given.kind,
            effective_on=given.effective_on,
            legal_basis=given.legal_basis,
            parts=parts,
            actor=visit.actor,
            now=visit.now,
        )
        uow.session.flush()
        views = [queries.agency(uow.session, code, actor=visit.actor) for code in {part.predecessor for part in parts}]
        return [
            Succession.model_validate(line)
            for view in sorted(views, key=lambda view: view.line.code)
            for line in view.successors
            if (line.kind, line.effective_on) == (given.kind, given.effective_on)
        ]

    return once(visit, key, given, act, status=201)


@router.get("/{code}")
def get_agency(visit: Reader, code: Reference) -> Agency:
    """An agency with its identifiers, what it came from and became, its units and its fonds."""
    with visit.unit_of_work() as uow:
        return _agency(visit, uow, code)


@router.put("/{code}")
def change_agency(visit: Writer, code: Reference, given: AgencyChanges, key: Key = None) -> Agency:
    """Change what is said of an agency, as a whole."""

    def act(uow: UnitOfWork) -> Agency:
        actions.change_agency(
            uow,
            code,
            name=given.name,
            kind=given.kind,
            parent_code=given.parent.strip().upper() if given.parent else None,
            valid_from=given.valid_from,
            second_person_publishes=given.second_person_publishes,
            actor=visit.actor,
            now=visit.now,
        )
        return _agency(visit, uow, code)

    return once(visit, key, given, act)


@router.post("/{code}/identifiers", status_code=201)
def give_identifier(visit: Writer, code: Reference, given: IdentifierGiven, key: Key = None) -> Agency:
    """Enter an identifier of the agency; given once more it changes nothing."""

    def act(uow: UnitOfWork) -> Agency:
        identifiers.give_identifier(
            uow,
            code,
            scheme=given.scheme,
            value=given.value,
            valid_from=given.valid_from,
            valid_to=given.valid_to,
            actor=visit.actor,
            now=visit.now,
        )
        return _agency(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/{code}/identifiers/endings", status_code=201)
def end_identifier(visit: Writer, code: Reference, given: IdentifierEnding, key: Key = None) -> Agency:
    """End an identifier that the agency still bears."""

    def act(uow: UnitOfWork) -> Agency:
        found = identifier_id(uow.session, code, given.scheme, given.value)
        identifiers.end_identifier(uow, found, last_day=given.last_day, actor=visit.actor, now=visit.now)
        return _agency(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/{code}/renamings", status_code=201)
def rename_agency(visit: Writer, code: Reference, given: RenamingGiven, key: Key = None) -> Agency:
    """Rename an agency: the new name is an agency of its own, and the answer."""

    def act(uow: UnitOfWork) -> Agency:
        renamed = successions.rename_agency(
            uow,
            code,
            new_code=given.new_code.strip().upper(),
            new_name=given.new_name,
            effective_on=given.effective_on,
            legal_basis=given.legal_basis,
            actor=visit.actor,
            now=visit.now,
        )
        return _agency(visit, uow, renamed.code)

    return once(visit, key, given, act, status=201)


@router.post("/{code}/closings", status_code=201)
def close_agency(visit: Writer, code: Reference, given: AgencyClosing, key: Key = None) -> Agency:
    """Close an agency that nobody took over."""

    def act(uow: UnitOfWork) -> Agency:
        actions.close_agency(
            uow, code, last_day=given.last_day, legal_basis=given.legal_basis, actor=visit.actor, now=visit.now
        )
        return _agency(visit, uow, code)

    return once(visit, key, given, act, status=201)


def _agency(visit: Visit, uow: UnitOfWork, code: str) -> Agency:
    uow.session.flush()
    today = local_date(visit.now)
    view = queries.agency(uow.session, code, actor=visit.actor)
    created = custody.created_fonds(uow.session, view.id, actor=visit.actor, today=today)
    held = custody.held_fonds(uow.session, view.id, actor=visit.actor, today=today)
    return Agency.of(view, created, held)
