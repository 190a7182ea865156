"""The form of what went wrong (RFC 9457)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """Everything but 2xx and 304. `type` is what a program tells problems apart by, the texts are for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:archive:problem:web.not_here",
                    "title": "Không tìm thấy",
                    "status": 404,
                    "detail": "Không có bản ghi này, hoặc bạn không được xem. Hãy kiểm tra lại số hiệu.",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str = Field(description="what is wrong and what to do next, in Vietnamese, or English by Accept-Language")
    fields: list[str] = Field(default_factory=list, description="what is wrong: body.agency, query.limit, agency …")
