"""The keys that an index holds of a document: made here, not by an engine, so that every index finds the same."""

from __future__ import annotations

from dataclasses import dataclass

from search.document import IndexDocument, codes_of, heading_of, texts_of
from search.words import exact_key, folded_key, words

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
        found = words(text)
        folded = " ".join(map(folded_key, found))
        keys.words.append(folded)
        keys.exact.append(" ".join(map(exact_key, found)))
        if text in headings:
            keys.heading.append(folded)
        if text in codes:
            keys.codes.append(folded)
    return keys
