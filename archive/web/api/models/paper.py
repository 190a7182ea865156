"""Paper: where it lies, what is out, which counts wait for an explanation."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from archive.intake.place_sheet import MAX_SHEETS
from archive.queries.paper import LoanLine
from archive.web.api.models.records import Answer, Asked, Day
from archive.web.api.models.sheets import SheetImport

Sheets = Annotated[int, Field(ge=0, le=MAX_SHEETS, examples=[120])]
Words = Annotated[str, Field(max_length=1000)]


class PaperPlace(Answer):
    place: str = Field(description="storeroom", examples=["Kho 1"])
    shelf: str | None
    box: str | None
    sheets: int | None
    note: str
    placed_by: str | None
    valid_from: datetime
    valid_to: datetime | None


class PaperLoan(Answer):
    dossier: str = Field(validation_alias="dossier_code")
    title: str
    agency_name: str
    borrower: str
    purpose: str
    sheets_out: int | None
    due_back_on: date
    out_at: datetime
    out_by: str
    returned_at: datetime | None
    returned_by: str | None
    sheets_back: int | None
    condition: str | None
    explanation: str | None
    explained_by: str | None
    difference: int = Field(description="sheets that came back more, or below 0 fewer, than went out")
    unexplained: bool


class DossierPaper(Answer):
    """Where a dossier's paper is. Former places and loans are for those who keep it."""

    agency: str = Field(validation_alias="agency_code")
    place: PaperPlace | None
    out: PaperLoan | None
    unexplained: PaperLoan | None
    history: list[PaperPlace]
    loans: list[PaperLoan]
    may_manage: bool


class LoanOut(PaperLoan):
    overdue: bool

    @classmethod
    def of(cls, line: LoanLine, today: date) -> LoanOut:
        told = {"difference": line.difference, "unexplained": line.unexplained, "overdue": line.overdue(today)}
        return cls.model_validate(asdict(line) | told)


class PaperBox(Answer):
    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    place: str
    shelf: str
    box: str
    dossiers: int
    sheets: int
    out: int = Field(description="dossiers that are out")


class BoxedDossier(Answer):
    code: str
    title: str
    year: int
    sheets: int | None
    is_out: bool


class BoxContents(Answer):
    box: PaperBox
    dossiers: list[BoxedDossier]


class PaperFigures(Answer):
    placed: int
    unplaced: int
    out: int
    overdue: int
    unexplained: int


class PlaceGiven(Asked):
    """Where the paper lies from now on; the former place stays in the history."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"place": "Kho 1", "shelf": "A3", "box": "12", "sheets": 120}]}
    )
    place: str = Field(min_length=1, max_length=200)
    shelf: str = Field("", max_length=200)
    box: str = Field("", max_length=200)
    sheets: Sheets | None = Field(None, description="null: as counted before")
    note: Words = Field("", description="why the count is another one")


class LoanGiven(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "borrower": "Nguyễn Văn Bình, Phòng Hộ tịch",
                    "purpose": "Đối chiếu",
                    "sheets": 120,
                    "due_back_on": "2026-02-01",
                }
            ]
        }
    )
    borrower: str = Field(min_length=1, max_length=1000)
    purpose: str = Field(min_length=1, max_length=1000)
    sheets: Sheets = Field(description="counted as they go out")
    due_back_on: Day


class ReturnGiven(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"sheets": 120, "condition": "Nguyên vẹn"}]})
    sheets: Sheets = Field(description="counted as they come back")
    condition: Words = ""


class DifferenceExplained(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"explanation": "Hai tờ bản sao đã trả người nộp"}]})
    explanation: str = Field(min_length=1, max_length=1000)


class PlaceChange(Answer):
    line: int
    dossier: str = Field(validation_alias="dossier_code")
    title: str
    before: str = Field(description="empty where no place was known")
    after: str


class PlacesImport(SheetImport):
    changes: list[PlaceChange]
    unchanged: int
