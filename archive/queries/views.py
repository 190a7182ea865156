"""What queries answer with: frozen values, already cut down to what the actor may see.

Boxes are (left, top, right, bottom) as fractions of the upright page's width and height. A text for people that
comes from a message id is a `Message`; the catalog of archive.i18n turns it into words.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from archive.access.permissions import Permission
from metadata.model import FieldValue

FractionBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Message:
    id: str  # of archive.i18n
    values: Mapping[str, Any] = field(default_factory=dict)


# --- tasks and the first page


@dataclass(frozen=True, slots=True)
class TargetLine:
    number: int
    title: str | None  # None: not yet filled in by the coordinating office
    source: str | None


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """Counts of items in the agencies whose progress the actor may read; each is part of the one before."""

    number: int
    title: str | None
    target_number: int | None
    owner: str | None  # name of the agency
    planned_quantity: Decimal | None
    unit: str | None
    due_on: date | None
    received: int
    recognised: int
    reviewed: int
    published: int
    stopped: int
    percent: int | None  # published of planned, where documents are planned: no figure is made up


@dataclass(frozen=True, slots=True)
class Overview:
    unclear: int  # items with a page that a person must look at for a state-secret mark
    doubtful: int  # items with doubtful fields that the actor may review
    to_review: int  # doubtful ones included
    to_publish: int
    stopped: int  # that the actor may see to
    batches: tuple[BatchLine, ...]  # in progress or not closed, newest first, at most 20
    tasks: tuple[TaskProgress, ...]  # those with any item


# --- batches


@dataclass(frozen=True, slots=True)
class BatchLine:
    number: str
    agency_code: str
    agency_name: str
    task_number: int
    dossier_code: str | None
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    expected: int | None
    delivered: int  # files taken, doubled or refused
    received: int  # items still on their way
    stopped: int
    described: int  # items that got through, whatever their state now
    refused: int

    @property
    def in_progress(self) -> bool:
        return self.received > 0 or self.closed_at is None


@dataclass(frozen=True, slots=True)
class BatchEntryView:
    ordinal: int
    outcome: str  # stored, duplicate, refused
    name: str | None  # None before the gate has passed
    size_bytes: int | None
    status: int | None  # HTTP status of a refusal
    receipt: str | None
    reason: Message | None  # why refused or stopped, as far as the actor may know
    at: datetime
    item_id: uuid.UUID | None
    item_state: str | None
    item_code: str | None
    title: str | None
    page_count: int | None
    readable: bool  # the actor may open the item


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with its reconciliation: expected = stored + duplicates + refused + quarantined + unexplained."""

    line: BatchLine
    entries: tuple[BatchEntryView, ...]
    stored: int
    items: Mapping[str, int]  # stored items by what they wait for: received, review, reviewed, published, …

    @property
    def expected(self) -> int:
        return len(self.entries) if self.line.expected is None else self.line.expected

    @property
    def unexplained(self) -> int:
        return abs(self.expected - len(self.entries))

    @property
    def duplicates(self) -> tuple[BatchEntryView, ...]:
        return tuple(entry for entry in self.entries if entry.outcome == "duplicate")

    @property
    def refused(self) -> tuple[BatchEntryView, ...]:
        return tuple(entry for entry in self.entries if entry.outcome == "refused")

    @property
    def quarantined(self) -> tuple[BatchEntryView, ...]:
        return tuple(entry for entry in self.entries if entry.outcome == "stored" and entry.reason is not None)

    @property
    def has_findings(self) -> bool:
        return bool(self.refused or self.quarantined or self.unexplained)


# --- dossiers and items


@dataclass(frozen=True, slots=True)
class ItemLine:
    id: uuid.UUID
    receipt: str
    code: str | None
    title: str | None
    state: str
    level: str
    agency_code: str
    dossier_code: str | None
    task_number: int
    type_name: str | None
    notation: str | None  # number and notation as written: 15/QĐ-UBND
    issued_date: str | None  # ISO 8601
    subject: str | None
    page_count: int | None
    doubtful_fields: int
    confidence: float | None
    unclear: bool  # a page was read so badly that a state-secret mark may have been missed
    revision: int


@dataclass(frozen=True, slots=True)
class DossierLine:
    code: str
    title: str
    agency_code: str
    agency_name: str
    fond_code: str
    task_number: int | None
    year: int
    state: str  # open, closed
    level: str
    items: int  # that the actor may see
    published: int
    doubtful: int


