"""The programme: targets, tasks and agencies' shares, how far each has come, and what is wrong with the records."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasPath, ConfigDict, Field

from archive.actions.programme import ProgrammeImport
from archive.intake.programme_sheet import Kind
from archive.queries.figures import Measure
from archive.queries.pace import Outlook
from archive.queries.programme import Revision
from archive.web.api.models.records import Answer, Asked, Day
from archive.web.api.models.sheets import SheetFinding, SheetImport

Quantity = Annotated[float, Field(examples=[12000])]
Planned = Annotated[Decimal, Field(gt=0, le=Decimal(10) ** 12, decimal_places=2, examples=[12000])]
Told = str | int | float | None


class Stages(Answer):
    """Each is part of the one before."""

    received: int
    recognised: int
    reviewed: int
    published: int
    reused: int


class TaskProgress(Answer):
    """How far, and when it would be done at the pace of the last four full weeks."""

    planned_quantity: Quantity | None = Field(validation_alias=AliasPath("plan", "planned_quantity"))
    unit: str | None = Field(validation_alias=AliasPath("plan", "unit"))
    due_on: date | None = Field(validation_alias=AliasPath("plan", "due_on"))
    source: str | None = Field(validation_alias=AliasPath("plan", "source"))
    version: int = Field(validation_alias=AliasPath("plan", "version"), description="0: nothing was written yet")
    documents: Stages = Field(validation_alias="items")
    measure: Measure | None = Field(
        validation_alias=AliasPath("plan", "measure"), description="null: a unit that records do not tell of"
    )
    measured: Stages | None = Field(description="in the plan's unit")
    percent: int | None = Field(description="published of planned")
    received_a_week: Quantity = Field(validation_alias=AliasPath("pace", "received_a_week"))
    published_a_week: Quantity = Field(validation_alias=AliasPath("pace", "published_a_week"))
    outlook: Outlook = Field(validation_alias=AliasPath("forecast", "outlook"))
    expected_on: date | None = Field(validation_alias=AliasPath("forecast", "expected_on"))


class Share(Answer):
    """One agency's part of a task."""

    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    progress: TaskProgress


class ProgrammeTask(Answer):
    number: int
    title: str | None = Field(description="null: not yet filled in by the coordinating office")
    target: int | None = Field(validation_alias="target_number")
    owner: str | None = Field(validation_alias="owner_code", description="code of the agency")
    owner_name: str | None
    source: str | None
    version: int = Field(description="hand it back in If-Match")
    progress: TaskProgress
    agencies: list[Share] = Field(description="those with records or a share, by code")


class ProgrammeTarget(Answer):
    number: int
    title: str | None
    source: str | None
    version: int = Field(description="hand it back in If-Match")
    tasks: list[ProgrammeTask]


class Weeks(Answer):
    """Whole days of Hanoi, both included."""

    first: date
    last: date


class Programme(Answer):
    """loose: tasks that nobody has put under a target yet."""

    targets: list[ProgrammeTarget]
    loose: list[ProgrammeTask]
    pace_of: Weeks = Field(validation_alias="period")


class RevisedField(Answer):
    field: str
    before: Told
    after: Told


class ProgrammeRevision(Answer):
    """What somebody changed, and what it said before."""

    version: int
    at: datetime
    by: str
    changes: list[RevisedField]

    @classmethod
    def of(cls, revision: Revision) -> ProgrammeRevision:
        changes = [RevisedField(field=name, before=told(old), after=told(new)) for name, old, new in revision.changes]
        return cls(version=revision.version, at=revision.at, by=revision.by, changes=changes)


class ShareHistory(Answer):
    agency: str
    revisions: list[ProgrammeRevision]


class ProgrammeTaskDetail(ProgrammeTask):
    """A task with what was said of it, and of its shares, before."""

    revisions: list[ProgrammeRevision] = Field(description="newest first")
    share_revisions: list[ShareHistory]


class ProgrammeTargetDetail(ProgrammeTarget):
    """A target with what was said of it before."""

    revisions: list[ProgrammeRevision] = Field(description="newest first")


class TargetChanges(Asked):
    """Only what is given is changed; null empties it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Số hoá hồ sơ còn hiệu lực"}]})
    title: str | None = Field(None, max_length=1000)
    source: str | None = Field(None, max_length=1000)


class ShareChanges(Asked):
    """Only what is given is changed; null empties it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"planned_quantity": 12000, "unit": "văn bản", "due_on": "2026-12-31"}]}
    )
    planned_quantity: Planned | None = None
    unit: str | None = Field(None, max_length=50)
    due_on: Day | None = None
    source: str | None = Field(None, max_length=1000)


class TaskChanges(ShareChanges):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Hồ sơ hộ tịch", "target_number": 1, "owner": "TD01"}]}
    )
    title: str | None = Field(None, max_length=1000)
    target_number: int | None = Field(None, ge=1, le=1_000_000)
    owner: str | None = Field(None, max_length=32, description="code of the agency")


class ProgrammeChange(Answer):
    """What becomes of one target, task or share."""

    line: int
    number: int = Field(description="of the target or task")
    agency: str | None = Field(description="of a share")
    changes: list[RevisedField]


class ProgrammeSheetImport(SheetImport):
    kind: Kind
    changes: list[ProgrammeChange]
    unchanged: int

    @classmethod
    def of(cls, plan: ProgrammeImport, *, taken: bool) -> ProgrammeSheetImport:
        changes = [
            ProgrammeChange(
                line=change.line,
                number=int(change.key[0]),
                agency=str(change.key[1]) if len(change.key) > 1 else None,
                changes=[
                    RevisedField(field=each.name, before=told(each.before), after=told(each.after))
                    for each in change.fields
                ],
            )
            for change in plan.changes
        ]
        findings = [SheetFinding.model_validate(finding) for finding in plan.findings]
        return cls(taken=taken, findings=findings, kind=plan.kind, changes=changes, unchanged=plan.unchanged)


class QualityCounts(Answer):
    """Of the readable records, but for `stopped`."""

    recognised: int
    stopped: int
    unclear: int = Field(description="a page was read badly")
    coarse: int = Field(description="a page was scanned below 200 dpi")
    unsealed: int = Field(description="no searchable PDF/A")
    unnamed: int = Field(description="its copy does not bear the name by rule")
    unlinked: int = Field(description="the record does not lead to its master")
    faulty: int = Field(description="any of the four before")
    corrected: int = Field(description="a person gave a field another value")


class QualityOf(Answer):
    task: int
    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    counts: QualityCounts
    fields: int
    corrected_fields: int
    faulty_share: float | None
    corrected_share: float | None


class Quality(Answer):
    lines: list[QualityOf]
    faulty_share: float | None


def told(value: Any) -> Told:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
