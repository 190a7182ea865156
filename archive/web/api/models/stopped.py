"""What the security officer decides."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from archive.web.api.models.records import Answer, Asked, Reason


class DecisionGiven(Asked):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"act": "release", "decision": "Dấu MẬT đã được giải mật, QĐ 12/QĐ-BCA"}]}
    )
    act: Literal["remove", "release"] = Field(
        description="remove: the bytes go, the receipt stays; release: it goes through the workflow once more"
    )
    decision: Reason


class DecisionTaken(Answer):
    receipt: str
    act: Literal["remove", "release"]
    state: str = Field(examples=["received"])
