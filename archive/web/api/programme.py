"""The programme: how far tasks and agencies have come, the quality of their records, and changes to what is planned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from archive import i18n
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import programme as actions
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.intake.programme_sheet import Kind
from archive.queries import programme as queries
from archive.queries.programme_sheets import progress_rows, quality_rows, registry_rows
from archive.queries.quality import quality
from archive.web.api.calls import Key, Reader, Reference, Revision, Writer, once
from archive.web.api.models.programme import (
    Programme,
    ProgrammeRevision,
    ProgrammeSheetImport,
    ProgrammeTarget,
    ProgrammeTargetDetail,
    ProgrammeTask,
    ProgrammeTaskDetail,
    Quality,
    Share,
    ShareChanges,
    ShareHistory,
    TargetChanges,
    TaskChanges,
)
from archive.web.api.models.records import Asked
from archive.web.api.sheet_body import SHEET_BODY, DryRun, SheetBody, holding_at_top, sheet_for
from archive.web.deps import Visit
from archive.web.xlsx import XLSX, workbook

router = APIRouter(prefix="/api/v1/programme", tags=["programme"])
OfAgency = Annotated[str | None, Query(min_length=1, max_length=100, description="code of an agency: only its part")]
Number = Annotated[int, Path(ge=1, le=9999)]
ProgrammeSheet = Annotated[SheetBody, sheet_for(holding_at_top(Permission.PROGRAMME_MANAGE))]
WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"description": "A workbook", "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("")
def get_programme(visit: Reader, agency: OfAgency = None) -> Programme:
    """All targets and tasks, with the figures of the agencies whose progress you may read."""
    with visit.unit_of_work() as uow:
        return Programme.model_validate(_programme(visit, uow, agency))


@router.get("/quality")
def get_quality(
    visit: Reader,
    task: Annotated[int | None, Query(ge=1, le=9999)] = None,
    agency: OfAgency = None,
) -> Quality:
    """What is wrong with the records of each task and agency, in the categories for which the law has fines."""
    visit.require(Permission.PROGRESS_READ)
    with visit.unit_of_work() as uow:
        return Quality.model_validate(quality(uow.session, actor=visit.actor, task=task, agency=agency))


@router.get("/workbook", response_class=Response, responses=WORKBOOK)
def get_programme_workbook(visit: Reader, agency: OfAgency = None) -> Response:
    """Progress and quality as a workbook."""
    with visit.unit_of_work() as uow:
        shown = _programme(visit, uow, agency)
        checked = quality(uow.session, actor=visit.actor, agency=agency)
    sheets = {
        i18n.text("page.programme.progress"): progress_rows(shown),
        i18n.text("page.programme.quality"): quality_rows(checked),
    }
    return workbook(f"{i18n.text('page.programme.title')} {local_date(visit.now)}", sheets)


@router.get("/sheets/{kind}", response_class=Response, responses=WORKBOOK)
def get_programme_sheet(visit: Reader, kind: Kind) -> Response:
    """What is filled in so far as a workbook, to be completed and imported again."""
    with visit.unit_of_work() as uow:
        shown = _programme(visit, uow, None)
    title = i18n.text(f"programme.kind_{kind}")
    return workbook(f"{title} {local_date(visit.now)}", {title: registry_rows(kind, shown)})


@router.post("/imports/{kind}", openapi_extra=SHEET_BODY)
def import_programme(
    visit: Writer, kind: Kind, body: ProgrammeSheet, dry_run: DryRun = False, key: Key = None
) -> ProgrammeSheetImport:
    """Import targets, tasks or agencies' shares from a sheet: all of it or nothing."""

    def act(uow: UnitOfWork) -> ProgrammeSheetImport:
        plan = actions.import_programme(uow, kind, body.sheet, actor=visit.actor, now=visit.now)
        return ProgrammeSheetImport.of(plan, taken=True)

    if not dry_run:
        return once(visit, key, body.digest, act)
    with visit.unit_of_work() as uow:
        plan = actions.plan_import(uow, kind, body.sheet, actor=visit.actor, now=visit.now)
    return ProgrammeSheetImport.of(plan, taken=False)


@router.get("/tasks/{number}")
def get_programme_task(visit: Reader, number: Number) -> ProgrammeTaskDetail:
    """A task with its agencies' shares, and what was said of them before."""
    with visit.unit_of_work() as uow:
        return _task(visit, uow, number)


