"""Described items for tests: a stored recognition, its pages, a description over it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from archive.access.identifiers import seal_fields
from archive.actions.describe import refresh_item
from archive.bootstrap import App
from archive.db.holdings import Description, Item, Page, RecognitionRow
from archive.db.trail import AuditEvent
from archive.ids import new_id
from ocr import stored
from ocr.model import Box, EngineInfo, Line, PageText, Recognition, TextSource, Word
from tests.factories import Factory

WIDTH, HEIGHT = 1000, 2000


def page(number: int, *lines: str) -> PageText:
    """Words 80 pixels wide in steps of 100, lines 40 high in steps of 100."""
    return PageText(
        number=number,
        width=WIDTH,
        height=HEIGHT,
        dpi=100,
        rotation=0,
        skew_degrees=0.0,
        blank=not lines,
        source=TextSource.RECOGNISED,
        lines=tuple(
            Line(
                tuple(
                    Word(text, Box(100 * at, 100 * row, 100 * at + 80, 100 * row + 40), 0.9)
                    for at, text in enumerate(line.split())
                )
            )
            for row, line in enumerate(lines)
        ),
    )


def read(value: Any, confidence: float = 0.95, at: int | None = 1) -> dict[str, Any]:
    box = [0.1, 0.1, 0.2, 0.12] if at else None
    return {"value": value, "confidence": confidence, "page": at, "box": box, "given_by": "rule"}


def describe(app: App, make: Factory, item: Item, fields: dict[str, Any], *pages: PageText) -> Recognition:
    """As the workflow does: recognition, pages' figures, description, pointers; again: the next generation."""
    recognition = Recognition(EngineInfo("null", "1"), pages or (page(1, "QUYẾT ĐỊNH"),))
    with tempfile.NamedTemporaryFile(suffix=".gz") as file:
        file.write(stored.to_bytes(recognition))
        file.flush()
        ref = app.store.put(Path(file.name))
    make.stored_object(ref.digest, ref.size_bytes, "application/gzip")
    now = app.clock()
    with app.unit_of_work() as uow:
        session = uow.session
        kept = session.get_one(Item, item.id)
        generation = len(session.scalars(select(RecognitionRow).where(RecognitionRow.item_id == item.id)).all()) + 1
        row = RecognitionRow(
            id=new_id(),
            item_id=item.id,
            generation=generation,
            engine="null",
            engine_version="1",
            digest=ref.digest,
            confidence=0.9,
            at=now,
        )
        session.add(row)
        session.flush()
        described = Description(
            id=new_id(),
            item_id=item.id,
            generation=generation,
            recognition_id=row.id,
            rules_version="1",
            fields=seal_fields(uow.keys, item.id, fields),
            at=now,
        )
        session.add(described)
        session.flush()
        for of in recognition.pages:
            session.merge(
                Page(
                    item_id=item.id,
                    number=of.number,
                    width=of.width,
                    height=of.height,
                    dpi=of.dpi,
                    rotation=of.rotation,
                    skew_degrees=of.skew_degrees,
                    blank=of.blank,
                    confidence=of.confidence,
                    source=of.source,
                )
            )
        kept.recognition_id, kept.description_id = row.id, described.id
        kept.confidence, kept.page_count = 0.9, len(recognition.pages)
        refresh_item(uow, kept)
        uow.reindex(kept, now=now)
    return recognition


def current(app: App, item: Item) -> Item:
    with Session(app.engine) as session:
        return session.get_one(Item, item.id)


def tags(app: App, item: Item) -> list[str]:
    with Session(app.engine) as session:
        rows = select(AuditEvent.tag).where(AuditEvent.subject_id == str(item.id)).order_by(AuditEvent.id)
        return list(session.scalars(rows))


@contextmanager
def statements(app: App) -> Iterator[list[str]]:
    """The SQL statements that run inside the block."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(app.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(app.engine, "before_cursor_execute", note)
