"""An import of agencies: each row by the action that a person would use, so that one set of rules judges both.

A row that is refused is a finding of its line, and the next one is looked at; the caller commits only what has none.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from archive import i18n
from archive.access.identity import Actor
from archive.actions.agencies import close_agency, create_agency, lock_tree
from archive.actions.identifiers import give_identifier, read_identifier
from archive.actions.successions import Part, record_succession
from archive.db.accounts import Agency, AgencyIdentifier, AgencySuccession
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ArchiveError, PartUnavailable
from archive.intake.agency_rows import AgencyRow, AgencyRows, SuccessionRow
from archive.intake.sheets import SheetFinding
from archive.queries.agency_names import same_name


@dataclass(frozen=True, slots=True)
class Change:
    """act: created, followed, ended, identified."""

    line: int
    act: str
    code: str
    name: str
    told: str  # what it is about: the parent, the successor, the last day, the identifier


@dataclass(slots=True)
class Imported:
    changes: list[Change] = field(default_factory=list)
    findings: list[SheetFinding] = field(default_factory=list)

    def count(self, act: str) -> int:
        return sum(change.act == act for change in self.changes)


def import_agencies(uow: UnitOfWork, rows: AgencyRows, *, actor: Actor, now: datetime) -> Imported:
    """Everything is tried, in the transaction of the caller, who rolls back a dry run, and whatever has findings.

    What is there already as the rows have it is no change, so repeating an import changes nothing.
    """
    done = Imported(findings=list(rows.findings))
    if done.findings:
        return done
    lock_tree(uow)
    run = _Run(uow, actor, now, done)
    for row in _parents_first(rows.agencies):
        run.attempt(row.line, "page.agencies.name", lambda row=row: run.agency(row))  # type: ignore[misc]
    for succession in rows.successions:
        run.attempt(succession.line, "page.agencies.successor", lambda row=succession: run.succession(row))  # type: ignore[misc]
    for row in reversed(_parents_first(rows.agencies)):
        run.attempt(row.line, "page.agencies.last_day", lambda row=row: run.end(row))  # type: ignore[misc]
    for row in rows.agencies:
        for scheme, value in row.identifiers:
            run.attempt(row.line, f"agency.scheme_{scheme}", lambda given=(row, scheme, value): run.identifier(*given))  # type: ignore[misc]
    return done


class _Run:
    """One import: what was there before, and the codes under which its rows are known."""

    def __init__(self, uow: UnitOfWork, actor: Actor, now: datetime, done: Imported) -> None:
        self._uow, self._actor, self._now, self._done = uow, actor, now, done
        self._known = {agency.code: agency for agency in uow.session.scalars(select(Agency))}
        self._codes: dict[str, str] = {}
        self._borne = {(row.agency_id, row.scheme, row.value) for row in uow.session.scalars(select(AgencyIdentifier))}
        self._followed = {
            (row.predecessor_id, row.successor_id, row.effective_on)
            for row in uow.session.scalars(select(AgencySuccession))
        }

    def attempt(self, line: int, column: str, act: Callable[[], Change | None]) -> None:
        """column: the message that names it."""
        try:
            with self._uow.session.begin_nested():
                change = act()
        except PartUnavailable:
            raise
        except ArchiveError as refused:
            self._done.findings.append(SheetFinding(line, i18n.text(column), refused.reason, dict(refused.values)))
        else:
            if change is not None:
                self._done.changes.append(change)

    def agency(self, row: AgencyRow) -> Change | None:
        found = self._taken_for(row)
        if found is not None:
            self._codes[row.code] = found.code
            for name, given, present in self._differences(row, found):
                told = {"code": found.code, "given": given, "present": present}
                self._done.findings.append(SheetFinding(row.line, i18n.text(name), "agency.import_differs", told))
            return None
        parent = self._code(row.parent) if row.parent else None
        made = create_agency(
            self._uow, code=row.code, name=row.name, parent_code=parent, kind=row.kind, valid_from=row.valid_from,
            actor=self._actor, now=self._now,
        )  # fmt: skip
        self._known[made.code] = made
        return Change(row.line, "created", made.code, made.name, parent or "")

    def succession(self, row: SuccessionRow) -> Change | None:
        old, new = self._code(row.predecessor), self._code(row.successor)
        pair = (self._id(old), self._id(new), row.effective_on)
        if pair in self._followed:
            return None
        record_succession(
            self._uow, kind=row.kind, effective_on=row.effective_on, legal_basis=row.legal_basis,
            parts=[Part(old, new, row.partial, row.note)], actor=self._actor, now=self._now,
        )  # fmt: skip
        return Change(row.line, "followed", old, self._name(old), f"{new} {self._name(new)}".strip())

    def end(self, row: AgencyRow) -> Change | None:
        code = self._code(row.code)
        known = self._known.get(code)
        if row.last_day is None or known is None or known.valid_to == row.last_day:
            return None
        close_agency(
            self._uow, code, last_day=row.last_day, legal_basis=row.legal_basis, actor=self._actor, now=self._now
        )
        return Change(row.line, "ended", code, known.name, i18n.day(row.last_day))

    def identifier(self, row: AgencyRow, scheme: str, value: str) -> Change | None:
        code = self._code(row.code)
        kind, written = read_identifier(scheme, value)
        if (self._id(code), str(kind), written) in self._borne:
            return None
        give_identifier(
            self._uow, code, scheme=scheme, value=value, valid_from=row.valid_from, valid_to=row.last_day,
            actor=self._actor, now=self._now,
        )  # fmt: skip
        return Change(row.line, "identified", code, self._name(code), written)

    def _taken_for(self, row: AgencyRow) -> Agency | None:
        if row.code in self._known or row.acted_on is None:
            return self._known.get(row.code)
        parent = self._id(self._code(row.parent)) if row.parent else None
        fits = [
            agency
            for agency in self._known.values()
            if agency.parent_id == parent and _same_time(row, agency) and same_name(agency.name, row.name)
        ]
        return fits[0] if len(fits) == 1 else None

    def _differences(self, row: AgencyRow, found: Agency) -> list[tuple[str, object, object]]:
        """Only what the row says; a place left empty asks for nothing."""
        parent = self._uow.session.get(Agency, found.parent_id) if found.parent_id else None
        asked = (
            ("page.agencies.name", row.name, found.name, same_name(row.name, found.name)),
            ("page.agencies.kind", row.kind, found.kind, row.kind in {None, found.kind}),
            (
                "page.agencies.parent",
                row.parent,
                parent and parent.code,
                row.parent is None or self._is(row.parent, parent),
            ),
            ("page.agencies.from", row.valid_from, found.valid_from, row.valid_from in {None, found.valid_from}),
        )
        return [
            (name, given, present or "") for name, given, present, same in asked if not same and row.acted_on is None
        ]

    def _is(self, code: str, agency: Agency | None) -> bool:
        return agency is not None and self._code(code) == agency.code

    def _code(self, code: str) -> str:
        return self._codes.get(code, code)

    def _id(self, code: str) -> uuid.UUID | None:
        return self._known[code].id if code in self._known else None

    def _name(self, code: str) -> str:
        return self._known[code].name if code in self._known else ""


def _same_time(row: AgencyRow, agency: Agency) -> bool:
    if row.acted_on is None or (row.valid_from is not None and agency.valid_from != row.valid_from):
        return False
    begun = agency.valid_from is None or agency.valid_from <= row.acted_on
    return begun and (agency.valid_to is None or agency.valid_to >= row.acted_on)


def _parents_first(rows: Iterable[AgencyRow]) -> Sequence[AgencyRow]:
    """In their order otherwise; those of a circle come last, and are refused for want of a parent."""
    waiting, ordered = list(rows), list[AgencyRow]()
    while waiting:
        unmade = {row.code for row in waiting}
        ready = [row for row in waiting if row.parent not in unmade or row.parent == row.code] or waiting
        ordered += ready
        done = {row.code for row in ready}
        waiting = [row for row in waiting if row.code not in done]
    return ordered
