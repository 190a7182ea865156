"""What a webhook is told: events of the sealed trail, one after the other, that its account may know of at that moment.

An event is told by its number, code, state and time. Names, titles and contents never are.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.access.policy import RecordAccess
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.states import ItemState
from archive.db.telling import WebhookDelivery, WebhookEndpoint
from archive.db.trail import AuditDetails, AuditEvent, AuditLink

SCANNED = 500  # links of the trail in one look
HASH_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Telling:
    """permission: what the account must hold over the record. state: of the record, as the event tells it."""

    permission: Permission
    state: str | None = None
    path: str = ""


_BATCH, _DOSSIER, _ITEM = "/batches/", "/dossiers/", "/items/"

EVENTS: dict[EventTag, Telling] = {
    EventTag.BATCH_OPENED: Telling(Permission.BATCH_READ, "open", _BATCH),
    EventTag.BATCH_CLOSED: Telling(Permission.BATCH_READ, "closed", _BATCH),
    EventTag.MANIFEST_GIVEN: Telling(Permission.BATCH_READ, None, _BATCH),
    EventTag.FILE_RECEIVED: Telling(Permission.BATCH_READ, None, _BATCH),
    EventTag.FILE_REFUSED: Telling(Permission.BATCH_READ, None, _BATCH),
    EventTag.DUPLICATE_LINKED: Telling(Permission.BATCH_READ, None, _BATCH),
    EventTag.DOSSIER_CREATED: Telling(Permission.DOSSIER_READ, "open", _DOSSIER),
    EventTag.DOSSIER_CLOSED: Telling(Permission.DOSSIER_READ, "closed", _DOSSIER),
    EventTag.DOSSIER_REOPENED: Telling(Permission.DOSSIER_READ, "open", _DOSSIER),
    EventTag.ITEM_STOPPED: Telling(Permission.BATCH_READ, ItemState.STOPPED, _ITEM),
    EventTag.ITEM_DESCRIBED: Telling(Permission.ITEM_READ, ItemState.DESCRIBED, _ITEM),
    EventTag.ITEM_REVIEWED: Telling(Permission.ITEM_READ, ItemState.REVIEWED, _ITEM),
    EventTag.ITEM_RETURNED: Telling(Permission.ITEM_READ, ItemState.DESCRIBED, _ITEM),
    EventTag.ITEM_PUBLISHED: Telling(Permission.ITEM_READ, ItemState.PUBLISHED, _ITEM),
    EventTag.ITEM_RESTORED: Telling(Permission.ITEM_READ, ItemState.DESCRIBED, _ITEM),
    EventTag.ITEM_MOVED: Telling(Permission.ITEM_READ, None, _ITEM),
    EventTag.ITEM_WITHDRAWN: Telling(Permission.ITEM_READ, ItemState.WITHDRAWN, _ITEM),
    EventTag.ITEM_REPLACED: Telling(Permission.ITEM_READ, ItemState.REPLACED, _ITEM),
}
"""Events that may be asked for; what is not here is told to nobody."""


def events_by_subject() -> dict[str, tuple[str, ...]]:
    """What may be chosen: batch, dossier and item, each with its events."""
    of = {_BATCH: "batch", _DOSSIER: "dossier", _ITEM: "item"}
    kinds = {str(tag): of[told.path] for tag, told in EVENTS.items()}
    return {kind: tuple(sorted(tag for tag in kinds if kinds[tag] == kind)) for kind in ("item", "dossier", "batch")}


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """message: the body, but for the address that links begin with.

    message_id: what receivers know a repetition by. Its end is of the chain's hash: holdings that were restored to an
    earlier day give the same numbers to other events.
    """

    sequence: int
    message_id: str
    event_id: uuid.UUID
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ahead:
    """passed: the last link before `event` that need not be told; without an event, the last that was looked at."""

    passed: int
    event: FeedEvent | None


def ahead(session: Session, endpoint: WebhookEndpoint, actor: Actor) -> Ahead:
    """What comes after the endpoint's position; a bounded look, the next one goes on behind it."""
    head = newest_sequence(session)
    after = (AuditLink.sequence > endpoint.position, AuditLink.sequence <= head, AuditEvent.tag.in_(endpoint.tags))
    found = session.execute(_linked().where(*after).order_by(AuditLink.sequence).limit(SCANNED)).all()
    for event in _told(session, found, actor):
        return Ahead(event.sequence - 1, event)
    return Ahead(found[-1].sequence if len(found) == SCANNED else max(head, endpoint.position), None)


