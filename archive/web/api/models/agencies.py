"""Agencies in time: the directory, one with what it was and became, what changes it, and imports of many."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from archive.queries.agencies import AgencyView
from archive.queries.custody import FondCustody
from archive.web.api.models.agency_parts import AgencyIdentifier, AgencyRef, Succession, SuccessionKind
from archive.web.api.models.custody import Fond
from archive.web.api.models.records import Answer, Asked, Day
from archive.web.api.models.sheets import SheetImport
from metadata.agency_identifiers import Scheme

BASIS = "Nghị quyết 1656/NQ-UBTVQH15"
AgencyCode = Annotated[str, Field(min_length=1, max_length=100, examples=["TD01"])]
AgencyName = Annotated[str, Field(min_length=1, max_length=1000, examples=["Sở Tư pháp"])]
AgencyKind = Literal["city", "department", "district", "ward", "commune", "township", "unit"]
LegalBasis = Annotated[
    str, Field(min_length=1, max_length=1000, description="the paper that says so", examples=[BASIS])
]


class AgencyLine(AgencyRef):
    kind: str | None
    parent: AgencyRef | None


class Agency(AgencyLine):
    """An agency with its identifiers, what it came from and became, its units, and the fonds it created or holds."""

    second_person_publishes: bool = Field(description="whoever reviewed an item here does not publish it")
    identifiers: list[AgencyIdentifier]
    predecessors: list[Succession]
    successors: list[Succession]
    units: list[AgencyRef]
    created_fonds: list[Fond]
    held_fonds: list[Fond] = Field(description="of other creators")

    @classmethod
    def of(cls, view: AgencyView, created: tuple[FondCustody, ...], held: tuple[FondCustody, ...]) -> Agency:
        return cls(
            **AgencyLine.model_validate(view.line).model_dump(),
            second_person_publishes=view.second_person_publishes,
            identifiers=[AgencyIdentifier.model_validate(each) for each in view.identifiers],
            predecessors=[Succession.model_validate(each) for each in view.predecessors],
            successors=[Succession.model_validate(each) for each in view.successors],
            units=[AgencyRef.model_validate(each) for each in view.units],
            created_fonds=[Fond.model_validate(each) for each in created],
            held_fonds=[Fond.model_validate(each) for each in held],
        )


class AgencyChanges(Asked):
    """Everything that may be said of an agency: what is left out is emptied."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Sở Tư pháp", "kind": "department", "second_person_publishes": True}]}
    )
    name: AgencyName = Field(description="mends a slip; a new name of an agency with records is a renaming")
    kind: AgencyKind | None = None
    parent: AgencyCode | None = Field(None, description="null: stays where it is, if it stands at the top")
    valid_from: Day | None = None
    second_person_publishes: bool = Field(description="who reviewed an item does not publish it")


class AgencyGiven(Asked):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "TD01.02", "name": "Phòng Hộ tịch", "parent": "TD01", "kind": "unit"}]}
    )
    code: AgencyCode
    name: AgencyName
    parent: AgencyCode
    kind: AgencyKind | None = None
    valid_from: Day | None = None


class IdentifierGiven(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"scheme": "organ", "value": "H26.18"}]})
    scheme: Scheme
    value: str = Field(min_length=1, max_length=100)
    valid_from: Day | None = Field(None, description="null: since ever")
    valid_to: Day | None = Field(None, description="its last day; null: still")


class IdentifierEnding(Asked):
    """The identifier that the agency still bears."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scheme": "organ", "value": "H26.18", "last_day": "2025-06-30"}]}
    )
    scheme: Scheme
    value: str = Field(min_length=1, max_length=100)
    last_day: Day


class SuccessionPart(Asked):
    predecessor: AgencyCode
    successor: AgencyCode
    partial: bool = Field(False, description="only a part of it went there")
    note: str = Field("", max_length=1000)


class SuccessionGiven(Asked):
    """Who took over from whom, many to many, by one paper."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "merger",
                    "effective_on": "2025-07-01",
                    "legal_basis": BASIS,
                    "parts": [{"predecessor": "CU", "successor": "MOI"}],
                }
            ]
        }
    )
    kind: SuccessionKind
    effective_on: Day = Field(description="the day before is the predecessors' last, but for a separation")
    legal_basis: LegalBasis
    parts: list[SuccessionPart] = Field(min_length=1, max_length=200)


class RenamingGiven(Asked):
    """The old name keeps its code, fond and records; the new one begins with a fond of its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"new_code": "TD02", "new_name": "Sở Nội vụ", "effective_on": "2025-07-01", "legal_basis": BASIS}
            ]
        }
    )
    new_code: AgencyCode
    new_name: AgencyName
    effective_on: Day
    legal_basis: LegalBasis


class AgencyClosing(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"last_day": "2025-06-30", "legal_basis": BASIS}]})
    last_day: Day
    legal_basis: LegalBasis


class AgencyChange(Answer):
    """What becomes of one line of the sheet."""

    line: int
    act: Literal["created", "followed", "ended", "identified"]
    code: str
    name: str
    told: str = Field(description="the parent, the successor, the last day or the identifier")


class AgencyImport(SheetImport):
    """What the sheet would change, or has changed where it was taken."""

    changes: list[AgencyChange]
