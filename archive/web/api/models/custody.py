"""Who holds which fond, since when, and the question of who holds the records of an agency that is no more."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import AliasPath, ConfigDict, Field

from archive.web.api.models.agency_parts import AgencyIdentifier, AgencyRef, Succession
from archive.web.api.models.records import Answer, Asked, Day


class CustodyPeriod(Answer):
    holder: AgencyRef
    since: date | None = Field(validation_alias="since_on", description="null: ever since there was something to hold")
    until: date | None = Field(validation_alias="until_on")
    legal_basis: str = Field(description="empty where nobody handed anything over")
    document: str | None = Field(description="minutes of the hand-over")


class Fond(Answer):
    """A fond with everybody who ever held it, oldest first; the last one holds it now."""

    code: str = Field(examples=["CU"])
    title: str
    state: str = Field(examples=["open"])
    closed_on: date | None
    creator: AgencyRef
    holder: AgencyRef = Field(validation_alias=AliasPath("present", "holder"))
    periods: list[CustodyPeriod]
    waits: bool = Field(description="the creator has ended, and nobody has taken the fond over by minutes")


class Holding(Answer):
    """One agency that was meant, what became of it, and who holds the fonds that it created."""

    agency: AgencyRef
    identifiers: list[AgencyIdentifier]
    chain: list[Succession] = Field(description="everything that took over, oldest first")
    fonds: list[Fond]


class Holder(Answer):
    asked: str
    found_by: Literal["dossier", "identifier", "name"] | None = Field(description="null: nothing was found")
    holdings: list[Holding] = Field(description="at most 20")
    more: int = Field(description="agencies that fit beside those shown")


EXAMPLE: dict[str, Any] = {
    "to": "MOI",
    "legal_basis": "Nghị quyết 1656/NQ-UBTVQH15",
    "document": "Biên bản bàn giao 12/BB",
    "handed_over_on": "2026-03-02",
}


class HandOver(Asked):
    """A fond goes to another agency, by minutes: whoever says so may move custody over both."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    to: str = Field(min_length=1, max_length=100, description="code of the agency that takes it")
    legal_basis: str = Field(min_length=1, max_length=1000)
    document: str = Field(min_length=1, max_length=1000, description="the minutes")
    handed_over_on: Day
