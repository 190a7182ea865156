"""Deliveries: their list, one with its reconciliation, its files."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from archive.db.states import ItemState
from archive.queries.views import BatchLine, BatchView
from archive.web.api.models.records import Answer, Asked, Why

NUMBER = "LO-TD01-2026-00001"


class BatchSummary(Answer):
    """A delivery in a list. The counts are of its files."""

    batch: str = Field(validation_alias="number", examples=[NUMBER])
    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    task: int = Field(validation_alias="task_number")
    dossier: str | None = Field(validation_alias="dossier_code")
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    expected: int | None = Field(description="files that the deliverer says there are")
    delivered: int = Field(description="taken, doubled or refused")
    received: int = Field(description="still on their way")
    stopped: int
    described: int = Field(description="that got through, whatever their state now")
    refused: int


class BatchDuplicate(Answer):
    name: str | None
    receipt: str | None


class BatchRefusal(Answer):
    name: str | None
    reason: Why


class BatchStopped(Answer):
    receipt: str | None
    reason: Why


class Batch(Answer):
    """A delivery with its reconciliation: expected = stored + duplicates + refused + quarantined + unexplained."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "batch": NUMBER,
                    "agency": "TD01",
                    "agency_name": "Sở Tư pháp",
                    "task": 3,
                    "dossier": None,
                    "opened_by": "Nguyễn Thị Lan",
                    "opened_at": "2026-01-15T02:00:00Z",
                    "closed_at": None,
                    "expected": 3,
                    "delivered": 3,
                    "under_way": 0,
                    "stored": 1,
                    "duplicates": [{"name": "hai.pdf", "receipt": "BN-TD01-2026-0000001"}],
                    "refused": [{"name": "ba.exe", "reason": "Đây là chương trình, không phải tài liệu."}],
                    "quarantined": [],
                    "unexplained": 0,
                    "items": {"review": 1},
                }
            ]
        }
    )
    batch: str
    agency: str
    agency_name: str
    task: int
    dossier: str | None
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    expected: int
    delivered: int
    under_way: int = Field(description="files that are still on their way")
    stored: int
    duplicates: list[BatchDuplicate]
    refused: list[BatchRefusal]
    quarantined: list[BatchStopped]
    unexplained: int
    items: dict[str, int] = Field(description="stored items by what they wait for")

    @classmethod
    def of(cls, view: BatchView) -> Batch:
        line: BatchLine = view.line
        return cls(
            batch=line.number,
            agency=line.agency_code,
            agency_name=line.agency_name,
            task=line.task_number,
            dossier=line.dossier_code,
            opened_by=line.opened_by,
            opened_at=line.opened_at,
            closed_at=line.closed_at,
            expected=view.expected,
            delivered=line.delivered,
            under_way=line.received,
            stored=view.stored,
            duplicates=[BatchDuplicate.model_validate(entry) for entry in view.duplicates],
            refused=[BatchRefusal.model_validate(entry) for entry in view.refused],
            quarantined=[BatchStopped.model_validate(entry) for entry in view.quarantined],
            unexplained=view.unexplained,
            items=dict(view.items),
        )


class BatchFile(Answer):
    """What became of one delivered file. Names, codes and titles only where the item may be opened."""

    ordinal: int
    outcome: Literal["stored", "duplicate", "refused"]
    name: str | None
    size_bytes: int | None
    status: int | None = Field(description="HTTP status of a refusal")
    receipt: str | None
    reason: Why = Field(description="why it was refused or stopped, as far as you may know")
    at: datetime
    state: ItemState | None = Field(validation_alias="item_state")
    code: str | None = Field(validation_alias="item_code")
    title: str | None
    page_count: int | None


class BatchGiven(Asked):
    """A delivery of one task and agency."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"agency": "TD01", "task": 3, "expected": 47}]})
    agency: str = Field(min_length=1, max_length=100)
    task: int = Field(ge=1, le=1_000_000)
    dossier: str | None = Field(None, min_length=1, max_length=100)
    expected: int | None = Field(None, ge=0, le=1_000_000_000, description="files; may be given at the close instead")
    scanner: str | None = Field(
        None, min_length=1, max_length=100, description="code of the agency's scanner; only one that is cleared today"
    )


class BatchClosing(Asked):
    expected: int | None = Field(None, ge=0, le=1_000_000_000)
    give_up_uploads: bool = Field(False, description="uploads of which bytes are still missing are given up")


class DeliveredFile(Answer):
    """The receipt of a file: its bytes are kept durably. duplicate: they were here before, under this receipt."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "stored", "receipt": "BN-TD01-2026-0000001", "batch": NUMBER}]}
    )
    outcome: Literal["stored", "duplicate"]
    receipt: str
    batch: str
