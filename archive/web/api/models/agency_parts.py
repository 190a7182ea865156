"""Of an agency, what is told wherever it is named: its days, its identifiers, what it took over."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from archive.web.api.models.records import Answer
from metadata.agency_identifiers import Scheme

SuccessionKind = Literal["merger", "split", "separation", "renaming", "closure"]


class AgencyRef(Answer):
    """An agency that another one is told with."""

    code: str = Field(examples=["TD01"])
    name: str
    valid_from: date | None = Field(description="first day; null: since ever")
    valid_to: date | None = Field(description="last day; null: still there")


class AgencyIdentifier(Answer):
    scheme: Scheme
    value: str = Field(examples=["H26.18"])
    valid_from: date | None
    valid_to: date | None


class Succession(Answer):
    """What one agency took over from another."""

    predecessor: AgencyRef
    successor: AgencyRef
    kind: SuccessionKind
    effective_on: date = Field(description="first day of the successor in this place")
    legal_basis: str
    partial: bool = Field(description="only a part went there")
    note: str
