"""Holds: what an inspection, a dispute or an order keeps from disposal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from archive.actions.holds import MAX_AUTHORITY_CHARACTERS, MAX_SUBJECTS
from archive.web.api.models.records import Answer, Asked, Reason

HoldState = Literal["active", "lifted"]


class Hold(Answer):
    """A hold on a dossier or an item. The record's title only where you may see the record itself."""

    number: str = Field(examples=["TD-TD01-2026-00001"])
    kind: Literal["dossier", "item"]
    code: str = Field(description="of the dossier or item; the receipt of an item without a code")
    title: str | None
    agency_name: str
    state: HoldState
    reason: str
    authority: str = Field(description="who ordered it, by what paper")
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: str | None
    in_store: bool = Field(description="the store has been told of it for every master that it keeps")
    may_lift: bool = Field(description="you may; whoever placed it may not")


class RecordHolds(Answer):
    """Of one record: active ones first."""

    holds: list[Hold]
    may_place: bool


class HoldsGiven(Asked):
    """On all that are named or on none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subjects": ["TD01.2026.0001"],
                    "reason": "Thanh tra cấp phép",
                    "authority": "Quyết định 12/QĐ-TTr",
                }
            ]
        }
    )
    subjects: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        min_length=1, max_length=MAX_SUBJECTS, description="codes of dossiers; codes or receipts of items"
    )
    reason: Reason
    authority: str = Field(
        min_length=1, max_length=MAX_AUTHORITY_CHARACTERS, description="who ordered it, by what paper"
    )


class HoldLifting(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Thanh tra đã kết luận"}]})
    reason: Reason
