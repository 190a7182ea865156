"""The one access rule, in three readings that agree: a yes or no, an SQL clause, a search filter.

Deny by default: what no grant of archive.access.permissions reaches is not there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy import and_ as sql_and
from sqlalchemy import or_ as sql_or
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive.access.identity import Actor
from archive.access.permissions import GRANTS, Permission, Reach
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.holdings import Dossier, Item
from archive.db.states import READABLE, ItemState
from archive.errors import NotAllowed
from search.query import EVERYTHING, AllOf, AnyValue, Filter, OneOf

OPEN_LEVEL = "open"

STATES: dict[Permission, frozenset[ItemState]] = {
    Permission.STOPPED_READ: frozenset({ItemState.STOPPED}),
    Permission.STOPPED_REMOVE: frozenset({ItemState.STOPPED}),
    Permission.ITEM_FILE: READABLE | {ItemState.WITHDRAWN},
}
"""States of items that a permission is about; READABLE where none is named."""


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """What the rule looks at in a record."""

    agency_id: uuid.UUID
    state: str
    level: str


@dataclass(frozen=True, slots=True)
class _Region:
    """A set of records: all named conditions hold. agency_ids None: any agency."""

    agency_ids: frozenset[uuid.UUID] | None
    states: frozenset[ItemState]
    level: str | None = None


def access_of(item: Item) -> RecordAccess:
    return RecordAccess(item.agency_id, item.state, item.level)


def allows(actor: Actor, permission: Permission, record: RecordAccess) -> bool:
    if permission in actor.everywhere:
        return True
    return any(
        (region.agency_ids is None or record.agency_id in region.agency_ids)
        and record.state in region.states
        and (region.level is None or record.level == region.level)
        for region in _regions(actor, permission)
    )


def filter_items(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """For `select(Item).where(...)`."""
    if permission in actor.everywhere:
        return true()
    clauses = []
    for region in _regions(actor, permission):
        parts: list[ColumnElement[bool]] = [Item.state.in_(sorted(region.states))]
        if region.agency_ids is not None:
            parts.append(Item.agency_id.in_(sorted(region.agency_ids)))
        if region.level is not None:
            parts.append(Item.level == region.level)
        clauses.append(sql_and(*parts))
    return sql_or(false(), *clauses)


def filter_search(actor: Actor, permission: Permission = Permission.ITEM_READ) -> Filter:
    """For SearchIndex.search; over the fields agency, state and level of an IndexDocument."""
    if permission in actor.everywhere:
        return EVERYTHING
    regions = []
    for region in _regions(actor, permission):
        parts: list[Filter] = [AnyValue("state", frozenset(str(state) for state in region.states))]
        if region.agency_ids is not None:
            parts.append(AnyValue("agency", frozenset(str(agency_id) for agency_id in region.agency_ids)))
        if region.level is not None:
            parts.append(AnyValue("level", frozenset({region.level})))
        regions.append(AllOf(tuple(parts)))
    return OneOf(tuple(regions))


def filter_dossiers(actor: Actor, permission: Permission = Permission.DOSSIER_READ) -> ColumnElement[bool]:
    return filter_agency(actor, permission, Dossier.agency_id)


def filter_batches(actor: Actor, permission: Permission = Permission.BATCH_READ) -> ColumnElement[bool]:
    return filter_agency(actor, permission, Batch.agency_id)


def filter_agency(
    actor: Actor,
    permission: Permission,
    column: InstrumentedAttribute[uuid.UUID] | InstrumentedAttribute[uuid.UUID | None],
) -> ColumnElement[bool]:
    """For rows that belong to an agency and are no items."""
    if permission in actor.everywhere:
        return true()
    return column.in_(sorted(agencies(actor, permission)))


def agencies(actor: Actor, permission: Permission) -> frozenset[uuid.UUID]:
    """Agencies over which the actor holds the permission. Not for SYSTEM, which holds it over all."""
    return frozenset().union(
        *(grant.agency_ids for grant in actor.grants if permission in GRANTS.get(grant.role, {})),
    )


def may(actor: Actor, permission: Permission, agency_id: uuid.UUID | None = None) -> bool:
    """For what is no item; without an agency: whether the actor holds the permission anywhere."""
    if permission in actor.everywhere:
        return True
    held = agencies(actor, permission)
    return bool(held) if agency_id is None else agency_id in held


def require(actor: Actor, permission: Permission, subject: RecordAccess | uuid.UUID | None = None) -> None:
    """Raises NotAllowed; `subject` is an item's RecordAccess, or the agency of anything else."""
    if isinstance(subject, RecordAccess):
        allowed = allows(actor, permission, subject)
    else:
        allowed = may(actor, permission, subject)
    if not allowed:
        raise NotAllowed(permission=permission)


def may_at_top(session: Session, actor: Actor, permission: Permission, today: date) -> bool:
    """For what belongs to all: whether the actor holds it over every agency without a parent that is in force."""
    if permission in actor.everywhere:
        return True
    top = select(Agency.id).where(
        Agency.parent_id.is_(None),
        sql_or(Agency.valid_from.is_(None), Agency.valid_from <= today),
        sql_or(Agency.valid_to.is_(None), Agency.valid_to >= today),
    )
    held = agencies(actor, permission)
    return bool(held) and held.issuperset(session.scalars(top))


def require_at_top(session: Session, actor: Actor, permission: Permission, today: date) -> None:
    if not may_at_top(session, actor, permission, today):
        raise NotAllowed(permission=permission)


def _regions(actor: Actor, permission: Permission) -> list[_Region]:
    """What the actor's grants reach with this permission, as a union of regions."""
    states = STATES.get(permission, READABLE)
    regions = []
    for grant in actor.grants:
        match GRANTS.get(grant.role, {}).get(permission):
            case Reach.OWN:
                regions.append(_Region(grant.agency_ids, states))
            case Reach.OPEN:
                regions.append(_Region(grant.agency_ids, states))
                regions.append(_Region(None, states & {ItemState.PUBLISHED}, OPEN_LEVEL))
            case Reach.PUBLISHED:
                regions.append(_Region(grant.agency_ids, states & {ItemState.PUBLISHED}))
            case None:
                pass
    return regions
