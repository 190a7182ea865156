"""The history of filing: what was moved, replaced, supplemented, withdrawn, and why."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account
from archive.db.holdings import Filing, Item
from archive.queries.views import FilingLine

_Filed = aliased(Item)  # Item itself is the other one, so that the rule's clause is about it


def filings_of_item(session: Session, item_id: uuid.UUID, actor: Actor) -> tuple[FilingLine, ...]:
    """Newest first. The caller has made sure that the actor may read the item."""
    return _lines(session, _rows(actor).where(Filing.item_id == item_id))


def filings_of_dossier(
    session: Session, dossier_id: uuid.UUID, agency_id: uuid.UUID, actor: Actor
) -> tuple[FilingLine, ...]:
    """Newest first. Of items that the actor may see; of all for those who may file here, so that they can put right."""
    rows = _rows(actor).where(or_(Filing.from_dossier_id == dossier_id, Filing.to_dossier_id == dossier_id))
    if not policy.may(actor, Permission.ITEM_FILE, agency_id):
        seen = select(Item.id).where(Item.id == _Filed.id, policy.filter_items(actor, Permission.ITEM_READ))
        rows = rows.where(seen.correlate(_Filed).exists())
    return _lines(session, rows)


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    other = and_(Item.id == Filing.other_item_id, policy.filter_items(actor, Permission.ITEM_READ))
    return (
        select(Filing, _Filed.code, Account.name, Item.code)
        .join(_Filed, _Filed.id == Filing.item_id)
        .join(Account, Account.id == Filing.account_id)
        .outerjoin(Item, other)
        .order_by(Filing.at.desc(), Filing.id.desc())
    )


def _lines(session: Session, rows: Select[*tuple[Any, ...]]) -> tuple[FilingLine, ...]:
    return tuple(
        FilingLine(
            item_id=filing.item_id,
            act=filing.act,
            at=filing.at,
            by=by,
            reason=filing.reason,
            item_code=code,
            from_code=filing.from_code,
            to_code=filing.to_code,
            other_code=other,
        )
        for filing, code, by, other in session.execute(rows)
    )
