"""Holds, of records over whose agency the actor may see holds: access follows whoever has the record now."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.holdings import Dossier, Item, Receipt, StoredObject
from archive.db.retention import HoldRow
from archive.db.states import READABLE
from archive.errors import NotFound
from archive.queries.paging import Order, Paged

ACTIVE, LIFTED = "active", "lifted"
STATES = (ACTIVE, LIFTED)
NEWEST = Order((HoldRow.placed_at, HoldRow.id), descending=True)
_Placer, _Lifter, _Kept = aliased(Account), aliased(Account), aliased(Item)


@dataclass(frozen=True, slots=True)
class HoldView:
    """kind: dossier or item; code: what people call it by; title, link: where the actor may see the record itself.

    in_store: the store has been told of it for every master that it keeps.
    """

    number: str
    kind: str
    code: str
    title: str | None
    link: str | None
    agency_name: str
    reason: str
    authority: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: str | None
    in_store: bool
    may_lift: bool
    placed_by_actor: bool

    @property
    def state(self) -> str:
        return ACTIVE if self.lifted_at is None else LIFTED


@dataclass(frozen=True, slots=True)
class RecordHolds:
    """Of one record: active ones first, the newest first."""

    holds: tuple[HoldView, ...]
    may_place: bool


def holds(
    session: Session, *, actor: Actor, state: str | None = None, cursor: str | None = None, limit: int | None = 50
) -> Paged[HoldView]:
    """Newest first. state: active or lifted; None: both."""
    rows = _rows(actor)
    if state is not None:
        rows = rows.where(HoldRow.lifted_at.is_(None) if state == ACTIVE else HoldRow.lifted_at.is_not(None))
    page = NEWEST.page(session, rows, cursor=cursor, limit=limit)
    return page.of(_views(session, page.lines, actor))


def hold(session: Session, number: str, *, actor: Actor) -> HoldView:
    found = session.execute(_rows(actor).where(HoldRow.number == number)).all()
    if not found:
        raise not_found(number)
    return _views(session, found, actor)[0]


def holds_of_dossier(session: Session, dossier_id: uuid.UUID, *, actor: Actor) -> RecordHolds | None:
    """On it and on what is in it; None for who may not see the holds of its agency."""
    about = or_(HoldRow.dossier_id == dossier_id, Item.dossier_id == dossier_id)
    return _here(session, session.get_one(Dossier, dossier_id), about, actor)


def holds_of_item(session: Session, item_id: uuid.UUID, *, actor: Actor) -> RecordHolds | None:
    """On it and on the dossier that it lies in; None for who may not see the holds of its agency."""
    item = session.get_one(Item, item_id)
    about = HoldRow.item_id == item_id
    if item.dossier_id is not None:
        about = or_(about, HoldRow.dossier_id == item.dossier_id)
    return _here(session, item, about, actor)


def not_found(number: str) -> NotFound:
    return NotFound(what=i18n.text("noun.hold", number=number))


def _here(session: Session, record: Dossier | Item, about: ColumnElement[bool], actor: Actor) -> RecordHolds | None:
    if not policy.may(actor, Permission.HOLD_READ, record.agency_id):
        return None
    lifted_last = case((HoldRow.lifted_at.is_(None), 0), else_=1)
    rows = session.execute(_rows(actor).where(about).order_by(lifted_last, *NEWEST.clauses())).all()
    may_place = isinstance(record, Dossier) or record.state in READABLE
    may_place = may_place and policy.may(actor, Permission.HOLD_PLACE, record.agency_id)
    return RecordHolds(_views(session, rows, actor), may_place)


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    own = or_(
        policy.filter_agency(actor, Permission.HOLD_READ, Dossier.agency_id),
        policy.filter_agency(actor, Permission.HOLD_READ, Item.agency_id),
    )
    return (
        select(
            HoldRow,
            Dossier,
            Item,
            Receipt.number.label("receipt"),
            Agency.name.label("agency_name"),
            _Placer.name.label("placed_by"),
            _Lifter.name.label("lifted_by"),
        )
        .outerjoin(Dossier, Dossier.id == HoldRow.dossier_id)
        .outerjoin(Item, Item.id == HoldRow.item_id)
        .outerjoin(Receipt, Receipt.id == Item.receipt_id)
        .join(Agency, Agency.id == func.coalesce(Dossier.agency_id, Item.agency_id))
        .join(_Placer, _Placer.id == HoldRow.placed_by)
        .outerjoin(_Lifter, _Lifter.id == HoldRow.lifted_by)
        .where(own)
    )


def _views(session: Session, rows: Sequence[Row[*tuple[Any, ...]]], actor: Actor) -> tuple[HoldView, ...]:
    waiting = _waiting(session, [row.HoldRow.id for row in rows])
    return tuple(_view(row, row.HoldRow.id not in waiting, actor) for row in rows)


def _view(row: Row[*tuple[Any, ...]], in_store: bool, actor: Actor) -> HoldView:
    hold: HoldRow = row.HoldRow
    subject: Dossier | Item = row.Dossier or row.Item
    title, link = _seen(row, actor)
    own = hold.placed_by in {actor.account_id, actor.on_behalf_of}
    return HoldView(
        number=hold.number,
        kind="dossier" if hold.dossier_id is not None else "item",
        code=subject.code or row.receipt,
        title=title,
        link=link,
        agency_name=row.agency_name,
        reason=hold.reason,
        authority=hold.authority,
        placed_by=row.placed_by,
        placed_at=hold.placed_at,
        lifted_by=row.lifted_by,
        lifted_at=hold.lifted_at,
        lift_reason=hold.lift_reason,
        in_store=in_store,
        may_lift=hold.lifted_at is None and not own and policy.may(actor, Permission.HOLD_LIFT, subject.agency_id),
        placed_by_actor=own,
    )


def _seen(row: Row[*tuple[Any, ...]], actor: Actor) -> tuple[str | None, str | None]:
    """(title, link) of the record, for who may see more of it than that it is held."""
    if row.Dossier is not None:
        seen = policy.may(actor, Permission.DOSSIER_READ, row.Dossier.agency_id)
        return (row.Dossier.title, f"/dossiers/{row.Dossier.code}") if seen else (None, None)
    seen = policy.allows(actor, Permission.ITEM_READ, policy.access_of(row.Item))
    return (row.Item.title, f"/items/{row.receipt}") if seen else (None, None)


def _waiting(session: Session, hold_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Active holds of which the store is still to be told."""
    if not hold_ids:
        return set()
    kept = or_(_Kept.id == HoldRow.item_id, _Kept.dossier_id == HoldRow.dossier_id)
    found = (
        select(HoldRow.id)
        .join(_Kept, kept)
        .join(StoredObject, StoredObject.digest == _Kept.master_digest)
        .where(HoldRow.id.in_(hold_ids), HoldRow.lifted_at.is_(None), StoredObject.protection_pending)
    )
    return set(session.scalars(found))
