"""Documents as JSON: as `archive extract --json` prints them, and as the catalogue keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from metadata.model import Document, Field, FieldName
from ocr.model import Box, PageText, Recognition


def to_json(documents: Iterable[Document]) -> list[dict[str, Any]]:
    """The value of `documents`: boxes in pixels of the page."""
    return [
        {
            "pages": list(document.pages),
            "fields": {name.value: _field(field, _pixels(field.box)) for name, field in document.fields.items()},
        }
        for document in documents
    ]


def to_catalogue(document: Document, recognition: Recognition) -> dict[str, dict[str, Any]]:
    """The fields with boxes as fractions of their page: what holds whatever size the page is shown in."""
    pages = {page.number: page for page in recognition.pages}
    return {
        name.value: _field(field, _fractions(field.box, pages.get(field.page or 0)))
        for name, field in document.fields.items()
    }


def from_catalogue(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Field]:
    """The inverse of to_catalogue, boxes left as fractions; unknown names are of later rules and are kept out."""
    known = {name.value for name in FieldName}
    return {
        FieldName(name): Field(
            value["value"],
            value["confidence"],
            value["page"],
            Box(*value["box"]) if value["box"] else None,
            value["given_by"],
            value.get("read_as"),
        )
        for name, value in stored.items()
        if name in known
    }


def _field(field: Field, box: list[float] | None) -> dict[str, Any]:
    written: dict[str, Any] = {
        "value": field.value,
        "confidence": field.confidence,
        "page": field.page,
        "box": box,
        "given_by": field.given_by,
    }
    return written if field.read_as is None else written | {"read_as": field.read_as}


def _pixels(box: Box | None) -> list[float] | None:
    return [round(edge) for edge in (box.left, box.top, box.right, box.bottom)] if box else None


def _fractions(box: Box | None, page: PageText | None) -> list[float] | None:
    if box is None or page is None:
        return None
    across, down = max(1, page.width), max(1, page.height)
    edges = (box.left / across, box.top / down, box.right / across, box.bottom / down)
    return [round(min(1.0, max(0.0, edge)), 6) for edge in edges]
