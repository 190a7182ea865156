"""Who took over from whom: mergers, splits, separations, renamings and closures, many to many."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from archive import i18n
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.agencies import (
    agency_to_reorganise,
    basis_given,
    create_agency,
    end_agency,
    lock_tree,
    may_over,
    record_agency,
)
from archive.audit_events import EventTag
from archive.db.accounts import Agency, AgencySuccession
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id

KINDS = ("merger", "split", "separation", "renaming", "closure")
SEPARATION = "separation"  # tách: the predecessor goes on
WHOLE = frozenset({"renaming", "closure"})
"""Kinds in which one predecessor goes to one successor, wholly."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one successor took over from one predecessor; both by code. partial: only a part of it went there."""

    predecessor: str
    successor: str
    partial: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Reorganisation:
    kind: str
    effective_on: date
    legal_basis: str


@dataclass(frozen=True, slots=True)
class _Pair:
    predecessor: Agency
    successor: Agency
    partial: bool
    note: str


def record_succession(
    uow: UnitOfWork,
    *,
    kind: str,
    effective_on: date,
    legal_basis: str,
    parts: Sequence[Part],
    actor: Actor,
    now: datetime,
) -> None:
    """effective_on: the first day on which the successors act. The day before is the predecessors' last, unless
    something was separated from a predecessor that goes on."""
    if kind not in KINDS:
        raise InvalidInput("agency.succession_unknown", field="kind")
    event = _Reorganisation(kind, effective_on, basis_given(legal_basis))
    if effective_on > local_date(now):
        raise InvalidInput("agency.effective_in_future", field="effective_on")
    if not parts:
        raise InvalidInput("agency.succession_empty", field="parts")
    lock_tree(uow)
    pairs = _pairs(uow, parts, actor)
    after = _successors(uow)
    for pair in pairs:
        _require_fit(uow, event, pair)
        after.setdefault(pair.predecessor.id, set()).add(pair.successor.id)
        if _reaches(after, pair.successor.id, pair.predecessor.id):
            raise _circle(pair)
        _add(uow, event, pair, actor=actor, now=now)
    uow.session.flush()
    if kind in WHOLE:
        _require_one_successor(uow, pairs)
    if kind != SEPARATION:
        last_day = effective_on - timedelta(days=1)
        for predecessor in {pair.predecessor.id: pair.predecessor for pair in pairs}.values():
            end_agency(uow, predecessor, last_day, legal_basis=event.legal_basis, actor=actor, now=now)


def rename_agency(
    uow: UnitOfWork,
    code: str,
    *,
    new_code: str,
    new_name: str,
    effective_on: date,
    legal_basis: str,
    actor: Actor,
    now: datetime,
) -> Agency:
    """The old name keeps its code, fond and records; the new one begins with a fond of its own, and with its units."""
    old = agency_to_reorganise(uow, code, actor=actor)
    parent = uow.session.get(Agency, old.parent_id) if old.parent_id else None
    new = create_agency(
        uow,
        code=new_code,
        name=new_name,
        parent_code=parent.code if parent else None,
        kind=old.kind,
        valid_from=effective_on,
        actor=actor,
        now=now,
    )
    new.second_person_publishes = old.second_person_publishes
    living = select(Agency).where(Agency.parent_id == old.id, Agency.valid_to.is_(None)).order_by(Agency.id)
    for unit in uow.session.scalars(living).all():
        unit.parent_id = new.id
        record_agency(uow, EventTag.AGENCY_CHANGED, unit, actor=actor, now=now, parent=[old.code, new.code])
    uow.session.flush()
    record_succession(
        uow,
        kind="renaming",
        effective_on=effective_on,
        legal_basis=legal_basis,
        parts=[Part(old.code, new.code)],
        actor=actor,
        now=now,
    )
    return new


