"""Identifiers of agencies: each belongs to one agency at a time, whichever of its two forms is written."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import or_, select, tuple_

from archive import i18n
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.agencies import agency_to_reorganise, lock_tree, may_over, record_agency
from archive.audit_events import EventTag
from archive.db.accounts import Agency, AgencyIdentifier
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id
from metadata.agency_identifiers import Scheme, normalise, twin
from metadata.errors import BadCode


def give_identifier(
    uow: UnitOfWork,
    agency_code: str,
    *,
    scheme: str,
    value: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
    actor: Actor,
    now: datetime,
) -> AgencyIdentifier:
    """valid_from None: since ever; valid_to: its last day, None: still. Giving it once more changes nothing."""
    agency = agency_to_reorganise(uow, agency_code, actor=actor)
    kind, written = read_identifier(scheme, value)
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise InvalidInput("agency.period_invalid", field="valid_to")
    for borne, bearer in bearers(uow, kind, written, valid_from, valid_to):
        same = (borne.agency_id, borne.scheme, borne.value) == (agency.id, kind, written)
        if same and (borne.valid_from, borne.valid_to) == (valid_from, valid_to):
            return borne
        raise Conflict("agency.identifier_taken", value=borne.value, code=bearer.code, name=bearer.name)
    given = AgencyIdentifier(
        id=new_id(), agency_id=agency.id, scheme=kind, value=written, valid_from=valid_from, valid_to=valid_to
    )
    uow.session.add(given)
    uow.session.flush()
    _record(uow, agency, given, "given", actor=actor, now=now)
    return given


def end_identifier(
    uow: UnitOfWork, identifier_id: uuid.UUID, *, last_day: date, actor: Actor, now: datetime
) -> AgencyIdentifier:
    lock_tree(uow)
    found = uow.session.get(AgencyIdentifier, identifier_id, with_for_update=True)
    bearer = uow.session.get_one(Agency, found.agency_id) if found else None
    if found is None or bearer is None or not may_over(uow, actor, Permission.AGENCY_REORGANISE, bearer):
        raise NotFound(what=i18n.text("noun.identifier"))
    if found.valid_to is not None:
        raise Conflict("agency.identifier_ended", value=found.value, day=found.valid_to)
    if found.valid_from is not None and last_day < found.valid_from:
        raise InvalidInput("agency.period_invalid", field="valid_to")
    found.valid_to = last_day
    _record(uow, bearer, found, "ended", actor=actor, now=now)
    return found


def read_identifier(scheme: str, value: str) -> tuple[Scheme, str]:
    try:
        kind = Scheme(scheme)
    except ValueError:
        raise InvalidInput("agency.scheme_unknown", field="scheme") from None
    try:
        return kind, normalise(kind, value)
    except BadCode:
        raise InvalidInput(f"agency.identifier_{kind}", field="value", value=value.strip()) from None


def bearers(
    uow: UnitOfWork, scheme: Scheme, value: str, valid_from: date | None, valid_to: date | None
) -> list[tuple[AgencyIdentifier, Agency]]:
    """Who bears the identifier, in either form, on any day of the period."""
    forms = [(str(scheme), value)]
    if (other := twin(scheme, value)) is not None:
        forms.append((str(other[0]), other[1]))
    rows = (
        select(AgencyIdentifier, Agency)
        .join(Agency, Agency.id == AgencyIdentifier.agency_id)
        .where(tuple_(AgencyIdentifier.scheme, AgencyIdentifier.value).in_(forms))
        .order_by(AgencyIdentifier.id)
    )
    if valid_from is not None:
        rows = rows.where(or_(AgencyIdentifier.valid_to.is_(None), AgencyIdentifier.valid_to >= valid_from))
    if valid_to is not None:
        rows = rows.where(or_(AgencyIdentifier.valid_from.is_(None), AgencyIdentifier.valid_from <= valid_to))
    return [(identifier, agency) for identifier, agency in uow.session.execute(rows)]


def _record(
    uow: UnitOfWork, agency: Agency, identifier: AgencyIdentifier, what: str, *, actor: Actor, now: datetime
) -> None:
    told = {
        "identifier": what,
        "scheme": identifier.scheme,
        "value": identifier.value,
        "valid_from": identifier.valid_from,
        "valid_to": identifier.valid_to,
    }
    record_agency(uow, EventTag.AGENCY_CHANGED, agency, actor=actor, now=now, **told)
