"""Taking a program's token back. Making one is in accounts.py."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select

from archive import i18n
from archive.access.identity import Actor
from archive.audit_events import EventTag
from archive.db.accounts import Account, ApiToken
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.queries.accounts import wholly_managed_accounts


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
        token.revoked_at = now
        uow.record(
            EventTag.TOKEN_REVOKED,
            actor=actor,
            now=now,
            subject_kind="account",
            subject_id=token.account_id,
            details={"token": token.id, "name": token.name},
        )
