"""From words read on a page to a field: value, place and how sure.

A field is as sure as its words were read, times how well the value fits what the form of the document asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metadata.layout import Segment, union
from metadata.model import Field, FieldValue
from ocr.model import Box, Word

UNREAD = 0.05  # the field is there, but nothing could be read in it


def make_field(
    value: FieldValue, evidence: Sequence[Segment], fit: float, *, read_as: FieldValue | None = None
) -> Field:
    """A field given by rule; the box is of the evidence on its first page.

    fit: 0 to 1, how well the value agrees with the form and with other parts of the document.
    read_as is kept only where it differs from the value.
    """
    page = evidence[0].page
    box = union(segment.box for segment in evidence if segment.page == page)
    confidence = reading(word for segment in evidence for word in segment.words) * fit
    return Field(
        value, round(max(0.0, min(0.99, confidence)), 4), page, box, read_as=None if read_as == value else read_as
    )


def unread(page: int, box: Box) -> Field:
    """A part that is there and could not be read, handwriting as a rule."""
    return Field("", UNREAD, page, box)


def reading(words: Iterable[Word]) -> float:
    """How well words were read: their mean, drawn down by the worst of them that carry letters."""
    carrying = [word for word in words if any(letter.isalnum() for letter in word.text)]
    if not carrying:
        return 0.0
    letters = sum(len(word.text) for word in carrying)
    mean = sum(word.confidence * len(word.text) for word in carrying) / letters
    worst = min(word.confidence for word in carrying)
    weight: float = 0.5 / len(carrying) ** 0.5  # of many words one bad one weighs less
    return (1 - weight) * mean + weight * worst
