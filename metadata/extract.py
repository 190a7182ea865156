"""Recognition -> documents with fields, each with evidence and confidence."""

from __future__ import annotations

from metadata.model import Document
from ocr.model import Recognition

RULES_VERSION = "1"  # grows whenever the same recognition would be described otherwise


def describe(recognition: Recognition) -> tuple[Document, ...]:
    """The documents in a file, in order, together all its pages."""
    return (Document(pages=tuple(page.number for page in recognition.pages)),)
