"""Paper: where it lies, what is out, and what happens to a dossier's paper."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import paper as actions
from archive.actions import paper_import
from archive.actions.paper_import import PlacesPlan
from archive.db.unit_of_work import UnitOfWork
from archive.queries import paper as queries
from archive.queries.dossiers import dossier
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.paper import (
    BoxContents,
    BoxedDossier,
    DifferenceExplained,
    DossierPaper,
    LoanGiven,
    LoanOut,
    PaperBox,
    PaperFigures,
    PlaceChange,
    PlaceGiven,
    PlacesImport,
    ReturnGiven,
)
from archive.web.api.models.sheets import SheetFinding
from archive.web.api.sheet_body import SHEET_BODY, DryRun, SheetBody, holding, sheet_for
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1", tags=["paper"])
PlaceSheet = Annotated[SheetBody, sheet_for(holding(Permission.PAPER_MANAGE))]
PlaceName = Annotated[str, Query(max_length=200)]


@router.get("/paper/boxes")
def list_boxes(
    visit: Reader,
    q: Annotated[str, Query(max_length=200, description="part of a place, or the code of a dossier in the box")] = "",
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[PaperBox]:
    """Boxes by agency, storeroom, shelf and box."""
    visit.require(Permission.PAPER_MANAGE)
    with visit.unit_of_work() as uow:
        found = queries.boxes(uow.session, actor=visit.actor, words=q, cursor=cursor, limit=limit)
    return page_of(PaperBox, found)


@router.get("/paper/box")
def get_box(
    visit: Reader,
    agency: Annotated[str, Query(min_length=1, max_length=100)],
    place: Annotated[str, Query(min_length=1, max_length=200)],
    shelf: PlaceName = "",
    box: PlaceName = "",
) -> BoxContents:
    """What lies in one box, by code."""
    visit.require(Permission.PAPER_MANAGE)
    with visit.unit_of_work() as uow:
        line, dossiers = queries.box(
            uow.session, agency_code=agency, place=place, shelf=shelf, box=box, actor=visit.actor
        )
    inside = [BoxedDossier.model_validate(each) for each in dossiers]
    return BoxContents(box=PaperBox.model_validate(line), dossiers=inside)


@router.get("/paper/loans")
def list_loans(
    visit: Reader,
    only: Annotated[
        Literal["overdue", "unexplained"] | None,
        Query(description="overdue, or what came back with another count; left out: everything that is out"),
    ] = None,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[LoanOut]:
    """Paper that is out, the longest due first."""
    visit.require(Permission.PAPER_MANAGE)
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        found = queries.loans(uow.session, actor=visit.actor, only=only or "", today=today, cursor=cursor, limit=limit)
    return page_of(LoanOut, found.of([LoanOut.of(line, today) for line in found]))


@router.get("/paper/figures")
def count_paper(visit: Reader) -> PaperFigures:
    """How much paper lies in a box, has no place, is out, is overdue, or waits for an explanation."""
    visit.require(Permission.PAPER_MANAGE)
    with visit.unit_of_work() as uow:
        found = queries.figures(uow.session, actor=visit.actor, today=local_date(visit.now))
    return PaperFigures.model_validate(found)


@router.post("/paper/imports", openapi_extra=SHEET_BODY)
def import_places(visit: Writer, body: PlaceSheet, dry_run: DryRun = False, key: Key = None) -> PlacesImport:
    """Import where paper lies from a sheet: all of it or nothing; the same again changes nothing."""

    def act(uow: UnitOfWork) -> PlacesImport:
        plan = paper_import.import_places(uow, body.sheet, actor=visit.actor, now=visit.now)
        return _told(plan, taken=True)

    if not dry_run:
        return once(visit, key, body.digest, act)
    with visit.unit_of_work() as uow:
        return _told(paper_import.plan_places(uow.session, body.sheet, actor=visit.actor), taken=False)


@router.get("/dossiers/{code}/paper")
def get_paper(visit: Reader, code: Reference) -> DossierPaper:
    """Where a dossier's paper is, for whoever may read the dossier."""
    with visit.unit_of_work() as uow:
        return _paper(visit, uow, code)


@router.put("/dossiers/{code}/paper/place")
def place_paper(visit: Writer, code: Reference, given: PlaceGiven, key: Key = None) -> DossierPaper:
    """Put a dossier's paper into a box, and count its sheets."""

    def act(uow: UnitOfWork) -> DossierPaper:
        actions.place_paper(uow, code, **given.model_dump(), actor=visit.actor, now=visit.now)
        return _paper(visit, uow, code)

    return once(visit, key, given, act)


@router.post("/dossiers/{code}/paper/loans", status_code=201)
def check_out_paper(visit: Writer, code: Reference, given: LoanGiven, key: Key = None) -> DossierPaper:
    """Check a dossier's paper out of its box; its sheets are counted."""

    def act(uow: UnitOfWork) -> DossierPaper:
        actions.check_out(uow, code, **given.model_dump(), actor=visit.actor, now=visit.now)
        return _paper(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/dossiers/{code}/paper/returns", status_code=201)
def return_paper(visit: Writer, code: Reference, given: ReturnGiven, key: Key = None) -> DossierPaper:
    """Take a dossier's paper back; where another number of sheets comes back, somebody must say why."""

    def act(uow: UnitOfWork) -> DossierPaper:
        actions.return_paper(uow, code, **given.model_dump(), actor=visit.actor, now=visit.now)
        return _paper(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/dossiers/{code}/paper/explanations", status_code=201)
def explain_difference(visit: Writer, code: Reference, given: DifferenceExplained, key: Key = None) -> DossierPaper:
    """Say why the sheets that came back differ from those that left."""

    def act(uow: UnitOfWork) -> DossierPaper:
        actions.explain_difference(uow, code, explanation=given.explanation, actor=visit.actor, now=visit.now)
        return _paper(visit, uow, code)

    return once(visit, key, given, act, status=201)


def _paper(visit: Visit, uow: UnitOfWork, code: str) -> DossierPaper:
    uow.session.flush()
    found = dossier(uow.session, code, actor=visit.actor, limit=1)
    return DossierPaper.model_validate(queries.paper_of(uow.session, found.id, actor=visit.actor))


def _told(plan: PlacesPlan, *, taken: bool) -> PlacesImport:
    return PlacesImport(
        taken=taken,
        findings=[SheetFinding.model_validate(finding) for finding in plan.findings],
        changes=[PlaceChange.model_validate(change) for change in plan.changes],
        unchanged=plan.unchanged,
    )
