"""What the service writes down of a watched folder: which files wait and why, its open batch, what is wrong with it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Permission
from archive.actions.ingest import close_batch, open_batch
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import FolderFile, Mailbox, WatchedFolder
from archive.db.holdings import Dossier, Scanner
from archive.db.unit_of_work import UnitOfWork
from archive.ids import new_id

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Profile:
    """What a look at a folder needs to know of it."""

    id: uuid.UUID
    code: str
    path: Path
    proof: str  # stable, trailer, done_file
    quiet_s: int
    done_suffix: str
    active: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file that is not taken yet, and why. reason: message id; digest: SHA-256 that it had at `steady_since`."""

    path_digest: str  # keyed
    size_bytes: int
    changed_at: datetime
    steady_since: datetime
    digest: str | None
    reason: str
    values: Mapping[str, object] = field(default_factory=dict)


def profiles(session: Session) -> list[Profile]:
    rows = session.scalars(select(WatchedFolder).order_by(WatchedFolder.code))
    return [
        Profile(row.id, row.code, Path(row.path), row.proof, row.quiet_s, row.done_suffix, row.state == "active")
        for row in rows
    ]


def sightings(session: Session, folder_id: uuid.UUID) -> dict[str, Sighting]:
    rows = session.scalars(select(FolderFile).where(FolderFile.folder_id == folder_id))
    return {row.path_digest: _sighting(row) for row in rows}


def note_sightings(
    uow: UnitOfWork,
    folder_id: uuid.UUID,
    seen: Collection[Sighting],
    *,
    there: Collection[str] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """there: keyed digests of all paths that lie in the folder; what else was waiting is gone."""
    policy.require(actor, Permission.DOOR_MANAGE)
    _lock(uow, folder_id)
    if there is not None:
        known = set(uow.session.scalars(select(FolderFile.path_digest).where(FolderFile.folder_id == folder_id)))
        _forget(uow, folder_id, known.difference(there))
    told = [
        {
            "id": new_id(),
            "folder_id": folder_id,
            "path_digest": each.path_digest,
            "size_bytes": each.size_bytes,
            "changed_at": each.changed_at,
            "steady_since": each.steady_since,
            "digest": each.digest,
            "reason": each.reason,
            "reason_values": dict(each.values),
            "seen_at": now,
        }
        for each in seen
    ]
    for start in range(0, len(told), ROWS_AT_ONCE):
        rows = insert(FolderFile).values(told[start : start + ROWS_AT_ONCE])
        kept = ("size_bytes", "changed_at", "steady_since", "digest", "reason", "reason_values")
        changed = {name: rows.excluded[name] for name in kept}
        uow.session.execute(rows.on_conflict_do_update(index_elements=["folder_id", "path_digest"], set_=changed))


def batch_of_folder(uow: UnitOfWork, folder_id: uuid.UUID, *, actor: Actor, now: datetime) -> uuid.UUID:
    """The open one, or a new one. Raises InvalidInput or Conflict where none can be opened: as the page does."""
    folder = _lock(uow, folder_id)
    if folder.batch_id is not None:
        batch = uow.session.get(Batch, folder.batch_id)
        if batch is not None and batch.closed_at is None:
            return batch.id
    batch = open_batch(
        uow,
        agency_code=uow.session.scalars(select(Agency.code).where(Agency.id == folder.agency_id)).one(),
        task_number=folder.task_number,
        dossier_code=uow.session.scalar(select(Dossier.code).where(Dossier.id == folder.dossier_id)),
        scanner_code=uow.session.scalar(select(Scanner.code).where(Scanner.id == folder.scanner_id)),
        source="folder",
        door=folder.code,
        actor=actor,
        now=now,
    )
    uow.session.flush()
    folder.batch_id = batch.id
    return batch.id


def note_look(
    uow: UnitOfWork, folder_id: uuid.UUID, *, taken: Collection[str] = (), actor: Actor, now: datetime
) -> None:
    """A look has ended. taken: keyed digests of paths. A batch that nothing came to for long is closed."""
    policy.require(actor, Permission.DOOR_MANAGE)
    folder = _lock(uow, folder_id)
    _forget(uow, folder_id, taken)
    if folder.state == "active":
        folder.looked_at = now
    if folder.batch_id is not None:
        last = uow.session.scalar(select(func.max(BatchEntry.at)).where(BatchEntry.batch_id == folder.batch_id))
        last = last or uow.session.get_one(Batch, folder.batch_id).opened_at
        if now - last >= timedelta(seconds=folder.close_after_s):
            close_batch_of(uow, folder, now=now)


def close_batch_of(uow: UnitOfWork, folder: WatchedFolder, *, now: datetime) -> None:
    """The service opened it; whoever changes or pauses the folder need not be allowed to deliver."""
    if folder.batch_id is not None:
        close_batch(uow, folder.batch_id, actor=SYSTEM, now=now)
        folder.batch_id = None


def note_problem(
    uow: UnitOfWork,
    door: WatchedFolder | Mailbox,
    reason: str | None,
    values: Mapping[str, object] | None = None,
) -> None:
    """None: there is none any more."""
    told = {name: shown(value) for name, value in (values or {}).items()} if reason else {}
    if (door.problem, door.problem_values) != (reason, told):
        door.problem, door.problem_values = reason, told


def note_folder_problem(
    uow: UnitOfWork, folder_id: uuid.UUID, reason: str | None, values: Mapping[str, object] | None = None
) -> None:
    note_problem(uow, _lock(uow, folder_id), reason, values)


def shown(value: object) -> object:
    """As a row keeps it for a message."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return i18n.day(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _lock(uow: UnitOfWork, folder_id: uuid.UUID) -> WatchedFolder:
    return uow.session.scalars(
        select(WatchedFolder)
        .where(WatchedFolder.id == folder_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _forget(uow: UnitOfWork, folder_id: uuid.UUID, digests: Collection[str]) -> None:
    gone = sorted(digests)
    for start in range(0, len(gone), ROWS_AT_ONCE):
        these = FolderFile.path_digest.in_(gone[start : start + ROWS_AT_ONCE])
        uow.session.execute(delete(FolderFile).where(FolderFile.folder_id == folder_id, these))


def _sighting(row: FolderFile) -> Sighting:
    return Sighting(
        row.path_digest, row.size_bytes, row.changed_at, row.steady_since, row.digest, row.reason, row.reason_values
    )
