"""Webhooks as people set them up: which system is told of which events, at what address, from where on."""

from __future__ import annotations

import base64
import re
import secrets
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from archive.access import policy
from archive.access.encryption import Encrypted, decrypt, encrypt
from archive.access.identity import Actor
from archive.access.keys import Keys
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.db.accounts import Account
from archive.db.telling import WebhookDelivery, WebhookEndpoint
from archive.db.trail import AuditLink
from archive.db.unit_of_work import UnitOfWork
from archive.destinations import Destinations
from archive.errors import Conflict, InvalidInput
from archive.ids import new_id
from archive.queries.webhook_feed import EVENTS, newest_sequence
from archive.queries.webhooks import DEAD, account_may_be_told, managed_endpoints, not_found

CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{0,31}")
SECRET_PREFIX, SECRET_BYTES = "whsec_", 32  # as in Standard Webhooks
ACTIVE, PAUSED = "active", "paused"
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # before it an offset may leave what a date can hold


def open_webhook(
    uow: UnitOfWork,
    *,
    code: str,
    login: str,
    url: str,
    tags: Collection[str],
    destinations: Destinations,
    actor: Actor,
    now: datetime,
) -> tuple[WebhookEndpoint, str]:
    """For the service account `login`; it is told of what is sealed from now on. Returns the secret, told only here."""
    policy.require(actor, Permission.WEBHOOK_MANAGE)
    if not CODE.fullmatch(code):
        raise InvalidInput("webhook.code_invalid", field="code")
    account = uow.session.scalar(select(Account).where(Account.login == login, account_may_be_told(actor)))
    if account is None:
        raise InvalidInput("webhook.account_unfit", field="login", login=login)
    if uow.session.scalar(select(WebhookEndpoint.id).where(WebhookEndpoint.code == code)) is not None:
        raise Conflict("webhook.code_taken", code=code)
    destinations.check(url)
    endpoint_id, secret = new_id(), _new_secret()
    encrypted = encrypt(uow.keys, secret, place=_place(endpoint_id))
    endpoint = WebhookEndpoint(
        id=endpoint_id,
        code=code,
        account_id=account.id,
        url=url,
        secret=encrypted.value,
        secret_key=encrypted.key_name,
        tags=_tags(tags),
        position=newest_sequence(uow.session),
        created_by=actor.account_id,
        created_at=now,
    )
    uow.session.add(endpoint)
    _record(uow, EventTag.WEBHOOK_OPENED, endpoint, actor=actor, now=now, account=login, tags=endpoint.tags)
    return endpoint, secret


