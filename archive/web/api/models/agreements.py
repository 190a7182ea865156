"""Agreements on reuse."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from archive.actions.agreements import MAX_CHARACTERS, Terms
from archive.queries.agreements import Standing
from archive.web.api.models.records import Answer, Asked, Reason
from archive.web.api.models.reuse import Line

Kind = Annotated[Line, Field(max_length=120, examples=["Giấy khai sinh"])]


class Agreement(Answer):
    number: str = Field(examples=["TT-PX01-2026-00001"])
    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    account: str = Field(validation_alias="account_login")
    account_name: str
    procedure: str = Field(description="code of the administrative procedure")
    procedure_title: str
    papers: list[str] = Field(description="names of kinds of document")
    purpose: str
    legal_basis: str
    valid_from: date
    valid_to: date | None = Field(description="its last day")
    given_by: str
    given_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    standing: Standing
    may_end: bool = Field(description="you may, now")


class AgreementGiven(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agency": "PX01",
                    "account": "cong-dvc",
                    "procedure": "1.000894",
                    "procedure_title": "Đăng ký kết hôn",
                    "papers": ["Giấy khai sinh"],
                    "purpose": "Xác định tình trạng nhân thân",
                    "legal_basis": "Quy chế phối hợp số 05/QC-UBND",
                    "valid_from": "2026-03-01",
                    "valid_to": None,
                }
            ]
        }
    )
    agency: Line = Field(max_length=60, description="code of the agency that gives it, with all below")
    account: Line = Field(max_length=64, description="login of the service account")
    procedure: Line = Field(max_length=60)
    procedure_title: Line = Field(max_length=MAX_CHARACTERS)
    papers: list[Kind] = Field(min_length=1, max_length=100)
    purpose: Line = Field(max_length=MAX_CHARACTERS)
    legal_basis: Line = Field(max_length=MAX_CHARACTERS)
    valid_from: date
    valid_to: date | None = None

    def terms(self) -> Terms:
        return Terms(
            self.procedure,
            self.procedure_title,
            self.papers,
            self.purpose,
            self.legal_basis,
            self.valid_from,
            self.valid_to,
        )


class AgreementEnding(Asked):
    reason: Reason
