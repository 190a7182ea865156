"""Owner identifiers: never in the clear in the catalogue, opened for who may read the item, found by keyed digest.

A sensitive field's value lies in descriptions and corrections as {"encrypted": base64, "key": name of the key}, bound
to its item and field; what counts now is in a row of owner_identifier, too, by which the owner's papers are found.
"""

from __future__ import annotations

import base64
import re
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.encryption import Encrypted, decrypt, encrypt, lookup_digest
from archive.access.keys import Keys
from archive.db.holdings import Item, OwnerIdentifier
from archive.ids import new_id
from metadata.model import FieldName, FieldValue

SENSITIVE = frozenset({FieldName.HOLDER_IDENTIFIER.value})
"""Fields whose values are sealed; the name is the kind of an owner_identifier row."""

_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){8,}")  # of a person (9 or 12 digits), an enterprise (10 or 13)
_SPACED_NUMBER = re.compile(r"\d(?: ?\d){8,}")
_VALUES = ("value", "read_as")  # parts of a stored field that hold what the paper says


def normalised(value: str) -> str:
    """Letters and digits, upper case: 001 080 000 123 and 001080000123 are one identifier."""
    return "".join(each for each in unicodedata.normalize("NFC", value).upper() if each.isalnum())


def masked(text: str) -> str:
    """For the trail: of numbers as long as an identifier only the last three digits are left."""
    return _LONG_NUMBER.sub(lambda number: f"…{number.group()[-3:]}", text)


def masked_code(text: str) -> str:
    """Of a code whose parts are numbers, H26.18-251122-0007, only a part that is as long as an identifier is hidden."""
    return _SPACED_NUMBER.sub(lambda number: f"…{number.group()[-3:]}", text)


def seal_value(keys: Keys, item_id: uuid.UUID, field: str, value: FieldValue) -> Any:
    """As it is stored; the value itself where the field is not sensitive."""
    if field not in SENSITIVE:
        return value
    encrypted = encrypt(keys, str(value), place=_place(item_id, field))
    return {"encrypted": base64.b64encode(encrypted.value).decode(), "key": encrypted.key_name}


def open_value(keys: Keys, item_id: uuid.UUID, field: str, stored: Any) -> Any:
    """What seal_value was given. Raises NotFound if its key is not here, ObjectDamaged if it was changed or moved."""
    if not isinstance(stored, Mapping):
        return stored
    encrypted = Encrypted(base64.b64decode(stored["encrypted"]), stored["key"])
    return decrypt(keys, encrypted, place=_place(item_id, field))


def seal_fields(keys: Keys, item_id: uuid.UUID, fields: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Fields as a description row holds them: what is sensitive in them is sealed."""
    return {
        name: {part: seal_value(keys, item_id, name, told) if part in _VALUES else told for part, told in field.items()}
        for name, field in fields.items()
    }


def keep_owner(session: Session, keys: Keys, item: Item, field: str, value: str | None) -> None:
    """The item's one row of that kind says this value; None: there is no such row. Repeating it changes nothing."""
    owned = select(OwnerIdentifier).where(OwnerIdentifier.item_id == item.id, OwnerIdentifier.kind == field)
    row = session.scalar(owned)
    if value is None or not normalised(value):
        if row is not None:
            session.delete(row)
        return
    digest, lookup_key = lookup_digest(keys, field, normalised(value))
    if row is None:
        row = OwnerIdentifier(id=new_id(), item_id=item.id, agency_id=item.agency_id, kind=field)
        session.add(row)
    elif (
        row.lookup == digest
        and decrypt(keys, Encrypted(row.value, row.key_name), place=_place(item.id, field)) == value
    ):
        return
    encrypted = encrypt(keys, value, place=_place(item.id, field))
    row.value, row.key_name = encrypted.value, encrypted.key_name
    row.lookup, row.lookup_key_name = digest, lookup_key


def _place(item_id: uuid.UUID, field: str) -> str:
    return f"item.{field}:{item_id}"
