"""Who took over from whom: mergers, splits, separations, renamings and closures, many to many."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.agencies import agency_to_reorganise, create_agency, end_agency, lock_tree, record_agency
from archive.actions.records import MAX_REASON_CHARACTERS
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
    basis = basis_given(legal_basis)
    if effective_on > local_date(now):
        raise InvalidInput("agency.effective_in_future", field="effective_on")
    if not parts:
        raise InvalidInput("agency.succession_empty", field="parts")
    lock_tree(uow)
    known = _agencies(uow, parts, actor)
    after = _successors(uow)
    for part in parts:
        predecessor, successor = known[part.predecessor], known[part.successor]
        _require_fit(uow, kind, effective_on, part, predecessor, successor)
        after.setdefault(predecessor.id, set()).add(successor.id)
        if _reaches(after, successor.id, predecessor.id):
            raise InvalidInput(
                "agency.succession_circle", field="parts", code=predecessor.code, successor=successor.code
            )
        _add(uow, kind, effective_on, basis, part, predecessor, successor, actor=actor, now=now)
    uow.session.flush()
    if kind in WHOLE:
        _require_one_successor(uow, known, parts)
    if kind != SEPARATION:
        for code in dict.fromkeys(part.predecessor for part in parts):
            end_agency(uow, known[code], effective_on - timedelta(days=1), legal_basis=basis, actor=actor, now=now)


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


def basis_given(legal_basis: str) -> str:
    text = " ".join(legal_basis.split())
    if not text or len(text) > MAX_REASON_CHARACTERS:
        raise InvalidInput("agency.basis_missing", field="legal_basis", maximum=MAX_REASON_CHARACTERS)
    return text


def _agencies(uow: UnitOfWork, parts: Sequence[Part], actor: Actor) -> dict[str, Agency]:
    codes = {code for part in parts for code in (part.predecessor, part.successor)}
    rows = select(Agency).where(Agency.code.in_(codes)).order_by(Agency.id).with_for_update()
    allowed = {
        agency.code: agency
        for agency in uow.session.scalars(rows)
        if policy.may(actor, Permission.AGENCY_REORGANISE, agency.id)
    }
    for code in sorted(codes - set(allowed)):
        raise NotFound(what=i18n.text("noun.agency", code=code))
    return allowed


def _require_fit(
    uow: UnitOfWork, kind: str, effective_on: date, part: Part, predecessor: Agency, successor: Agency
) -> None:
    if predecessor.id == successor.id:
        raise InvalidInput("agency.succession_circle", field="parts", code=part.predecessor, successor=part.successor)
    if kind in WHOLE and part.partial:
        raise InvalidInput("agency.succession_whole", field="partial", kind=i18n.text(f"agency.kind_{kind}"))
    if kind == SEPARATION and not part.partial:
        raise InvalidInput("agency.separation_partial", field="partial", code=part.predecessor)
    if predecessor.valid_from is not None and predecessor.valid_from >= effective_on:
        raise InvalidInput("agency.not_yet_there", field="effective_on", code=part.predecessor)
    if kind == SEPARATION and predecessor.valid_to is not None and predecessor.valid_to < effective_on:
        raise Conflict("agency.ended_already", code=part.predecessor, day=f"{predecessor.valid_to:%d/%m/%Y}")
    if successor.valid_from is not None and successor.valid_from > effective_on:
        raise InvalidInput("agency.not_yet_there", field="effective_on", code=part.successor)
    if successor.valid_to is not None and successor.valid_to < effective_on:
        raise Conflict("agency.ended_already", code=part.successor, day=f"{successor.valid_to:%d/%m/%Y}")
    told = select(AgencySuccession.id).where(
        AgencySuccession.predecessor_id == predecessor.id,
        AgencySuccession.successor_id == successor.id,
        AgencySuccession.effective_on == effective_on,
    )
    if uow.session.scalar(told) is not None:
        raise Conflict("agency.succession_known", code=part.predecessor, successor=part.successor)


def _require_one_successor(uow: UnitOfWork, known: dict[str, Agency], parts: Sequence[Part]) -> None:
    for part in parts:
        others = select(AgencySuccession.successor_id).where(
            AgencySuccession.predecessor_id == known[part.predecessor].id, AgencySuccession.kind != SEPARATION
        )
        if len(set(uow.session.scalars(others))) > 1:
            raise InvalidInput("agency.one_successor", field="parts", code=part.predecessor)


def _add(
    uow: UnitOfWork,
    kind: str,
    effective_on: date,
    basis: str,
    part: Part,
    predecessor: Agency,
    successor: Agency,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    uow.session.add(
        AgencySuccession(
            id=new_id(),
            predecessor_id=predecessor.id,
            successor_id=successor.id,
            kind=kind,
            effective_on=effective_on,
            legal_basis=basis,
            partial=part.partial,
            note=" ".join(part.note.split()),
        )
    )
    told = {"kind": kind, "successor": successor.code, "effective_on": effective_on, "legal_basis": basis}
    record_agency(uow, EventTag.AGENCY_SUCCEEDED, predecessor, actor=actor, now=now, **told, partial=part.partial)


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
