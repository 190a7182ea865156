"""Places of paper from a sheet: first what would change and what is wrong, then all of it or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.paper import count_problem, is_same, settle_place
from archive.db.holdings import Dossier, PaperLoan, PhysicalLocation
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict
from archive.intake.place_sheet import HEADINGS, PlaceRow, read_places
from archive.intake.sheets import Sheet, SheetFinding

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """before: "" where no place was known."""

    line: int
    dossier_code: str
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlacesPlan:
    """With findings nothing is imported."""

    changes: tuple[PlaceChange, ...]
    unchanged: int
    findings: tuple[SheetFinding, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalogue knows of a dossier's paper. loan: out, or back with a count that nobody has explained."""

    dossier: Dossier
    place: PhysicalLocation | None
    loan: PaperLoan | None


def plan_places(session: Session, sheet: Sheet, *, actor: Actor) -> PlacesPlan:
    """The dry run: changes nothing."""
    policy.require(actor, Permission.PAPER_MANAGE)
    rows, findings = read_places(sheet)
    return _plan(rows, findings, _known(session, rows, actor))


def import_places(uow: UnitOfWork, sheet: Sheet, *, actor: Actor, now: datetime) -> PlacesPlan:
    """Checked anew under locks. Raises Conflict where something is wrong by now; then nothing is imported."""
    policy.require(actor, Permission.PAPER_MANAGE)
    rows, findings = read_places(sheet)
    known = _known(uow.session, rows, actor, lock=True)
    plan = _plan(rows, findings, known)
    if plan.findings:
        raise Conflict("paper.import_has_findings", number=len(plan.findings))
    for row in rows:
        at = known[row.dossier]
        settle_place(uow, at.dossier, at.place, _location(row), actor=actor, now=now)
    return plan


def _plan(rows: Sequence[PlaceRow], findings: Sequence[SheetFinding], known: dict[str, _Known]) -> PlacesPlan:
    wrong = chain(findings, chain.from_iterable(_findings(row, known.get(row.dossier)) for row in rows))
    changed = [row for row in rows if row.dossier in known and not _stays(row, known[row.dossier])]
    return PlacesPlan(
        tuple(_change(row, known[row.dossier]) for row in changed),
        sum(row.dossier in known for row in rows) - len(changed),
        tuple(sorted(wrong, key=lambda finding: finding.line)),
    )


def _findings(row: PlaceRow, at: _Known | None) -> Iterator[SheetFinding]:
    if at is None:
        yield SheetFinding(row.line, HEADINGS["dossier"], "paper.dossier_unknown", {"code": row.dossier})
    elif not _stays(row, at):
        if at.loan is not None and at.loan.returned_at is None:
            out = {"borrower": at.loan.borrower, "due": at.loan.due_back_on}
            yield SheetFinding(row.line, HEADINGS["dossier"], "paper.is_out", out)
        elif at.loan is not None:
            counts = {"out": at.loan.sheets_out, "back": at.loan.sheets_back}
            yield SheetFinding(row.line, HEADINGS["dossier"], "paper.unexplained", counts)
        elif why := count_problem(at.place, row.sheets, row.note):
            counts = {"recorded": at.place.sheets if at.place else None, "counted": row.sheets}
            yield SheetFinding(row.line, HEADINGS["sheets"], why, counts)


def _stays(row: PlaceRow, at: _Known) -> bool:
    return at.place is not None and is_same(at.place, _location(row))


def _location(row: PlaceRow) -> PhysicalLocation:
    return PhysicalLocation(place=row.place, shelf=row.shelf, box=row.box, sheets=row.sheets, note=row.note)


def _change(row: PlaceRow, at: _Known) -> PlaceChange:
    after = _location(row)
    if after.sheets is None and at.place is not None:
        after.sheets = at.place.sheets
    before = _told(at.place) if at.place else ""
    return PlaceChange(row.line, row.dossier, at.dossier.title, before, _told(after))


def _told(location: PhysicalLocation) -> str:
    parts = [location.place, location.shelf, location.box]
    sheets = [] if location.sheets is None else [f"{location.sheets} tờ"]
    return ", ".join([part for part in parts if part] + sheets)


def _known(session: Session, rows: Sequence[PlaceRow], actor: Actor, *, lock: bool = False) -> dict[str, _Known]:
    """By code, for dossiers whose paper the actor keeps; locked always in the same order."""
    codes = sorted(row.dossier for row in rows)
    dossiers: list[Dossier] = []
    for start in range(0, len(codes), AT_ONCE):
        wanted = (
            select(Dossier)
            .where(
                Dossier.code.in_(codes[start : start + AT_ONCE]), policy.filter_dossiers(actor, Permission.PAPER_MANAGE)
            )
            .order_by(Dossier.code)
        )
        dossiers += session.scalars(wanted.with_for_update() if lock else wanted)
    ids = [dossier.id for dossier in dossiers]
    places = {place.dossier_id: place for place in _places(session, ids)}
    loans = {loan.dossier_id: loan for loan in _loans(session, ids)}
    return {each.code: _Known(each, places.get(each.id), loans.get(each.id)) for each in dossiers}


def _places(session: Session, dossier_ids: list[uuid.UUID]) -> list[PhysicalLocation]:
    present = select(PhysicalLocation).where(PhysicalLocation.valid_to.is_(None))
    return list(session.scalars(present.where(PhysicalLocation.dossier_id.in_(dossier_ids))))


def _loans(session: Session, dossier_ids: list[uuid.UUID]) -> list[PaperLoan]:
    """Of each dossier at most one: what differs has to be explained before the paper goes out again."""
    unexplained = (PaperLoan.sheets_back != PaperLoan.sheets_out) & PaperLoan.explained_at.is_(None)
    open_ = select(PaperLoan).where(PaperLoan.returned_at.is_(None) | unexplained)
    return list(session.scalars(open_.where(PaperLoan.dossier_id.in_(dossier_ids))))
