"""Events of the trail: every change and every reading, appended in the commit of what it tells.

Source of the forms: docs/storage-format.md, "Audit chain". archive.audit seals and verifies.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Table, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.db.trail import AuditDetails, AuditEvent, AuditTail
from archive.ids import new_id

_EVENT, _DETAILS, _TAIL = (cast(Table, kind.__table__) for kind in (AuditEvent, AuditDetails, AuditTail))


class EventTag(StrEnum):
    """`<subject>.<past tense>`; docs/access.md has a line for each."""

    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_DISABLED = "account.disabled"
    AGENCY_CHANGED = "agency.changed"
    AGENCY_CLOSED = "agency.closed"
    AGENCY_CREATED = "agency.created"
    AGENCY_SUCCEEDED = "agency.succeeded"
    AGREEMENT_ENDED = "agreement.ended"
    AGREEMENT_GIVEN = "agreement.given"
    ASSIGNMENT_ENDED = "assignment.ended"
    ASSIGNMENT_GIVEN = "assignment.given"
    BACKUP_TAKEN = "backup.taken"
    BATCH_CLOSED = "batch.closed"
    BATCH_OPENED = "batch.opened"
    CALL_REFUSED = "call.refused"
    CUSTODY_MOVED = "custody.moved"
    DELETION_DRILLED = "deletion.drilled"
    DISPOSITION_PROPOSED = "disposition.proposed"
    DISPOSITION_REFUSED = "disposition.refused"
    DOOR_CHANGED = "door.changed"
    DOOR_OPENED = "door.opened"
    DOOR_PAUSED = "door.paused"
    DOSSIER_CLOSED = "dossier.closed"
    DOSSIER_CREATED = "dossier.created"
    DOSSIER_REOPENED = "dossier.reopened"
    DUPLICATE_LINKED = "duplicate.linked"
    FIELD_ACCEPTED = "field.accepted"
    FIELD_CORRECTED = "field.corrected"
    FIELD_REMOVED = "field.removed"
    FILE_RECEIVED = "file.received"
    FILE_REFUSED = "file.refused"
    FOND_CLOSED = "fond.closed"
    HOLD_LIFTED = "hold.lifted"
    HOLD_PLACED = "hold.placed"
    HOLDINGS_RESTORED = "holdings.restored"
    ITEM_DESCRIBED = "item.described"
    ITEM_FILED = "item.filed"
    ITEM_MOVED = "item.moved"
    ITEM_PUBLISHED = "item.published"
    ITEM_READ = "item.read"
    ITEM_RECOGNISED = "item.recognised"
    ITEM_REPLACED = "item.replaced"
    ITEM_RESTORED = "item.restored"
    ITEM_RETURNED = "item.returned"
    ITEM_REVIEWED = "item.reviewed"
    ITEM_SEALED = "item.sealed"
    ITEM_STOPPED = "item.stopped"
    ITEM_SUPPLEMENTED = "item.supplemented"
    ITEM_WITHDRAWN = "item.withdrawn"
    MAIL_RECEIVED = "mail.received"
    MAIL_REFUSED = "mail.refused"
    MANIFEST_GIVEN = "manifest.given"
    NOTICE_GIVEN = "notice.given"
    NOTICE_SEEN = "notice.seen"
    PAPER_CHECKED_OUT = "paper.checked_out"
    PAPER_EXPLAINED = "paper.explained"
    PAPER_PLACED = "paper.placed"
    PAPER_RETURNED = "paper.returned"
    PAPER_REUSED = "paper.reused"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PROGRAMME_CHANGED = "programme.changed"
    PROGRAMME_IMPORTED = "programme.imported"
    REUSE_LOOKED_UP = "reuse.looked_up"
    REUSE_REFUSED = "reuse.refused"
    RULE_CONFIRMED = "rule.confirmed"
    RULE_ENDED = "rule.ended"
    RULE_PROPOSED = "rule.proposed"
    SCANNER_CLEARED = "scanner.cleared"
    SCANNER_LEFT = "scanner.left"
    SCANNER_REGISTERED = "scanner.registered"
    SCANNER_WIPED = "scanner.wiped"
    SCHEDULE_IMPORTED = "schedule.imported"
    SEARCH_RUN = "search.run"
    SIGNED_OUT = "session.closed"
    SIGNED_IN = "session.opened"
    SIGN_IN_REFUSED = "sign_in.refused"
    STOPPED_DECIDED = "stopped.decided"
    STOPPED_REMOVED = "stopped.removed"
    TOKEN_CREATED = "token.created"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    TOTP_ENABLED = "totp.enabled"
    TOTP_RESET = "totp.reset"
    TRIGGER_RECORDED = "trigger.recorded"
    TRIGGER_WITHDRAWN = "trigger.withdrawn"
    UPLOAD_ENDED = "upload.ended"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_GIVEN_UP = "webhook.given_up"
    WEBHOOK_OPENED = "webhook.opened"
    WEBHOOK_REPLAYED = "webhook.replayed"


READING_QUARTER_S = 900


@dataclass(frozen=True, slots=True)
class NewEvent:
    tag: EventTag
    actor: Actor | None
    at: datetime
    subject_kind: str
    subject_id: str
    agency_id: uuid.UUID | None
    details: Mapping[str, Any]


def append(session: Session, event: NewEvent, *, along: Sequence[Insert] = ()) -> None:
    """In the transaction of what it tells. along: rows of the same change, in the same round trip."""
    _append(session, event, reading_key=None, along=along)


def append_reading(session: Session, *, item_id: uuid.UUID, agency_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """One reading is one event per actor, item and quarter hour."""
    event = NewEvent(EventTag.ITEM_READ, actor, now, "item", str(item_id), agency_id, {})
    _append(session, event, reading_key=_reading_key(event, str(item_id)))


def append_search(session: Session, event: NewEvent, *, question: str) -> None:
    """One event per actor, question and quarter hour; `question` is a keyed digest of what was asked."""
    _append(session, event, reading_key=_reading_key(event, question))


def append_refusal(session: Session, event: NewEvent, *, once: str) -> None:
    """One event per quarter hour for the same `once`: who tries again and again does not flood the trail."""
    quarter = int(event.at.timestamp()) // READING_QUARTER_S
    _append(session, event, reading_key=f"refused:{hashlib.sha256(once.encode()).hexdigest()}:{quarter}")


def _reading_key(event: NewEvent, what: str) -> str:
    assert event.actor is not None
    quarter = int(event.at.timestamp()) // READING_QUARTER_S
    return f"{event.actor.account_id}:{event.actor.on_behalf_of or ''}:{what}:{quarter}"


def _append(session: Session, event: NewEvent, *, reading_key: str | None, along: Sequence[Insert] = ()) -> None:
    salt = secrets.token_hex(16)
    details = plain(event.details)
    row = {
        "id": new_id(),
        "at": event.at.astimezone(UTC),
        "tag": str(event.tag),
        "actor_id": event.actor.account_id if event.actor else None,
        "acting_as_id": event.actor.on_behalf_of if event.actor else None,
        "os_user": event.actor.os_user if event.actor else None,
        "agency_id": event.agency_id,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "details_digest": details_digest(salt, details),
        "reading_key": reading_key,
    }
    session.flush()  # rows that the event refers to
    told = insert(_EVENT).values(**row).on_conflict_do_nothing(index_elements=["reading_key"])
    written = told.returning(_EVENT.c.id).cte("written")
    salted = insert(_DETAILS).from_select(
        ["event_id", "salt", "details"], select(written.c.id, literal(salt), literal(details, _DETAILS.c.details.type))
    )
    tail = insert(_TAIL).from_select(["event_id"], select(written.c.id))
    others = [each.cte(f"along_{number}") for number, each in enumerate((salted, *along))]
    session.execute(tail.add_cte(*others))


def plain(details: Mapping[str, Any]) -> dict[str, Any]:
    """As strings, whole numbers, booleans, None, lists and dicts: what comes back from JSONB as it went in."""
    return {str(key): _plain(value) for key, value in details.items()}


def _plain(value: Any) -> Any:
    plainest: Any
    match value:
        case None | bool():
            plainest = value
        case int():
            plainest = int(value)
        case datetime() | date():
            plainest = value.isoformat()
        case Mapping():
            plainest = plain(value)
        case list() | tuple():
            plainest = [_plain(part) for part in value]
        case set() | frozenset():
            plainest = sorted(_plain(part) for part in value)
        case _:
            plainest = str(value)  # floats and Decimals too: a number's text is the same on every machine
    return plainest


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def details_digest(salt: str, details: Mapping[str, Any]) -> str:
    return hashlib.sha256(salt.encode() + b"\n" + canonical(details)).hexdigest()
