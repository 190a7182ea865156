"""The description of the API, made from its routes: /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from archive.web.api.models.problems import Problem
from archive.web.problems import MEDIA_TYPE

VERSION = "1.0"
DESCRIPTION = """\
Kho hồ sơ số: mọi việc mà các trang làm, cho chương trình. Everything that the pages do, for programs.

A program sends the token of its account: `Authorization: Bearer …`. Records are named by what people call them: codes,
numbers, receipts. What an account may not see looks like what is not there. Writes take an `Idempotency-Key`: the same
one again is answered as before. Lists come in pages with cursors. Reads have ETags. Problems are
`application/problem+json` in Vietnamese, or English by `Accept-Language`. More: docs/api.md.
"""
STATUSES = {
    "400": "The request cannot be read",
    "401": "No token, or one that is unknown, expired or taken back",
    "403": "Nobody may do this to himself, or to such an account; the detail says why",
    "404": "Not there, or not for this account",
    "409": "The record is not in a state that allows this",
    "412": "Somebody has changed the record since",
    "413": "Too big",
    "422": "What was given cannot be taken; `fields` says where",
    "428": "If-Match is missing",
    "429": "Too many calls in a minute; Retry-After says when to go on",
    "503": "A part of the service is away; Retry-After says when to try again",
}
ALWAYS = ("401", "404", "422", "429", "503")
ON_WRITES = ("400", "403", "409", "413")
ON_REVISIONS = ("412", "428")


def describe(web: FastAPI) -> None:
    """Served by the application's own route; made when it is first asked for."""

    def made() -> dict[str, Any]:
        if web.openapi_schema is None:
            web.openapi_schema = _document(web)
        return web.openapi_schema

    web.openapi = made  # type: ignore[method-assign]


def operation_id(route: APIRoute) -> str:
    return route.name


def _document(web: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=web.title, version=VERSION, description=DESCRIPTION, routes=web.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= described.pop("$defs", {}) | {"Problem": described}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path in document["paths"].values():
        for method, operation in path.items():
            _tell_problems(method, operation)
    return document


def _tell_problems(method: str, operation: dict[str, Any]) -> None:
    headers = {each["name"].lower() for each in operation.get("parameters", ()) if each["in"] == "header"}
    told = [*ALWAYS, *(ON_WRITES if method != "get" else ()), *(ON_REVISIONS if "if-match" in headers else ())]
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in told:
        given = operation["responses"].get(status, {})
        operation["responses"][status] = {"description": STATUSES[status]} | given | {"content": content}
    if method == "get" and "200" in operation["responses"]:
        operation["responses"].setdefault("304", {"description": "As you have it: If-None-Match names its ETag"})
