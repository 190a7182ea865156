"""What is known of one document: its fields, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ocr.model import Box


class FieldName(StrEnum):
    """Names of Nghị định 30/2020 and Thông tư 05/2025; docs/glossary.md has the Vietnamese terms."""

    TYPE_NAME = "type_name"
    CODE_NUMBER = "code_number"
    CODE_NOTATION = "code_notation"
    ISSUED_DATE = "issued_date"
    PLACE = "place"
    PARENT_ORGAN_NAME = "parent_organ_name"
    ORGAN_NAME = "organ_name"
    SUBJECT = "subject"
    SIGNER_POSITION = "signer_position"
    SIGNER_NAME = "signer_name"
    SIGNING_AUTHORITY = "signing_authority"
    RECIPIENTS = "recipients"
    REFERENCES = "references"
    SECRECY = "secrecy"
    URGENCY = "urgency"
    LANGUAGE = "language"
    PAGE_COUNT = "page_count"
    HOLDER_NAME = "holder_name"
    HOLDER_IDENTIFIER = "holder_identifier"
    HOLDER_BIRTH_DATE = "holder_birth_date"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"


FieldValue = str | int | list[str]

DOUBTFUL_BELOW = 0.9  # a field less sure than this waits for a person: docs/recognition.md has the table


@dataclass(frozen=True, slots=True)
class Field:
    """One value read from a document.

    box: pixels of page `page`, as in ocr.model; None where the value is of the whole document.
    given_by: "rule", "person", "engine".
    read_as: what was read, where `value` was corrected.
    """

    value: FieldValue
    confidence: float
    page: int | None
    box: Box | None
    given_by: str = "rule"
    read_as: FieldValue | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One văn bản found in a file: its pages (1-based numbers of the file) and fields."""

    pages: tuple[int, ...]
    fields: dict[FieldName, Field] = field(default_factory=dict)


class Secrecy(StrEnum):
    SECRET = "MẬT"  # noqa: S105
    TOP_SECRET = "TỐI MẬT"  # noqa: S105
    STATE_TOP_SECRET = "TUYỆT MẬT"  # noqa: S105


@dataclass(frozen=True, slots=True)
class SecrecyMark:
    """A state-secret mark that stands on a page as a stamp (ô 10a of Nghị định 30/2020)."""

    level: Secrecy
    page: int
    box: Box
    confidence: float
