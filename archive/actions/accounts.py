"""Accounts: who may sign in, with what, and in which roles. Signing in itself is in sign_in.py."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select

from archive.access import passwords, policy, totp
from archive.access.encryption import encrypt
from archive.access.identity import Actor
from archive.access.permissions import Permission, Role
from archive.access.sessions import end_sessions
from archive.actions.sign_in import totp_place
from archive.audit_events import EventTag
from archive.db.accounts import Account, Agency, Assignment
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.ids import new_id

_LOGIN = re.compile(r"[a-z0-9][a-z0-9.-]{1,63}")
KINDS = ("person", "service")


def create_account(
    uow: UnitOfWork,
    *,
    login: str,
    name: str,
    password: str | None = None,
    kind: str = "person",
    loopback_only: bool = False,
    sandbox: bool = False,
    password_expires_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Account:
    """Without a password nobody can sign in with it; without an assignment it may do nothing.

    password_expires_at: of one that was made for its owner, who must change it before.
    sandbox: of a program under test, for ever: it is answered of invented people and never gets a role.
    """
    policy.require(actor, Permission.ACCOUNT_MANAGE)
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InvalidInput("account.login_invalid", field="login")
    if kind not in KINDS or (sandbox and kind != "service"):
        raise InvalidInput(field="kind")
    if not name.strip():
        raise InvalidInput(field="name")
    if uow.session.scalar(select(Account.id).where(Account.login == login)) is not None:
        raise Conflict("account.login_taken", login=login)
    account = Account(
        id=new_id(),
        login=login,
        name=name.strip(),
        kind=kind,
        password_hash=passwords.hash_password(password) if password is not None else None,
        password_expires_at=password_expires_at,
        loopback_only=loopback_only,
        sandbox=sandbox,
        created_at=now,
    )
    uow.session.add(account)
    _record(
        uow,
        EventTag.ACCOUNT_CREATED,
        account.id,
        actor,
        now=now,
        details={"login": login, "name": account.name, "kind": kind, "sandbox": sandbox},
    )
    return account


def disable_account(uow: UnitOfWork, account_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """Its records and events stay; nobody signs in with it any more."""
    account = managed_account(uow, account_id, actor)
    if account.id == actor.account_id:
        raise NotAllowed("account.not_own_role")
    account.disabled_at = now
    end_sessions(uow.session, account.id, now=now)
    _record(uow, EventTag.ACCOUNT_DISABLED, account.id, actor, now=now)


def set_password(
    uow: UnitOfWork,
    account_id: uuid.UUID,
    password: str,
    *,
    expires_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """By an operator; ends every sign-in of the account and lifts a lock. expires_at: see `create_account`."""
    account = managed_account(uow, account_id, actor)
    _set_password(uow, account, password, now=now)
    account.password_expires_at = expires_at
    _record(uow, EventTag.PASSWORD_CHANGED, account.id, actor, now=now, details={"by": "operator"})


def change_password(
    uow: UnitOfWork, old: str, new: str, *, token: str | None = None, actor: Actor, now: datetime
) -> None:
    """By its owner; ends the other sign-ins, `token` is the one that asks."""
    account = uow.session.get_one(Account, actor.account_id, with_for_update=True)
    if not passwords.verify_password(account.password_hash, old):
        raise InvalidInput("account.password_wrong", field="old")
    if old == new:
        raise InvalidInput("account.password_same", field="new")
    _set_password(uow, account, new, now=now, but_token=token)
    _record(uow, EventTag.PASSWORD_CHANGED, account.id, actor, now=now, details={"by": "owner"})


def enable_totp(uow: UnitOfWork, secret: str, code: str, *, actor: Actor, now: datetime) -> None:
    """secret: from totp.new_secret(), shown to the owner; `code` proves that the app has it."""
    account = uow.session.get_one(Account, actor.account_id, with_for_update=True)
    step = totp.accepted_step(secret, code, now, last_step=None)
    if step is None:
        raise InvalidInput("account.totp_wrong", field="code")
    encrypted = encrypt(uow.keys, secret, place=totp_place(account.id))
    account.totp_secret, account.totp_key, account.totp_last_step = encrypted.value, encrypted.key_name, step
    _record(uow, EventTag.TOTP_ENABLED, account.id, actor, now=now)


def reset_totp(uow: UnitOfWork, account_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """By an operator, for somebody whose app is lost; ends every sign-in of the account."""
    account = managed_account(uow, account_id, actor)
    account.totp_secret = account.totp_key = account.totp_last_step = None
    end_sessions(uow.session, account.id, now=now)
    _record(uow, EventTag.TOTP_RESET, account.id, actor, now=now)


def assign_role(
    uow: UnitOfWork,
    account_id: uuid.UUID,
    role: Role | str,
    agency_id: uuid.UUID,
    *,
    valid_from: date,
    valid_to: date | None = None,
    actor: Actor,
    now: datetime,
) -> Assignment:
    """Nobody promotes himself, not on behalf of somebody else either."""
    policy.require(actor, Permission.ACCOUNT_MANAGE, agency_id)
    if account_id in {actor.account_id, actor.on_behalf_of}:
        raise NotAllowed("account.not_own_role")
    if role not in set(Role):
        raise InvalidInput("account.role_unknown", field="role", role=role)
    if valid_to is not None and valid_to < valid_from:
        raise InvalidInput("account.period_invalid", field="valid_to")
    account = uow.session.get(Account, account_id)
    if account is None:
        raise NotFound(what="tài khoản")
    if account.sandbox:
        raise NotAllowed("account.sandbox_no_role")
    if uow.session.get(Agency, agency_id) is None:
        raise NotFound(what="cơ quan")
    assignment = Assignment(
        id=new_id(),
        account_id=account_id,
        role=str(role),
        agency_id=agency_id,
        valid_from=valid_from,
        valid_to=valid_to,
        given_by=actor.account_id,
    )
    uow.session.add(assignment)
    details = {"role": str(role), "valid_from": valid_from, "valid_to": valid_to}
    _record(uow, EventTag.ASSIGNMENT_GIVEN, account_id, actor, now=now, details=details, agency_id=agency_id)
    return assignment


def end_assignment(uow: UnitOfWork, assignment_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """At once; the row stays. Ending it again changes nothing."""
    assignment = uow.session.get(Assignment, assignment_id, with_for_update=True)
    if assignment is None or not policy.may(actor, Permission.ACCOUNT_MANAGE, assignment.agency_id):
        raise NotFound(what="phân công")
    if assignment.ended_at is None:
        assignment.ended_at = now
        details = {"assignment": assignment.id, "role": assignment.role}
        _record(
            uow,
            EventTag.ASSIGNMENT_ENDED,
            assignment.account_id,
            actor,
            now=now,
            details=details,
            agency_id=assignment.agency_id,
        )


def _set_password(
    uow: UnitOfWork, account: Account, password: str, *, now: datetime, but_token: str | None = None
) -> None:
    account.password_hash = passwords.hash_password(password)
    account.password_expires_at = None
    account.failed_sign_ins = 0
    account.locked_until = None
    end_sessions(uow.session, account.id, now=now, but_token=but_token)


def managed_account(uow: UnitOfWork, account_id: uuid.UUID, actor: Actor) -> Account:
    """The account, locked, if the actor manages every agency where it was ever given a role."""
    policy.require(actor, Permission.ACCOUNT_MANAGE)
    account = uow.session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound(what="tài khoản")
    agency_ids = uow.session.scalars(select(Assignment.agency_id).where(Assignment.account_id == account_id))
    for agency_id in agency_ids:
        policy.require(actor, Permission.ACCOUNT_MANAGE, agency_id)
    if account.kind == "system":
        raise NotAllowed
    return account


def _record(
    uow: UnitOfWork,
    tag: EventTag,
    account_id: uuid.UUID,
    actor: Actor,
    *,
    now: datetime,
    details: Mapping[str, object] | None = None,
    agency_id: uuid.UUID | None = None,
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="account",
        subject_id=account_id,
        agency_id=agency_id,
        details=details,
    )
