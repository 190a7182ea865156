"""Scanning devices: the register, and the log of what was done with each."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import scanners as actions
from archive.actions.scanners import Done
from archive.db.unit_of_work import UnitOfWork
from archive.queries import scanners as queries
from archive.web.api.calls import Key, Reader, Reference, Writer, once
from archive.web.api.models.scanners import Scanner, ScannerAct, ScannerClearance, ScannerGiven, ScannerSummary
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/scanners", tags=["scanners"])


@router.get("")
def list_scanners(visit: Reader) -> list[ScannerSummary]:
    """Scanners of your agencies, by agency and code."""
    visit.require(Permission.SCANNER_MANAGE)
    with visit.unit_of_work() as uow:
        found = queries.scanners(uow.session, actor=visit.actor)
    return [ScannerSummary.of(line, local_date(visit.now)) for line in found]


@router.post("", status_code=201)
def register_scanner(visit: Writer, given: ScannerGiven, key: Key = None) -> Scanner:
    """Enter a scanner; it may be used once its security check is entered, too."""
    visit.require(Permission.SCANNER_MANAGE)

    def act(uow: UnitOfWork) -> Scanner:
        made = actions.register_scanner(
            uow,
            agency_code=given.agency,
            code=given.code,
            name=given.name,
            serial=given.serial,
            actor=visit.actor,
            now=visit.now,
        )
        return _scanner(visit, uow, given.agency, made.code)

    return once(visit, key, given, act, status=201)


@router.get("/{agency}/{code}")
def get_scanner(visit: Reader, agency: Reference, code: Reference) -> Scanner:
    """A scanner with its log and the newest deliveries that came from it."""
    visit.require(Permission.SCANNER_MANAGE)
    with visit.unit_of_work() as uow:
        return _scanner(visit, uow, agency, code)


@router.post("/{agency}/{code}/clearances", status_code=201)
def clear_scanner(
    visit: Writer, agency: Reference, code: Reference, given: ScannerClearance, key: Key = None
) -> Scanner:
    """Enter a security check that the scanner passed, good until a day."""

    def change(uow: UnitOfWork, scanner: queries.ScannerLine) -> None:
        actions.clear_scanner(uow, scanner.id, _done(given), until=given.until, actor=visit.actor, now=visit.now)

    return _logged(visit, (agency, code), key, given, change)


@router.post("/{agency}/{code}/wipings", status_code=201)
def wipe_scanner(visit: Writer, agency: Reference, code: Reference, given: ScannerAct, key: Key = None) -> Scanner:
    """Enter that the scanner's memory was emptied; refused while a delivery from it is open."""

    def change(uow: UnitOfWork, scanner: queries.ScannerLine) -> None:
        actions.wipe_scanner(uow, scanner.id, _done(given), actor=visit.actor, now=visit.now)

    return _logged(visit, (agency, code), key, given, change)


@router.post("/{agency}/{code}/departures", status_code=201)
def let_scanner_leave(visit: Writer, agency: Reference, code: Reference, given: ScannerAct, key: Key = None) -> Scanner:
    """Enter that the scanner left the premises; only once it was wiped."""

    def change(uow: UnitOfWork, scanner: queries.ScannerLine) -> None:
        actions.let_scanner_leave(uow, scanner.id, _done(given), actor=visit.actor, now=visit.now)

    return _logged(visit, (agency, code), key, given, change)


def _logged(
    visit: Visit,
    of: tuple[str, str],
    key: str | None,
    given: ScannerAct,
    change: Callable[[UnitOfWork, queries.ScannerLine], None],
) -> Scanner:
    visit.require(Permission.SCANNER_MANAGE)

    def act(uow: UnitOfWork) -> Scanner:
        change(uow, queries.scanner(uow.session, *of, actor=visit.actor).line)
        return _scanner(visit, uow, *of)

    return once(visit, key, given, act, status=201)


def _done(given: ScannerAct) -> Done:
    return Done(given.on, given.done_by, given.document, given.note)


def _scanner(visit: Visit, uow: UnitOfWork, agency: str, code: str) -> Scanner:
    uow.session.flush()
    view = queries.scanner(uow.session, agency, code, actor=visit.actor)
    return Scanner.of_view(view, local_date(visit.now))
