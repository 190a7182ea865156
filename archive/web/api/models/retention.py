"""Retention at work: why a dossier is kept for how long, what waits to be confirmed, what becomes due, notices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from archive.queries.due import DueLine, DuePage
from archive.web.api.models.records import Answer, Asked, Day, Reason, Worded
from archive.web.api.models.schedules import RuleRef
from retention.calculate import Verdict


class GivenRule(Answer):
    """A rule that was proposed for the dossier or counts for it; its legal basis, and who said so."""

    schedule: str
    version: int
    ordinal: int
    title: str
    group: str | None
    term: str | None
    note: str
    schedule_title: str
    legal_basis: str
    valid_from: date
    valid_to: date | None
    state: Literal["proposed", "confirmed", "declined", "ended"]
    reasons: list[str]
    score: float | None
    proposed_by: str | None = Field(description="null: by the service")
    proposed_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    if_confirmed: Worded | None = Field(description="of a proposal: what the term would be with it")


class RecordedEvent(Answer):
    """What rules wait for has happened."""

    event: str
    happened_on: date
    document: str
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    counts: bool = Field(description="the arithmetic goes by it")


class ActiveHold(Answer):
    reason: str
    authority: str
    placed_at: datetime
    on_item: bool


class Retention(Answer):
    """Why the dossier is kept for how long: the arithmetic step by step, and what would change it."""

    code: str = Field(examples=["TD01.2026.0001"])
    title: str
    agency_name: str
    work_ended_on: date | None
    today: date
    verdict: Verdict
    due_on: date | None
    summary: Worded
    steps: list[Worded]
    rules: list[GivenRule]
    events: list[RecordedEvent]
    holds: list[ActiveHold]
    noticed_at: datetime | None
    changes: list[Worded] = Field(description="what would move the day, or free it")
    waits_for: list[str] = Field(description="events, in the words of the rules")


class WaitingRule(Answer):
    """A proposal that waits for a person."""

    dossier: str = Field(validation_alias="code")
    title: str
    agency_name: str
    work_ended_on: date | None
    schedule: str
    version: int
    ordinal: int
    rule: str
    group: str | None
    term: str | None
    legal_basis: str
    superseded: bool = Field(description="its schedule is no longer in force")
    reasons: list[str]
    score: float | None
    then: Worded = Field(description="the term with this rule beside those that count already")


class RetentionFigures(Answer):
    """waiting: proposals; unseen: notices; without_rule: dossiers whose rules you may confirm that have none."""

    waiting: int
    unseen: int
    without_rule: int


class DueDossier(Answer):
    """A dossier whose term ends, and what keeps it from being proposed for disposal."""

    dossier: str
    title: str
    agency: str
    agency_name: str
    due_on: date
    rule: str = Field(description="the one whose term is the longest")
    holds: int
    noticed_at: datetime | None
    seen_at: datetime | None
    disposition: str | None = Field(description="number of the proposal that it is in")
    ready_on: date | None
    standing: Literal["held", "proposed", "refused", "ready", "noticed", "not_noticed"]

    @classmethod
    def of(cls, line: DueLine, today: date) -> DueDossier:
        told: dict[str, Any] = {"dossier": line.code, "agency": line.agency_code, "standing": str(line.standing(today))}
        named = {name: getattr(line, name) for name in cls.model_fields if name not in told}
        return cls(**told, **named)


class DueDossiers(BaseModel):
    """total: of all pages. The list is turned forwards only."""

    items: list[DueDossier]
    next: str | None
    total: int
    until: date

    @classmethod
    def of(cls, page: DuePage, *, until: date, today: date) -> DueDossiers:
        lines = [DueDossier.of(line, today) for line in page.lines]
        return cls(items=lines, next=page.following, total=page.total, until=until)


class Notice(Answer):
    """An agency was told that a term ends; nobody of it has seen that yet."""

    dossier: str = Field(validation_alias="code")
    title: str
    agency_name: str
    due_on: date
    given_at: datetime


class NoticeRef(Asked):
    dossier: str = Field(min_length=1, max_length=100)
    due_on: Day


class NoticesSeen(Asked):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"notices": [{"dossier": "TD01.2019.0001", "due_on": "2026-01-01"}]}]}
    )
    notices: list[NoticeRef] = Field(min_length=1, max_length=200)


class NoticesSeenCount(Answer):
    seen: int = Field(description="that nobody had seen before")


class NoticesAsked(Asked):
    agency: str | None = Field(
        None, min_length=1, max_length=100, description="null: wherever you may propose disposal"
    )


class NoticesGiven(Answer):
    """At most 1,000 at once; given once more it goes on."""

    given: list[Notice]


class Ready(Answer):
    agencies: list[str] = Field(description="codes of those that have something to propose")


class RuleConfirmation(RuleRef):
    """The rule that was proposed, or another one, which needs a reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"schedule": "TT10-2022", "version": 1, "ordinal": 12, "reason": "Đúng nhóm hồ sơ của việc này"}
            ]
        }
    )
    reason: str = Field("", max_length=1000)
    replaces_proposals: bool = Field(False, description="proposals of other rules are ended with the same reason")


class RuleEnding(RuleRef):
    """A confirmed rule counts no more, or a proposal is declined."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"schedule": "TT10-2022", "version": 1, "ordinal": 12, "reason": "Nhầm nhóm hồ sơ"}]
        }
    )
    reason: Reason


class EventGiven(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"event": "hợp đồng hết hiệu lực", "happened_on": "2025-12-31", "document": "Biên bản thanh lý 05"}
            ]
        }
    )
    event: str = Field(min_length=1, max_length=1000, description="in the words of the rule: one of `waits_for`")
    happened_on: Day
    document: str = Field(min_length=1, max_length=1000, description="what proves it")


class EventWithdrawal(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"event": "hợp đồng hết hiệu lực", "happened_on": "2025-12-31", "reason": "Ghi nhầm hồ sơ"}]
        }
    )
    event: str = Field(min_length=1, max_length=1000)
    happened_on: Day
    reason: Reason
