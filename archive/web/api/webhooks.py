"""Webhooks: set up, changed, replayed, and what could not be told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.permissions import Permission
from archive.actions import webhooks as actions
from archive.db.unit_of_work import UnitOfWork
from archive.destinations import Destinations
from archive.queries import webhooks as queries
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Revision, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.webhooks import (
    Delivery,
    Outcome,
    Replay,
    ReplayBegun,
    Resending,
    ResendingBegun,
    Webhook,
    WebhookChange,
    WebhookGiven,
    WebhookMade,
    WebhookSecret,
)
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


@router.get("")
def list_webhooks(visit: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[Webhook]:
    """Webhooks of accounts that you manage, by code."""
    visit.require(Permission.WEBHOOK_MANAGE)
    with visit.unit_of_work() as uow:
        return page_of(Webhook, queries.webhooks(uow.session, actor=visit.actor, cursor=cursor, limit=limit))


@router.post("", status_code=201)
def open_webhook(visit: Writer, given: WebhookGiven, key: Key = None) -> WebhookMade:
    """Set a webhook up; it is told of what is sealed from now on."""
    visit.require(Permission.WEBHOOK_MANAGE)

    def act(uow: UnitOfWork) -> WebhookMade:
        _, secret = actions.open_webhook(
            uow,
            code=given.code,
            login=given.login,
            url=given.url,
            tags=given.events,
            destinations=_destinations(visit),
            actor=visit.actor,
            now=visit.now,
        )
        return WebhookMade(webhook=_webhook(uow, visit, given.code), secret=secret)

    return once(visit, key, given, act, status=201, untold=("secret",))


@router.get("/{code}")
def get_webhook(visit: Reader, code: Reference) -> Webhook:
    """A webhook and how telling it goes."""
    with visit.unit_of_work() as uow:
        return _webhook(uow, visit, code)


@router.patch("/{code}")
def change_webhook(visit: Writer, code: Reference, given: WebhookChange, version: Revision, key: Key = None) -> Webhook:
    """Change address or events, pause it or let it go on; it then tries at once."""

    def act(uow: UnitOfWork) -> Webhook:
        actions.change_webhook(
            uow,
            code,
            url=given.url,
            tags=given.events,
            state=given.state,
            destinations=_destinations(visit),
            version=version,
            actor=visit.actor,
            now=visit.now,
        )
        return _webhook(uow, visit, code)

    return once(visit, key, given.model_dump(exclude_unset=True) | {"version": version}, act)


@router.post("/{code}/secrets", status_code=201)
def renew_webhook_secret(visit: Writer, code: Reference, key: Key = None) -> WebhookSecret:
    """Sign with a new secret from now on; it is told only here."""

    def act(uow: UnitOfWork) -> WebhookSecret:
        return WebhookSecret(secret=actions.renew_secret(uow, code, actor=visit.actor, now=visit.now))

    return once(visit, key, None, act, status=201, untold=("secret",))


@router.post("/{code}/replays", status_code=201)
def replay_webhook(visit: Writer, code: Reference, given: Replay, key: Key = None) -> ReplayBegun:
    """Tell again, in order, from a place of the trail or a moment on; messages keep their ids."""

    def act(uow: UnitOfWork) -> ReplayBegun:
        how = {"sequence": given.sequence, "since": given.since}
        return ReplayBegun(sequence=actions.replay_webhook(uow, code, **how, actor=visit.actor, now=visit.now))  # type: ignore[arg-type]

    return once(visit, key, given, act, status=201)


@router.get("/{code}/deliveries")
def list_webhook_deliveries(
    visit: Reader,
    code: Reference,
    outcome: Annotated[Outcome | None, Query(description="left out: both")] = None,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Delivery]:
    """What became of telling, the newest first; `outcome=dead` are the dead letters."""
    with visit.unit_of_work() as uow:
        found = queries.deliveries(uow.session, code, outcome=outcome, actor=visit.actor, cursor=cursor, limit=limit)
    return page_of(Delivery, found)


@router.post("/{code}/resendings", status_code=201)
def resend_dead_letters(visit: Writer, code: Reference, given: Resending, key: Key = None) -> ResendingBegun:
    """Send dead letters once more, those or all."""

    def act(uow: UnitOfWork) -> ResendingBegun:
        number = actions.resend_dead(uow, code, given.sequences, actor=visit.actor, now=visit.now)
        return ResendingBegun(number=number)

    return once(visit, key, given, act, status=201)


def _webhook(uow: UnitOfWork, visit: Visit, code: str) -> Webhook:
    uow.session.flush()
    return Webhook.model_validate(queries.webhook(uow.session, code, actor=visit.actor))


def _destinations(visit: Visit) -> Destinations:
    return Destinations(visit.app.settings.webhook_hosts)
