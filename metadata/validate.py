"""A described document -> findings: where it breaks its own form.

Rule ids: field.missing, field.too_long, type.unknown, number.grammar, notation.grammar, notation.type, notation.year,
date.grammar, date.future, dates.order, authority.deputy, identifier.grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from metadata.model import Field, FieldName
from metadata.names import NOTATION, NUMBER
from metadata.registry import DocumentClass, classes
from ocr.letters import fold

# Lengths of Nghị định 30/2020, Phụ lục VI, phần II
LONGEST = {
    FieldName.TYPE_NAME: 100,
    FieldName.CODE_NUMBER: 11,
    FieldName.CODE_NOTATION: 30,
    FieldName.ORGAN_NAME: 200,
    FieldName.SUBJECT: 500,
    FieldName.LANGUAGE: 30,
    FieldName.SIGNER_POSITION: 100,
    FieldName.SIGNER_NAME: 50,
}
DATES = (FieldName.ISSUED_DATE, FieldName.HOLDER_BIRTH_DATE, FieldName.VALID_FROM, FieldName.VALID_UNTIL)
IN_ORDER = (
    (FieldName.HOLDER_BIRTH_DATE, FieldName.ISSUED_DATE),
    (FieldName.HOLDER_BIRTH_DATE, FieldName.VALID_FROM),
    (FieldName.VALID_FROM, FieldName.VALID_UNTIL),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """rule: an id of this module; place: the field; expected, found: what should and what does stand there.

    expected is the limit of a length (found: the length), the last possible day, or the day that must not lie later.
    """

    rule: str
    place: FieldName
    expected: str
    found: str


def validate(fields: Mapping[FieldName, Field], *, today: date) -> tuple[Finding, ...]:
    """Findings in the order of the fields; an empty tuple where nothing is wrong."""
    kind = class_of(fields)
    found = [
        *_presence(fields, kind),
        *_lengths(fields),
        *_code(fields, kind),
        *_dates(fields, today),
        *_people(fields),
    ]
    order = list(FieldName)
    return tuple(sorted(found, key=lambda finding: order.index(finding.place)))


def class_of(fields: Mapping[FieldName, Field]) -> DocumentClass | None:
    """The class that type_name names; None for an unknown one."""
    return class_named(_text(fields, FieldName.TYPE_NAME))


def class_named(type_name: str) -> DocumentClass | None:
    """By any spelling, the longest name first; a printed title may go on after the name."""
    name = fold(type_name)
    named = sorted(classes().values(), key=lambda entry: -len(entry.name))
    for entry in named:
        if any(name == fold(spelling) for spelling in (entry.name, *entry.also_written)):
            return entry
    return next((entry for entry in named if entry.takes_qualifier and name.startswith(fold(entry.name) + " ")), None)


def _text(fields: Mapping[FieldName, Field], name: FieldName) -> str:
    field = fields.get(name)
    return "" if field is None or isinstance(field.value, list) else str(field.value)


def _presence(fields: Mapping[FieldName, Field], kind: DocumentClass | None) -> Iterator[Finding]:
    if kind is None:
        name = _text(fields, FieldName.TYPE_NAME)
        if name:
            yield Finding("type.unknown", FieldName.TYPE_NAME, "a class of document", name)
        else:
            yield Finding("field.missing", FieldName.TYPE_NAME, "a value", "")
        return
    for name in kind.required:
        if not _text(fields, name):
            yield Finding("field.missing", name, "a value", "")


def _lengths(fields: Mapping[FieldName, Field]) -> Iterator[Finding]:
    for name, longest in LONGEST.items():
        length = len(_text(fields, name))
        if length > longest:
            yield Finding("field.too_long", name, str(longest), str(length))


def _code(fields: Mapping[FieldName, Field], kind: DocumentClass | None) -> Iterator[Finding]:
    number, notation = _text(fields, FieldName.CODE_NUMBER), _text(fields, FieldName.CODE_NOTATION)
    if number and not NUMBER.fullmatch(number):
        yield Finding("number.grammar", FieldName.CODE_NUMBER, "figures, at most one letter after them", number)
    if not notation:
        return
    if not NOTATION.fullmatch(notation):
        yield Finding("notation.grammar", FieldName.CODE_NOTATION, "groups joined by -", notation)
        return
    year = re.match(r"(\d{4})/", notation)
    issued = _date(_text(fields, FieldName.ISSUED_DATE))
    if year and issued and int(year[1]) != issued.year:
        yield Finding("notation.year", FieldName.CODE_NOTATION, str(issued.year), year[1])
    first = re.split(r"[-/]", re.sub(r"^\d{4}/", "", notation))[0]
    named = next((entry for entry in classes().values() if entry.abbreviation == first), None)
    if kind and named and named.code != kind.code and kind.abbreviation:
        yield Finding("notation.type", FieldName.CODE_NOTATION, kind.abbreviation, first)


def _dates(fields: Mapping[FieldName, Field], today: date) -> Iterator[Finding]:
    for name in DATES:
        text = _text(fields, name)
        value = _date(text)
        if text and value is None:
            yield Finding("date.grammar", name, "YYYY-MM-DD", text)
        elif value and name is not FieldName.VALID_UNTIL and name is not FieldName.VALID_FROM and value > today:
            yield Finding("date.future", name, today.isoformat(), text)
    for earlier, later in IN_ORDER:
        first, last = _date(_text(fields, earlier)), _date(_text(fields, later))
        if first and last and first > last:
            yield Finding("dates.order", later, first.isoformat(), last.isoformat())


def _people(fields: Mapping[FieldName, Field]) -> Iterator[Finding]:
    authority, position = _text(fields, FieldName.SIGNING_AUTHORITY), _text(fields, FieldName.SIGNER_POSITION)
    if "KT." in authority and position and not fold(position).startswith(("pho ", "thu truong", "thu ")):
        yield Finding("authority.deputy", FieldName.SIGNER_POSITION, "the position of a deputy", position)
    identifier = _text(fields, FieldName.HOLDER_IDENTIFIER)
    if identifier and not re.fullmatch(r"\d{9}|\d{12}", identifier):
        yield Finding("identifier.grammar", FieldName.HOLDER_IDENTIFIER, "9 or 12 figures", identifier)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None
