"""Agencies in time: which to choose from, the directory, one with its identifiers, predecessors and successors.

The directory is open to everybody who holds a role anywhere: it names offices, never a record.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency, AgencyIdentifier, AgencySuccession
from archive.errors import NotFound
from archive.queries.agency_names import Named
from archive.queries.paging import Order, Paged

BY_CODE = Order((Agency.code,))
_Parent, _Old, _New = aliased(Agency), aliased(Agency), aliased(Agency)


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """To choose from."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AgencyRef:
    code: str
    name: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class DirectoryLine:
    code: str
    name: str
    kind: str | None
    parent: AgencyRef | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class IdentifierLine:
    id: uuid.UUID
    scheme: str
    value: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class SuccessionLine:
    predecessor: AgencyRef
    successor: AgencyRef
    kind: str
    effective_on: date
    legal_basis: str
    partial: bool
    note: str


@dataclass(frozen=True, slots=True)
class AgencyView:
    id: uuid.UUID
    line: DirectoryLine
    second_person_publishes: bool
    identifiers: tuple[IdentifierLine, ...]
    predecessors: tuple[SuccessionLine, ...]
    successors: tuple[SuccessionLine, ...]
    units: tuple[AgencyRef, ...]
    may: frozenset[Permission]


def agencies(session: Session, permission: Permission, *, actor: Actor) -> tuple[AgencyLine, ...]:
    """Those over which the actor holds the permission: the present ones by code, then those that have ended."""
    allowed = policy.filter_agency(actor, permission, Agency.id)
    chosen = select(Agency.code, Agency.name, Agency.valid_to).where(allowed)
    rows = session.execute(chosen.order_by(Agency.valid_to.is_not(None), Agency.code))
    return tuple(AgencyLine(code, _told(name, ended)) for code, name, ended in rows)


def _told(name: str, ended: date | None) -> str:
    """Names come again: which of them is no more is told with it."""
    return f"{name}, {i18n.text('page.agencies.ended', day=ended)}" if ended else name


def directory(
    session: Session, *, actor: Actor, today: date, ended: bool = False, limit: int, cursor: str | None = None
) -> Paged[DirectoryLine]:
    """By code. ended: also what is no more."""
    require_role(actor)
    rows = select(Agency, _Parent).outerjoin(_Parent, _Parent.id == Agency.parent_id)
    if not ended:
        rows = rows.where(or_(Agency.valid_to.is_(None), Agency.valid_to >= today))
    page = BY_CODE.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_line(row[0], row[1]) for row in page.lines])


def agency(session: Session, code: str, *, actor: Actor) -> AgencyView:
    require_role(actor)
    row = session.execute(
        select(Agency, _Parent).outerjoin(_Parent, _Parent.id == Agency.parent_id).where(Agency.code == code)
    ).one_or_none()
    if row is None:
        raise NotFound(what=i18n.text("noun.agency", code=code))
    found: Agency = row[0]
    units = session.scalars(select(Agency).where(Agency.parent_id == found.id).order_by(Agency.code)).all()
    return AgencyView(
        id=found.id,
        line=_line(found, row[1]),
        second_person_publishes=found.second_person_publishes,
        identifiers=identifiers(session, [found.id]).get(found.id, ()),
        predecessors=_successions(session, successions().where(AgencySuccession.successor_id == found.id)),
        successors=_successions(session, successions().where(AgencySuccession.predecessor_id == found.id)),
        units=tuple(ref(unit) for unit in units),
        may=frozenset(
            permission
            for permission in (Permission.AGENCY_REORGANISE, Permission.CUSTODY_MOVE, Permission.ACCOUNT_MANAGE)
            if policy.may(actor, permission, found.id)
        ),
    )


def chain(session: Session, agency_id: uuid.UUID) -> tuple[SuccessionLine, ...]:
    """Everything that took over from the agency, and what took over from that, oldest first."""
    lines: list[tuple[date, SuccessionLine]] = []
    seen, ahead = {agency_id}, {agency_id}
    while ahead:
        rows = session.execute(successions().where(AgencySuccession.predecessor_id.in_(ahead))).all()
        lines += [(row[0].effective_on, _succession(row)) for row in rows]
        ahead = {row[0].successor_id for row in rows} - seen
        seen |= ahead
    return tuple(line for _, line in sorted(lines, key=lambda pair: (pair[0], pair[1].successor.code)))


def identifiers(session: Session, agency_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[IdentifierLine, ...]]:
    rows = select(AgencyIdentifier).where(AgencyIdentifier.agency_id.in_(agency_ids))
    found: dict[uuid.UUID, list[IdentifierLine]] = {}
    for row in session.scalars(rows.order_by(AgencyIdentifier.scheme, AgencyIdentifier.valid_from.nulls_first())):
        line = IdentifierLine(row.id, row.scheme, row.value, row.valid_from, row.valid_to)
        found.setdefault(row.agency_id, []).append(line)
    return {agency_id: tuple(lines) for agency_id, lines in found.items()}


def all_names(session: Session) -> list[Named]:
    rows = session.execute(select(Agency.id, Agency.code, Agency.name).order_by(Agency.code))
    return [Named(*row) for row in rows]


def require_role(actor: Actor) -> None:
    """Who holds nothing sees nothing."""
    if not actor.grants and not actor.everywhere:
        raise NotFound("web.not_here")


def ref(agency: Agency) -> AgencyRef:
    return AgencyRef(agency.code, agency.name, agency.valid_from, agency.valid_to)


def successions() -> Select[AgencySuccession, Agency, Agency]:
    return (
        select(AgencySuccession, _Old, _New)
        .join(_Old, _Old.id == AgencySuccession.predecessor_id)
        .join(_New, _New.id == AgencySuccession.successor_id)
        .order_by(AgencySuccession.effective_on, _Old.code, _New.code)
    )


def _successions(session: Session, rows: Select[AgencySuccession, Agency, Agency]) -> tuple[SuccessionLine, ...]:
    return tuple(_succession(row) for row in session.execute(rows))


def _succession(row: Row[AgencySuccession, Agency, Agency]) -> SuccessionLine:
    told, old, new = row
    return SuccessionLine(ref(old), ref(new), told.kind, told.effective_on, told.legal_basis, told.partial, told.note)


def _line(agency: Agency, parent: Agency | None) -> DirectoryLine:
    return DirectoryLine(
        agency.code, agency.name, agency.kind, ref(parent) if parent else None, agency.valid_from, agency.valid_to
    )
