"""Drills: the service tried to remove and overwrite what is locked."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from archive import i18n
from archive.queries.drills import DrillView
from archive.web.api.models.records import Answer


class Drill(Answer):
    at: datetime
    passed: bool = Field(description="nothing gave way")
    attempts: int
    gave_way: list[str] = Field(description="what was tried and should have been refused, in words")

    @classmethod
    def of(cls, view: DrillView) -> Drill:
        gave_way = [i18n.text(f"drill.attempt.{attempt}") for attempt in view.gave_way]
        return cls(at=view.at, passed=view.passed, attempts=view.attempts, gave_way=gave_way)
