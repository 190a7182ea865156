"""What is on file of one owner and kind, for a public service that may ask: with validity, and what it can be trusted
with. Nothing that its agreements and rights do not reach is looked at."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CompoundSelect,
    Row,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from archive.access import policy
from archive.access.encryption import lookup_digests
from archive.access.identifiers import masked, normalised
from archive.access.identity import Actor, local_date
from archive.access.keys import Keys
from archive.access.permissions import Permission
from archive.db.accounts import Agency
from archive.db.holdings import Correction, Description, Item, OwnerIdentifier, Rendition, StoredObject
from archive.queries.fields import EffectiveFields, effective_fields, notation
from archive.queries.validity import Validity, validity
from metadata.model import FieldName, FieldValue
from metadata.validate import class_named

KIND = FieldName.HOLDER_IDENTIFIER.value
Stored = Mapping[tuple[uuid.UUID, str], Row[*tuple[Any, ...]]]
"""(item, "master" or "sealed") -> digest, verified_at."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What speaks for a paper, and what does not. verified_at: when its bytes were last compared, all of them."""

    published_on: date | None
    second_person: bool  # reviewed by one, published by another, and nothing changed since
    doubtful_fields: int
    read_confidence: float | None
    corrected_fields: tuple[str, ...]  # that a person gave another value than was read
    master_sha256: str | None
    sealed_sha256: str | None
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Enough to see that it is the same person, no more."""

    name: str | None
    identifier: str | None


@dataclass(frozen=True, slots=True)
class PaperOnFile:
    reference: str  # code of the item
    type_name: str
    number: str | None
    issued_date: str | None
    organ_name: str | None
    level: str
    validity: Validity
    trust: Trust
    holder: Holder


@dataclass(frozen=True, slots=True)
class FoundPaper:
    item_id: uuid.UUID
    paper: PaperOnFile


class Use(StrEnum):
    """How a paper on file spares the owner bringing it; the national counter tells these four apart."""

    INFORMATION = "information"  # lấy thông tin
    CHECK = "check"  # kiểm tra thông tin
    FORM = "form"  # điền biểu mẫu điện tử
    REPLACEMENT = "replacement"  # thay giấy tờ phải nộp


@dataclass(frozen=True, slots=True)
class FormField:
    name: str  # metadata.model.FieldName
    value: FieldValue
    by_person: bool  # said or confirmed by one, not only read by the machine
    doubtful: bool


@dataclass(frozen=True, slots=True)
class PaperUse:
    reference: str
    how: Use
    used_at: datetime
    fields: tuple[FormField, ...]
    has_copy: bool  # there is a sealed PDF to be had
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """papers is empty where nothing is on file, and where it is not the asker's to know: the same answer."""

    lookup: str
    on: date
    papers: tuple[PaperOnFile, ...] = ()
    sandbox: bool = False

    @property
    def on_file(self) -> bool:
        return bool(self.papers)


def papers_on_file(
    session: Session, keys: Keys, *, owner: str, paper: str, on: date, given_by: Collection[uuid.UUID], actor: Actor
) -> tuple[FoundPaper, ...]:
    """Published papers of that kind, newest first. given_by: agencies whose agreements reach them, with all below.

    Owners are found by the digests of every key there is. The index is asked for digest and agency together: of a paper
    beyond reach no row is touched, so that it costs no more time than one that does not exist.
    """
    asked = {
        "digests": sorted(lookup_digests(keys, KIND, normalised(owner)).values()),
        "given_by": sorted(given_by),
        "held": list(policy.agencies(actor, Permission.REUSE_LOOK_UP)),
    }
    found = [
        row.Item
        for row in session.execute(_candidates(), asked)
        if policy.allows(actor, Permission.REUSE_LOOK_UP, policy.access_of(row.Item)) and _is(paper, row.type_name)
    ]
    return _papers(session, found, paper, on)


def form_fields(fields: EffectiveFields) -> tuple[FormField, ...]:
    return tuple(FormField(each.name, each.value, each.given_by == "person", each.doubtful) for each in fields.fields)


def reaches(session: Session, given_by: Collection[uuid.UUID], agency_ids: Collection[uuid.UUID]) -> bool:
    """Whether any of the agencies is one of those that gave it, or below one of them."""
    below = _below().subquery()
    within = below.c.id == any_(literal(sorted(agency_ids), ARRAY(Uuid)))
    found = select(below.c.id).where(within).limit(1)
    return session.scalar(found, {"given_by": sorted(given_by)}) is not None


def hidden_name(name: str | None) -> str | None:
    """N. V. An: the last word of a Vietnamese name is what people call each other by."""
    words = name.split() if name else []
    return " ".join([*(f"{word[0]}." for word in words[:-1]), words[-1]]) if words else None


def hidden_identifier(value: str | None) -> str | None:
    if not value:
        return None
    short = masked(value)
    return short if short != value else f"…{normalised(value)[-3:]}"


@lru_cache(maxsize=4096)
def _is(paper: str, type_name: str | None) -> bool:
    named = class_named(type_name) if type_name else None
    return named is not None and named.name == paper


