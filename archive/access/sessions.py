"""Sign-ins in a browser and tokens of programs: the bearer holds a random secret, the database its digest."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive.access.identity import Actor, actor_of
from archive.db import accounts as rows
from archive.errors import NotFound
from archive.ids import new_id
from archive.settings import Settings

SECRET_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)  # no write for each picture of a page


def new_token() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(session: Session, account_id: uuid.UUID, *, address: str, now: datetime, settings: Settings) -> str:
    """Returns the token for the cookie; it is kept nowhere else."""
    token = new_token()
    session.add(
        rows.Session(
            id=new_id(),
            account_id=account_id,
            token_digest=digest_of(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(minutes=settings.session_minutes),
            address=address,
        )
    )
    return token


def find_session(session: Session, token: str, *, now: datetime, settings: Settings) -> rows.Session | None:
    """The sign-in that this token opened, if it has not ended, expired or been idle too long; marks it as seen."""
    found = session.scalar(select(rows.Session).where(rows.Session.token_digest == digest_of(token)))
    if found is None or found.ended_at is not None or now >= found.expires_at:
        return None
    if now - found.last_seen_at > timedelta(minutes=settings.session_idle_minutes):
        return None
    if now - found.last_seen_at >= SEEN_EVERY:
        found.last_seen_at = now
    return found


def actor_of_session(session: Session, token: str, *, now: datetime, settings: Settings) -> Actor | None:
    """Who sent this cookie; rights are read anew. The caller commits."""
    found = find_session(session, token, now=now, settings=settings)
    return None if found is None else _living_actor(session, found.account_id, now)


def actor_of_token(session: Session, token: str, *, now: datetime) -> Actor | None:
    """Who sent this API token."""
    found = session.scalar(select(rows.ApiToken).where(rows.ApiToken.token_digest == digest_of(token)))
    if found is None or found.revoked_at is not None or (found.expires_at is not None and now >= found.expires_at):
        return None
    return _living_actor(session, found.account_id, now)


def end_sessions(session: Session, account_id: uuid.UUID, *, now: datetime, but_token: str | None = None) -> None:
    """Every open sign-in of the account, except the one that asks."""
    kept = digest_of(but_token) if but_token else ""
    session.execute(
        update(rows.Session)
        .where(
            rows.Session.account_id == account_id, rows.Session.ended_at.is_(None), rows.Session.token_digest != kept
        )
        .values(ended_at=now)
    )


def _living_actor(session: Session, account_id: uuid.UUID, now: datetime) -> Actor | None:
    try:
        return actor_of(session, account_id, now)
    except NotFound:  # disabled meanwhile
        return None
