"""Query text and filters as a tree that every index understands."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from ocr.letters import nfc
from search.errors import InvalidQuery
from search.words import has_tones, words

MAX_CHARACTERS = 1000
MAX_WORDS = 200

EASED_FROM_TERMS = 5
EASED_SHARE = 0.6  # measured by benchmarks/search_speed.py: fewer words find little more and cost order


@dataclass(frozen=True, slots=True)
class Term:
    """A word as typed (NFC, lower case). Without tones it finds every tone; with tones the exact one ranks first."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words next to each other, from a quoted part of the query."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyValue:
    """The field has one of these values; an empty set matches nothing."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class DateRange:
    field: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; no parts: everything."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one part holds; no parts: nothing."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter


Filter = AnyValue | DateRange | AllOf | OneOf | Not

EVERYTHING = AllOf(())
NOTHING = OneOf(())


@dataclass(frozen=True, slots=True)
class Query:
    """All of `must` are wanted; none: everything that the filter lets through, newest document first.

    enough: where it is set, so many of the terms in `must` suffice; phrases are wanted all the same.
    """

    must: tuple[Term | Phrase, ...] = ()
    excluded: tuple[Term | Phrase, ...] = ()
    filter: Filter = field(default_factory=lambda: EVERYTHING)
    enough: int | None = None

    @property
    def toned(self) -> bool:
        """Whether whoever asked typed tones: one word with them says that the plain ones are meant plain."""
        return any(has_tones(word) for part in self.must for word in words_of(part))

    def neighbours(self) -> tuple[Phrase, ...]:
        """Terms typed side by side: most Vietnamese words are of two syllables, so together they count more."""
        return tuple(
            Phrase((before.text, after.text))
            for before, after in pairwise(self.must)
            if isinstance(before, Term) and isinstance(after, Term)
        )

    def eased(self) -> Query | None:
        """The same for a document that lacks some of the words: what to ask next where no document has them all.

        A sentence is not found word by word, and a reader of scans gets a syllable wrong now and then. None for a
        query of few words: without one of them it asks for something else.
        """
        terms = sum(isinstance(part, Term) for part in self.must)
        if self.enough is not None or terms < EASED_FROM_TERMS:
            return None
        return replace(self, enough=math.ceil(terms * EASED_SHARE))


def words_of(part: Term | Phrase) -> tuple[str, ...]:
    return (part.text,) if isinstance(part, Term) else part.words


_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')


def parse(text: str, only: Filter = EVERYTHING) -> Query:
    """Read a query as people type it: words, "quoted phrases", -excluded words or phrases.

    What belongs together by punctuation, as in 123/QĐ-UBND, is a phrase of its parts. White space alone asks for
    everything that `only` lets through.
    Raises InvalidQuery for a query that is too long or holds no letter or digit.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidQuery("search.query_too_long", limit=MAX_CHARACTERS)
    parts = tuple(_parts(nfc(text).translate(_QUOTES)))
    if not parts and text.strip():
        raise InvalidQuery("search.query_without_words")
    if sum(len(words_of(part)) for part, _ in parts) > MAX_WORDS:
        raise InvalidQuery("search.query_too_many_words", limit=MAX_WORDS)
    must = dict.fromkeys(part for part, excluded in parts if not excluded)  # each once, in order
    excluded = dict.fromkeys(part for part, excluded in parts if excluded)
    return Query(tuple(must), tuple(excluded), only)


def _parts(text: str) -> Iterator[tuple[Term | Phrase, bool]]:
    for match in _PART.finditer(text):
        found = words(match["quoted"] if match["quoted"] is not None else match["plain"])
        if found:
            part = Term(found[0]) if len(found) == 1 else Phrase(found)
            yield part, match["minus"] is not None