@router.patch("/tasks/{number}")
def change_programme_task(
    visit: Writer, number: Number, given: TaskChanges, revision: Revision, key: Key = None
) -> ProgrammeTaskDetail:
    """Change what is planned of a task; only what is given."""

    def act(uow: UnitOfWork) -> ProgrammeTaskDetail:
        _change(visit, uow, Kind.TASK, (number,), given, revision=revision)
        return _task(visit, uow, number)

    return once(visit, key, given.model_dump(mode="json", exclude_unset=True) | {"revision": revision}, act)


@router.get("/tasks/{number}/shares/{agency}")
def get_programme_share(visit: Reader, number: Number, agency: Reference) -> Share:
    """An agency's share of a task, and how far it has come."""
    with visit.unit_of_work() as uow:
        return _share(visit, uow, number, agency)


@router.patch("/tasks/{number}/shares/{agency}")
def change_programme_share(
    visit: Writer, number: Number, agency: Reference, given: ShareChanges, *, revision: Revision, key: Key = None
) -> Share:
    """Change an agency's share of a task, only what is given; revision 0 of one that is not there yet."""

    def act(uow: UnitOfWork) -> Share:
        _change(visit, uow, Kind.PLAN, (number, agency), given, revision=revision)
        return _share(visit, uow, number, agency)

    return once(visit, key, given.model_dump(mode="json", exclude_unset=True) | {"revision": revision}, act)


@router.get("/targets/{number}")
def get_programme_target(visit: Reader, number: Number) -> ProgrammeTargetDetail:
    """A target with its tasks, and what was said of it before."""
    with visit.unit_of_work() as uow:
        return _target(visit, uow, number)


@router.patch("/targets/{number}")
def change_programme_target(
    visit: Writer, number: Number, given: TargetChanges, revision: Revision, key: Key = None
) -> ProgrammeTargetDetail:
    """Change a target; only what is given."""

    def act(uow: UnitOfWork) -> ProgrammeTargetDetail:
        _change(visit, uow, Kind.TARGET, (number,), given, revision=revision)
        return _target(visit, uow, number)

    return once(visit, key, given.model_dump(mode="json", exclude_unset=True) | {"revision": revision}, act)


def _change(
    visit: Visit, uow: UnitOfWork, kind: Kind, of: tuple[int | str, ...], given: Asked, *, revision: int
) -> None:
    text = {name: _text(value) for name, value in given.model_dump(exclude_unset=True).items()}
    actions.change_programme(uow, kind, of, text, version=revision, actor=visit.actor, now=visit.now)
    uow.session.flush()


def _text(value: str | int | Decimal | date | None) -> str:
    """As a person writes it: an action reads what pages and sheets have."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}".replace(".", ",")
    return "" if value is None else str(value)


def _programme(visit: Visit, uow: UnitOfWork, agency: str | None) -> queries.Programme:
    visit.require(Permission.PROGRESS_READ)
    return queries.programme(uow.session, actor=visit.actor, today=local_date(visit.now), agency=agency)


def _task(visit: Visit, uow: UnitOfWork, number: int) -> ProgrammeTaskDetail:
    task = _programme(visit, uow, None).task(number)
    shares = [
        ShareHistory(agency=part.agency_code, revisions=_revisions(uow, Kind.PLAN, f"{number}:{part.agency_code}"))
        for part in task.agencies
    ]
    shown = ProgrammeTask.model_validate(task)
    return ProgrammeTaskDetail.model_construct(
        **dict(shown),
        revisions=_revisions(uow, Kind.TASK, str(number)),
        share_revisions=[share for share in shares if share.revisions],
    )


def _share(visit: Visit, uow: UnitOfWork, number: int, agency: str) -> Share:
    task = _programme(visit, uow, None).task(number)
    found = next((part for part in task.agencies if part.agency_code == agency), None)
    if found is None:
        raise NotFound("web.not_here")
    return Share.model_validate(found)


def _target(visit: Visit, uow: UnitOfWork, number: int) -> ProgrammeTargetDetail:
    targets = _programme(visit, uow, None).targets
    found = next((target for target in targets if target.number == number), None)
    if found is None:
        raise NotFound(what=i18n.text("noun.target", number=number))
    shown = ProgrammeTarget.model_validate(found)
    return ProgrammeTargetDetail.model_construct(**dict(shown), revisions=_revisions(uow, Kind.TARGET, str(number)))


def _revisions(uow: UnitOfWork, kind: Kind, subject: str) -> list[ProgrammeRevision]:
    return [ProgrammeRevision.of(revision) for revision in queries.revisions(uow.session, kind, subject)]
