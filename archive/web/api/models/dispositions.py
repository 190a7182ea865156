"""Lists of dossiers proposed for disposal; nothing is destroyed by them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from archive import i18n
from archive.actions.dispositions import MAX_ENTRIES
from archive.queries.dispositions import DispositionView, EntryLine
from archive.web.api.models.records import Answer, Asked, Reason
from retention.disposition import DispositionAction, DispositionState

DossierCode = Annotated[str, Field(min_length=1, max_length=100, examples=["TD01.2019.0001"])]


class DispositionLine(Answer):
    number: str = Field(examples=["DX-TD01-2026-00001"])
    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    action: DispositionAction
    state: DispositionState
    proposed_by: str
    proposed_at: datetime
    dossiers: int = Field(description="not taken off the list")


class DispositionEntry(Answer):
    """A dossier on the list, with the columns that such a list must have."""

    dossier: str
    title: str
    rule: str = Field(description="the one whose term is the longest")
    due_on: date | None
    items: int
    pages: int
    reason: str
    note: str
    paper: bool = Field(description="there is paper of it in a box")
    state: DispositionState
    keeps: str | None = Field(description="what keeps it from going on, though it is on the list")

    @classmethod
    def of(cls, line: EntryLine) -> DispositionEntry:
        keeps = i18n.text(line.keeps) if line.keeps else None
        named = {name: getattr(line, name) for name in cls.model_fields if name not in {"dossier", "keeps"}}
        return cls(dossier=line.code, keeps=keeps, **named)


class Disposition(DispositionLine):
    may_withdraw: bool
    entries: list[DispositionEntry]

    @classmethod
    def of_view(cls, view: DispositionView, *, may_withdraw: bool) -> Disposition:
        entries = [DispositionEntry.of(entry) for entry in view.entries]
        return cls.model_validate(asdict(view.line) | {"may_withdraw": may_withdraw, "entries": entries})


class DispositionGiven(Asked):
    """Dossiers that are due, were noticed 30 days ago or more, and are held by nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"agency": "TD01"}]})
    agency: str = Field(min_length=1, max_length=100)
    dossiers: list[DossierCode] = Field([], max_length=MAX_ENTRIES, description="none named: all that are ready")


class DispositionWithdrawal(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Hồ sơ còn cần cho vụ việc"}]})
    reason: Reason
    dossier: DossierCode | None = Field(None, description="only this one is taken off the list; null: all")
