"""Forms of the item page: correct, accept, review, return, publish, file anew."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from archive.actions import describe, filing, review
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput, NotFound
from archive.queries import items
from archive.web.deps import SignedForm, Visit
from archive.web.pages.items import side
from metadata.model import FieldValue

router = APIRouter(prefix="/items/{reference}")

Revision = Annotated[int | None, Form()]
LIST_FIELDS = frozenset({"recipients", "references"})


@router.post("/fields/{name}")
def corrected(
    visit: SignedForm,
    reference: str,
    name: str,
    *,
    value: Annotated[str, Form()] = "",
    remove: Annotated[str, Form()] = "",
    revision: Revision = None,
) -> Response:
    def change(uow: UnitOfWork, item_id: uuid.UUID) -> object:
        how: dict[str, Any] = {"expected_revision": revision, "actor": visit.actor, "now": visit.now}
        if remove:
            return describe.remove_field(uow, item_id, name, **how)
        return describe.correct_field(uow, item_id, name, _value(name, value), **how)

    return _change(visit, reference, change, "corrected")


@router.post("/fields")
def added(
    visit: SignedForm,
    reference: str,
    name: Annotated[str, Form()],
    value: Annotated[str, Form()],
    revision: Revision = None,
) -> Response:
    return corrected(visit, reference, name, value=value, revision=revision)


@router.post("/fields/{name}/accept")
def accepted(visit: SignedForm, reference: str, name: str, revision: Revision = None) -> Response:
    def change(uow: UnitOfWork, item_id: uuid.UUID) -> object:
        return describe.accept_field(uow, item_id, name, expected_revision=revision, actor=visit.actor, now=visit.now)

    return _change(visit, reference, change, "accepted")


@router.post("/review")
def reviewed(visit: SignedForm, reference: str, revision: Revision = None) -> Response:
    """The button says that every field is right: what was still doubtful is accepted with it."""

    def change(uow: UnitOfWork, item_id: uuid.UUID) -> object:
        reached = describe.accept_all(uow, item_id, expected_revision=revision, actor=visit.actor, now=visit.now)
        return review.review_item(uow, item_id, expected_revision=reached, actor=visit.actor, now=visit.now)

    return _change(visit, reference, change, "reviewed")


@router.post("/return")
def returned(visit: SignedForm, reference: str, reason: Annotated[str, Form()]) -> Response:
    def change(uow: UnitOfWork, item_id: uuid.UUID) -> object:
        return review.return_item(uow, item_id, reason=reason, actor=visit.actor, now=visit.now)

    return _change(visit, reference, change, "returned")


@router.post("/publish")
def published(
    visit: SignedForm, reference: str, level: Annotated[str, Form()] = "conditional", revision: Revision = None
) -> Response:
    def change(uow: UnitOfWork, item_id: uuid.UUID) -> object:
        return review.publish_item(
            uow, item_id, level=level, expected_revision=revision, actor=visit.actor, now=visit.now
        )

    return _change(visit, reference, change, "published")


@router.post("/filing")
def filed(
    visit: SignedForm,
    reference: str,
    act: Annotated[str, Form()],
    reason: Annotated[str, Form()],
    target: Annotated[str, Form()] = "",
) -> Response:
    how: dict[str, Any] = {"reason": reason, "actor": visit.actor, "now": visit.now}
    if act == "restore":  # nobody finds what was withdrawn, but those who may bring it back
        with visit.unit_of_work() as uow:
            filing.restore_item(uow, items.item_to_restore(uow.session, reference, actor=visit.actor), **how)
        return visit.back(f"/items/{reference}", "filed")

    def change(uow: UnitOfWork, item_id: uuid.UUID) -> None:
        if act != "withdraw" and not target.strip():
            raise InvalidInput("item.target_missing", field="target")
        try:
            make(uow, item_id)
        except NotFound as wrong:  # the page is there: a code on it was typed wrong
            raise InvalidInput(wrong.reason, field="target", **wrong.values) from wrong

    def make(uow: UnitOfWork, item_id: uuid.UUID) -> None:
        match act:
            case "file":
                filing.file_item(uow, item_id, target.strip(), **how)
            case "move":
                filing.move_item(uow, item_id, target.strip(), **how)
            case "replace":
                filing.replace_item(uow, item_id, _other(visit, uow, target), **how)
            case "supplement":
                filing.supplement_item(uow, item_id, _other(visit, uow, target), **how)
            case "withdraw":
                filing.withdraw_item(uow, item_id, **how)
            case _:
                raise InvalidInput("web.bad_request", field="act")

    return _change(visit, reference, change, "filed")


def _change(visit: Visit, reference: str, change: Callable[[UnitOfWork, uuid.UUID], object], done: str) -> Response:
    """One change in one commit; then the side of the page anew, or the whole page without scripts."""
    with visit.unit_of_work() as uow:
        item = items.item(uow.session, reference, actor=visit.actor)
        change(uow, item.id)
    whole = visit.back(f"/items/{item.receipt}", done)
    if not visit.is_fragment:
        return whole
    try:
        with visit.unit_of_work() as uow:
            return side(visit, items.item(uow.session, item.id, actor=visit.actor))
    except NotFound:  # it was withdrawn or replaced: another page has to be shown
        return Response(headers={"HX-Redirect": whole.headers["location"]})


def _other(visit: Visit, uow: UnitOfWork, reference: str) -> uuid.UUID:
    return items.item(uow.session, reference.strip(), actor=visit.actor).id


def _value(name: str, text: str) -> FieldValue:
    """As typed: one line an entry for lists; the action reads dates and numbers."""
    if name in LIST_FIELDS:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(text.split())
