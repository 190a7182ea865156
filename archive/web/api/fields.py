"""Fields of an item: corrected, accepted, removed. A person's word is laid over every later recognition."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from archive.actions import describe
from archive.actions.readings import open_item
from archive.errors import NotFound
from archive.web.api.calls import Key, Reader, Reference, Revision, Writer
from archive.web.api.item_changes import change_item
from archive.web.api.models.items import FieldGiven, ItemField, ItemStanding
from archive.web.deps import Visit
from metadata.model import FieldName

router = APIRouter(prefix="/api/v1/items/{reference}/fields", tags=["fields"])
Name = Annotated[FieldName, Path()]


@router.get("")
def list_fields(visit: Reader, reference: Reference) -> list[ItemField]:
    """List the fields of an item as they count now, each with its confidence and place."""
    return _fields(visit, reference)


@router.get("/{name}")
def get_field(visit: Reader, reference: Reference, name: Name) -> ItemField:
    """A field of an item as it counts now."""
    for field in _fields(visit, reference):
        if field.name == name:
            return field
    raise NotFound(what=name)


@router.put("/{name}")
def correct_field(
    visit: Writer, reference: Reference, name: Name, given: FieldGiven, *, revision: Revision, key: Key = None
) -> ItemStanding:
    """Give a field its value, whatever was read; the value that was read accepts it."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        describe.correct_field(uow, item_id, name, given.value, page=given.page, box=given.box, **how)

    return change_item(visit, key, reference, given, change, revision=revision, status=200)


@router.delete("/{name}")
def remove_field(visit: Writer, reference: Reference, name: Name, revision: Revision, key: Key = None) -> ItemStanding:
    """Say that the document has no such field, whatever was read."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        describe.remove_field(uow, item_id, name, **how)

    return change_item(visit, key, reference, None, change, revision=revision, status=200)


@router.post("/{name}/acceptances", status_code=201)
def accept_field(visit: Writer, reference: Reference, name: Name, revision: Revision, key: Key = None) -> ItemStanding:
    """Say that a field was read right. Accepting it again changes nothing."""

    def change(uow: Any, item_id: Any, how: dict[str, Any]) -> None:
        describe.accept_field(uow, item_id, name, **how)

    return change_item(visit, key, reference, None, change, revision=revision)


def _fields(visit: Visit, reference: str) -> list[ItemField]:
    with visit.unit_of_work() as uow:
        item = open_item(uow, reference, actor=visit.actor, now=visit.now)
    return [ItemField.model_validate(field) for field in item.fields]
