"""A fond goes into other hands: creator, codes, receipts and bytes stay, and access follows in the same commit."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, Select, insert, literal, or_, select, update

from archive import i18n
from archive.access import policy
from archive.access.identity import OFFICE_HOURS, Actor, local_date
from archive.access.permissions import Permission
from archive.actions.agencies import basis_given, lock_tree
from archive.actions.protection import renew_protection
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.holdings import (
    Custody,
    Dossier,
    Fond,
    Item,
    OwnerIdentifier,
    PaperLoan,
    PhysicalLocation,
    Receipt,
    Series,
)
from archive.db.retention import DispositionEntry, DispositionRow, HoldRow
from archive.db.reuse import ReuseEvent
from archive.db.states import ItemState
from archive.db.trail import Outbox
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id

UNFINISHED = (ItemState.RECEIVED, ItemState.STOPPED)  # what is yet to come into a dossier, or to be decided on
DECIDED = ("executed", "refused")
UNSEEN = {"synchronize_session": False}  # none of these rows was loaded in this transaction


def move_custody(
    uow: UnitOfWork,
    fond_code: str,
    to_agency_code: str,
    *,
    legal_basis: str,
    document: str,
    handed_over_on: date,
    actor: Actor,
    now: datetime,
) -> Custody:
    """document: number and day of the minutes. From this commit on the former holder finds nothing of the fond.

    Whoever works on one of its items or dossiers at this moment is waited for; a delivery into it is to be ended
    first, for what it brings would belong to the former holder.
    """
    basis, minutes = basis_given(legal_basis), _minutes(document)
    lock_tree(uow)
    fond = _fond(uow, fond_code, actor)
    to = _agency(uow, to_agency_code, actor)
    if to.id == fond.agency_id:
        raise Conflict("custody.already_there", code=to.code, fond=fond.code)
    if to.valid_to is not None and to.valid_to < local_date(now):
        raise Conflict("agency.ended_already", code=to.code, day=to.valid_to)
    dossier_ids, item_ids = _hold_records(uow, fond)
    _require_finished(uow, fond)
    moved = Custody(
        id=new_id(),
        fond_id=fond.id,
        agency_id=to.id,
        valid_from=_end_former(uow, fond, handed_over_on, now),
        legal_basis=basis,
        document=minutes,
        account_id=actor.account_id,
    )
    uow.session.add(moved)
    former = uow.session.get_one(Agency, fond.agency_id)
    _give_records(uow, fond, to, now=now)
    uow.session.flush()
    renew_protection(uow, dossier_ids, now=now)
    told = {"fond": fond.code, "from": former.code, "to": to.code, "on": handed_over_on, "items": len(item_ids)}
    for side in (former, to):  # each sees it in its own trail
        _record(uow, fond, side, told | {"legal_basis": basis, "document": minutes}, actor=actor, now=now)
    return moved


def _record(
    uow: UnitOfWork, fond: Fond, side: Agency, told: Mapping[str, object], *, actor: Actor, now: datetime
) -> None:
    uow.record(
        EventTag.CUSTODY_MOVED,
        actor=actor,
        now=now,
        subject_kind="fond",
        subject_id=fond.id,
        agency_id=side.id,
        details=told,
    )


def _minutes(document: str) -> str:
    text = " ".join(document.split())
    if not text or len(text) > 500:
        raise InvalidInput("custody.minutes_missing", field="document")
    return text


def _fond(uow: UnitOfWork, code: str, actor: Actor) -> Fond:
    # who files something refers to the fond meanwhile, and is waited for at the item
    found = select(Fond).where(Fond.code == code).with_for_update(key_share=True)
    fond = uow.session.scalar(found.execution_options(populate_existing=True))
    if fond is None or not policy.may(actor, Permission.CUSTODY_MOVE, fond.agency_id):
        raise NotFound(what=i18n.text("noun.fond", code=code))
    return fond


def _agency(uow: UnitOfWork, code: str, actor: Actor) -> Agency:
    agency = uow.session.scalar(select(Agency).where(Agency.code == code))
    if agency is None or not policy.may(actor, Permission.CUSTODY_MOVE, agency.id):
        raise NotFound(what=i18n.text("noun.agency", code=code))
    return agency


def _hold_records(uow: UnitOfWork, fond: Fond) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """Items first, then dossiers, as those do who file; what was filed meanwhile makes this wait for another try."""
    items = select(Item.id).where(_items_of(fond)).order_by(Item.id)
    held = uow.session.scalars(items.with_for_update()).all()
    dossiers = select(Dossier.id).where(Dossier.fond_id == fond.id).order_by(Dossier.id).with_for_update()
    dossier_ids = list(uow.session.scalars(dossiers))
    found = list(uow.session.scalars(items))
    if set(found) != set(held):
        raise Conflict("custody.being_filed", fond=fond.code)
    return dossier_ids, found


def _items_of(fond: Fond) -> ColumnElement[bool]:
    return Item.dossier_id.in_(_dossiers_of(fond))


def _dossiers_of(fond: Fond) -> Select[uuid.UUID]:
    return select(Dossier.id).where(Dossier.fond_id == fond.id)


def _require_finished(uow: UnitOfWork, fond: Fond) -> None:
    into = Batch.dossier_id.in_(_dossiers_of(fond))
    if numbers := _first(uow, select(Batch.number).where(into, Batch.closed_at.is_(None)).order_by(Batch.number)):
        raise Conflict("custody.batches_open", fond=fond.code, batches=numbers)
    unfinished = (
        select(Receipt.number)
        .join(Item, Item.receipt_id == Receipt.id)
        .join(Batch, Batch.id == Receipt.batch_id)
        .where(or_(into, _items_of(fond)), Item.state.in_(UNFINISHED))
    )
    if numbers := _first(uow, unfinished.order_by(Receipt.number)):
        raise Conflict("custody.items_unfinished", fond=fond.code, receipts=numbers)
    proposed = (
        select(DispositionRow.number)
        .join(DispositionEntry, DispositionEntry.disposition_id == DispositionRow.id)
        .where(
            DispositionEntry.dossier_id.in_(_dossiers_of(fond)),
            DispositionEntry.refused_at.is_(None),
            DispositionRow.state.not_in(DECIDED),
        )
    )
    if numbers := _first(uow, proposed.distinct().order_by(DispositionRow.number)):
        raise Conflict("custody.disposition_open", fond=fond.code, numbers=numbers)


def _first(uow: UnitOfWork, rows: Select[str], limit: int = 5) -> str:
    found: Sequence[str] = uow.session.scalars(rows.limit(limit + 1)).all()
    return ", ".join(found[:limit]) + (" …" if len(found) > limit else "")


def _end_former(uow: UnitOfWork, fond: Fond, on: date, now: datetime) -> datetime:
    """The former period ends where the new one begins."""
    today = local_date(now)
    if on > today:
        raise InvalidInput("custody.day_in_future", field="handed_over_on")
    since = now if on == today else datetime.combine(on, time(), OFFICE_HOURS)
    former = uow.session.scalar(select(Custody).where(Custody.fond_id == fond.id, Custody.valid_to.is_(None)))
    if former is not None:
        if former.valid_from > since and former.document is not None:
            raise InvalidInput("custody.day_too_early", field="handed_over_on", day=local_date(former.valid_from))
        former.valid_from = min(former.valid_from, since)  # that its creator held it may have been entered later
        former.valid_to = since
        uow.session.flush()
    return since


def _give_records(uow: UnitOfWork, fond: Fond, to: Agency, *, now: datetime) -> None:
    """Everything that names the custodian, and word to the index of every item."""
    session, of_dossiers, of_items = uow.session, _dossiers_of(fond), select(Item.id).where(_items_of(fond))
    held: tuple[tuple[type, ColumnElement[bool]], ...] = (
        (Series, Series.fond_id == fond.id),
        (Dossier, Dossier.fond_id == fond.id),
        (PhysicalLocation, PhysicalLocation.dossier_id.in_(of_dossiers)),
        (PaperLoan, PaperLoan.dossier_id.in_(of_dossiers)),
        (HoldRow, or_(HoldRow.dossier_id.in_(of_dossiers), HoldRow.item_id.in_(of_items))),
        (OwnerIdentifier, OwnerIdentifier.item_id.in_(of_items)),
        (ReuseEvent, ReuseEvent.item_id.in_(of_items)),
    )
    for table, belongs in held:
        session.execute(update(table).where(belongs).values(agency_id=to.id), execution_options=UNSEEN)
    changed = update(Item).where(_items_of(fond)).values(agency_id=to.id, revision=Item.revision + 1)
    session.execute(changed, execution_options=UNSEEN)
    told = select(literal("index"), Item.id, literal(now)).where(Item.id.in_(of_items))
    session.execute(insert(Outbox).from_select(["topic", "subject_id", "at"], told))
    fond.agency_id = to.id
