"""What waits for the caller, which deliveries run, how far the tasks have come."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from archive.web.api.models.batches import BatchSummary
from archive.web.api.models.records import Answer


class TaskStanding(Answer):
    """Counts of items in the agencies whose progress you may read; each is part of the one before."""

    number: int
    title: str | None = Field(description="null: not yet filled in by the coordinating office")
    target_number: int | None
    owner: str | None
    planned_quantity: float | None
    unit: str | None
    due_on: date | None
    received: int
    recognised: int
    reviewed: int
    published: int
    stopped: int
    percent: int | None = Field(description="published of planned, where documents are planned")


class Overview(Answer):
    unclear: int = Field(description="items with a page that a person must look at for a state-secret mark")
    doubtful: int = Field(description="items with doubtful fields that you may review")
    to_review: int
    to_publish: int
    stopped: int
    batches: list[BatchSummary] = Field(description="in progress or not closed, newest first, at most 20")
    tasks: list[TaskStanding]
