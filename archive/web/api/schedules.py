"""Retention schedules: all versions, the rules of one, the import of a new one; and what fits a dossier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import proposals
from archive.actions import schedules as actions
from archive.actions.schedules import ScheduleHead
from archive.db.unit_of_work import UnitOfWork
from archive.queries import schedules as queries
from archive.queries.proposals import candidates
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.records import FIRST_DAY, LAST_DAY
from archive.web.api.models.schedules import Candidates, Schedule, ScheduleImport, ScheduleRule
from archive.web.api.sheet_body import SHEET_BODY, DryRun, SheetBody, holding_at_top, sheet_for

router = APIRouter(prefix="/api/v1", tags=["schedules"])
VersionPath = Annotated[int, Path(ge=1, le=1_000_000)]
RuleSheet = Annotated[SheetBody, sheet_for(holding_at_top(Permission.SCHEDULE_IMPORT))]


@dataclass(frozen=True, slots=True)
class Head:
    """What a sheet does not say of its schedule."""

    code: Annotated[str, Query(min_length=1, max_length=64, examples=["TT10-2022"])]
    title: Annotated[str, Query(min_length=1, max_length=500)]
    legal_basis: Annotated[str, Query(min_length=1, max_length=1000)]
    source: Annotated[str, Query(min_length=1, max_length=1000)]
    valid_from: Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY)]
    valid_to: Annotated[
        date | None, Query(ge=FIRST_DAY, le=LAST_DAY, description="left out: until another version follows")
    ] = None
    sector: Annotated[str | None, Query(max_length=200, description="left out: a general schedule")] = None
    rows_of: Annotated[str, Query(max_length=1000, description="only rows whose source begins so")] = ""
    close_previous: Annotated[bool, Query(description="the version before ends on the day before this one begins")] = (
        False
    )

    def schedule(self) -> ScheduleHead:
        return ScheduleHead(
            code=_one_line(self.code),
            title=_one_line(self.title),
            legal_basis=_one_line(self.legal_basis),
            source=_one_line(self.source),
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            sector=_one_line(self.sector or "") or None,
        )

    def how(self) -> dict[str, Any]:
        return {"rows_of": self.rows_of.strip(), "close_previous": self.close_previous}


@router.get("/schedules")
def list_schedules(visit: Reader) -> list[Schedule]:
    """All versions of all retention schedules: law, open to everybody who may see dossiers."""
    visit.require(Permission.DOSSIER_READ)
    with visit.unit_of_work() as uow:
        lines = queries.schedules(uow.session, actor=visit.actor)
    return [Schedule.of(line, local_date(visit.now)) for line in lines]


@router.post("/schedules/imports", openapi_extra=SHEET_BODY)
def import_schedule(
    visit: Writer, body: RuleSheet, head: Annotated[Head, Depends()], dry_run: DryRun = False, key: Key = None
) -> ScheduleImport:
    """Import a version of a retention schedule from a sheet: all of it or nothing; the same again changes nothing."""
    how: dict[str, Any] = {**head.how(), "actor": visit.actor, "now": visit.now}

    def act(uow: UnitOfWork) -> ScheduleImport:
        plan = actions.import_schedule(uow, head.schedule(), body.sheet, **how)
        return ScheduleImport.of(plan, taken=True)

    if not dry_run:
        return once(visit, key, body.digest, act)
    with visit.unit_of_work() as uow:
        plan = actions.plan_schedule(uow, head.schedule(), body.sheet, **how)
    return ScheduleImport.of(plan, taken=False)


@router.get("/schedules/{code}/versions/{version}")
def get_schedule(visit: Reader, code: Reference, version: VersionPath) -> Schedule:
    """One version of a retention schedule."""
    visit.require(Permission.DOSSIER_READ)
    with visit.unit_of_work() as uow:
        line = queries.schedule(uow.session, code, version, actor=visit.actor)
    return Schedule.of(line, local_date(visit.now))


@router.get("/schedules/{code}/versions/{version}/rules")
def list_rules(
    visit: Reader,
    code: Reference,
    version: VersionPath,
    *,
    q: Annotated[str, Query(max_length=500, description="words of title, heading or term, with or without tones")] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ScheduleRule]:
    """The rules of one version, in the order of the list."""
    visit.require(Permission.DOSSIER_READ)
    with visit.unit_of_work() as uow:
        line = queries.schedule(uow.session, code, version, actor=visit.actor)
        found = queries.rules(uow.session, line.id, words=q, cursor=cursor, limit=limit)
    return page_of(ScheduleRule, found)


@router.get("/dossiers/{code}/rule-candidates")
def list_rule_candidates(visit: Reader, code: Reference) -> Candidates:
    """Which rules may fit a dossier, and why; looked for anew, and nothing is changed."""
    visit.require(Permission.RULE_CONFIRM)
    with visit.unit_of_work() as uow:
        return _candidates(uow, visit.actor, code, local_date(visit.now))


@router.post("/dossiers/{code}/rule-proposals", status_code=201)
def propose_rules(visit: Writer, code: Reference, key: Key = None) -> Candidates:
    """Have the rules of a dossier proposed anew; those that fit wait for a person."""

    def act(uow: UnitOfWork) -> Candidates:
        proposals.propose_rules(uow, code, actor=visit.actor, now=visit.now)
        uow.session.flush()
        return _candidates(uow, visit.actor, code, local_date(visit.now))

    return once(visit, key, None, act, status=201)


def _candidates(uow: UnitOfWork, actor: Any, code: str, today: date) -> Candidates:
    return Candidates.of(candidates(uow.session, code, actor=actor, today=today))


def _one_line(text: str) -> str:
    return " ".join(text.split())
