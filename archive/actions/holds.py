"""Holds: what an inspection, a dispute or an order keeps from being disposed of; a second person lifts them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from archive.access import policy
from archive.access.identity import OFFICE_HOURS, Actor
from archive.access.permissions import Permission
from archive.actions.protection import renew_masters, renew_protection
from archive.actions.records import lock_dossier, lock_items, reason_given
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item
from archive.db.retention import HoldRow
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput
from archive.ids import new_id
from archive.queries.holds import not_found
from archive.queries.items import item as item_view
from retention.errors import HoldRefused
from retention.hold import Hold, lift

MAX_SUBJECTS = 500
MAX_AUTHORITY_CHARACTERS = 300
NUMBER_DIGITS = 5


def place_holds(
    uow: UnitOfWork, subjects: Sequence[str], *, reason: str, authority: str, actor: Actor, now: datetime
) -> tuple[HoldRow, ...]:
    """On dossiers with all that is or will be in them, and on items, by their codes: on all that are named or on none.

    authority: who ordered it, by what paper.
    """
    why, by = reason_given(reason), _authority_given(authority)
    dossiers, items = _lock(uow, _named(subjects), actor)
    held: list[Dossier | Item] = [*dossiers, *items]
    placed = [_place(uow, each, why, by, actor=actor, now=now) for each in held]
    renew_protection(uow, [dossier.id for dossier in dossiers], now=now)
    renew_masters(uow, [item.master_digest for item in items], now=now)
    return tuple(placed)


def lift_hold(uow: UnitOfWork, number: str, *, reason: str, actor: Actor, now: datetime) -> HoldRow:
    """Whoever placed it does not lift it, nor anybody in his name."""
    found = uow.session.scalar(select(HoldRow).where(HoldRow.number == number))
    if found is None:
        raise not_found(number)
    subject = _lock_subject(uow, found)
    if not policy.may(actor, Permission.HOLD_READ, subject.agency_id):
        raise not_found(number)
    policy.require(actor, Permission.HOLD_LIFT, subject.agency_id)
    why = reason_given(reason)
    hold = uow.session.get_one(HoldRow, found.id, with_for_update=True, populate_existing=True)
    _require_liftable(hold, actor, now)
    hold.lifted_by, hold.lifted_at, hold.lift_reason = actor.account_id, now, why
    _record(uow, EventTag.HOLD_LIFTED, hold, subject, actor=actor, now=now, reason=why)
    if isinstance(subject, Dossier):
        renew_protection(uow, [subject.id], now=now)
    else:
        renew_masters(uow, [subject.master_digest], now=now)
    return hold


def _named(subjects: Sequence[str]) -> Collection[str]:
    named = dict.fromkeys(text for each in subjects if (text := each.strip()))
    if not named:
        raise InvalidInput("hold.subject_missing", field="subjects")
    if len(named) > MAX_SUBJECTS:
        raise InvalidInput("hold.too_many", field="subjects", maximum=MAX_SUBJECTS)
    return named


def _lock(uow: UnitOfWork, named: Collection[str], actor: Actor) -> tuple[list[Dossier], list[Item]]:
    """Items before dossiers, each in the order of ids, as filing does. Raises NotFound for an unknown code."""
    wanted = select(Dossier.id, Dossier.code).where(Dossier.code.in_(named)).order_by(Dossier.id)
    codes = [row.code for row in uow.session.execute(wanted)]
    item_ids = {item_view(uow.session, code, actor=actor).id for code in named if code not in set(codes)}
    items = lock_items(uow, item_ids, Permission.HOLD_PLACE, actor=actor)
    return [lock_dossier(uow, code, Permission.HOLD_PLACE, actor=actor) for code in codes], list(items.values())


def _lock_subject(uow: UnitOfWork, hold: HoldRow) -> Dossier | Item:
    """Held to the end, so that nothing comes into the dossier while its hold goes."""
    if hold.dossier_id is not None:
        return uow.session.get_one(Dossier, hold.dossier_id, with_for_update=True, populate_existing=True)
    return uow.session.get_one(Item, hold.item_id, with_for_update=True, populate_existing=True)


def _place(
    uow: UnitOfWork, subject: Dossier | Item, reason: str, authority: str, *, actor: Actor, now: datetime
) -> HoldRow:
    about: dict[str, uuid.UUID] = {_column(subject): subject.id}
    same = select(HoldRow.number).filter_by(**about).where(HoldRow.lifted_at.is_(None), HoldRow.authority == authority)
    if (number := uow.session.scalar(same)) is not None:
        raise Conflict("hold.placed_before", number=number, subject=subject.code or "")
    hold = HoldRow(
        id=new_id(),
        number=_next_number(uow, subject.agency_id, now),
        agency_id=subject.agency_id,
        reason=reason,
        authority=authority,
        placed_by=actor.account_id,
        placed_at=now,
        **about,
    )
    uow.session.add(hold)
    _record(uow, EventTag.HOLD_PLACED, hold, subject, actor=actor, now=now, reason=reason, authority=authority)
    return hold


def _require_liftable(hold: HoldRow, actor: Actor, now: datetime) -> None:
    held = Hold(
        dossier_id=_text(hold.dossier_id),
        item_id=_text(hold.item_id),
        reason=hold.reason,
        authority=hold.authority,
        placed_by=str(hold.placed_by),
        placed_at=hold.placed_at,
        lifted_by=_text(hold.lifted_by),
        lifted_at=hold.lifted_at,
    )
    try:
        for account_id in {actor.account_id, actor.on_behalf_of} - {None}:
            lift(held, by=str(account_id), at=now)
    except HoldRefused as refused:
        raise Conflict(refused.reason) from refused


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def _next_number(uow: UnitOfWork, agency_id: uuid.UUID, now: datetime) -> str:
    agency = uow.session.get_one(Agency, agency_id)
    year = now.astimezone(OFFICE_HOURS).year
    number = uow.next_number(f"hold:{agency.code}:{year}")
    return f"TD-{agency.code}-{year}-{number:0{NUMBER_DIGITS}d}"


def _authority_given(authority: str) -> str:
    text = " ".join(authority.split())
    if not text:
        raise InvalidInput("hold.authority_missing", field="authority")
    if len(text) > MAX_AUTHORITY_CHARACTERS:
        raise InvalidInput("hold.authority_too_long", field="authority", maximum=MAX_AUTHORITY_CHARACTERS)
    return text


def _column(subject: Dossier | Item) -> str:
    return "dossier_id" if isinstance(subject, Dossier) else "item_id"


def _record(
    uow: UnitOfWork,
    tag: EventTag,
    hold: HoldRow,
    subject: Dossier | Item,
    *,
    actor: Actor,
    now: datetime,
    **details: object,
) -> None:
    """Of the record that is held, so that its own trail tells of it."""
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="dossier" if isinstance(subject, Dossier) else "item",
        subject_id=subject.id,
        agency_id=subject.agency_id,
        details={"number": hold.number, "code": subject.code, **details},
    )
