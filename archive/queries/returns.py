"""Why a reviewed item went back to whoever describes it. The trail keeps the reason; so does no other row."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.audit_events import EventTag
from archive.db.accounts import Account
from archive.db.trail import AuditDetails, AuditEvent
from archive.queries.views import ReturnLine


def returns_of_item(session: Session, item_id: uuid.UUID) -> tuple[ReturnLine, ...]:
    """Newest first. The caller has made sure that the actor may read the item."""
    rows = (
        select(AuditEvent.at, Account.name, AuditDetails.details)
        .join(Account, Account.id == AuditEvent.actor_id)
        .join(AuditDetails, AuditDetails.event_id == AuditEvent.id)
        .where(AuditEvent.subject_kind == "item", AuditEvent.subject_id == str(item_id))
        .where(AuditEvent.tag == EventTag.ITEM_RETURNED)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )
    return tuple(ReturnLine(at, by, str(details.get("reason", ""))) for at, by, details in session.execute(rows))
