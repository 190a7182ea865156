"""The fields of certificates, permits and forms: whom they are about and how long they hold."""

from __future__ import annotations

from collections.abc import Sequence

from metadata.evidence import make_field
from metadata.fields.head import Head
from metadata.layout import Layout
from metadata.model import Field, FieldName
from metadata.types.holder import Found, holder_birth_date, holder_identifier, holder_name, validity

KINDS = frozenset({"certificate", "permit", "form"})


def fields_of(layouts: Sequence[Layout], head: Head) -> dict[FieldName, Field]:
    if head.kind is None or head.kind.kind not in KINDS:
        return {}
    first, last = validity(layouts, head.issued_on)
    found: dict[FieldName, Found | None] = {
        FieldName.HOLDER_NAME: holder_name(layouts),
        FieldName.HOLDER_IDENTIFIER: holder_identifier(layouts),
        FieldName.HOLDER_BIRTH_DATE: holder_birth_date(layouts),
        FieldName.VALID_FROM: first,
        FieldName.VALID_UNTIL: last,
    }
    return {
        name: make_field(value.value, value.evidence, value.support, read_as=value.read_as)
        for name, value in found.items()
        if value
    }
