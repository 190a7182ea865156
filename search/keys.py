"""The keys that an index holds of a document: made here, not by an engine, so that every index finds the same."""

from __future__ import annotations

from dataclasses import dataclass

from search.document import IndexDocument, codes_of, heading_of, texts_of
from search.words import keys_in

FIELDS = ("words", "exact", "heading", "codes")


@dataclass(frozen=True, slots=True)
class Keys:
    """Of each text, its words' keys with blanks between; `heading` and `codes` hold again what counts more."""

    words: list[str]
    exact: list[str]
    heading: list[str]
    codes: list[str]


def keys_of(document: IndexDocument) -> Keys:
    keys = Keys([], [], [], [])
    headings, codes = heading_of(document), codes_of(document)
    for text in texts_of(document):
        folded, exact = keys_in(text)
        keys.words.append(folded)
        keys.exact.append(exact)
        if text in headings:
            keys.heading.append(folded)
        if text in codes:
            keys.codes.append(folded)
    return keys
