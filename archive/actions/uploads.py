"""Uploads that resume: begun, taken when they are whole, or given up.

An upload is whole when all its bytes are synced; from then on it is taken whatever happens: by the request that brought
the last byte, by the next one that asks, or by `take_whole_uploads`.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import SYSTEM, Actor, actor_of
from archive.access.permissions import Permission
from archive.actions.arrivals import ArrivalKey, Received, became_of
from archive.actions.ingest import receive_file
from archive.actions.unfinished import KEPT_OPEN, UNFINISHED, end_upload
from archive.bootstrap import App
from archive.db.digitization import Batch
from archive.db.doors import Arrival, Upload
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, FileTooBig, InvalidInput, NotAllowed, NotFound
from archive.ids import id_of, new_id
from archive.storage.uploads import Claim

DOOR = "upload"
ENDED_AT_ONCE = 200
LEFT_OVER_S = 3600.0  # bytes that no unfinished upload names were about to be removed
_DIGEST = re.compile(r"[0-9a-f]{64}")


def begin_upload(
    uow: UnitOfWork,
    *,
    batch_number: str,
    size_bytes: int,
    digest: str | None = None,
    limit_bytes: int,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Its bytes may come from now on. digest: SHA-256 in hex that they must have in the end."""
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise InvalidInput("upload.digest_unreadable", field="sha256")
    if size_bytes > limit_bytes:
        raise FileTooBig(field="upload-length", limit_bytes=limit_bytes)
    seen = policy.filter_batches(actor)
    batch = uow.session.scalar(select(Batch).where(Batch.number == batch_number, seen).with_for_update(**KEPT_OPEN))
    if batch is None:
        raise NotFound(what=i18n.text("noun.batch", number=batch_number))
    policy.require(actor, Permission.BATCH_INGEST, batch.agency_id)
    if batch.closed_at is not None:
        raise Conflict("ingest.batch_closed", number=batch.number)
    upload = Upload(
        id=new_id(),
        batch_id=batch.id,
        account_id=actor.account_id,
        size_bytes=size_bytes,
        digest=digest,
        begun_at=now,
        changed_at=now,
    )
    uow.session.add(upload)
    return upload.id


def take_upload(app: App, upload_id: uuid.UUID, claim: Claim, *, actor: Actor) -> Received:
    """Receive the bytes, all of which are here; what became of them, however often it is asked.

    claim: nobody else deals with it now. Raises Conflict where the upload was given up meanwhile, StoreUnavailable and
    DatabaseUnavailable when nothing could be promised: then it stays whole and is taken later.
    """
    with claim:
        key = ArrivalKey(DOOR, upload_id.hex)
        batch_id, digest = _made_whole(app, upload_id)
        received = became_of(app, key)
        if received is None:
            name = app.uploads.name(upload_id.hex) or ""
            with app.uploads.open(upload_id.hex) as stream:
                received = receive_file(app, batch_id, name, stream, actor=actor, arrival=key, digest=digest)
        with app.unit_of_work() as uow:
            row = _locked(uow.session, upload_id)
            row.state = "refused" if received.outcome == "refused" else "taken"
            row.changed_at = app.clock()
            row.entry_id = uow.session.scalar(
                select(Arrival.entry_id).where(Arrival.door == key.door, Arrival.reference == key.reference)
            )
        app.uploads.remove(upload_id.hex)
        return received


def cancel_upload(app: App, upload_id: uuid.UUID, *, actor: Actor) -> None:
    """Its sender does not want to go on. Raises Conflict when it is whole: then it is received."""
    with app.unit_of_work() as uow:
        row = _locked(uow.session, upload_id)
        if row.state != "open" or row.account_id != actor.account_id:
            raise Conflict("upload.not_open")
        end_upload(uow, row, reason="cancelled", actor=actor, now=app.clock())
    app.uploads.remove(upload_id.hex)


def take_whole_uploads(app: App) -> int:
    """Receive what is whole and whose request is gone; returns how many there were."""
    taken = 0
    for key, row in _unfinished_here(app):
        if app.uploads.received(key) != row.size_bytes:
            continue
        claim = app.uploads.try_claim(key)
        if claim is None:
            continue
        try:
            with app.unit_of_work() as uow:
                actor = actor_of(uow.session, row.account_id, app.clock())
            take_upload(app, row.id, claim, actor=actor)
            taken += 1
        except Conflict:
            app.uploads.remove(key)
        except (NotFound, NotAllowed):  # who sent it may not deliver here any more
            _end(app, row.id, reason="not_allowed")
    return taken


def end_expired_uploads(app: App) -> int:
    """Give up what was begun too long ago, and remove bytes that no unfinished upload names."""
    before = app.clock() - timedelta(days=app.settings.upload_days)
    with app.unit_of_work() as uow:
        expired = uow.session.scalars(
            select(Upload.id)
            .where(Upload.state.in_(UNFINISHED), Upload.begun_at < before)
            .order_by(Upload.begun_at)
            .limit(ENDED_AT_ONCE)
        ).all()
    ended = sum(_end(app, upload_id, reason="expired") for upload_id in expired)
    lying = app.uploads.keys()
    for key in lying:
        if app.uploads.age_s(key) > LEFT_OVER_S and not _is_unfinished(app, key):
            app.uploads.remove(key)
    return ended


def _end(app: App, upload_id: uuid.UUID, *, reason: str) -> bool:
    with app.unit_of_work() as uow:
        row = _locked(uow.session, upload_id)
        if row.state not in UNFINISHED:
            return False
        end_upload(uow, row, reason=reason, actor=SYSTEM, now=app.clock())
    app.uploads.remove(upload_id.hex)
    return True


def _made_whole(app: App, upload_id: uuid.UUID) -> tuple[uuid.UUID, str | None]:
    """(batch, digest). From this commit on its batch cannot be closed before it is taken."""
    with app.unit_of_work() as uow:
        row = _locked(uow.session, upload_id)
        if row.state == "ended":
            raise Conflict("upload.ended")
        if row.state == "open":
            row.state, row.changed_at = "whole", app.clock()
        return row.batch_id, row.digest


def _locked(session: Session, upload_id: uuid.UUID) -> Upload:
    """The batch before the upload, as whoever closes the batch does."""
    batch_id = select(Upload.batch_id).where(Upload.id == upload_id).scalar_subquery()
    session.execute(select(Batch.id).where(Batch.id == batch_id).with_for_update(**KEPT_OPEN))
    return session.scalars(select(Upload).where(Upload.id == upload_id).with_for_update()).one()


def _unfinished_here(app: App) -> list[tuple[str, Upload]]:
    here = app.uploads.keys()
    keys = {found: key for key in here if (found := id_of(key)) is not None}
    with app.unit_of_work() as uow:
        rows = uow.session.scalars(select(Upload).where(Upload.state.in_(UNFINISHED)).order_by(Upload.begun_at))
        return [(keys[row.id], row) for row in rows if row.id in keys]


def _is_unfinished(app: App, key: str) -> bool:
    found = id_of(key)
    with app.unit_of_work() as uow:
        row = None if found is None else uow.session.get(Upload, found)
        return row is not None and row.state in UNFINISHED
