"""Items: as they are answered, and what a change of one asks for and gives back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from archive import i18n
from archive.db.states import ItemState
from archive.queries.findings import FindingView
from archive.web.api.models.records import Answer, Asked, Box, Reason, Value, Why
from archive.web.render import day


class ItemField(Answer):
    """A field as it counts now: the newest word of a person laid over what was read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "code_number",
                    "value": "15",
                    "confidence": 0.62,
                    "page": 1,
                    "box": [0.4, 0.1, 0.45, 0.13],
                    "given_by": "rule",
                    "doubtful": True,
                    "read_as": None,
                    "corrected_by": None,
                    "corrected_at": None,
                }
            ]
        }
    )
    name: str
    value: Value
    confidence: float = Field(description="1 for a person's word")
    page: int | None
    box: Box | None
    given_by: str = Field(description="rule, engine or person")
    doubtful: bool
    read_as: Value | None = Field(description="what was read, where a person has spoken")
    corrected_by: str | None
    corrected_at: datetime | None


class ItemPage(Answer):
    number: int
    width: int = Field(description="pixels of the upright page")
    height: int
    dpi: int | None
    rotation: int
    skew_degrees: float
    blank: bool
    confidence: float
    source: str = Field(description="recognised or own_text")


class ItemRendition(Answer):
    kind: str = Field(examples=["access_pdf"])
    page: int = Field(description="0: of the whole item")
    version: int
    digest: str = Field(description="SHA-256, hex")
    media_type: str
    size_bytes: int
    file_name: str | None


class RelatedItem(Answer):
    relation: str = Field(description="replaced_by, replaces, supplements or supplemented_by")
    code: str | None
    title: str | None


class ItemFiling(Answer):
    """A correction of filing; codes of other items only where they may be seen."""

    act: str = Field(description="filed, moved, replaced, supplemented, withdrawn or restored")
    at: datetime
    by: str
    reason: str
    item_code: str | None
    from_code: str | None
    to_code: str | None
    other_code: str | None


class Item(Answer):
    """A document with its fields, pages and renditions."""

    receipt: str = Field(examples=["BN-TD01-2026-0000001"])
    digest: str = Field(description="SHA-256 of the master, hex")
    size_bytes: int
    media_type: str
    code: str | None = Field(examples=["TD01.2026.0001.0000001"])
    former_codes: list[str] = Field(description="still lead here")
    agency_code: str
    agency_name: str
    fond_code: str | None
    dossier_code: str | None
    dossier_title: str | None
    task_number: int
    task_title: str | None
    batch_number: str | None
    state: ItemState
    level: str = Field(description="open or conditional")
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
    revision: int = Field(description="hand it back in If-Match")
    fields: list[ItemField]
    removed_fields: list[str] = Field(description="that the document does not have, as a person said")
    pages: list[ItemPage]
    renditions: list[ItemRendition]
    related: list[RelatedItem]
    filings: list[ItemFiling]


class ItemLine(Answer):
    """A document in a list."""

    receipt: str = Field(examples=["BN-TD01-2026-0000001"])
    code: str | None
    title: str | None
    state: ItemState
    level: str
    agency_code: str
    dossier_code: str | None
    task_number: int
    type_name: str | None = Field(examples=["Quyết định"])
    notation: str | None = Field(examples=["15/QĐ-UBND"])
    issued_date: str | None = Field(description="ISO 8601; a month or a year where no more could be read")
    subject: str | None
    page_count: int | None
    doubtful_fields: int
    confidence: float | None
    unclear: bool = Field(description="a page was read so badly that a state-secret mark may have been missed")
    revision: int


class Receipt(Answer):
    """The proof that bytes were taken: neither name nor contents of them."""

    number: str = Field(examples=["BN-TD01-2026-0000001"])
    digest: str = Field(description="SHA-256, hex")
    size_bytes: int
    media_type: str
    agency_code: str
    agency_name: str
    batch_number: str
    received_at: datetime
    state: ItemState
    reason: Why = Field(description="why it was stopped, as far as you may know")


class ItemFinding(Answer):
    """Where a field breaks the form of its kind of document."""

    field: str
    rule: str
    expected: str
    found: str
    text: str = Field(description="what to look at, in words")

    @classmethod
    def of(cls, finding: FindingView) -> ItemFinding:
        written = day if finding.rule.startswith("date") else str
        said = i18n.text(f"finding.{finding.rule}", expected=written(finding.expected), found=written(finding.found))
        told = {"field": finding.field, "rule": finding.rule, "expected": finding.expected, "found": finding.found}
        return cls(**told, text=said)


class ItemStanding(Answer):
    """What a change left the item as. The revision also stands in ETag; hand it back in If-Match."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "receipt": "BN-TD01-2026-0000001",
                    "code": "TD01.2026.0001.0000001",
                    "dossier_code": "TD01.2026.0001",
                    "state": "reviewed",
                    "level": "conditional",
                    "doubtful_fields": 0,
                    "revision": 7,
                }
            ]
        }
    )
    receipt: str
    code: str | None
    dossier_code: str | None
    state: ItemState
    level: str
    doubtful_fields: int
    revision: int


class FieldGiven(Asked):
    """A field's value; page and box where it stands, if not where it was read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"value": "16"},
                {"value": ["Như Điều 3", "Lưu: VT"]},
                {"value": "2026-01-15", "page": 1, "box": [0.1, 0.1, 0.3, 0.13]},
            ]
        }
    )
    value: (
        Annotated[str, Field(max_length=10_000)]
        | int
        | Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=200)]
    )
    page: int | None = Field(None, ge=1, le=100_000)
    box: Box | None = None


class ReviewGiven(Asked):
    accept_doubtful: bool = Field(
        False, description="every field that is still doubtful was read right, and is accepted with the review"
    )


class ReasonGiven(Asked):
    reason: Reason


class PublicationGiven(Asked):
    level: Literal["open", "conditional"] = Field(
        "conditional", description="open to every agency, or conditional: for the agency's own people and by request"
    )


class FilingGiven(Asked):
    dossier: str = Field(min_length=1, max_length=100, examples=["TD01.2026.0001"])
    reason: Reason


class OtherItemGiven(Asked):
    item: str = Field(min_length=1, max_length=100, description="receipt or code", examples=["BN-TD01-2026-0000002"])
    reason: Reason
