"""A sheet (CSV or XLSX) as the body of a request: asked for rights first, then read whole in a child process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from archive.access import policy
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.errors import FileTooBig, NotFound
from archive.intake.sheets import FILE_BYTES, Sheet, read_sheet
from archive.web.api.body import READ_BYTES, require_announced_size, stream_of
from archive.web.api.calls import Writer
from archive.web.deps import Visit
from archive.web.xlsx import XLSX
from ocr.scratch import scratch

SHEET_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"CSV in UTF-8, or XLSX; at most {FILE_BYTES >> 20} MB, with the headings in its first line.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
DryRun = Annotated[
    bool, Query(description="only say what would change and what is wrong: the first step of every import")
]


@dataclass(frozen=True, slots=True)
class SheetBody:
    """digest: SHA-256 of the bytes as they came, hex."""

    sheet: Sheet
    digest: str


def sheet_for(require: Callable[[Visit], None]) -> Any:
    """The body, for who passes `require`: nobody else has it read."""

    def read(request: Request, visit: Writer) -> SheetBody:
        require(visit)
        require_announced_size(request, FILE_BYTES)
        with scratch() as folder:
            path = Path(folder) / "sheet"
            digest = _kept(request, path)
            return SheetBody(read_sheet(path), digest)

    return Depends(read)


def holding(permission: Permission) -> Callable[[Visit], None]:
    return lambda visit: visit.require(permission)


def holding_at_top(permission: Permission) -> Callable[[Visit], None]:
    """What belongs to all is changed by who holds the permission over the agency at the top."""

    def require(visit: Visit) -> None:
        with visit.unit_of_work() as uow:
            if not policy.may_at_top(uow.session, visit.actor, permission, local_date(visit.now)):
                raise NotFound(what="")

    return require


def _kept(request: Request, path: Path) -> str:
    stream, digest, size = stream_of(request), hashlib.sha256(), 0
    with path.open("wb") as out:
        while block := stream.read(READ_BYTES):
            size += len(block)
            if size > FILE_BYTES:
                raise FileTooBig(limit_bytes=FILE_BYTES)
            digest.update(block)
            out.write(block)
    return digest.hexdigest()
