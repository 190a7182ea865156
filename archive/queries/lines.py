"""Lists of items: three statements, however long the list."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session

from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item, Page, Receipt
from archive.queries.fields import EffectiveFields, effective_fields, notation
from archive.queries.views import ItemLine
from metadata.model import FieldName

UNCLEAR_BELOW = 0.5
"""A page read with less confidence than this may carry a state-secret mark that the gate did not read."""


def has_unclear_page() -> ColumnElement[bool]:
    """Of an Item in the query around it."""
    unclear = Page.confidence < UNCLEAR_BELOW, Page.blank.is_(False)
    return select(Page.number).where(Page.item_id == Item.id, *unclear).correlate(Item).exists()


def item_rows() -> Select[*tuple[Any, ...]]:
    """Items with receipt number, codes of agency and dossier, and whether a page is unclear.

    The caller adds who may see them, order and limit.
    """
    return (
        select(Item, Receipt.number, Agency.code, Dossier.code, has_unclear_page())
        .join(Receipt, Receipt.id == Item.receipt_id)
        .join(Agency, Agency.id == Item.agency_id)
        .outerjoin(Dossier, Dossier.id == Item.dossier_id)
    )


def item_lines(session: Session, rows: Select[*tuple[Any, ...]]) -> tuple[ItemLine, ...]:
    return lines_of(session, session.execute(rows).all())


def lines_of(session: Session, found: Sequence[Row[*tuple[Any, ...]]]) -> tuple[ItemLine, ...]:
    """Of rows of `item_rows`, whatever the caller added behind its columns."""
    fields = effective_fields(session, [row[0].id for row in found])
    return tuple(_line(row, fields[row[0].id]) for row in found)


def lines_by_id(session: Session, rows: Select[*tuple[Any, ...]]) -> dict[uuid.UUID, ItemLine]:
    return {line.id: line for line in item_lines(session, rows)}


def _line(row: Row[*tuple[Any, ...]], fields: EffectiveFields) -> ItemLine:
    item, receipt, agency, dossier, unclear = row[:5]
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
        unclear=unclear,
        revision=item.revision,
    )
