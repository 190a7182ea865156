"""What an import of agencies wants to be there: rows, told by a sheet or by lists of administrative units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from archive.intake.sheets import SheetFinding


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """last_day, legal_basis: given where it ends and nobody follows it.

    acted_on: one of the same name and place that acted on that day is taken for it, whatever its code.
    """

    line: int
    code: str
    name: str
    kind: str | None = None
    parent: str | None = None
    valid_from: date | None = None
    last_day: date | None = None
    legal_basis: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()  # (scheme, value)
    acted_on: date | None = None


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    line: int
    predecessor: str
    successor: str
    kind: str
    effective_on: date
    legal_basis: str
    partial: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class AgencyRows:
    """findings: what could not be read at all."""

    agencies: tuple[AgencyRow, ...] = ()
    successions: tuple[SuccessionRow, ...] = ()
    findings: tuple[SheetFinding, ...] = ()
