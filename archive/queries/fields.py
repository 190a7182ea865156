"""The fields of an item as they count now: corrections laid over the current description, never written into it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from archive.access.identifiers import SENSITIVE, open_value
from archive.db.accounts import Account
from archive.db.holdings import Correction, Description, Item
from archive.queries.views import FieldView, FractionBox
from metadata.model import DOUBTFUL_BELOW, FieldName, FieldValue

Opened = Callable[[str, Any], Any]
"""(field, value as stored) -> the value."""

_ORDER = {name.value: ordinal for ordinal, name in enumerate(FieldName)}


@dataclass(frozen=True, slots=True)
class EffectiveFields:
    fields: tuple[FieldView, ...] = ()
    removed: tuple[str, ...] = ()  # names that a person took away
    changed_at: datetime | None = None  # when a person last gave one another value than was read, or took one away

    def get(self, name: str) -> FieldView | None:
        return next((field for field in self.fields if field.name == name), None)

    def value(self, name: str) -> FieldValue | None:
        field = self.get(name)
        return None if field is None else field.value

    def text(self, name: str) -> str | None:
        value = self.value(name)
        return None if value is None else str(value)

    @property
    def doubtful(self) -> int:
        return sum(field.doubtful for field in self.fields)


def lay_over(
    described: Mapping[str, Any], corrections: Iterable[tuple[Correction, str | None]], opened: Opened | None = None
) -> EffectiveFields:
    """described: fields of a Description row; corrections: the newest of each field, with the corrector's name.

    Sensitive fields are there only where `opened` is given.
    """
    newest = {correction.field: (correction, name) for correction, name in corrections}
    views: list[FieldView] = []
    removed: list[str] = []
    for name in sorted({*described, *newest}, key=lambda name: (_ORDER.get(name, len(_ORDER)), name)):
        if opened is None and name in SENSITIVE:
            continue
        read = described.get(name)
        if name not in newest:
            views.append(_as_read(name, read or {}, opened or _as_stored))
        elif "value" in newest[name][0].value:
            views.append(_as_corrected(name, read or {}, *newest[name], opened or _as_stored))
        else:
            removed.append(name)
    changes = [newest[name][0].at for name in removed]
    changes += [view.corrected_at for view in views if view.corrected_at and view.value != view.read_as]
    return EffectiveFields(tuple(views), tuple(removed), max(changes, default=None))


def effective_fields(
    session: Session, item_ids: Collection[uuid.UUID], *, sensitive: bool = False
) -> dict[uuid.UUID, EffectiveFields]:
    """Of many items in two statements; items without a description are there too, with what persons gave them.

    sensitive: with the fields that are sealed, for who may read the item; `session` is then a unit of work's.
    """
    if not item_ids:
        return {}
    current = (
        select(Item.id, Description.fields)
        .join(Description, Description.id == Item.description_id)
        .where(Item.id.in_(item_ids))
    )
    described = {row.id: row.fields for row in session.execute(current)}
    newest = (
        select(Correction, Account.name)
        .join(Account, Account.id == Correction.account_id)
        .where(Correction.item_id.in_(item_ids))
        .ext(distinct_on(Correction.item_id, Correction.field))
        .order_by(Correction.item_id, Correction.field, Correction.at.desc(), Correction.id.desc())
    )
    corrections: dict[uuid.UUID, list[tuple[Correction, str | None]]] = {}
    for correction, name in session.execute(newest):
        corrections.setdefault(correction.item_id, []).append((correction, name))
    return {
        item_id: lay_over(
            described.get(item_id, {}),
            corrections.get(item_id, ()),
            partial(_opened, session, item_id) if sensitive else None,
        )
        for item_id in item_ids
    }


def notation(fields: EffectiveFields) -> str | None:
    """Number and notation as they are written: 15/QĐ-UBND, 154/2024/NĐ-CP."""
    parts = [text for text in (fields.text(FieldName.CODE_NUMBER), fields.text(FieldName.CODE_NOTATION)) if text]
    return "/".join(parts) or None


def title(fields: EffectiveFields, file_name: str | None) -> str | None:
    """What people call the item: kind, number and subject as far as they are known, else its file name."""
    number = notation(fields)
    head = " ".join(part for part in (fields.text(FieldName.TYPE_NAME), f"số {number}" if number else None) if part)
    whole = ": ".join(part for part in (head, fields.text(FieldName.SUBJECT)) if part)
    return whole[:1].upper() + whole[1:] if whole else file_name


def _as_stored(_: str, value: Any) -> Any:
    return value


def _opened(session: Session, item_id: uuid.UUID, name: str, value: Any) -> Any:
    return open_value(session.info["keys"], item_id, name, value) if name in SENSITIVE else value


def _as_read(name: str, read: Mapping[str, Any], opened: Opened) -> FieldView:
    confidence = float(read["confidence"])
    return FieldView(
        name=name,
        value=opened(name, read["value"]),
        confidence=confidence,
        page=read.get("page"),
        box=_box(read.get("box")),
        given_by=read.get("given_by", "rule"),
        doubtful=confidence < DOUBTFUL_BELOW,
        read_as=None,
        corrected_by=None,
        corrected_at=None,
    )


def _as_corrected(
    name: str, read: Mapping[str, Any], correction: Correction, corrector: str | None, opened: Opened
) -> FieldView:
    placed = correction.page is not None
    return FieldView(
        name=name,
        value=opened(name, correction.value["value"]),
        confidence=1.0,
        page=correction.page if placed else read.get("page"),
        box=_box(correction.box if placed else read.get("box")),
        given_by="person",
        doubtful=False,
        read_as=opened(name, correction.read_as.get("value")),
        corrected_by=corrector,
        corrected_at=correction.at,
    )


def _box(numbers: Any) -> FractionBox | None:
    if not numbers:
        return None
    left, top, right, bottom = (float(number) for number in numbers)
    return left, top, right, bottom
