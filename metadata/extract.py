"""Recognition -> documents with fields, each with evidence and confidence."""

from __future__ import annotations

from collections.abc import Sequence

from metadata import gate
from metadata.field_confidence import calibrated
from metadata.fields import head, holder, signing, whole
from metadata.layout import Layout, lay_out
from metadata.model import Document, Field, FieldName, SecrecyMark
from metadata.split import split
from ocr.model import Recognition

RULES_VERSION = "3"  # grows whenever the same recognition would be described otherwise


def describe(recognition: Recognition) -> tuple[Document, ...]:
    """The documents in a file, in order, together all its pages. A file without text is one document."""
    marks = gate.find_marks(recognition)
    layouts = [lay_out(page) for page in recognition.pages]
    return tuple(_describe(pages, marks) for pages in split(layouts))


def _describe(layouts: Sequence[Layout], marks: Sequence[SecrecyMark]) -> Document:
    written = [layout for layout in layouts if layout.words]
    fields: dict[FieldName, Field] = {}
    if written:
        front = head.read_head(written)
        fields |= head.fields_of(front)
        fields |= signing.fields_of(written, front)
        fields |= holder.fields_of(written, front)
    fields |= whole.fields_of(layouts, marks)
    ordered = {name: calibrated(name, fields[name]) for name in FieldName if name in fields}
    return Document(tuple(layout.page.number for layout in layouts), ordered)