@cache
def _candidates() -> Select[*tuple[Any, ...]]:
    """Made once: what it is made of costs more than what PostgreSQL does with it."""
    reached = func.array(_below().scalar_subquery(), type_=ARRAY(Uuid))
    return (
        select(Item, _told_type())
        .join(OwnerIdentifier, OwnerIdentifier.item_id == Item.id)
        .outerjoin(Description, Description.id == Item.description_id)
        .where(
            OwnerIdentifier.lookup == any_(bindparam("digests", type_=ARRAY(Text))),
            OwnerIdentifier.agency_id == any_(reached),
            OwnerIdentifier.agency_id == any_(bindparam("held", type_=ARRAY(Uuid))),
            OwnerIdentifier.kind == KIND,
        )
    )


@cache
def _below() -> Select[uuid.UUID]:
    """The agencies `given_by` with all below them."""
    top = Agency.id == any_(bindparam("given_by", type_=ARRAY(Uuid)))
    tree = select(Agency.id).where(top).cte("tree", recursive=True)
    below = aliased(Agency)
    tree = tree.union(select(below.id).join(tree, below.parent_id == tree.c.id))
    return select(tree.c.id)


def _told_type() -> Any:
    """What the paper is called, as a first sieve; the effective fields have the last word."""
    newest = (
        select(Correction.value["value"].astext)
        .where(Correction.item_id == Item.id, Correction.field == FieldName.TYPE_NAME.value)
        .order_by(Correction.at.desc(), Correction.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(newest, Description.fields["type_name"]["value"].astext).label("type_name")


def _papers(session: Session, items: Collection[Item], paper: str, on: date) -> tuple[FoundPaper, ...]:
    if not items:
        return ()
    fields = effective_fields(session, [item.id for item in items], sensitive=True)
    stored = _stored(session, items)
    found = [
        FoundPaper(item.id, _paper(item, fields[item.id], stored, on))
        for item in items
        if _is(paper, fields[item.id].text(FieldName.TYPE_NAME))
    ]
    return tuple(sorted(found, key=lambda each: (each.paper.issued_date or "", each.paper.reference), reverse=True))


def _stored(session: Session, items: Iterable[Item]) -> Stored:
    ids = sorted(item.id for item in items)
    return {(row.id, row.what): row for row in session.execute(_objects(), {"ids": ids})}


@cache
def _objects() -> CompoundSelect[*tuple[Any, ...]]:
    """The master and the newest sealed PDF of each item."""
    ids = bindparam("ids", type_=ARRAY(Uuid))
    kept = StoredObject.digest, StoredObject.verified_at
    masters = (
        select(Item.id, literal("master").label("what"), *kept)
        .join(StoredObject, StoredObject.digest == Item.master_digest)
        .where(Item.id == any_(ids))
    )
    sealed = (
        select(Rendition.item_id.label("id"), literal("sealed").label("what"), *kept)
        .join(StoredObject, StoredObject.digest == Rendition.digest)
        .where(Rendition.item_id == any_(ids), Rendition.kind == "access_pdf")
        .ext(distinct_on(Rendition.item_id))
        .order_by(Rendition.item_id, Rendition.version.desc())
    )
    return union_all(masters, sealed.subquery().select())


def _paper(item: Item, fields: EffectiveFields, stored: Stored, on: date) -> PaperOnFile:
    return PaperOnFile(
        reference=item.code or "",
        type_name=fields.text(FieldName.TYPE_NAME) or "",
        number=notation(fields),
        issued_date=fields.text(FieldName.ISSUED_DATE),
        organ_name=fields.text(FieldName.ORGAN_NAME),
        level=item.level,
        validity=validity(fields.text(FieldName.VALID_FROM), fields.text(FieldName.VALID_UNTIL), on),
        trust=_trust(item, fields, stored),
        holder=Holder(
            hidden_name(fields.text(FieldName.HOLDER_NAME)), hidden_identifier(fields.text(FieldName.HOLDER_IDENTIFIER))
        ),
    )


def _trust(item: Item, fields: EffectiveFields, stored: Stored) -> Trust:
    sealed = stored.get((item.id, "sealed"))
    verified = [kept.verified_at if kept else None for kept in (stored.get((item.id, "master")), sealed)]
    return Trust(
        published_on=local_date(item.published_at) if item.published_at else None,
        second_person=_seen_by_two(item, fields),
        doubtful_fields=fields.doubtful,
        read_confidence=item.confidence,
        corrected_fields=tuple(
            each.name for each in fields.fields if each.given_by == "person" and each.value != each.read_as
        ),
        master_sha256=item.master_digest,
        sealed_sha256=sealed.digest if sealed else None,
        verified_at=min(moment for moment in verified if moment) if None not in verified else None,
    )


def _seen_by_two(item: Item, fields: EffectiveFields) -> bool:
    """What a person changes in a published paper counts at once, but nobody else has approved it."""
    if (
        item.published_at is None
        or None in (item.reviewed_by, item.published_by)
        or item.reviewed_by == item.published_by
    ):
        return False
    return fields.changed_at is None or fields.changed_at <= item.published_at
