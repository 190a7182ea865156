"""Writes that carry a key: what was answered is kept in the commit of what was done, for their repetition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from archive.access.identity import Actor
from archive.bootstrap import App
from archive.db.trail import IdempotencyKey
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput
from archive.ids import new_id

KEPT = timedelta(days=30)

_KEYS = cast(Table, IdempotencyKey.__table__)


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    answer: Mapping[str, Any]


def answered(uow: UnitOfWork, key: str, request_digest: str, *, actor: Actor, now: datetime) -> Answered | None:
    """What was answered under this key; None for the first, whose key is taken until the end of the transaction.

    Who repeats while the first is under way waits for it; if that fails, its key is free again.
    Raises InvalidInput for the key of another request. Keys are the account's own.
    """
    own = {"account_id": actor.account_id, "key": key}
    taken = insert(_KEYS).values(id=new_id(), request_digest=request_digest, at=now, **own)
    if uow.session.scalar(taken.on_conflict_do_nothing().returning(_KEYS.c.id)) is not None:
        return None
    kept = uow.session.scalars(select(IdempotencyKey).filter_by(**own)).one()
    if kept.request_digest != request_digest:
        raise InvalidInput("api.key_used", field="Idempotency-Key")
    assert kept.status is not None
    assert kept.answer is not None
    return Answered(kept.status, kept.answer)


def keep_answer(uow: UnitOfWork, key: str, answer: Answered, *, actor: Actor) -> None:
    """In the transaction in which `answered` took the key."""
    kept = uow.session.scalars(select(IdempotencyKey).filter_by(account_id=actor.account_id, key=key)).one()
    kept.status, kept.answer = answer.status, dict(answer.answer)


def forget_keys(app: App) -> int:
    """Nobody repeats a call after so long. Returns how many were forgotten."""
    with app.unit_of_work() as uow:
        old = delete(IdempotencyKey).where(IdempotencyKey.at < app.clock() - KEPT).returning(IdempotencyKey.id)
        return len(uow.session.scalars(old).all())
