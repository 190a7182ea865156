"""A copy of the holdings as they are at one instant, taken beside whatever goes on.

Several backups in one directory share the objects, which are written once. Keys are not in it: they are kept apart.
Form: docs/storage-format.md, "Backup". archive.restore makes holdings of it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select, text

from archive.access import policy
from archive.access.encryption import COLUMNS, LOOKUP
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.bootstrap import App
from archive.db import backup as database
from archive.db.holdings import Item, Receipt, StoredObject
from archive.db.states import ItemState
from archive.errors import ObjectDamaged, ObjectMissing
from archive.storage.durable import digest_of, sync_directory
from archive.storage.entries import write_synced
from archive.storage.filesystem import FilesystemStore
from archive.storage.interface import ObjectStore
from archive.storage.quarantine import FilesystemQuarantine
from archive.workflows.engine import SCHEMA

FORM = 1
SHARES = 30  # days in which every object of a backup is read again
OBJECTS, CATALOGUE, QUARANTINE, MANIFEST = "objects", "catalogue.dump", "quarantine", "backup.json"
COPIED_BYTES = 1 << 20
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BackupFinding:
    """rule: message id below `backup.`; place: digest or receipt."""

    rule: str
    place: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself, in its last file to be written: one without it was never finished."""

    form: int
    made_at: str
    catalogue_digest: str
    objects: int
    objects_bytes: int
    waiting: int  # entries of the quarantine
    keys: tuple[str, ...]  # names of the keys without which it cannot be read
    findings: tuple[BackupFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A receipt whose bytes had not left the quarantine at that instant."""

    receipt_id: uuid.UUID
    number: str
    digest: str
    size_bytes: int


def back_up(app: App, directory: Path, *, actor: Actor, progress: Progress | None = None) -> tuple[Path, Backup]:
    """Where it lies, and what it holds. Killed at any instant it leaves one that has no MANIFEST, and no harm.

    Objects that are missing or damaged are findings: the backup is complete apart from them.
    Raises NotAllowed unless the actor operates the service over all agencies.
    """
    now = app.clock()
    with app.unit_of_work() as uow:
        policy.require_at_top(uow.session, actor, Permission.SERVICE_OPERATE, local_date(now))
    place = directory / now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    place.mkdir(mode=0o700, parents=True)
    with _instant(app) as (connection, snapshot):
        database.dump(app.database_url, place / CATALOGUE, snapshot=snapshot, without_schema=SCHEMA)
        sizes: dict[str, int] = {
            row.digest: row.size_bytes
            for row in connection.execute(select(StoredObject.digest, StoredObject.size_bytes))
        }
        waiting = [_Waiting(*row) for row in connection.execute(_WAITING)]
    findings = [*_copy_waiting(app, waiting, place / QUARANTINE)]
    objects = FilesystemStore.create(directory / OBJECTS)
    findings += copy_objects(app.store, objects, sizes, room=place, progress=progress, reread=share_of(now))
    made = Backup(
        form=FORM,
        made_at=now.astimezone(UTC).isoformat(),
        catalogue_digest=digest_of_file(place / CATALOGUE),
        objects=len(sizes),
        objects_bytes=sum(sizes.values()),
        waiting=len(waiting),
        keys=tuple(name for purpose in (COLUMNS, LOOKUP) for name in app.keys.names(purpose)),
        findings=tuple(findings),
    )
    _finish(app, place, made, actor, now)
    return place, made


_WAITING = (
    select(Receipt.id, Receipt.number, Receipt.digest, Receipt.size_bytes)
    .join(Item, Item.receipt_id == Receipt.id)
    .where(Item.state.in_((ItemState.RECEIVED, ItemState.STOPPED)))
)


@contextmanager
def _instant(app: App) -> Iterator[tuple[Connection, str]]:
    """What is read through the connection and dumped under the snapshot's name is of one instant."""
    with app.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection, str(connection.scalar(text("select pg_export_snapshot()")))


def copy_objects(
    source: ObjectStore,
    target: ObjectStore,
    sizes: Mapping[str, int],
    *,
    room: Path,
    progress: Progress | None,
    reread: Callable[[str], bool] = lambda _: False,
) -> Iterator[BackupFinding]:
    """Those that the target has not yet, or not whole. sizes: bytes by digest.

    room: where a copy may lie for a while, if the source is not of this machine. reread: of which digests the bytes
    that lie in the target are read, and not only measured.
    What is missing or damaged in the source is told and not copied.
    """
    for done, (digest, size) in enumerate(sizes.items(), start=1):
        whole = target.contains(digest) and target.size(digest) == size
        if not whole or (reread(digest) and not target.verify(digest)):
            try:
                with _local(source, digest, room) as path:
                    target.put(path)
            except ObjectMissing:
                yield BackupFinding("object_missing", digest)
            except ObjectDamaged:
                yield BackupFinding("object_damaged", digest)
        if progress is not None:
            progress(done, len(sizes))


def share_of(now: datetime) -> Callable[[str], bool]:
    """Another part of the objects each day, all of them in SHARES days: disks rot, and a backup outlives many."""
    share = now.toordinal() % SHARES
    return lambda digest: int(digest[:8], 16) % SHARES == share


@contextmanager
def _local(store: ObjectStore, digest: str, room: Path) -> Iterator[Path]:
    """The object's bytes as a file of this machine. Raises ObjectMissing, ObjectDamaged."""
    if not store.verify(digest):
        raise ObjectDamaged(digest=digest)
    path = store.path(digest)
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile(dir=room) as copied, store.open(digest) as stream:
        shutil.copyfileobj(stream, copied, COPIED_BYTES)
        copied.flush()
        yield Path(copied.name)


def _copy_waiting(app: App, waiting: list[_Waiting], place: Path) -> Iterator[BackupFinding]:
    """What has passed the gate since that instant is in the store by now, and its name in the catalogue."""
    copy = FilesystemQuarantine.create(place)
    for each in waiting:
        key = str(each.receipt_id)
        try:
            path, name, names = app.quarantine.path(key), app.quarantine.held(key).name, app.quarantine.names(key)
        except (ObjectMissing, ObjectDamaged):
            if not _copy_passed(app, each, copy):
                yield BackupFinding("waiting_missing", each.number)
            continue
        with path.open("rb") as stream:
            copy.receive(key, stream, name, limit_bytes=each.size_bytes)
        for entry_id, other in names.items():
            copy.add_name(key, entry_id, other)
        copy.release(key)


def _copy_passed(app: App, each: _Waiting, copy: FilesystemQuarantine) -> bool:
    """Whether its bytes are there: not where the security officer had them removed meanwhile."""
    with app.unit_of_work() as uow:
        item = uow.session.scalars(select(Item).where(Item.receipt_id == each.receipt_id)).one()
    if item.master_digest is None or not app.store.contains(item.master_digest):
        return False
    key = str(each.receipt_id)
    with app.store.open(item.master_digest) as stream:
        copy.receive(key, stream, item.file_name or "", limit_bytes=each.size_bytes)
    copy.release(key)
    return True


def digest_of_file(path: Path) -> str:
    with path.open("rb") as stream:
        return digest_of(stream)[0]


def _finish(app: App, place: Path, made: Backup, actor: Actor, now: datetime) -> None:
    unfinished = place / f"{MANIFEST}.unfinished"
    write_synced(unfinished, json.dumps(asdict(made), ensure_ascii=False, indent=1).encode())
    with app.unit_of_work() as uow:
        uow.record(
            EventTag.BACKUP_TAKEN,
            actor=actor,
            now=now,
            subject_kind="backup",
            subject_id=place.name,
            details={"objects": made.objects, "waiting": made.waiting, "findings": len(made.findings)},
        )
    unfinished.rename(place / MANIFEST)
    sync_directory(place)
