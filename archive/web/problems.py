"""What a program is told of what went wrong: application/problem+json (RFC 9457), in Vietnamese or English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from archive import i18n

FOR_PROGRAMS = ("/api/", "/tus/")
MEDIA_TYPE = "application/problem+json"
TYPE = "urn:archive:problem:"  # then the message id: what a program can tell problems apart by


def is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(FOR_PROGRAMS)


def language_of(request: Request) -> str:
    """By Accept-Language; Vietnamese where neither is asked for."""
    wanted: dict[str, float] = {}
    for part in request.headers.get("accept-language", "").split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            wanted.setdefault(name.lower().split("-")[0], float(quality) if quality else 1.0)
        except ValueError:
            continue
    return "en" if wanted.get("en", 0.0) > wanted.get("vi", wanted.get("*", 0.0)) else "vi"


def problem(
    request: Request,
    status: int,
    reason: str,
    values: Mapping[str, object] | None = None,
    *,
    fields: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """reason: message id, filled by values; fields: of the request, that are wrong."""
    language = language_of(request)
    named = f"web.status_{status}"
    told: dict[str, Any] = {
        "type": TYPE + reason,
        "title": i18n.text(named if named in i18n.catalog("vi") else "web.status_other", language=language),
        "status": status,
        "detail": i18n.filled(reason, values or {}, language=language),
    }
    if fields:
        told["fields"] = list(fields)
    more = {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})}
    return JSONResponse(told, status_code=status, headers=more, media_type=MEDIA_TYPE)
