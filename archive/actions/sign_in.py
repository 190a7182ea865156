"""Signing in and out. A refusal is a value, not an exception: what it counts and records must be committed."""

from __future__ import annotations

import ipaddress
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from archive.access import passwords, totp
from archive.access.encryption import Encrypted, decrypt
from archive.access.identity import Actor, actor_of
from archive.access.sessions import end_sessions, find_session, open_session
from archive.audit_events import EventTag
from archive.db.accounts import Account
from archive.db.unit_of_work import UnitOfWork
from archive.settings import Settings

FREE_FAILURES = 4  # the next one locks
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str  # for the cookie
    actor: Actor


@dataclass(frozen=True, slots=True)
class Refused:
    """reason: message id. The same one for an unknown login, a wrong password and a locked account."""

    reason: str


def sign_in(
    uow: UnitOfWork,
    login: str,
    password: str,
    *,
    code: str | None = None,
    address: str,
    settings: Settings,
    now: datetime,
) -> SignedIn | Refused:
    """address: where the request comes from, as the web server saw it."""
    account = uow.session.scalar(select(Account).where(Account.login == login.strip().lower()).with_for_update())
    right = passwords.verify_password(account.password_hash if account else None, password)
    if account is None or not _may_try(account, now):
        return _refuse(uow, account, "sign_in.refused", address=address, now=now, counts=False)
    if not right:
        return _refuse(uow, account, "sign_in.refused", address=address, now=now, counts=True)
    if reason := _why_not(account, address, now):
        return _refuse(uow, account, reason, address=address, now=now, counts=False)
    if account.totp_secret is not None:
        if not code:
            return Refused("sign_in.code_needed")
        if not take_code(uow, account, code, now):
            return _refuse(uow, account, "account.totp_wrong", address=address, now=now, counts=True)
    account.failed_sign_ins = 0
    account.locked_until = None
    if account.password_hash and passwords.needs_rehash(account.password_hash):
        account.password_hash = passwords.hash_password(password)
    token = open_session(uow.session, account.id, address=address, now=now, settings=settings)
    actor = actor_of(uow.session, account.id, now)
    _record(uow, EventTag.SIGNED_IN, account.id, actor, now=now, details={"address": address})
    return SignedIn(token, actor)


def sign_out(uow: UnitOfWork, token: str, *, actor: Actor, settings: Settings, now: datetime) -> None:
    """An ended or unknown token is no error."""
    found = find_session(uow.session, token, now=now, settings=settings)
    if found is not None and found.account_id == actor.account_id:
        found.ended_at = now
        _record(uow, EventTag.SIGNED_OUT, actor.account_id, actor, now=now, details={})


def sign_out_everywhere(uow: UnitOfWork, *, actor: Actor, now: datetime) -> None:
    end_sessions(uow.session, actor.account_id, now=now)
    _record(uow, EventTag.SIGNED_OUT, actor.account_id, actor, now=now, details={"everywhere": True})


def take_code(uow: UnitOfWork, account: Account, code: str, now: datetime) -> bool:
    """Whether this second-factor code is right and was not taken before; it is taken now."""
    if account.totp_secret is None or account.totp_key is None:
        return False
    encrypted = Encrypted(account.totp_secret, account.totp_key)
    secret = decrypt(uow.keys, encrypted, place=totp_place(account.id))
    step = totp.accepted_step(secret, code, now, last_step=account.totp_last_step)
    if step is None:
        return False
    account.totp_last_step = step
    return True


def totp_place(account_id: uuid.UUID) -> str:
    return f"account.totp_secret:{account_id}"


def is_loopback(address: str) -> bool:
    """Also of an IPv4 address written as IPv6; what is no address is not loopback."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback


def _may_try(account: Account, now: datetime) -> bool:
    if account.kind != "person" or (account.disabled_at is not None and account.disabled_at <= now):
        return False
    return account.locked_until is None or account.locked_until <= now


def _why_not(account: Account, address: str, now: datetime) -> str | None:
    """What still stands against a right password."""
    if account.password_expires_at is not None and account.password_expires_at <= now:
        return "sign_in.password_expired"
    return "sign_in.loopback_only" if account.loopback_only and not is_loopback(address) else None


def _refuse(
    uow: UnitOfWork, account: Account | None, reason: str, *, address: str, now: datetime, counts: bool
) -> Refused:
    if account is not None and counts:
        account.failed_sign_ins += 1
        beyond = account.failed_sign_ins - FREE_FAILURES
        if beyond > 0:
            account.locked_until = now + min(FIRST_LOCK * 2 ** min(beyond - 1, 16), LONGEST_LOCK)
    # the login that was typed is not recorded: people type passwords there
    subject = account.id if account else None
    _record(uow, EventTag.SIGN_IN_REFUSED, subject, None, now=now, details={"address": address, "reason": reason})
    return Refused(reason)


def _record(
    uow: UnitOfWork,
    tag: EventTag,
    account_id: uuid.UUID | None,
    actor: Actor | None,
    *,
    now: datetime,
    details: dict[str, object],
) -> None:
    subject = str(account_id) if account_id else "unknown"
    uow.record(tag, actor=actor, now=now, subject_kind="account", subject_id=subject, details=details)
