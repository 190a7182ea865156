"""A field's value as a person gives it, brought into the form that fields have; or what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from archive.errors import InvalidInput
from metadata.model import FieldName, FieldValue, Secrecy
from metadata.types.date import find_date
from ocr.letters import fold, nfc

DATES = frozenset({FieldName.ISSUED_DATE, FieldName.HOLDER_BIRTH_DATE, FieldName.VALID_FROM, FieldName.VALID_UNTIL})
PAST_DATES = frozenset({FieldName.ISSUED_DATE, FieldName.HOLDER_BIRTH_DATE})
LISTS = frozenset({FieldName.RECIPIENTS, FieldName.REFERENCES})

MAX_CHARACTERS = 2000
MAX_PARTS = 200
MAX_PAGES = 100_000
FIRST_YEAR = 1800

_ISO = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?")
_SECRET = frozenset(fold(level) for level in Secrecy)


def field_value(name: str, given: object, *, today: date) -> FieldValue:
    """Raises InvalidInput that names the field and says what it must look like."""
    try:
        field = FieldName(name)
    except ValueError as error:
        raise InvalidInput("field.unknown", field=name) from error
    if field in LISTS:
        return _parts(field, given)
    if field is FieldName.PAGE_COUNT:
        return _count(field, given)
    text = _text(field, given)
    if field in DATES:
        return _date(field, text, today)
    if field is FieldName.SECRECY and fold(text) in _SECRET:
        raise InvalidInput("field.secret", field=name)
    return text


def _text(field: FieldName, given: object) -> str:
    if isinstance(given, list | tuple):
        raise InvalidInput("field.one_value", field=field)
    text = " ".join(nfc(str(given)).split())
    if not text:
        raise InvalidInput("field.empty", field=field)
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput("field.too_long", field=field, maximum=MAX_CHARACTERS)
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in text):
        raise InvalidInput("field.letters_unreadable", field=field)
    return text


def _parts(field: FieldName, given: object) -> list[str]:
    """A list; or text with one part a line, as it comes from a form."""
    parts = given if isinstance(given, list | tuple) else str(given).splitlines()
    values = [_text(field, part) for part in parts if str(part).strip()]
    if not values:
        raise InvalidInput("field.empty", field=field)
    if len(values) > MAX_PARTS:
        raise InvalidInput("field.too_many", field=field, maximum=MAX_PARTS)
    return values


def _count(field: FieldName, given: object) -> int:
    text = str(given).strip()
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= MAX_PAGES):
        raise InvalidInput("field.no_count", field=field, maximum=MAX_PAGES)
    return int(text)


def _date(field: FieldName, text: str, today: date) -> str:
    """ISO 8601; of old papers the year, or year and month, where the rest cannot be known."""
    match = _ISO.fullmatch(text)
    if match is None:
        reading = find_date(text)
        if reading is None or reading.value is None or reading.guessed:
            raise InvalidInput("field.no_date", field=field)
        text, day = reading.value.isoformat(), reading.value
    else:
        try:
            day = date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
        except ValueError as error:
            raise InvalidInput("field.no_date", field=field) from error
    if day.year < FIRST_YEAR:
        raise InvalidInput("field.no_date", field=field)
    if field in PAST_DATES and day > today:
        raise InvalidInput("field.date_in_future", field=field)
    return text
