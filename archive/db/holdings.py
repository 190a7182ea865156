"""The records: fonds down to pages, their bytes, and what was read, described and corrected."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class Fond(Row):
    """Phông: the records of one creator; open or closed."""

    __tablename__ = "fond"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    creator_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)  # never changes
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)  # custodian
    state: Mapped[str] = mapped_column(default="open")
    closed_on: Mapped[date | None]
    __table_args__ = (CheckConstraint("state in ('open', 'closed')", name="state"),)


class Series(Row):
    """Mục of the yearly danh mục hồ sơ."""

    __tablename__ = "series"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    fond_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fond.id"), index=True)
    year: Mapped[int]
    code: Mapped[str]
    title: Mapped[str]
    __table_args__ = (UniqueConstraint("fond_id", "year", "code"),)


class Dossier(Row):
    """Hồ sơ."""

    __tablename__ = "dossier"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # <agency code>.<year>.<number>
    title: Mapped[str]
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)  # custodian
    fond_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fond.id"), index=True)
    series_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("series.id"))
    task_number: Mapped[int | None] = mapped_column(ForeignKey("task.number"))
    year: Mapped[int]
    state: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    work_ended_on: Mapped[date | None]  # retention counts from its year
    level: Mapped[str] = mapped_column(default="conditional")
    last_ordinal: Mapped[int] = mapped_column(default=0)  # of items ever filed here; a number is not given twice
    rules_sought_at: Mapped[datetime | None]  # when a retention rule was last looked for, whether or not one was found
    __table_args__ = (CheckConstraint("state in ('open', 'closed')", name="state"),)


class StoredObject(Row):
    """Bytes under a digest. Rows that refer to it hold it; it goes only with its last holder."""

    __tablename__ = "stored_object"
    digest: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    stored_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    legal_hold: Mapped[bool] = mapped_column(default=False)
    # the two above were changed, and the store is yet to be told
    protection_pending: Mapped[bool] = mapped_column(default=False)
    protection_changed_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_stored_object_protection_pending", "digest", postgresql_where=text("protection_pending")),
    )


class Receipt(Row):
    """Proof that these bytes were taken; unique per agency and digest. It stays whatever becomes of the item."""

    __tablename__ = "receipt"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # BN-<agency code>-<year>-<7 digits>
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"))
    digest: Mapped[str] = mapped_column(index=True)
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    received_at: Mapped[datetime]
    received_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    __table_args__ = (UniqueConstraint("agency_id", "digest"),)


class Item(Row):
    """Văn bản: one master, any number of recognitions and descriptions; the current ones are pointers.

    state: received, stopped, described, reviewed, published, withdrawn, replaced, destroyed (archive.db.states).
    file_name is null until the gate has passed. revision grows with every change that the index must learn.
    """

    __tablename__ = "item"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id"), unique=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    fond_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fond.id"))
    dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    task_number: Mapped[int] = mapped_column(ForeignKey("task.number"), index=True)
    code: Mapped[str | None] = mapped_column(unique=True)  # <dossier code>.<7 digits>
    state: Mapped[str] = mapped_column(index=True)
    stop_reason: Mapped[str | None]  # message id of archive.i18n
    stop_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    level: Mapped[str] = mapped_column(default="conditional")  # open, conditional (mức độ tiếp cận 01, 02)
    file_name: Mapped[str | None]
    title: Mapped[str | None]
    page_count: Mapped[int | None]
    doubtful_fields: Mapped[int] = mapped_column(default=0)
    confidence: Mapped[float | None]
    master_digest: Mapped[str | None] = mapped_column(ForeignKey("stored_object.digest"), index=True)
    recognition_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("recognition.id", use_alter=True))
    description_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("description.id", use_alter=True))
    replaced_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("item.id"), index=True)
    supplements_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("item.id"), index=True)
    received_at: Mapped[datetime]
    described_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revision: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        CheckConstraint("(state = 'stopped') = (stop_reason is not null)", name="stop_has_reason"),
        Index(None, "agency_id", "state"),
    )


class Page(Row):
    """Per-page figures of an item's current recognition; the words are in the stored recognition."""

    __tablename__ = "page"
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    width: Mapped[int]
    height: Mapped[int]
    dpi: Mapped[int | None]
    rotation: Mapped[int]
    skew_degrees: Mapped[float]
    blank: Mapped[bool]
    confidence: Mapped[float]
    source: Mapped[str]


class RecognitionRow(Row):
    __tablename__ = "recognition"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    generation: Mapped[int]
    engine: Mapped[str]
    engine_version: Mapped[str]
    digest: Mapped[str] = mapped_column(ForeignKey("stored_object.digest"), index=True)  # docs/storage-format.md
    confidence: Mapped[float]
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("item_id", "generation"),)


class Description(Row):
    """Fields as proposed from one recognition; a person's corrections are laid over it when it is read."""

    __tablename__ = "description"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    generation: Mapped[int]
    recognition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recognition.id"))
    rules_version: Mapped[str]
    fields: Mapped[dict]  # type: ignore[type-arg]  # name -> {value, confidence, page, box (fractions), given_by}
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("item_id", "generation"),)


