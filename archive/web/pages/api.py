"""What programs can do, listed from the API's own description."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Response

from archive.web.deps import SignedIn

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    summary: str


@router.get("/api")
def listed(visit: SignedIn) -> Response:
    subjects: dict[str, list[Operation]] = {}
    for path, operations in visit.request.app.openapi()["paths"].items():
        for method, told in operations.items():
            summary = told.get("description", told["summary"]).partition("\n")[0]
            subjects.setdefault(told["tags"][0], []).append(Operation(method.upper(), path, summary))
    return visit.page("api.html", subjects=dict(sorted(subjects.items())))
