"""Lists of items: three statements, however long the list."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item, Receipt
from archive.queries.fields import EffectiveFields, effective_fields, notation
from archive.queries.views import ItemLine
from metadata.model import FieldName


def item_rows() -> Select[*tuple[Any, ...]]:
    """Items with receipt number, agency code and dossier code; the caller adds who may see them, order and limit."""
    return (
        select(Item, Receipt.number, Agency.code, Dossier.code)
        .join(Receipt, Receipt.id == Item.receipt_id)
        .join(Agency, Agency.id == Item.agency_id)
        .outerjoin(Dossier, Dossier.id == Item.dossier_id)
    )


def item_lines(session: Session, rows: Select[*tuple[Any, ...]]) -> tuple[ItemLine, ...]:
    found = session.execute(rows).all()
    fields = effective_fields(session, [row[0].id for row in found])
    return tuple(_line(item, receipt, agency, dossier, fields[item.id]) for item, receipt, agency, dossier in found)


def lines_by_id(session: Session, rows: Select[*tuple[Any, ...]]) -> dict[uuid.UUID, ItemLine]:
    return {line.id: line for line in item_lines(session, rows)}


def _line(item: Item, receipt: str, agency: str, dossier: str | None, fields: EffectiveFields) -> ItemLine:
    return ItemLine(
        id=item.id,
        receipt=receipt,
        code=item.code,
        title=item.title,
        state=item.state,
        level=item.level,
        agency_code=agency,
        dossier_code=dossier,
        task_number=item.task_number,
        type_name=fields.text(FieldName.TYPE_NAME),
        notation=notation(fields),
        issued_date=fields.text(FieldName.ISSUED_DATE),
        subject=fields.text(FieldName.SUBJECT),
        page_count=item.page_count,
        doubtful_fields=item.doubtful_fields,
        confidence=item.confidence,
        revision=item.revision,
    )