def change_webhook(
    uow: UnitOfWork,
    code: str,
    *,
    url: str | None = None,
    tags: Collection[str] | None = None,
    state: str | None = None,
    destinations: Destinations,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> WebhookEndpoint:
    """What is None stays. version: as the person saw it; Conflict where somebody was quicker.

    A changed one that goes on tries at once: what was in the way may be gone.
    """
    endpoint = _locked(uow, code, actor, version)
    changed: dict[str, Any] = {}
    if url is not None and url != endpoint.url:
        destinations.check(url)
        endpoint.url, changed["address"] = url, "changed"
    if tags is not None and (wanted := _tags(tags)) != endpoint.tags:
        endpoint.tags = changed["tags"] = wanted
    if state is not None and state != endpoint.state:
        if state not in (ACTIVE, PAUSED):
            raise InvalidInput("webhook.state_unknown", field="state")
        endpoint.state = changed["state"] = state
    if changed:
        _begin_anew(endpoint)
        _record(uow, EventTag.WEBHOOK_CHANGED, endpoint, actor=actor, now=now, **changed)
    return endpoint


def renew_secret(uow: UnitOfWork, code: str, *, actor: Actor, now: datetime) -> str:
    """From now on everything is signed with the new one, which is told only here."""
    endpoint, secret = _locked(uow, code, actor), _new_secret()
    encrypted = encrypt(uow.keys, secret, place=_place(endpoint.id))
    endpoint.secret, endpoint.secret_key = encrypted.value, encrypted.key_name
    _begin_anew(endpoint)
    _record(uow, EventTag.WEBHOOK_CHANGED, endpoint, actor=actor, now=now, secret="renewed")  # noqa: S106
    return secret


def replay_webhook(
    uow: UnitOfWork,
    code: str,
    *,
    sequence: int | None = None,
    since: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Tell again, in order, from this link of the trail on, or from the first that was sealed at or after `since`.

    Returns the number of that link. What is told again bears the id that it had.
    """
    endpoint = _locked(uow, code, actor)
    head = newest_sequence(uow.session)
    if (sequence is None) == (since is None):
        raise InvalidInput("webhook.replay_from_where", field="sequence")
    if since is not None:
        sealed = select(AuditLink.sequence).where(AuditLink.sealed_at >= max(since, EARLIEST))
        sequence = uow.session.scalar(sealed.order_by(AuditLink.sequence).limit(1))
        if sequence is None:
            raise InvalidInput("webhook.replay_in_future", field="since")
    assert sequence is not None
    if not 1 <= sequence <= head:
        raise InvalidInput("webhook.replay_unknown", field="sequence", newest=head)
    endpoint.position = sequence - 1
    _begin_anew(endpoint)
    _record(uow, EventTag.WEBHOOK_REPLAYED, endpoint, actor=actor, now=now, from_sequence=sequence)
    return sequence


def resend_dead(
    uow: UnitOfWork, code: str, sequences: Sequence[int] | None = None, *, actor: Actor, now: datetime
) -> int:
    """Those of its dead letters, or all; each is tried once more. Returns how many."""
    endpoint = _locked(uow, code, actor)
    letters = update(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.outcome == DEAD,
        WebhookDelivery.again_at.is_(None),
    )
    if sequences is not None:
        letters = letters.where(WebhookDelivery.sequence.in_(sequences))
    asked = uow.session.execute(letters.values(again_at=now).returning(WebhookDelivery.sequence)).scalars().all()
    if asked:
        _record(uow, EventTag.WEBHOOK_REPLAYED, endpoint, actor=actor, now=now, sequences=sorted(asked))
    return len(asked)


def secret_of(keys: Keys, endpoint: WebhookEndpoint) -> str:
    return decrypt(keys, Encrypted(endpoint.secret, endpoint.secret_key), place=_place(endpoint.id))


def _locked(uow: UnitOfWork, code: str, actor: Actor, version: int | None = None) -> WebhookEndpoint:
    endpoint = uow.session.scalar(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.code == code, managed_endpoints(actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if endpoint is None:
        raise not_found(code)
    if version is not None and version != endpoint.version:
        raise Conflict("webhook.changed_meanwhile")
    return endpoint


def _begin_anew(endpoint: WebhookEndpoint) -> None:
    """version: an answer that is still awaited to what was sent before no longer counts."""
    endpoint.attempts, endpoint.try_at, endpoint.problem, endpoint.problem_values = 0, None, None, {}
    endpoint.version += 1


def _tags(given: Collection[str]) -> list[str]:
    unknown = sorted(set(given) - {str(tag) for tag in EVENTS})
    if unknown:
        raise InvalidInput("webhook.event_unknown", field="events", event=unknown[0])
    if not given:
        raise InvalidInput("webhook.events_missing", field="events")
    return sorted(set(given))


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _place(endpoint_id: uuid.UUID) -> str:
    return f"webhook_endpoint.secret:{endpoint_id}"


def _record(
    uow: UnitOfWork, tag: EventTag, endpoint: WebhookEndpoint, *, actor: Actor, now: datetime, **details: object
) -> None:
    """The address itself stays out of the trail."""
    uow.record(tag, actor=actor, now=now, subject_kind="webhook", subject_id=endpoint.id, details=details)
