"""What a delivery's manifest announced, beside what came: by lines of the sheet, as names are not kept."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.digitization import BatchEntry
from archive.db.doors import ManifestLine
from archive.db.holdings import Dossier, Item, Receipt
from archive.queries.references import batch_id


@dataclass(frozen=True, slots=True)
class ManifestLineView:
    """state: missing, refused, found; differs: `bytes` or `pages`, where the file is another than was announced."""

    line: int
    state: str
    receipt: str | None
    pages: int | None
    found_pages: int | None
    dossier_code: str | None
    differs: str | None


@dataclass(frozen=True, slots=True)
class UnexpectedFile:
    ordinal: int
    receipt: str | None


@dataclass(frozen=True, slots=True)
class ManifestView:
    lines: tuple[ManifestLineView, ...]
    unexpected: tuple[UnexpectedFile, ...]

    @property
    def found(self) -> int:
        return sum(line.state == "found" for line in self.lines)

    @property
    def missing(self) -> tuple[ManifestLineView, ...]:
        return tuple(line for line in self.lines if line.state == "missing")

    @property
    def refused(self) -> tuple[ManifestLineView, ...]:
        return tuple(line for line in self.lines if line.state == "refused")

    @property
    def differing(self) -> tuple[ManifestLineView, ...]:
        return tuple(line for line in self.lines if line.differs)


def manifest(session: Session, number: str, *, actor: Actor) -> ManifestView | None:
    """None where none was given. Pages are told of what the actor may read."""
    found = batch_id(session, number, actor=actor)
    readable = and_(Item.id.is_not(None), policy.filter_items(actor, Permission.ITEM_READ))
    rows = session.execute(
        select(ManifestLine, BatchEntry.outcome, Receipt.number, Receipt.digest, Dossier.code.label("dossier"))
        .add_columns(case((readable, Item.page_count)).label("pages"))
        .outerjoin(BatchEntry, BatchEntry.id == ManifestLine.entry_id)
        .outerjoin(Receipt, Receipt.id == BatchEntry.receipt_id)
        .outerjoin(Item, Item.receipt_id == Receipt.id)
        .outerjoin(Dossier, Dossier.id == ManifestLine.dossier_id)
        .where(ManifestLine.batch_id == found)
        .order_by(ManifestLine.line)
    ).all()
    if not rows:
        return None
    return ManifestView(tuple(_line(row) for row in rows), _unexpected(session, found))


def _line(row: Any) -> ManifestLineView:
    told: ManifestLine = row[0]
    state = {None: "missing", "refused": "refused"}.get(row.outcome, "found")
    differs = None
    if state == "found":
        if told.digest is not None and told.digest != row.digest:
            differs = "bytes"
        elif told.pages is not None and row.pages is not None and told.pages != row.pages:
            differs = "pages"
    return ManifestLineView(told.line, state, row.number, told.pages, row.pages, row.dossier, differs)


def _unexpected(session: Session, batch: uuid.UUID) -> tuple[UnexpectedFile, ...]:
    announced = select(ManifestLine.entry_id).where(ManifestLine.batch_id == batch, ManifestLine.entry_id.is_not(None))
    rows = session.execute(
        select(BatchEntry.ordinal, Receipt.number)
        .join(Receipt, Receipt.id == BatchEntry.receipt_id)
        .where(BatchEntry.batch_id == batch, BatchEntry.id.not_in(announced))
        .order_by(BatchEntry.ordinal)
    )
    return tuple(UnexpectedFile(row.ordinal, row.number) for row in rows)
