"""Agencies: the tree that every record and right hangs on."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.fonds import close_fonds, open_fond
from archive.actions.records import MAX_REASON_CHARACTERS
from archive.audit_events import EventTag
from archive.db.accounts import Agency, AgencyIdentifier, AgencySuccession
from archive.db.holdings import Dossier, Receipt
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.ids import new_id
from metadata.names import DOSSIER_CODE

_CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{0,31}")
KINDS = ("city", "department", "district", "ward", "commune", "township", "unit")
MAX_NAME_CHARACTERS = 300


def create_agency(
    uow: UnitOfWork,
    *,
    code: str,
    name: str,
    parent_code: str | None = None,
    kind: str | None = None,
    valid_from: date | None = None,
    actor: Actor,
    now: datetime,
) -> Agency:
    """With its open fond, of which it is creator and custodian."""
    lock_tree(uow)
    parent = None
    if parent_code is not None:
        parent = uow.session.scalar(select(Agency).where(Agency.code == parent_code))
        if parent is None:
            raise NotFound(what=i18n.text("noun.agency", code=parent_code))
        if not may_over(uow, actor, Permission.ACCOUNT_MANAGE, parent):
            raise NotAllowed(permission=Permission.ACCOUNT_MANAGE)
    elif Permission.ACCOUNT_MANAGE not in actor.everywhere:
        raise NotAllowed  # a new root is in nobody's subtree
    _require_free_code(uow, code)
    agency = Agency(
        id=new_id(),
        code=code,
        name=_name(name),
        kind=_kind(kind),
        parent_id=parent.id if parent else None,
        valid_from=valid_from,
    )
    uow.session.add(agency)
    uow.session.flush()
    fond = open_fond(uow, agency, actor=actor, now=now)
    record_agency(
        uow, EventTag.AGENCY_CREATED, agency, actor=actor, now=now, code=code, name=agency.name, fond=fond.code
    )
    return agency


def change_agency(
    uow: UnitOfWork,
    code: str,
    *,
    name: str,
    kind: str | None,
    parent_code: str | None,
    valid_from: date | None,
    second_person_publishes: bool,
    actor: Actor,
    now: datetime,
) -> Agency:
    """A name is only put right while no record bears it; afterwards an agency is renamed, from a day on."""
    agency = agency_to_reorganise(uow, code, actor=actor)
    before = _told(agency, parent_code=_code_of(uow, agency.parent_id))
    wanted = _name(name)
    if wanted != agency.name and _has_records(uow, agency):
        raise InvalidInput("agency.rename_instead", field="name")
    if valid_from != agency.valid_from:
        _require_period(uow, agency, valid_from)
    if parent_code != before["parent"]:
        agency.parent_id = _new_parent(uow, agency, parent_code, actor)
    agency.name, agency.kind, agency.valid_from = wanted, _kind(kind), valid_from
    agency.second_person_publishes = second_person_publishes
    after = _told(agency, parent_code=parent_code)
    changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if changed:
        record_agency(uow, EventTag.AGENCY_CHANGED, agency, actor=actor, now=now, **changed)
    return agency


def close_agency(
    uow: UnitOfWork, code: str, *, last_day: date, legal_basis: str, actor: Actor, now: datetime
) -> Agency:
    """It ends and nobody follows it. One that others take over from is ended by record_succession."""
    basis = basis_given(legal_basis)
    agency = agency_to_reorganise(uow, code, actor=actor)
    if agency.valid_to is not None:
        raise Conflict("agency.ended_already", code=code, day=agency.valid_to)
    if last_day > local_date(now):
        raise InvalidInput("agency.effective_in_future", field="last_day")
    end_agency(uow, agency, last_day, legal_basis=basis, actor=actor, now=now)
    return agency


def end_agency(
    uow: UnitOfWork, agency: Agency, last_day: date, *, legal_basis: str, actor: Actor, now: datetime
) -> None:
    """With its fonds and identifiers; nothing where it ended on that very day. The caller holds the tree's lock."""
    if agency.valid_to == last_day:
        return
    if agency.valid_to is not None:
        raise Conflict("agency.ended_already", code=agency.code, day=agency.valid_to)
    if agency.valid_from is not None and agency.valid_from > last_day:
        raise InvalidInput("agency.not_yet_there", field="effective_on", code=agency.code)
    below = select(Agency.code).where(
        Agency.parent_id == agency.id, or_(Agency.valid_to.is_(None), Agency.valid_to > last_day)
    )
    if living := uow.session.scalars(below.order_by(Agency.code).limit(5)).all():
        raise Conflict("agency.has_units", code=agency.code, units=", ".join(living))
    agency.valid_to = last_day
    borne = select(AgencyIdentifier).where(
        AgencyIdentifier.agency_id == agency.id,
        or_(AgencyIdentifier.valid_to.is_(None), AgencyIdentifier.valid_to > last_day),
    )
    for identifier in uow.session.scalars(borne).all():
        identifier.valid_to = last_day
    close_fonds(uow, agency, last_day, actor=actor, now=now)
    record_agency(uow, EventTag.AGENCY_CLOSED, agency, actor=actor, now=now, last_day=last_day, legal_basis=legal_basis)


