"""From words read on a page to a field: value, place and how sure.

How sure is worked out as odds: those with which the words were read right, times how much more often a right value
than a wrong one fits the form and the other parts of the document as this one does (`support`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metadata.layout import Segment, union
from metadata.model import Field, FieldValue
from ocr.model import Box, Word

UNREAD = 0.05  # the field is there, but nothing could be read in it
SUREST = 0.99
PARTLY_READ = 0.3  # a value of which a part is missing is never surer than this


def make_field(
    value: FieldValue,
    evidence: Sequence[Segment],
    support: float,
    *,
    read_as: FieldValue | None = None,
    at_most: float = SUREST,
) -> Field:
    """A field given by rule; the box is of the evidence on its first page.

    support: 1 says nothing, 10 that the value fits ten times more often when it is right, 0.1 the contrary.
    read_as is kept only where it differs from the value.
    """
    page = evidence[0].page
    box = union(segment.box for segment in evidence if segment.page == page)
    confidence = combine(reading(word for segment in evidence for word in segment.words), support)
    changed = None if read_as == value else read_as
    return Field(value, round(min(at_most, confidence), 4), page, box, read_as=changed)


def unread(page: int, box: Box) -> Field:
    """A part that is there and could not be read, handwriting as a rule."""
    return Field("", UNREAD, page, box)


def combine(probability: float, support: float) -> float:
    """Bayes: the probability after support, a ratio of likelihoods, is taken in."""
    probability = min(0.98, max(0.02, probability))
    odds = probability / (1 - probability) * support
    return min(SUREST, odds / (1 + odds))


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
