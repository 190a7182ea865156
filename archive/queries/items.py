"""One item, whole: by its receipt number, a code it has or had, or its id."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Row, Select, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.digitization import Batch, Task
from archive.db.holdings import (
    Description,
    Dossier,
    Filing,
    Fond,
    Item,
    Page,
    Receipt,
    RecognitionRow,
    Rendition,
    StoredObject,
)
from archive.db.states import ItemState
from archive.errors import NotFound
from archive.queries.fields import EffectiveFields, effective_fields
from archive.queries.filings import filings_of_item
from archive.queries.receipts import receipt_rows, receipt_view
from archive.queries.returns import returns_of_item
from archive.queries.views import FilingLine, ItemView, PageView, ReceiptView, RelatedItem, RenditionView

_ITEM_PERMISSIONS = tuple(permission for permission in Permission if permission.startswith("item:"))

_Reviewer, _Publisher = aliased(Account), aliased(Account)


def resolve(session: Session, reference: str | uuid.UUID, *, actor: Actor) -> ItemView | ReceiptView:
    """The item, or what has replaced it; or its receipt, for those who may see the delivery.

    For opening, not for changing: who changes an item means that one. The receipt is shown where there is no item to
    show: it is under way, was stopped, or was withdrawn.
    """
    row = _find(session, reference, actor) or _find_successor(session, reference, actor)
    if row is not None:
        return _view(session, row, actor)
    return receipt(session, reference, actor=actor)


def item(session: Session, reference: str | uuid.UUID, *, actor: Actor) -> ItemView:
    row = _find(session, reference, actor)
    if row is None:
        raise not_found(reference)
    return _view(session, row, actor)


def receipt(session: Session, reference: str | uuid.UUID, *, actor: Actor) -> ReceiptView:
    """The proof of receipt, which stays whatever becomes of the item. Only the number and the id find it."""
    found = Item.id == reference if isinstance(reference, uuid.UUID) else Receipt.number == reference
    allowed = policy.filter_agency(actor, Permission.BATCH_READ, Receipt.agency_id)
    row = session.execute(receipt_rows().where(found, allowed)).one_or_none()
    if row is None:
        raise not_found(reference)
    return receipt_view(row, actor)


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """What a change left an item as."""

    receipt: str
    code: str | None
    dossier_code: str | None
    state: str
    level: str
    doubtful_fields: int
    revision: int


def standing(session: Session, item_id: uuid.UUID) -> ItemStanding:
    """For who has just changed it; also where nobody finds it any more."""
    session.flush()
    changed = session.get_one(Item, item_id)
    dossier = session.get(Dossier, changed.dossier_id) if changed.dossier_id else None
    return ItemStanding(
        receipt=session.get_one(Receipt, changed.receipt_id).number,
        code=changed.code,
        dossier_code=dossier.code if dossier else None,
        state=changed.state,
        level=changed.level,
        doubtful_fields=changed.doubtful_fields,
        revision=changed.revision,
    )


def item_to_restore(session: Session, reference: str, *, actor: Actor) -> uuid.UUID:
    """A withdrawn item, which nobody finds, for those who may bring it back."""
    found = _withdrawn(session, reference, actor)
    return found or item(session, reference, actor=actor).id  # which then says what state it is in


def may_restore(session: Session, reference: str, *, actor: Actor) -> bool:
    return _withdrawn(session, reference, actor) is not None


def _withdrawn(session: Session, reference: str, actor: Actor) -> uuid.UUID | None:
    withdrawn = Item.state == ItemState.WITHDRAWN, policy.filter_items(actor, Permission.ITEM_FILE)
    return session.scalar(select(Item.id).where(Item.id.in_(_named(reference)), *withdrawn))


def not_found(reference: str | uuid.UUID) -> NotFound:
    """The one error for what is unknown and for what the actor may not see."""
    shown = "" if isinstance(reference, uuid.UUID) else reference
    return NotFound(what=i18n.text("noun.item", reference=shown).strip())


def is_second_person(actor: Actor, reviewed_by: uuid.UUID | None) -> bool:
    """Whether somebody else than the actor, and than the account in whose name the actor acts, reviewed the item."""
    return reviewed_by is not None and reviewed_by not in {actor.account_id, actor.on_behalf_of}


def _find(session: Session, reference: str | uuid.UUID, actor: Actor) -> Row[*tuple[Any, ...]] | None:
    item_id = reference if isinstance(reference, uuid.UUID) else session.scalar(_named(reference))
    rows: Select[*tuple[Any, ...]] = (
        select(
            Item,
            Receipt,
            Agency,
            Batch.number.label("batch_number"),
            Fond.code.label("fond_code"),
            Dossier,
            Task.title.label("task_title"),
            RecognitionRow,
            Description.rules_version,
            _Reviewer.name.label("reviewed_by"),
            _Publisher.name.label("published_by"),
        )
        .join(Receipt, Receipt.id == Item.receipt_id)
        .join(Batch, Batch.id == Receipt.batch_id)
        .join(Agency, Agency.id == Item.agency_id)
        .join(Task, Task.number == Item.task_number)
        .outerjoin(Fond, Fond.id == Item.fond_id)
        .outerjoin(Dossier, Dossier.id == Item.dossier_id)
        .outerjoin(RecognitionRow, RecognitionRow.id == Item.recognition_id)
        .outerjoin(Description, Description.id == Item.description_id)
        .outerjoin(_Reviewer, _Reviewer.id == Item.reviewed_by)
        .outerjoin(_Publisher, _Publisher.id == Item.published_by)
        .where(Item.id == item_id, policy.filter_items(actor, Permission.ITEM_READ))
    )
    return session.execute(rows).one_or_none()


def _find_successor(session: Session, reference: str | uuid.UUID, actor: Actor) -> Row[*tuple[Any, ...]] | None:
    """What took the place of a replaced item, by way of everything that was replaced in between."""
    named = Item.id == reference if isinstance(reference, uuid.UUID) else Item.id.in_(_named(reference))
    replaced = (
        select(Item.replaced_by_id.label("id"))
        .where(named, Item.state == ItemState.REPLACED)
        .cte("replaced", recursive=True)
    )
    further = select(Item.replaced_by_id).join(replaced, replaced.c.id == Item.id)
    replaced = replaced.union(further.where(Item.state == ItemState.REPLACED))
    last = select(Item.id).join(replaced, replaced.c.id == Item.id).where(Item.state != ItemState.REPLACED)
    successor = session.scalar(last)
    return None if successor is None else _find(session, successor, actor)


def _named(reference: str) -> CompoundSelect[uuid.UUID]:
    """The item that goes by this receipt number, code, or former code: each is given once."""
    return union_all(
        select(Item.id).where(Item.code == reference),
        select(Item.id).join(Receipt, Receipt.id == Item.receipt_id).where(Receipt.number == reference),
        select(Filing.item_id).where(Filing.from_code == reference),
    )


def _view(session: Session, row: Row[*tuple[Any, ...]], actor: Actor) -> ItemView:
    found: Item = row.Item
    receipt: Receipt = row.Receipt
    agency: Agency = row.Agency
    fields: EffectiveFields = effective_fields(session, [found.id], sensitive=True)[found.id]
    filings = filings_of_item(session, found.id, actor)
    access = policy.access_of(found)
    may = frozenset(p for p in _ITEM_PERMISSIONS if policy.allows(actor, p, access))
    reads_dossier = row.Dossier is not None and policy.may(actor, Permission.DOSSIER_READ, row.Dossier.agency_id)
    reads_batch = policy.may(actor, Permission.BATCH_READ, receipt.agency_id)
    recognition: RecognitionRow | None = row.RecognitionRow
    return ItemView(
        id=found.id,
        receipt=receipt.number,
        digest=receipt.digest,
        size_bytes=receipt.size_bytes,
        media_type=receipt.media_type,
        code=found.code,
        former_codes=_former_codes(filings, found.code),
        agency_code=agency.code,
        agency_name=agency.name,
        fond_code=row.fond_code,
        dossier_code=row.Dossier.code if row.Dossier else None,
        dossier_title=row.Dossier.title if reads_dossier else None,
        task_number=found.task_number,
        task_title=row.task_title,
        batch_number=row.batch_number if reads_batch else None,
        state=found.state,
        level=found.level,
        file_name=found.file_name,
        title=found.title,
        page_count=found.page_count,
        doubtful_fields=found.doubtful_fields,
        confidence=found.confidence,
        engine=recognition.engine if recognition else None,
        engine_version=recognition.engine_version if recognition else None,
        rules_version=row.rules_version,
        received_at=found.received_at,
        described_at=found.described_at,
        reviewed_at=found.reviewed_at,
        reviewed_by=row.reviewed_by,
        published_at=found.published_at,
        published_by=row.published_by,
        revision=found.revision,
        fields=fields.fields,
        removed_fields=fields.removed,
        pages=_pages(session, found.id),
        renditions=renditions_of(session, found.id),
        related=_related(session, found, actor),
        filings=filings,
        returns=returns_of_item(session, found.id),
        may=may,
        publishable=Permission.ITEM_PUBLISH in may
        and found.state == ItemState.REVIEWED
        and found.code is not None
        and (not agency.second_person_publishes or is_second_person(actor, found.reviewed_by)),
    )


def _former_codes(filings: Iterable[FilingLine], code: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.from_code for line in filings if line.from_code and line.from_code != code))


def _pages(session: Session, item_id: uuid.UUID) -> tuple[PageView, ...]:
    rows = session.scalars(select(Page).where(Page.item_id == item_id).order_by(Page.number))
    return tuple(
        PageView(
            number=page.number,
            width=page.width,
            height=page.height,
            dpi=page.dpi,
            rotation=page.rotation,
            skew_degrees=page.skew_degrees,
            blank=page.blank,
            confidence=page.confidence,
            source=page.source,
        )
        for page in rows
    )


def renditions_of(session: Session, item_id: uuid.UUID, kind: str | None = None) -> tuple[RenditionView, ...]:
    """The newest version of each kind and page. The caller has made sure that the actor may read the item."""
    newest = (
        select(Rendition, StoredObject.size_bytes)
        .join(StoredObject, StoredObject.digest == Rendition.digest)
        .where(Rendition.item_id == item_id, Rendition.kind == kind if kind else true())
        .ext(distinct_on(Rendition.kind, Rendition.page))
        .order_by(Rendition.kind, Rendition.page, Rendition.version.desc())
    )
    return tuple(
        RenditionView(
            kind=row.kind,
            page=row.page,
            version=row.version,
            digest=row.digest,
            media_type=row.media_type,
            size_bytes=size,
            file_name=row.file_name,
        )
        for row, size in session.execute(newest)
    )


def _related(session: Session, found: Item, actor: Actor) -> tuple[RelatedItem, ...]:
    """Other items that it replaces, supplements, or is replaced or supplemented by: those that the actor may see."""
    related = session.scalars(
        select(Item)
        .where(
            or_(
                Item.id.in_([other for other in (found.replaced_by_id, found.supplements_id) if other]),
                Item.replaced_by_id == found.id,
                Item.supplements_id == found.id,
            ),
            policy.filter_items(actor, Permission.ITEM_READ),
        )
        .order_by(Item.code, Item.id)
    )
    return tuple(RelatedItem(_relation(found, other), other.id, other.code, other.title) for other in related)


def _relation(found: Item, other: Item) -> str:
    if other.id == found.replaced_by_id:
        return "replaced_by"
    if other.id == found.supplements_id:
        return "supplements"
    return "replaces" if other.replaced_by_id == found.id else "supplemented_by"
