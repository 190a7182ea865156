"""What somebody changes of the account that is his own."""

from __future__ import annotations

import re
from datetime import datetime

from archive.access import passwords
from archive.access.identity import Actor
from archive.actions import accounts
from archive.audit_events import EventTag
from archive.db.accounts import Account
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput
from archive.settings import MAIL_ADDRESS

_SECRET = re.compile(r"[A-Z2-7]{32,64}")


def enrol_second_factor(uow: UnitOfWork, secret: str, code: str, *, password: str, actor: Actor, now: datetime) -> None:
    """From now on a sign-in needs a code of this secret, instead of an earlier one.

    The password is asked for again: an unattended screen must not be enough to take an account over.
    """
    account = uow.session.get_one(Account, actor.account_id, with_for_update=True)
    if not passwords.verify_password(account.password_hash, password):
        raise InvalidInput("account.password_wrong", field="password")
    if not _SECRET.fullmatch(secret):
        raise InvalidInput("web.bad_request", field="secret")
    accounts.enable_totp(uow, secret, code, actor=actor, now=now)


def change_own_password(
    uow: UnitOfWork, old: str, new: str, again: str, *, token: str, actor: Actor, now: datetime
) -> None:
    """again: the new one typed a second time; `token` is the sign-in that goes on, all others end."""
    if new != again:
        raise InvalidInput("account.password_differs", field="again")
    accounts.change_password(uow, old, new, token=token, actor=actor, now=now)


def change_mail(uow: UnitOfWork, *, address: str, by_mail: bool, actor: Actor, now: datetime) -> None:
    """Where one gets mail, and whether notices come there, too. The address itself stays out of the trail."""
    given = address.strip()
    if given and not MAIL_ADDRESS.fullmatch(given):
        raise InvalidInput("account.email_unreadable", field="email")
    if by_mail and not given:
        raise InvalidInput("account.email_missing", field="email")
    account = uow.session.get_one(Account, actor.account_id, with_for_update=True)
    if (account.email or "", account.mail_notices) == (given, by_mail):
        return
    changed = (account.email or "") != given
    account.email, account.mail_notices = given or None, by_mail
    uow.record(
        EventTag.ACCOUNT_CHANGED,
        actor=actor,
        now=now,
        subject_kind="account",
        subject_id=account.id,
        details={"address_changed": changed, "notices_by_mail": by_mail},
    )
