"""From the numbers that people use to ids, for what the actor may see."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.digitization import Batch
from archive.errors import NotFound
from archive.queries.accounts import managed_accounts


def batch_id(session: Session, number: str, *, actor: Actor) -> uuid.UUID:
    found = session.scalar(select(Batch.id).where(Batch.number == number, policy.filter_batches(actor)))
    if found is None:
        raise NotFound(what=i18n.text("noun.batch", number=number))
    return found


def agency_id(session: Session, code: str, permission: Permission, *, actor: Actor) -> uuid.UUID:
    allowed = policy.filter_agency(actor, permission, Agency.id)
    found = session.scalar(select(Agency.id).where(Agency.code == code, allowed))
    if found is None:
        raise NotFound(what=i18n.text("noun.agency", code=code))
    return found


def account_id(session: Session, login: str, *, actor: Actor) -> uuid.UUID:
    """For those who manage accounts; a login of other agencies is as unknown as one that is not there."""
    found = session.scalar(select(Account.id).where(Account.login == login, managed_accounts(actor)))
    if found is None:
        raise NotFound(what=i18n.text("noun.account", login=login))
    return found
