"""The records behind a figure: as many as it counts, and of them those that you may see."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from archive.db.states import ItemState
from archive.queries.records import Records as FoundRecords
from archive.web.api.models.common import Page
from archive.web.api.models.items import ItemLine
from archive.web.api.models.records import Answer


class RecordLine(Answer):
    receipt: str
    state: ItemState
    received_at: datetime
    agency_name: str
    task_number: int
    item: ItemLine | None = Field(description="null where only the receipt may be shown")


class DossierRecord(Answer):
    code: str
    title: str
    agency_name: str
    year: int
    state: Literal["open", "closed"]


class Records(Page[RecordLine | DossierRecord]):
    """items: documents, or dossiers where those were asked for."""

    counted: int = Field(description="as the figure says")
    pages: int = Field(description="of what is counted")
    seen: int = Field(description="how many of it you may see")

    @classmethod
    def of(cls, found: FoundRecords) -> Records:
        kind = RecordLine if found.lines and hasattr(found.lines.lines[0], "receipt") else DossierRecord
        return cls(
            items=[kind.model_validate(line) for line in found.lines],
            next=found.lines.following,
            previous=found.lines.previous,
            counted=found.counted,
            pages=found.pages,
            seen=found.seen,
        )