def agency_to_reorganise(uow: UnitOfWork, code: str, *, actor: Actor) -> Agency:
    """Held, with the whole tree. What the actor may not reorganise is as unknown as what is not there."""
    lock_tree(uow)
    agency = uow.session.scalar(select(Agency).where(Agency.code == code).with_for_update())
    if agency is None or not may_over(uow, actor, Permission.AGENCY_REORGANISE, agency):
        raise NotFound(what=i18n.text("noun.agency", code=code))
    return agency


def may_over(uow: UnitOfWork, actor: Actor, permission: Permission, agency: Agency) -> bool:
    """Also for an agency that was made or moved in this very transaction: who holds the permission over an agency
    holds it over all below."""
    above: Agency | None = agency
    while above is not None:
        if policy.may(actor, permission, above.id):
            return True
        above = uow.session.get(Agency, above.parent_id) if above.parent_id else None
    return False


def basis_given(legal_basis: str) -> str:
    text = " ".join(legal_basis.split())
    if not text or len(text) > MAX_REASON_CHARACTERS:
        raise InvalidInput("agency.basis_missing", field="legal_basis", maximum=MAX_REASON_CHARACTERS)
    return text


def lock_tree(uow: UnitOfWork) -> None:
    """Whoever changes agencies, identifiers or successions does so alone: each change is judged over all of them."""
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(literal("agencies"), 0))))


def record_agency(
    uow: UnitOfWork, tag: EventTag, agency: Agency, *, actor: Actor, now: datetime, **details: object
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="agency",
        subject_id=agency.id,
        agency_id=agency.id,
        details=details,
    )


def _told(agency: Agency, *, parent_code: str | None) -> dict[str, object]:
    return {
        "name": agency.name,
        "kind": agency.kind,
        "parent": parent_code,
        "valid_from": agency.valid_from.isoformat() if agency.valid_from else None,
        "second_person_publishes": agency.second_person_publishes,
    }


def _code_of(uow: UnitOfWork, agency_id: uuid.UUID | None) -> str | None:
    return None if agency_id is None else uow.session.get_one(Agency, agency_id).code


def _new_parent(uow: UnitOfWork, agency: Agency, parent_code: str | None, actor: Actor) -> uuid.UUID:
    """Raises where the agency would stand below itself."""
    parent = None if parent_code is None else uow.session.scalar(select(Agency).where(Agency.code == parent_code))
    if parent is None or not may_over(uow, actor, Permission.AGENCY_REORGANISE, parent):
        raise NotFound(what=i18n.text("noun.agency", code=parent_code or ""))
    above = select(Agency.id, Agency.parent_id).where(Agency.id == parent.id).cte("above", recursive=True)
    further = aliased(Agency)
    above = above.union(select(further.id, further.parent_id).join(above, above.c.parent_id == further.id))
    if agency.id in set(uow.session.scalars(select(above.c.id))):
        raise InvalidInput("agency.parent_circle", field="parent", code=agency.code, parent=parent.code)
    return parent.id


def _has_records(uow: UnitOfWork, agency: Agency) -> bool:
    dossiers = select(Dossier.id).where(Dossier.agency_id == agency.id)
    receipts = select(Receipt.id).where(Receipt.agency_id == agency.id)
    return bool(uow.session.scalar(select(or_(dossiers.exists(), receipts.exists()))))


def _require_period(uow: UnitOfWork, agency: Agency, valid_from: date | None) -> None:
    if valid_from is None:
        return
    followed = select(AgencySuccession.id).where(
        AgencySuccession.successor_id == agency.id, AgencySuccession.effective_on < valid_from
    )
    ended_before = agency.valid_to is not None and agency.valid_to < valid_from
    if ended_before or uow.session.scalar(followed.limit(1)) is not None:
        raise InvalidInput("agency.period_invalid", field="valid_from")


def _require_free_code(uow: UnitOfWork, code: str) -> None:
    if not _CODE.fullmatch(code) or not DOSSIER_CODE.fullmatch(code):  # codes of its dossiers begin with it
        raise InvalidInput("account.code_invalid", field="code")
    if uow.session.scalar(select(Agency.id).where(Agency.code == code)) is not None:
        raise Conflict("account.code_taken", code=code)


def _name(name: str) -> str:
    text = " ".join(name.split())
    if not text or len(text) > MAX_NAME_CHARACTERS:
        raise InvalidInput("agency.name_invalid", field="name", maximum=MAX_NAME_CHARACTERS)
    return text


def _kind(kind: str | None) -> str | None:
    if kind is not None and kind not in KINDS:
        raise InvalidInput("agency.kind_unknown", field="kind")
    return kind