def _pairs(uow: UnitOfWork, parts: Sequence[Part], actor: Actor) -> list[_Pair]:
    """With their agencies held; one that the actor may not reorganise is as unknown as one that is not there."""
    codes = {code for part in parts for code in (part.predecessor, part.successor)}
    rows = select(Agency).where(Agency.code.in_(codes)).order_by(Agency.id).with_for_update()
    known = {
        agency.code: agency
        for agency in uow.session.scalars(rows).all()
        if may_over(uow, actor, Permission.AGENCY_REORGANISE, agency)
    }
    for code in sorted(codes - set(known)):
        raise NotFound(what=i18n.text("noun.agency", code=code))
    return [_Pair(known[part.predecessor], known[part.successor], part.partial, part.note) for part in parts]


def _circle(pair: _Pair) -> InvalidInput:
    return InvalidInput(
        "agency.succession_circle", field="parts", code=pair.predecessor.code, successor=pair.successor.code
    )


def _require_fit(uow: UnitOfWork, event: _Reorganisation, pair: _Pair) -> None:
    old, new, on = pair.predecessor, pair.successor, event.effective_on
    if old.id == new.id:
        raise _circle(pair)
    if event.kind in WHOLE and pair.partial:
        raise InvalidInput("agency.succession_whole", field="partial", kind=i18n.text(f"agency.kind_{event.kind}"))
    if event.kind == SEPARATION and not pair.partial:
        raise InvalidInput("agency.separation_partial", field="partial", code=old.code)
    if old.valid_from is not None and old.valid_from >= on:
        raise InvalidInput("agency.not_yet_there", field="effective_on", code=old.code)
    if new.valid_from is not None and new.valid_from > on:
        raise InvalidInput("agency.not_yet_there", field="effective_on", code=new.code)
    for acts in (new, old) if event.kind == SEPARATION else (new,):
        if acts.valid_to is not None and acts.valid_to < on:
            raise Conflict("agency.ended_already", code=acts.code, day=acts.valid_to)
    told = select(AgencySuccession.id).where(
        AgencySuccession.predecessor_id == old.id,
        AgencySuccession.successor_id == new.id,
        AgencySuccession.effective_on == on,
    )
    if uow.session.scalar(told) is not None:
        raise Conflict("agency.succession_known", code=old.code, successor=new.code)


def _require_one_successor(uow: UnitOfWork, pairs: Sequence[_Pair]) -> None:
    for pair in pairs:
        followers = select(AgencySuccession.successor_id).where(
            AgencySuccession.predecessor_id == pair.predecessor.id, AgencySuccession.kind != SEPARATION
        )
        if len(set(uow.session.scalars(followers))) > 1:
            raise InvalidInput("agency.one_successor", field="parts", code=pair.predecessor.code)


def _add(uow: UnitOfWork, event: _Reorganisation, pair: _Pair, *, actor: Actor, now: datetime) -> None:
    uow.session.add(
        AgencySuccession(
            id=new_id(),
            predecessor_id=pair.predecessor.id,
            successor_id=pair.successor.id,
            kind=event.kind,
            effective_on=event.effective_on,
            legal_basis=event.legal_basis,
            partial=pair.partial,
            note=" ".join(pair.note.split()),
        )
    )
    record_agency(
        uow,
        EventTag.AGENCY_SUCCEEDED,
        pair.predecessor,
        actor=actor,
        now=now,
        kind=event.kind,
        successor=pair.successor.code,
        effective_on=event.effective_on,
        partial=pair.partial,
        legal_basis=event.legal_basis,
    )


def _successors(uow: UnitOfWork) -> dict[uuid.UUID, set[uuid.UUID]]:
    after: dict[uuid.UUID, set[uuid.UUID]] = {}
    for predecessor, successor in uow.session.execute(
        select(AgencySuccession.predecessor_id, AgencySuccession.successor_id)
    ):
        after.setdefault(predecessor, set()).add(successor)
    return after


def _reaches(after: dict[uuid.UUID, set[uuid.UUID]], start: uuid.UUID, goal: uuid.UUID) -> bool:
    seen: set[uuid.UUID] = set()
    ahead: Iterable[uuid.UUID] = {start}
    while ahead:
        seen |= set(ahead)
        if goal in seen:
            return True
        ahead = {further for each in ahead for further in after.get(each, ())} - seen
    return False
