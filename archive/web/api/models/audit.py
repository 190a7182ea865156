"""The trail: who did or opened what, when."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from archive.audit_events import EventTag
from archive.web.api.models.records import Answer


class AuditEvent(Answer):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-01-15T02:00:00Z",
                    "tag": "item.published",
                    "actor": "Nguyễn Thị Lan",
                    "acting_as": None,
                    "os_user": None,
                    "agency": "TD01",
                    "subject_kind": "item",
                    "subject": "BN-TD01-2026-0000001",
                    "sequence": 4711,
                }
            ]
        }
    )
    at: datetime
    tag: EventTag
    actor: str | None = Field(description="null: the service itself")
    acting_as: str | None
    os_user: str | None
    agency: str | None = Field(validation_alias="agency_code")
    subject_kind: str
    subject: str = Field(description="its number or code where it has one; the words of a search")
    sequence: int | None = Field(description="place in the hash chain; null: not sealed yet")
