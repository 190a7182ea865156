"""From the numbers that people use to ids, for what the actor may see."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.db.digitization import Batch
from archive.errors import NotFound


def batch_id(session: Session, number: str, *, actor: Actor) -> uuid.UUID:
    found = session.scalar(select(Batch.id).where(Batch.number == number, policy.filter_batches(actor)))
    if found is None:
        raise NotFound(what=i18n.text("noun.batch", number=number))
    return found
