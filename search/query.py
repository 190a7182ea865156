"""Query text and filters as a tree that every index understands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Term:
    """A word as typed (NFC, case folded). Without tones it finds every tone; with tones the exact one ranks first."""

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
    """All of `must` are wanted; none: everything that the filter lets through, newest document first."""

    must: tuple[Term | Phrase, ...] = ()
    excluded: tuple[Term | Phrase, ...] = ()
    filter: Filter = field(default_factory=lambda: EVERYTHING)
