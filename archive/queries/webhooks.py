"""Webhooks, for those who manage every agency that their account may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, false, func, select
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Assignment
from archive.db.telling import WebhookDelivery, WebhookEndpoint
from archive.errors import NotFound
from archive.queries.paging import Order, Paged
from archive.queries.views import Message
from archive.queries.webhook_feed import newest_sequence

BY_CODE = Order((WebhookEndpoint.code,))
NEWEST = Order((WebhookDelivery.at, WebhookDelivery.id), descending=True)
DELIVERED, DEAD = "delivered", "dead"
OUTCOMES = (DELIVERED, DEAD)


@dataclass(frozen=True, slots=True)
class WebhookView:
    """behind: links of the trail that it was not taken past yet; most of them may not concern it."""

    code: str
    login: str
    url: str
    events: tuple[str, ...]
    state: str  # active, paused
    position: int
    behind: int
    attempts: int
    try_at: datetime | None
    problem: Message | None
    dead: int
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    sequence: int
    outcome: str  # delivered, dead
    attempts: int
    status: int | None
    problem: Message | None
    at: datetime
    again_at: datetime | None  # it is going to be sent again


@dataclass(frozen=True, slots=True)
class AccountChoice:
    login: str
    name: str


def account_may_be_told(actor: Actor) -> ColumnElement[bool]:
    """A program's account that has roles, all of them over agencies where the actor manages webhooks."""
    if not policy.may(actor, Permission.WEBHOOK_MANAGE):
        return false()
    held = aliased(Assignment)
    within = policy.filter_agency(actor, Permission.WEBHOOK_MANAGE, held.agency_id)
    return (
        (Account.kind == "service")
        & Account.disabled_at.is_(None)
        & exists().where(held.account_id == Account.id)
        & ~exists().where(held.account_id == Account.id, ~within)
    )


def managed_endpoints(actor: Actor) -> ColumnElement[bool]:
    """Those of accounts that have roles only where the actor manages webhooks; closed accounts, too."""
    if not policy.may(actor, Permission.WEBHOOK_MANAGE):
        return false()
    held = aliased(Assignment)
    within = policy.filter_agency(actor, Permission.WEBHOOK_MANAGE, held.agency_id)
    return ~exists().where(held.account_id == WebhookEndpoint.account_id, ~within)


def webhooks(
    session: Session, *, actor: Actor, cursor: str | None = None, limit: int | None = None
) -> Paged[WebhookView]:
    page = BY_CODE.page(session, _rows().where(managed_endpoints(actor)), cursor=cursor, limit=limit)
    head = newest_sequence(session)
    return page.of([_view(row, head) for row in page.lines])


def webhook(session: Session, code: str, *, actor: Actor) -> WebhookView:
    row = session.execute(_rows().where(WebhookEndpoint.code == code, managed_endpoints(actor))).one_or_none()
    if row is None:
        raise not_found(code)
    return _view(row, newest_sequence(session))


def deliveries(
    session: Session, code: str, *, outcome: str | None = None, actor: Actor, cursor: str | None = None, limit: int
) -> Paged[DeliveryLine]:
    """The newest first."""
    webhook(session, code, actor=actor)
    rows = (
        select(WebhookDelivery)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookEndpoint.code == code)
    )
    if outcome is not None:
        rows = rows.where(WebhookDelivery.outcome == outcome)
    page = NEWEST.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_line(row[0]) for row in page.lines])


def accounts_to_tell(session: Session, *, actor: Actor) -> tuple[AccountChoice, ...]:
    rows = select(Account.login, Account.name).where(account_may_be_told(actor)).order_by(Account.login)
    return tuple(AccountChoice(login, name) for login, name in session.execute(rows))


def not_found(code: str) -> NotFound:
    return NotFound(what=i18n.text("noun.webhook", code=code))


def _rows() -> Select[*tuple[Any, ...]]:
    dead = (
        select(func.count())
        .where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, WebhookDelivery.outcome == DEAD)
        .correlate(WebhookEndpoint)
        .scalar_subquery()
    )
    return select(WebhookEndpoint, Account.login, dead.label("dead")).join(
        Account, Account.id == WebhookEndpoint.account_id
    )


def _view(row: Row[*tuple[Any, ...]], head: int) -> WebhookView:
    found: WebhookEndpoint = row.WebhookEndpoint
    return WebhookView(
        code=found.code,
        login=row.login,
        url=found.url,
        events=tuple(found.tags),
        state=found.state,
        position=found.position,
        behind=max(0, head - found.position),
        attempts=found.attempts,
        try_at=found.try_at,
        problem=_message(found.problem, found.problem_values),
        dead=row.dead,
        created_at=found.created_at,
        version=found.version,
    )


def _line(found: WebhookDelivery) -> DeliveryLine:
    problem = _message(found.problem, found.problem_values)
    return DeliveryLine(found.sequence, found.outcome, found.attempts, found.status, problem, found.at, found.again_at)


def _message(message_id: str | None, values: Mapping[str, Any]) -> Message | None:
    return None if message_id is None else Message(message_id, values)
