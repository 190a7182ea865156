"""Holdings made of a backup, where there are none.

Objects first, what waits behind the gate next, the catalogue last and in one transaction: killed at any instant there
are either no holdings, and it can be done again, or all of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from archive.access.identity import SYSTEM
from archive.audit_events import EventTag
from archive.backup import (
    CATALOGUE,
    FORM,
    MANIFEST,
    OBJECTS,
    QUARANTINE,
    Backup,
    BackupFinding,
    Progress,
    copy_objects,
    digest_of_file,
)
from archive.bootstrap import App, Clock, open_app, parts_only, utc_now
from archive.db import backup as database
from archive.db.database import Database
from archive.errors import InvalidInput, KeysDiffer
from archive.preflight import check_object_store, require_room
from archive.settings import Settings
from archive.storage.filesystem import FilesystemStore
from archive.storage.quarantine import FilesystemQuarantine

# the store is told anew what the catalogue says of locks and holds; a trial takes no file and tells nobody
_AFTERWARDS = """
update public.stored_object set protection_pending = true, protection_changed_at = now()
where legal_hold or locked_until > now();
update public.watched_folder set state = 'paused';
update public.mailbox set state = 'paused';
update public.webhook_endpoint set state = 'paused';
update public.inbox_notice set mail = 'none' where mail = 'due';
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """found: what the backup lacked; reconcile tells of it, too."""

    backup: Backup
    found: tuple[BackupFinding, ...]


def newest(directory: Path) -> Path:
    """The newest finished backup below the directory, or the directory if it is one. Raises InvalidInput for none."""
    if (directory / MANIFEST).is_file():
        return directory
    finished = sorted(path.parent for path in directory.glob(f"*/{MANIFEST}"))
    if not finished:
        raise InvalidInput("restore.nothing_there", field="path", directory=directory)
    return finished[-1]


def restore(
    settings: Settings, directory: Path, *, os_user: str, progress: Progress | None = None, clock: Clock = utc_now
) -> Restored:
    """directory: a backup, or what holds several; then the newest.

    Raises InvalidInput for a directory without a backup, or one of a later form or with a damaged catalogue; KeysDiffer
    where the keys are not here; Conflict where there are holdings already. Then nothing was written.
    """
    place = newest(directory)
    made = _read(place)
    require_room(settings.data)
    with parts_only(settings, clock) as parts:
        _require_keys(parts, made)
        with Database.empty(settings.data, settings.database_url, settings.ca_file) as url:
            check_object_store(parts, create=True)
            found = _objects(parts, place, progress)
            _waiting(parts, place)
            database.restore(url, place / CATALOGUE, afterwards=_AFTERWARDS)
    with open_app(settings, clock=clock) as app, app.unit_of_work() as uow:
        uow.record(
            EventTag.HOLDINGS_RESTORED,
            actor=SYSTEM,
            now=app.clock(),
            subject_kind="backup",
            subject_id=place.name,
            details={"made_at": made.made_at, "by": os_user, "findings": len(found)},
        )
    return Restored(made, found)


def _read(place: Path) -> Backup:
    try:
        told = json.loads((place / MANIFEST).read_bytes())
        if told["form"] != FORM:
            raise InvalidInput("restore.other_form", field="path", form=told["form"])
        told |= {"keys": tuple(told["keys"]), "findings": tuple(BackupFinding(**each) for each in told["findings"])}
        made = Backup(**told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput("restore.unreadable", field="path", directory=place) from error
    if digest_of_file(place / CATALOGUE) != made.catalogue_digest:
        raise InvalidInput("restore.catalogue_damaged", field="path", directory=place)
    return made


def _require_keys(parts: App, made: Backup) -> None:
    here = {name for purpose in {key.rsplit("-", 1)[0] for key in made.keys} for name in parts.keys.names(purpose)}
    for name in made.keys:
        if name not in here:
            raise KeysDiffer("restore.keys_missing", name=name, directory=parts.keys.directory)


def _objects(parts: App, place: Path, progress: Progress | None) -> tuple[BackupFinding, ...]:
    source = FilesystemStore(place.parent / OBJECTS)
    sizes = {ref.digest: ref.size_bytes for ref in source.digests()}
    return tuple(copy_objects(source, parts.store, sizes, room=place, progress=progress))


def _waiting(parts: App, place: Path) -> None:
    """Again after a kill: an entry that is there is whole."""
    source = FilesystemQuarantine(place / QUARANTINE)
    there = set(parts.quarantine.keys())
    for key in sorted(set(source.keys()) - there):
        held = source.held(key)
        with source.path(key).open("rb") as stream:
            parts.quarantine.receive(key, stream, held.name, limit_bytes=held.size_bytes)
        for entry_id, name in source.names(key).items():
            parts.quarantine.add_name(key, entry_id, name)
        parts.quarantine.release(key)
