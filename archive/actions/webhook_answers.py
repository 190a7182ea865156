"""What the service writes while it tells: what comes next for an endpoint, and what became of it.

The position moves in the commit that knows the answer: whoever is killed between sending and that commit sends the
same event again, with the same id, and passes none over.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from archive.access.identity import SYSTEM, actor_of
from archive.actions.webhooks import ACTIVE, secret_of
from archive.audit_events import EventTag
from archive.db.telling import WebhookDelivery, WebhookEndpoint
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.ids import new_id
from archive.queries.webhook_feed import Ahead, FeedEvent, ahead, event_again, newest_sequence
from archive.queries.webhooks import DEAD, DELIVERED

WAITS = tuple(timedelta(**wait) for wait in (
    {"seconds": 5}, {"seconds": 30}, {"minutes": 2}, {"minutes": 10}, {"minutes": 30}, {"hours": 1}, {"hours": 3},
))  # fmt: skip
"""After the first failure, the second, …; after one more the event is put aside."""
NO_ACCOUNT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Telling:
    """One event on its way to one endpoint. again: of a dead letter, which the position does not wait for."""

    endpoint_id: uuid.UUID
    version: int
    url: str
    secret: str
    event: FeedEvent
    again: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """problem: message id; None where the receiver has taken it."""

    status: int | None = None
    problem: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def endpoints_due(uow: UnitOfWork, *, now: datetime) -> list[uuid.UUID]:
    again = select(WebhookDelivery.endpoint_id).where(WebhookDelivery.again_at.is_not(None))
    waiting = or_(WebhookEndpoint.position < newest_sequence(uow.session), WebhookEndpoint.id.in_(again))
    rested = or_(WebhookEndpoint.try_at.is_(None), WebhookEndpoint.try_at <= now)
    rows = select(WebhookEndpoint.id).where(WebhookEndpoint.state == ACTIVE, waiting, rested)
    return list(uow.session.scalars(rows.order_by(WebhookEndpoint.code)))


def next_telling(uow: UnitOfWork, endpoint_id: uuid.UUID, *, now: datetime) -> Telling | None:
    """What to send now; dead letters that were asked for come first. The position moves past what does not concern
    it. None: nothing, or it is not its time."""
    endpoint = _locked(uow, endpoint_id)
    if endpoint.state != ACTIVE or (endpoint.try_at is not None and endpoint.try_at > now):
        return None
    try:
        actor = actor_of(uow.session, endpoint.account_id, now)
    except NotFound:
        endpoint.problem, endpoint.problem_values, endpoint.try_at = "webhook.account_closed", {}, now + NO_ACCOUNT
        return None
    for letter in _asked_again(uow, endpoint):
        event = event_again(uow.session, letter, actor)
        if event is not None:
            return _telling(uow, endpoint, event, again=True)
        letter.again_at = None
    found = ahead(uow.session, endpoint, actor)
    _pass(endpoint, found)
    return None if found.event is None else _telling(uow, endpoint, found.event)


def record_answer(uow: UnitOfWork, telling: Telling, answer: Answer, *, now: datetime) -> bool:
    """Returns whether the next event may be sent at once. May be repeated."""
    endpoint = _locked(uow, telling.endpoint_id)
    if telling.again:
        return _record_again(uow, endpoint, telling, answer, now)
    here = endpoint.version == telling.version and endpoint.position == telling.event.sequence - 1
    if answer.problem is None:
        _deliver(uow, endpoint, telling.event, answer, now)
        if here:
            _move_on(endpoint, telling.event.sequence)
            endpoint.problem, endpoint.problem_values = None, {}
        return here
    if not here:  # somebody has changed it meanwhile, and it is tried anew as it is now
        return False
    endpoint.attempts += 1
    endpoint.problem, endpoint.problem_values = answer.problem, dict(answer.values)
    if endpoint.attempts <= len(WAITS):
        endpoint.try_at = now + WAITS[endpoint.attempts - 1]
        return False
    _deliver(uow, endpoint, telling.event, answer, now)
    _move_on(endpoint, telling.event.sequence)
    details = {"sequence": telling.event.sequence, "status": answer.status}
    _record(uow, endpoint, now=now, **details)
    return True


def _locked(uow: UnitOfWork, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    return uow.session.get_one(WebhookEndpoint, endpoint_id, with_for_update=True, populate_existing=True)


def _telling(uow: UnitOfWork, endpoint: WebhookEndpoint, event: FeedEvent, *, again: bool = False) -> Telling:
    secret = secret_of(uow.keys, endpoint)
    return Telling(endpoint.id, endpoint.version, endpoint.url, secret, event, again)


def _asked_again(uow: UnitOfWork, endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
    letters = select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.again_at.is_not(None)
    )
    return list(uow.session.scalars(letters.order_by(WebhookDelivery.sequence)))


def _pass(endpoint: WebhookEndpoint, found: Ahead) -> None:
    """What was tried before is no longer what comes next, if something lay before it that need not be told."""
    if found.passed > endpoint.position:
        _move_on(endpoint, found.passed)


def _move_on(endpoint: WebhookEndpoint, sequence: int) -> None:
    endpoint.position, endpoint.attempts, endpoint.try_at = sequence, 0, None


def _record_again(uow: UnitOfWork, endpoint: WebhookEndpoint, telling: Telling, answer: Answer, now: datetime) -> bool:
    letter = uow.session.scalar(
        select(WebhookDelivery).where(
            WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.sequence == telling.event.sequence
        )
    )
    if letter is not None:
        letter.attempts, letter.at, letter.again_at, letter.status = letter.attempts + 1, now, None, answer.status
        letter.outcome = DELIVERED if answer.problem is None else DEAD
        letter.problem, letter.problem_values = answer.problem, dict(answer.values)
    return True


def _deliver(uow: UnitOfWork, endpoint: WebhookEndpoint, event: FeedEvent, answer: Answer, now: datetime) -> None:
    taken = answer.problem is None
    values = {
        "outcome": DELIVERED if taken else DEAD,
        "attempts": endpoint.attempts + taken,
        "status": answer.status,
        "problem": answer.problem,
        "problem_values": dict(answer.values),
        "at": now,
        "again_at": None,
    }
    row = insert(WebhookDelivery).values(
        id=new_id(), endpoint_id=endpoint.id, sequence=event.sequence, event_id=event.event_id, **values
    )
    uow.session.execute(row.on_conflict_do_update(index_elements=["endpoint_id", "sequence"], set_=values))


def _record(uow: UnitOfWork, endpoint: WebhookEndpoint, *, now: datetime, **details: object) -> None:
    tag = EventTag.WEBHOOK_GIVEN_UP
    uow.record(tag, actor=SYSTEM, now=now, subject_kind="webhook", subject_id=endpoint.id, details=details)
