"""Where the fields of an item break the form of its kind of document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from archive.queries.views import ItemView
from metadata.model import Field, FieldName
from metadata.validate import validate

PARTIAL_DATE = "date.grammar"


@dataclass(frozen=True, slots=True)
class FindingView:
    """rule: of metadata.validate, whose text is `finding.<rule>`; expected, found: as there."""

    field: str
    rule: str
    expected: str
    found: str


def findings(item: ItemView, *, today: date) -> tuple[FindingView, ...]:
    """In the order of the fields. A person's word that the document has no such field, or not the whole of a date,
    is not questioned again."""
    given = {
        FieldName(field.name): Field(field.value, field.confidence, field.page, None, field.given_by)
        for field in item.fields
    }
    return tuple(
        FindingView(str(found.place), found.rule, found.expected, found.found)
        for found in validate(given, today=today)
        if str(found.place) not in item.removed_fields
        and not (found.rule == PARTIAL_DATE and given[found.place].given_by == "person")
    )
