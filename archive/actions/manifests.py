"""The manifest of a delivery: first what is wrong with it, then all of it or nothing.

Of a file's name only a keyed digest is kept: who needs the names has the sheet, by whose lines everything is told.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.manifest_lines import name_digest, name_digests
from archive.audit_events import EventTag
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import ManifestLine
from archive.db.holdings import Dossier, Receipt
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, NotFound
from archive.ids import new_id
from archive.intake.manifest_sheet import HEADINGS, ManifestRow, read_manifest
from archive.intake.sheets import Sheet, SheetFinding

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ManifestPlan:
    """With findings nothing is kept. replaces: lines of an earlier manifest that go."""

    lines: int
    pages: int  # those that are told
    dossiers: int
    replaces: int
    findings: tuple[SheetFinding, ...]


def plan_manifest(session: Session, number: str, sheet: Sheet, *, actor: Actor) -> ManifestPlan:
    """The dry run: changes nothing."""
    batch = _batch(session, number, actor)
    return _plan(session, batch, *read_manifest(sheet))[0]


def give_manifest(uow: UnitOfWork, number: str, sheet: Sheet, *, actor: Actor, now: datetime) -> ManifestPlan:
    """Kept in place of an earlier one, and what has come is found in it. Raises Conflict where something is wrong."""
    batch = _batch(uow.session, number, actor, lock=True)
    rows, findings = read_manifest(sheet)
    plan, dossiers = _plan(uow.session, batch, rows, findings)
    if plan.findings:
        raise Conflict("manifest.has_findings", number=len(plan.findings))
    uow.session.execute(delete(ManifestLine).where(ManifestLine.batch_id == batch.id))
    came = _Came(uow.session, batch.id)
    for row in rows:
        told, key = name_digest(uow.keys, row.name)
        uow.session.add(
            ManifestLine(
                id=new_id(),
                batch_id=batch.id,
                line=row.line,
                name_digest=told,
                name_key=key,
                digest=row.digest,
                pages=row.pages,
                dossier_id=dossiers[row.dossier].id if row.dossier else None,
                entry_id=came.entry_of(name_digests(uow.keys, row.name), row.digest),
            )
        )
    batch.expected = len(rows)
    uow.record(
        EventTag.MANIFEST_GIVEN,
        actor=actor,
        now=now,
        subject_kind="batch",
        subject_id=batch.id,
        agency_id=batch.agency_id,
        details={"lines": plan.lines, "replaced": plan.replaces},
    )
    return plan


class _Came:
    """What of the batch has come so far; each file belongs to one line."""

    def __init__(self, session: Session, batch_id: uuid.UUID) -> None:
        taken = BatchEntry.outcome != "refused"
        rows = session.execute(
            select(BatchEntry.id, BatchEntry.name_digest, Receipt.digest)
            .outerjoin(Receipt, Receipt.id == BatchEntry.receipt_id)
            .where(BatchEntry.batch_id == batch_id, taken)
            .order_by(BatchEntry.ordinal)
        ).all()
        self._by_name: dict[str, uuid.UUID] = {row.name_digest: row.id for row in reversed(rows) if row.name_digest}
        self._by_bytes: dict[str, uuid.UUID] = {row.digest: row.id for row in reversed(rows)}
        self._given: set[uuid.UUID] = set()

    def entry_of(self, names: frozenset[str], digest: str | None) -> uuid.UUID | None:
        found = [self._by_name[name] for name in names if name in self._by_name]
        found += [self._by_bytes[digest]] if digest is not None and digest in self._by_bytes else []
        for entry_id in found:
            if entry_id not in self._given:
                self._given.add(entry_id)
                return entry_id
        return None


def _batch(session: Session, number: str, actor: Actor, *, lock: bool = False) -> Batch:
    wanted = select(Batch).where(Batch.number == number, policy.filter_batches(actor))
    batch = session.scalar(wanted.with_for_update() if lock else wanted)
    if batch is None:
        raise NotFound(what=i18n.text("noun.batch", number=number))
    policy.require(actor, Permission.BATCH_INGEST, batch.agency_id)
    if batch.closed_at is not None:
        raise Conflict("manifest.batch_closed", number=batch.number)
    return batch


def _plan(
    session: Session, batch: Batch, rows: Sequence[ManifestRow], findings: Sequence[SheetFinding]
) -> tuple[ManifestPlan, Mapping[str, Dossier]]:
    dossiers = _dossiers(session, batch, rows)
    wrong = chain(findings, chain.from_iterable(_dossier_findings(row, dossiers) for row in rows))
    replaces = len(session.scalars(select(ManifestLine.id).where(ManifestLine.batch_id == batch.id)).all())
    plan = ManifestPlan(
        len(rows),
        sum(row.pages or 0 for row in rows),
        len({row.dossier for row in rows if row.dossier}),
        replaces,
        tuple(sorted(wrong, key=lambda finding: finding.line)),
    )
    return plan, dossiers


def _dossiers(session: Session, batch: Batch, rows: Sequence[ManifestRow]) -> dict[str, Dossier]:
    """By code, of the batch's agency."""
    codes = sorted({row.dossier for row in rows if row.dossier})
    found: dict[str, Dossier] = {}
    for start in range(0, len(codes), AT_ONCE):
        known = select(Dossier).where(
            Dossier.code.in_(codes[start : start + AT_ONCE]), Dossier.agency_id == batch.agency_id
        )
        found |= {dossier.code: dossier for dossier in session.scalars(known)}
    return found


def _dossier_findings(row: ManifestRow, dossiers: Mapping[str, Dossier]) -> Iterator[SheetFinding]:
    if row.dossier is None:
        return
    dossier = dossiers.get(row.dossier)
    if dossier is None:
        yield SheetFinding(row.line, HEADINGS["dossier"], "manifest.dossier_unknown", {"code": row.dossier})
    elif dossier.state != "open":
        yield SheetFinding(row.line, HEADINGS["dossier"], "manifest.dossier_closed", {"code": row.dossier})
