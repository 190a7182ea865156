"""Dossiers: their list, one with its history, and what opening and closing ask for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import ConfigDict, Field

from archive.queries.views import DossierView
from archive.web.api.models.items import ItemFiling
from archive.web.api.models.records import Answer, Asked


class DossierLine(Answer):
    """A dossier in a list; the counts are of items that you may see."""

    code: str = Field(examples=["TD01.2026.0001"])
    title: str
    agency_code: str
    agency_name: str
    fond_code: str
    task_number: int | None
    year: int
    state: Literal["open", "closed"]
    level: str
    items: int
    published: int
    doubtful: int


class Dossier(DossierLine):
    opened_at: datetime
    closed_at: datetime | None
    work_ended_on: date | None
    filings: list[ItemFiling] = Field(description="what was moved, replaced or withdrawn here, newest first")

    @classmethod
    def of(cls, view: DossierView) -> Dossier:
        return cls(
            **DossierLine.model_validate(view.line).model_dump(),
            opened_at=view.opened_at,
            closed_at=view.closed_at,
            work_ended_on=view.work_ended_on,
            filings=[ItemFiling.model_validate(filing) for filing in view.filings],
        )


class DossierGiven(Asked):
    """code, fond: None: the next number of the agency and year, the agency's own fond."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Hồ sơ cấp giấy phép xây dựng", "agency": "TD01", "year": 2026}]}
    )
    title: str = Field(min_length=1, max_length=1000)
    agency: str = Field(min_length=1, max_length=100)
    year: int = Field(ge=1800, le=9999)
    task: int | None = Field(None, ge=1, le=1_000_000)
    code: str | None = Field(None, min_length=1, max_length=100)
    fond: str | None = Field(None, min_length=1, max_length=100)


class DossierClosing(Asked):
    work_ended_on: date = Field(description="retention counts from the year of it", examples=["2026-01-15"])
