"""Retention schedules: their versions, the rules of one, the import of a new one; and what fits a dossier."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from archive.actions.schedules import SchedulePlan
from archive.queries.proposals import CandidateLine, CandidatesView
from archive.queries.schedules import ScheduleLine
from archive.web.api.models.records import Answer, Asked
from archive.web.api.models.sheets import SheetFinding, SheetImport
from retention.schedule import RuleKind

ScheduleCode = Annotated[str, Field(min_length=1, max_length=64, examples=["TT10-2022"])]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
Ordinal = Annotated[int, Field(ge=1, le=1_000_000, description="place in our list; no official number")]


class Schedule(Answer):
    """One version of a retention schedule with its legal basis and days of force."""

    code: str = Field(examples=["TT10-2022"])
    version: int
    title: str
    legal_basis: str
    source: str
    sector: str | None = Field(description="null: a general schedule")
    valid_from: date
    valid_to: date | None
    in_force: bool
    rules: int
    imported_at: datetime | None
    imported_by: str | None

    @classmethod
    def of(cls, line: ScheduleLine, today: date) -> Schedule:
        in_force = line.force(today) == "schedule.force_now"
        named = {name: getattr(line, name) for name in cls.model_fields if name != "in_force"}
        return cls(**named, in_force=in_force)


class ScheduleRule(Answer):
    """One row of a schedule."""

    ordinal: int = Field(description="place in our list; no official number")
    group: str | None = Field(description="heading under which it stands")
    title: str
    kind: RuleKind
    years: int | None
    event: str | None = Field(description="what it waits for, in the words of the schedule")
    term: str | None = Field(description="in the words of the schedule", examples=["05 năm"])
    note: str


class ReadScheduleRule(ScheduleRule):
    line: int = Field(description="where it stands in the sheet")


class ScheduleImport(SheetImport):
    """What the sheet says, and what the import would do or has done."""

    code: str
    version: int = Field(description="the one that it becomes, or is already")
    known: bool = Field(description="the very same was imported before; nothing is changed")
    closes_version: int | None = Field(description="the version that ends because this one follows it")
    closes_on: date | None
    passed_over: int = Field(description="rows of other sources than the one asked for")
    rules: list[ReadScheduleRule]

    @classmethod
    def of(cls, plan: SchedulePlan, *, taken: bool) -> ScheduleImport:
        return cls(
            taken=taken,
            findings=[SheetFinding.model_validate(finding) for finding in plan.findings],
            code=plan.head.code,
            version=plan.version,
            known=plan.known_as is not None,
            closes_version=plan.closes.version if plan.closes else None,
            closes_on=plan.closes.on if plan.closes else None,
            passed_over=plan.passed_over,
            rules=[
                ReadScheduleRule(**ScheduleRule.model_validate(read.rule).model_dump(), line=read.line)
                for read in plan.rules
            ],
        )


class RuleRef(Asked):
    """A rule by its place in a version of a schedule."""

    schedule: ScheduleCode
    version: Version
    ordinal: Ordinal


class Candidate(Answer):
    """A rule that may fit a dossier, and why."""

    schedule: str
    version: int
    ordinal: int
    title: str
    group: str | None
    term: str | None
    legal_basis: str
    score: float
    reasons: list[str]
    proposed: bool
    confirmed: bool
    declined: bool = Field(description="a person has declined it for this dossier")

    @classmethod
    def of(cls, line: CandidateLine) -> Candidate:
        own = {name: getattr(line, name) for name in cls.model_fields if name not in {"schedule", "version"}}
        return cls(schedule=line.schedule_code, version=line.schedule_version, **own)


class Candidates(Answer):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "TD01.2026.0001",
                    "title": "Hồ sơ cấp giấy phép xây dựng",
                    "on": "2026-01-15",
                    "candidates": [],
                    "silence": "Tiêu đề quá ngắn để đề xuất.",
                }
            ]
        }
    )
    code: str
    title: str
    on: date = Field(description="the day whose schedules were looked at")
    candidates: list[Candidate]
    silence: str | None = Field(description="why nothing is proposed")

    @classmethod
    def of(cls, view: CandidatesView) -> Candidates:
        return cls(
            code=view.code,
            title=view.title,
            on=view.on,
            candidates=[Candidate.of(line) for line in view.candidates],
            silence=view.silence,
        )
