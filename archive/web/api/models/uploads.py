"""Uploads that resume, as their sender sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasPath, BeforeValidator, ConfigDict, Field

from archive.web.api.models.records import Answer, Why


def _address(key: Any) -> Any:
    return f"/tus/{key}" if isinstance(key, str) and "/" not in key else key


class Upload(Answer):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "upload": "/tus/01a205b8e03e7558981a4e2519105c60",
                    "batch": "LO-TD01-2026-00012",
                    "state": "open",
                    "size_bytes": 48211034,
                    "received_bytes": 16777216,
                    "name": "hộp 12/quyết định 154.pdf",
                    "modified": "1767316500000",
                    "sha256": None,
                    "begun_at": "2026-03-02T01:00:00Z",
                    "expires_at": "2026-03-09T01:00:00Z",
                    "outcome": None,
                    "receipt": None,
                    "reason": None,
                    "status": None,
                }
            ]
        }
    )
    upload: Annotated[str, BeforeValidator(_address)] = Field(
        validation_alias=AliasPath("key"), description="its address for HEAD, PATCH and DELETE of tus 1.0"
    )
    batch: str
    state: Literal["open", "whole", "taken", "refused", "ended"] = Field(
        description="whole: all bytes are here, being received; ended: expired, cancelled, or its batch was closed"
    )
    size_bytes: int
    received_bytes: int | None = Field(description="of an unfinished one; null where they are not on this server")
    name: str | None = Field(description="told to its sender alone, while it is unfinished")
    modified: str | None = Field(description="as its sender said when it was begun")
    sha256: str | None = Field(validation_alias=AliasPath("digest"), description="that its bytes must have in the end")
    begun_at: datetime
    expires_at: datetime
    outcome: Literal["stored", "duplicate", "refused"] | None
    receipt: str | None
    reason: Why
    status: int | None = Field(description="HTTP status of a refusal: 413, 415, 422")
