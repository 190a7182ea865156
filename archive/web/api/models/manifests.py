"""What a delivery's manifest announced, beside what came."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archive.web.api.models.records import Answer
from archive.web.api.models.sheets import SheetImport


class ManifestImport(SheetImport):
    lines: int = Field(description="files that it announces")
    pages: int = Field(description="of the lines that tell them")
    dossiers: int
    replaces: int = Field(description="lines of an earlier manifest that go")


class ManifestLine(Answer):
    line: int = Field(description="of the sheet, counted from 1 with the heading: names are not kept")
    state: Literal["missing", "refused", "found"]
    receipt: str | None
    pages: int | None = Field(description="as announced")
    found_pages: int | None = Field(description="as read, of what you may read")
    dossier_code: str | None
    differs: Literal["bytes", "pages"] | None = Field(description="the file is another than was announced")


class UnexpectedFile(Answer):
    ordinal: int
    receipt: str | None


class Manifest(Answer):
    lines: list[ManifestLine]
    unexpected: list[UnexpectedFile] = Field(description="files that came and that no line announces")
