"""Tokens by which a program, or a person at a command line, acts as an account: made, and taken back."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select

from archive import i18n
from archive.access.identity import Actor
from archive.access.sessions import digest_of, new_token
from archive.actions.accounts import managed_account
from archive.audit_events import EventTag
from archive.db.accounts import Account, ApiToken
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.ids import new_id
from archive.queries.accounts import wholly_managed_accounts


def make_api_token(
    uow: UnitOfWork,
    account_id: uuid.UUID,
    name: str,
    *,
    expires_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> str:
    """For a program, or for a person at a command line. Returns the token; it is shown once and kept nowhere."""
    account = managed_account(uow, account_id, actor)
    token = new_token()
    row = ApiToken(
        id=new_id(), account_id=account.id, name=name, token_digest=digest_of(token), created_at=now,
        expires_at=expires_at,
    )  # fmt: skip
    uow.session.add(row)
    _record(uow, EventTag.TOKEN_CREATED, row, actor, now)
    return token


def revoke_api_tokens(uow: UnitOfWork, account_id: uuid.UUID, name: str, *, actor: Actor, now: datetime) -> None:
    """Those of that name; their rows stay. Revoking again changes nothing."""
    account = managed_account(uow, account_id, actor)
    living = select(ApiToken).where(
        ApiToken.account_id == account.id, ApiToken.name == name, ApiToken.revoked_at.is_(None)
    )
    for row in uow.session.scalars(living):
        _revoke(uow, row, actor, now)


def revoke_api_token(uow: UnitOfWork, token_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """At once: it opens nothing any more. The row stays; revoking it again changes nothing."""
    token = uow.session.scalar(
        select(ApiToken)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.id == token_id, wholly_managed_accounts(actor))
        .with_for_update(of=ApiToken)
    )
    if token is None:
        raise NotFound(what=i18n.text("noun.token"))
    if token.revoked_at is None:
        _revoke(uow, token, actor, now)


def _revoke(uow: UnitOfWork, token: ApiToken, actor: Actor, now: datetime) -> None:
    token.revoked_at = now
    _record(uow, EventTag.TOKEN_REVOKED, token, actor, now)


def _record(uow: UnitOfWork, tag: EventTag, token: ApiToken, actor: Actor, now: datetime) -> None:
    details = {"token": token.id, "name": token.name}
    uow.record(tag, actor=actor, now=now, subject_kind="account", subject_id=token.account_id, details=details)
