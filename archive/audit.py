"""The chain over the trail: one sealer links events, anybody verifies.

Each link's hash covers the hash before it, its own place and time, and the event's canonical form; the event holds the
digest of its details. Source: docs/storage-format.md, "Audit chain".
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive.audit_events import EventTag, canonical, details_digest
from archive.db.trail import AuditDetails, AuditEvent, AuditLink, AuditTail

__all__ = ["AuditFinding", "AuditReport", "EventTag", "compare", "export", "seal", "verify", "verify_export"]

SEALER_LOCK = 0x4152_4348_0002
GENESIS = "0" * 64
VERSION = 1
BLOCK = 1000


@dataclass(frozen=True, slots=True)
class AuditFinding:
    rule: str  # message id: audit.gap, audit.event_changed, …
    place: str  # link number, or event id
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """sealed: links looked at; unsealed: committed events that wait for the sealer, which is no finding."""

    sealed: int
    unsealed: int
    head: str
    findings: tuple[AuditFinding, ...]


def seal(session: Session, now: datetime, *, limit: int = BLOCK) -> int:
    """Link up to `limit` waiting events; the caller commits. Returns how many; 0 also while another one seals.

    A link is never changed and its event is unique in the chain, so repeating it after a crash goes on where it ended.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(SEALER_LOCK))):
        return 0
    waiting = list(
        session.scalars(
            select(AuditEvent)
            .join(AuditTail, AuditTail.event_id == AuditEvent.id)
            .order_by(AuditEvent.at, AuditEvent.id)
            .limit(limit)
        )
    )
    last = session.execute(select(AuditLink.sequence, AuditLink.hash).order_by(AuditLink.sequence.desc()).limit(1))
    sequence, previous = last.one_or_none() or (0, GENESIS)
    sealed_at = now.astimezone(UTC)
    for event in waiting:
        sequence += 1
        previous = link_hash(previous, sequence, sealed_at, event_form(event))
        session.add(AuditLink(sequence=sequence, event_id=event.id, hash=previous, sealed_at=sealed_at))
    session.execute(delete(AuditTail).where(AuditTail.event_id.in_([event.id for event in waiting])))
    session.flush()
    return len(waiting)


def event_form(event: AuditEvent) -> dict[str, Any]:
    """What is chained of an event: every column, as text or null."""
    return {
        "acting_as_id": _text(event.acting_as_id),
        "actor_id": _text(event.actor_id),
        "agency_id": _text(event.agency_id),
        "at": _time(event.at),
        "details_digest": event.details_digest,
        "id": str(event.id),
        "os_user": event.os_user,
        "reading_key": event.reading_key,
        "subject_id": event.subject_id,
        "subject_kind": event.subject_kind,
        "tag": event.tag,
        "version": VERSION,
    }


def link_hash(previous: str, sequence: int, sealed_at: datetime, event: Mapping[str, Any]) -> str:
    """SHA-256 over four lines: previous hash, number, time of sealing, canonical event."""
    head = f"{previous}\n{sequence}\n{_time(sealed_at)}\n".encode()
    return hashlib.sha256(head + canonical(event)).hexdigest()


def verify(session: Session) -> AuditReport:
    """Compute the whole chain anew; changes nothing."""
    chain = _Chain()
    for link, event, details in _linked(session):
        chain.check(link.sequence, link.hash, link.sealed_at, None if event is None else event_form(event))
        if event is not None:
            chain.findings += _details_findings(link.sequence, event, details)
    unlinked = select(AuditEvent.id).where(
        ~select(AuditLink).where(AuditLink.event_id == AuditEvent.id).exists(),
        ~select(AuditTail).where(AuditTail.event_id == AuditEvent.id).exists(),
    )
    for event_id in session.scalars(unlinked):
        chain.findings.append(AuditFinding("audit.link_missing", str(event_id), "1", "0"))
    unsealed = session.scalar(select(func.count()).select_from(AuditTail)) or 0
    return AuditReport(chain.length, unsealed, chain.previous, tuple(chain.findings))


def export(session: Session) -> Iterator[str]:
    """The chain as JSON lines, without details: what an auditor keeps elsewhere and verifies without us."""
    for link, event, _ in _linked(session):
        line = {
            "sequence": link.sequence,
            "hash": link.hash,
            "sealed_at": _time(link.sealed_at),
            "event": None if event is None else event_form(event),
        }
        yield canonical(line).decode()


def verify_export(lines: Iterable[str]) -> AuditReport:
    """Compute an export's chain anew, without the database."""
    chain = _Chain()
    for number, line in enumerate(lines, start=1):
        try:
            link = json.loads(line)
            sealed_at = datetime.fromisoformat(link["sealed_at"])
            chain.check(int(link["sequence"]), str(link["hash"]), sealed_at, link["event"])
        except (ValueError, KeyError, TypeError):
            chain.findings.append(AuditFinding("audit.line_unreadable", str(number), "JSON", line[:80]))
    return AuditReport(chain.length, 0, chain.previous, tuple(chain.findings))


def compare(session: Session, lines: Iterable[str]) -> tuple[AuditFinding, ...]:
    """Links of an earlier export that the database no longer holds as they were: its chain was written anew or cut."""
    findings = []
    for line in lines:
        link = json.loads(line)
        held = session.scalar(select(AuditLink.hash).where(AuditLink.sequence == link["sequence"]))
        if held != link["hash"]:
            findings.append(AuditFinding("audit.export_differs", str(link["sequence"]), link["hash"], held or ""))
    return tuple(findings)


class _Chain:
    """Walks links in order; after a broken one it goes on from the stored hash, so that one change is one finding."""

    def __init__(self) -> None:
        self.findings: list[AuditFinding] = []
        self.previous = GENESIS
        self.length = 0
        self._next = 1

    def check(self, sequence: int, found: str, sealed_at: datetime, event: Mapping[str, Any] | None) -> None:
        if sequence != self._next:
            self.findings.append(AuditFinding("audit.gap", str(sequence), str(self._next), str(sequence)))
        if event is None:
            self.findings.append(AuditFinding("audit.event_missing", str(sequence), "1", "0"))
        else:
            expected = link_hash(self.previous, sequence, sealed_at, event)
            if expected != found:
                self.findings.append(AuditFinding("audit.event_changed", str(sequence), expected, found))
        self.previous = found
        self.length += 1
        self._next = sequence + 1


def _linked(session: Session) -> Iterator[tuple[AuditLink, AuditEvent | None, AuditDetails | None]]:
    statement = (
        select(AuditLink, AuditEvent, AuditDetails)
        .outerjoin(AuditEvent, AuditEvent.id == AuditLink.event_id)
        .outerjoin(AuditDetails, AuditDetails.event_id == AuditEvent.id)
        .order_by(AuditLink.sequence)
        .execution_options(yield_per=BLOCK, populate_existing=True)
    )
    yield from session.execute(statement)


def _details_findings(sequence: int, event: AuditEvent, details: AuditDetails | None) -> list[AuditFinding]:
    if details is None:
        return [AuditFinding("audit.details_missing", str(sequence), event.details_digest, "")]
    found = details_digest(details.salt, details.details)
    if found != event.details_digest:
        return [AuditFinding("audit.details_changed", str(sequence), event.details_digest, found)]
    return []


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
