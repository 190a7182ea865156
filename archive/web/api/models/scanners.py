"""Scanning devices with the log of what security asks of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from archive.queries.scanners import ScannerLine, ScannerView
from archive.web.api.models.records import Answer, Asked, Day


class ScannerSummary(Answer):
    agency: str
    agency_name: str
    code: str = Field(examples=["MQ1"])
    name: str
    serial: str
    state: Literal["registered", "cleared", "wiped", "gone"]
    cleared_until: date | None
    registered_at: datetime
    usable: bool = Field(description="cleared today")
    overdue: bool = Field(description="its clearance is over, and it was neither cleared again nor wiped")

    @classmethod
    def of(cls, line: ScannerLine, today: date) -> ScannerSummary:
        return cls(**_summary(line, today))


class ScannerLogLine(Answer):
    kind: Literal["cleared", "wiped", "left"]
    on: date
    done_by: str
    document: str
    note: str
    by: str = Field(description="who wrote it down")
    at: datetime


class ScannedBatch(Answer):
    number: str
    opened_at: datetime
    is_open: bool


class Scanner(ScannerSummary):
    """The log newest first, and the newest deliveries that came from this device."""

    log: list[ScannerLogLine]
    batches: list[ScannedBatch]

    @classmethod
    def of_view(cls, view: ScannerView, today: date) -> Scanner:
        return cls(
            **_summary(view.line, today),
            log=[ScannerLogLine.model_validate(line) for line in view.log],
            batches=[ScannedBatch.model_validate(batch) for batch in view.batches],
        )


def _summary(line: ScannerLine, today: date) -> dict[str, Any]:
    told: dict[str, Any] = {"agency": line.agency_code, "usable": line.usable(today), "overdue": line.overdue(today)}
    return told | {name: getattr(line, name) for name in ScannerSummary.model_fields if name not in told}


class ScannerGiven(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"agency": "TD01", "code": "MQ1", "name": "Máy quét phòng 3", "serial": "SN-2201"}]
        }
    )
    agency: str = Field(min_length=1, max_length=100)
    code: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=1000)
    serial: str = Field(min_length=1, max_length=1000)


class ScannerAct(Asked):
    """A line of the log: what was done with the device, by whom, and the paper that proves it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"on": "2026-01-15", "done_by": "Phòng An ninh", "document": "Biên bản 07/BB-KT"}]
        }
    )
    on: Day
    done_by: str = Field(min_length=1, max_length=1000)
    document: str = Field(min_length=1, max_length=1000)
    note: str = Field("", max_length=1000)


class ScannerClearance(ScannerAct):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "on": "2026-01-15",
                    "until": "2026-12-31",
                    "done_by": "Phòng An ninh",
                    "document": "Biên bản 07/BB-KT",
                }
            ]
        }
    )
    until: Day = Field(description="its last day")