@dataclass(frozen=True, slots=True)
class FilingLine:
    """One correction of filing; codes and titles of other items only where the actor may see them."""

    item_id: uuid.UUID
    act: str  # filed, moved, replaced, supplemented, withdrawn, restored
    at: datetime
    by: str
    reason: str
    item_code: str | None
    from_code: str | None
    to_code: str | None
    other_code: str | None


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A reviewed item went back to be put right."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class DossierView:
    id: uuid.UUID
    line: DossierLine
    opened_at: datetime
    closed_at: datetime | None
    work_ended_on: date | None
    items: tuple[ItemLine, ...]  # in order of their codes; of one page where a limit was asked for
    previous: str | None  # cursors of the pages of items beside this one
    following: str | None
    filings: tuple[FilingLine, ...]  # newest first; withdrawn items only for those who may file
    may: frozenset[Permission]  # what the actor may do with the dossier


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field as it counts now: the newest correction laid over the current description."""

    name: str  # metadata.model.FieldName
    value: FieldValue
    confidence: float  # 1 for a person's word
    page: int | None
    box: FractionBox | None
    given_by: str  # rule, engine, person
    doubtful: bool
    read_as: FieldValue | None  # what was read, where a person has spoken
    corrected_by: str | None
    corrected_at: datetime | None


@dataclass(frozen=True, slots=True)
class PageView:
    number: int
    width: int  # pixels, upright
    height: int
    dpi: int | None
    rotation: int
    skew_degrees: float
    blank: bool
    confidence: float
    source: str  # recognised, own_text


@dataclass(frozen=True, slots=True)
class RenditionView:
    kind: str  # access_pdf, page_image, thumbnail, …
    page: int  # 0: of the whole item
    version: int
    digest: str
    media_type: str
    size_bytes: int
    file_name: str | None


@dataclass(frozen=True, slots=True)
class RelatedItem:
    relation: str  # replaced_by, replaces, supplements, supplemented_by
    id: uuid.UUID
    code: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The proof that bytes were taken, for those who may see the delivery but not (or not yet) the item."""

    number: str
    digest: str
    size_bytes: int
    media_type: str
    agency_code: str
    agency_name: str
    batch_number: str
    received_at: datetime
    state: str
    reason: Message | None  # why it was stopped, as far as the actor may know


@dataclass(frozen=True, slots=True)
class ItemView:
    id: uuid.UUID
    receipt: str
    digest: str  # SHA-256 of the master
    size_bytes: int
    media_type: str
    code: str | None
    former_codes: tuple[str, ...]  # still resolve to this item
    agency_code: str
    agency_name: str
    fond_code: str | None
    dossier_code: str | None
    dossier_title: str | None  # None where the actor may not read the dossier
    task_number: int
    task_title: str | None
    batch_number: str | None  # None where the actor may not read the batch
    state: str
    level: str  # open, conditional
    file_name: str | None
    title: str | None
    page_count: int | None
    doubtful_fields: int
    confidence: float | None
    engine: str | None
    engine_version: str | None
    rules_version: str | None
    received_at: datetime
    described_at: datetime | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    published_at: datetime | None
    published_by: str | None
    revision: int  # hand it back as expected_revision
    fields: tuple[FieldView, ...]  # in the order of FieldName
    removed_fields: tuple[str, ...]  # taken away by a person
    pages: tuple[PageView, ...]
    renditions: tuple[RenditionView, ...]  # newest version of each kind and page
    related: tuple[RelatedItem, ...]
    filings: tuple[FilingLine, ...]
    returns: tuple[ReturnLine, ...]  # newest first
    may: frozenset[Permission]  # what the actor may do with this item
    publishable: bool  # by this actor, now: permission, state and second person

    def field(self, name: str) -> FieldView | None:
        return next((field for field in self.fields if field.name == name), None)

    def rendition(self, kind: str, page: int = 0) -> RenditionView | None:
        return next((r for r in self.renditions if (r.kind, r.page) == (kind, page)), None)


# --- words of a page, for the text overlay


@dataclass(frozen=True, slots=True)
class WordBox:
    text: str
    box: FractionBox
    confidence: float
    hand: bool  # written by hand into print


@dataclass(frozen=True, slots=True)
class LineBox:
    text: str
    box: FractionBox
    confidence: float
    words: tuple[WordBox, ...]


@dataclass(frozen=True, slots=True)
class PageWords:
    number: int
    width: int
    height: int
    lines: tuple[LineBox, ...]


# --- search


@dataclass(frozen=True, slots=True)
class HitPage:
    number: int
    snippet: str
    marks: tuple[tuple[int, int], ...]  # [start, end) of the found words in the snippet
    boxes: tuple[FractionBox, ...]


@dataclass(frozen=True, slots=True)
class SearchHit:
    item: ItemLine
    score: float
    pages: tuple[HitPage, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    total: int  # exact, of what the actor may see
    hits: tuple[SearchHit, ...]
    eased: bool = False  # no document has all the words: these have most of them
