"""What an import of a sheet tells: each finding of a line; with findings nothing is taken."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from archive.web.api.models.records import Answer


class SheetFinding(Answer):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "line": 3,
                    "column": "Mã hồ sơ",
                    "rule": "paper.dossier_unknown",
                    "text": "Không có hồ sơ TD01.2026.9.",
                }
            ]
        }
    )
    line: int = Field(description="counted from 1 with the heading; 0: the sheet as a whole")
    column: str = Field(description="as the sheet calls it; empty: the line as a whole")
    rule: str = Field(description="which rule it breaks; stays the same whatever the words")
    text: str = Field(description="what is wrong, for people")


class SheetImport(Answer):
    """taken: the rows were taken; false for a dry run, and wherever there are findings."""

    taken: bool
    findings: list[SheetFinding]