class Correction(Row):
    """What a person said of one field; the newest counts. value equal to read_as: accepted as read."""

    __tablename__ = "correction"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    field: Mapped[str]
    page: Mapped[int | None]
    box: Mapped[list | None]  # type: ignore[type-arg]  # fractions of the page
    read_as: Mapped[dict]  # type: ignore[type-arg]  # {"value": …} or {}
    value: Mapped[dict]  # type: ignore[type-arg]  # {"value": …}; {} removes the field
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "item_id", "field", "at"),)


class Rendition(Row):
    """A derived object: access PDF, page image, thumbnail. Versioned, with what it was made from."""

    __tablename__ = "rendition"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    kind: Mapped[str]  # access_pdf, page_image, thumbnail, published_pdf, redacted_pdf
    page: Mapped[int] = mapped_column(default=0)  # 0: of the whole item
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(ForeignKey("stored_object.digest"), index=True)
    media_type: Mapped[str]
    file_name: Mapped[str | None]
    made_from: Mapped[dict]  # type: ignore[type-arg]
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("item_id", "kind", "page", "version"),)


class Filing(Row):
    """A correction of filing: moved, replaced, supplemented, withdrawn; identity and bytes stay."""

    __tablename__ = "filing"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    act: Mapped[str]  # filed, moved, replaced, supplemented, withdrawn
    from_dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    to_dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    from_code: Mapped[str | None] = mapped_column(index=True)  # still finds the item
    to_code: Mapped[str | None]
    other_item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("item.id"))
    reason: Mapped[str]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    __table_args__ = (CheckConstraint("length(reason) > 0", name="has_reason"),)


class OwnerIdentifier(Row):
    """A paper's owner, encrypted; found by a keyed digest."""

    __tablename__ = "owner_identifier"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("item.id"), index=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str]
    value: Mapped[bytes] = mapped_column(LargeBinary)  # encrypted
    key_name: Mapped[str]
    lookup: Mapped[str]  # keyed digest
    lookup_key_name: Mapped[str]
    # with the agency: whose papers are not asked for is not even looked at
    __table_args__ = (Index(None, "lookup", "agency_id"),)


class PhysicalLocation(Row):
    """Where the paper of a dossier is, from when to when: storeroom, shelf and box, and how many sheets."""

    __tablename__ = "physical_location"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    dossier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    place: Mapped[str]  # storeroom
    shelf: Mapped[str | None]
    box: Mapped[str | None] = mapped_column(index=True)
    sheets: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    placed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    __table_args__ = (
        Index("uq_physical_location_present", "dossier_id", unique=True, postgresql_where=text("valid_to is null")),
    )


class PaperLoan(Row):
    """The paper of a dossier is out of its box, from check-out to return.

    Sheets that came back fewer or more than went out are a finding until somebody explains them.
    """

    __tablename__ = "paper_loan"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    dossier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    borrower: Mapped[str]
    purpose: Mapped[str]
    sheets_out: Mapped[int | None]
    due_back_on: Mapped[date]
    out_at: Mapped[datetime]
    out_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    returned_at: Mapped[datetime | None]
    returned_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    sheets_back: Mapped[int | None]
    condition: Mapped[str | None]  # as it came back, in a person's words
    explanation: Mapped[str | None]  # why sheets_back differs from sheets_out
    explained_at: Mapped[datetime | None]
    explained_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    __table_args__ = (
        Index("uq_paper_loan_out", "dossier_id", unique=True, postgresql_where=text("returned_at is null")),
        CheckConstraint("(returned_at is null) = (returned_by is null)", name="returned_by_somebody"),
    )


class Scanner(Row):
    """A scanning device of an agency. state: registered, cleared, wiped, gone; in use only while cleared."""

    __tablename__ = "scanner"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    code: Mapped[str]  # the agency's own, on the device
    name: Mapped[str]
    serial: Mapped[str]
    state: Mapped[str] = mapped_column(default="registered")
    cleared_until: Mapped[date | None]
    registered_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("agency_id", "code"),
        CheckConstraint("state in ('registered', 'cleared', 'wiped', 'gone')", name="state"),
    )


class ScannerEvent(Row):
    """One line of a scanner's log: security clearance, wiping of its memory, leaving the premises."""

    __tablename__ = "scanner_event"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    scanner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scanner.id"), index=True)
    kind: Mapped[str]  # cleared, wiped, left
    on: Mapped[date]
    done_by: Mapped[str]  # person or unit
    document: Mapped[str]  # minutes or certificate
    note: Mapped[str] = mapped_column(default="")
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


class Custody(Row):
    """Who held a fond, from when to when; the creator of a record never changes, custody does."""

    __tablename__ = "custody"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    fond_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fond.id"), index=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    legal_basis: Mapped[str]
    document: Mapped[str | None]  # minutes of the hand-over
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    __table_args__ = (Index("uq_custody_present", "fond_id", unique=True, postgresql_where=text("valid_to is null")),)