def event_again(session: Session, delivery: WebhookDelivery, actor: Actor) -> FeedEvent | None:
    """The event of a dead letter; None where the account may no longer know of it."""
    found = session.execute(_linked().where(AuditLink.sequence == delivery.sequence)).all()
    return next(iter(_told(session, found, actor)), None)


def newest_sequence(session: Session) -> int:
    return session.scalar(select(func.max(AuditLink.sequence))) or 0


def _linked() -> Select[*tuple[Any, ...]]:
    """Of the details only the number of the receipt, which is no name."""
    return (
        select(AuditLink.sequence, AuditLink.hash, AuditEvent, Agency.code, AuditDetails.details["receipt"].astext)
        .join(AuditEvent, AuditEvent.id == AuditLink.event_id)
        .join(Agency, Agency.id == AuditEvent.agency_id)
        .outerjoin(AuditDetails, AuditDetails.event_id == AuditEvent.id)
    )


def _told(session: Session, found: Sequence[Row[*tuple[Any, ...]]], actor: Actor) -> list[FeedEvent]:
    subjects = _subjects(session, [row.AuditEvent for row in found])
    told = []
    for sequence, digest, event, agency_code, receipt in found:
        subject = subjects.get((event.subject_kind, event.subject_id))
        telling = EVENTS.get(EventTag(event.tag))
        if subject is not None and telling is not None and subject.known_to(actor, telling, event.agency_id):
            about = _about(subject, receipt, telling)
            message_id = f"event-{sequence}-{digest[:HASH_CHARACTERS]}"
            message = _message(sequence, event, agency_code, about)
            told.append(FeedEvent(sequence, message_id, event.id, message))
    return told


def _about(subject: _Subject, receipt: str | None, telling: Telling) -> dict[str, Any]:
    state = None if telling.state is None else str(telling.state)
    link = f"{telling.path}{subject.number}"
    return {"number": subject.number, "code": subject.code, "receipt": receipt, "state": state, "link": link}


def _message(sequence: int, event: AuditEvent, agency_code: str, about: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": event.tag,
        "timestamp": event.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {
            "sequence": sequence,
            "agency": agency_code,
            "kind": event.subject_kind,
            **about,
        },
    }


@dataclass(frozen=True, slots=True)
class _Subject:
    """item: None for a batch or dossier."""

    number: str
    code: str | None = None
    item: Item | None = None

    def known_to(self, actor: Actor, telling: Telling, agency_id: uuid.UUID | None) -> bool:
        if self.item is None or telling.permission is not Permission.ITEM_READ:
            return agency_id is not None and policy.may(actor, telling.permission, agency_id)
        shown = ItemState.DESCRIBED if self.item.published_at is None else ItemState.PUBLISHED
        if telling.state in {ItemState.DESCRIBED, ItemState.REVIEWED, ItemState.PUBLISHED}:
            shown = ItemState(str(telling.state))
        access = RecordAccess(self.item.agency_id, shown, self.item.level)
        return policy.allows(actor, telling.permission, access)


def _subjects(session: Session, events: Sequence[AuditEvent]) -> dict[tuple[str, str], _Subject]:
    ids: dict[str, set[uuid.UUID]] = {"item": set(), "batch": set(), "dossier": set()}
    for event in events:
        if event.subject_kind in ids:
            ids[event.subject_kind].add(uuid.UUID(event.subject_id))
    found: dict[tuple[str, str], _Subject] = {}
    items = select(Item, Receipt.number).join(Receipt, Receipt.id == Item.receipt_id).where(Item.id.in_(ids["item"]))
    for item, number in session.execute(items) if ids["item"] else ():
        found["item", str(item.id)] = _Subject(number, item.code, item)
    batches = select(Batch.id, Batch.number).where(Batch.id.in_(ids["batch"]))
    for batch_id, number in session.execute(batches) if ids["batch"] else ():
        found["batch", str(batch_id)] = _Subject(number)
    dossiers = select(Dossier.id, Dossier.code).where(Dossier.id.in_(ids["dossier"]))
    for dossier_id, code in session.execute(dossiers) if ids["dossier"] else ():
        found["dossier", str(dossier_id)] = _Subject(code, code)
    return found
