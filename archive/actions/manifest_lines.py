"""Which line of a delivery's manifest a file belongs to: known by its name's keyed digest, or by its bytes."""

from __future__ import annotations

import uuid

from sqlalchemy import false, or_, select

from archive.access.encryption import lookup_digest, lookup_digests
from archive.access.keys import Keys
from archive.db.digitization import BatchEntry
from archive.db.doors import ManifestLine
from archive.db.unit_of_work import UnitOfWork
from archive.intake.manifest_sheet import same_name

KIND = "file_name"


def name_digest(keys: Keys, name: str) -> tuple[str, str]:
    """(digest, name of its key)"""
    return lookup_digest(keys, KIND, same_name(name))


def name_digests(keys: Keys, name: str) -> frozenset[str]:
    return frozenset(lookup_digests(keys, KIND, same_name(name)).values())


def assign_line(uow: UnitOfWork, batch_id: uuid.UUID, entry_id: uuid.UUID, name: str, digest: str | None) -> None:
    """To the entry that was just written: the line of its whole name, of its last part, or of its bytes.

    A line whose file was refused waits for a better one.
    """
    name = name.encode(errors="replace").decode()  # a refused one may be anything
    whole, last = name_digests(uow.keys, name), name_digests(uow.keys, name.rpartition("/")[2])
    refused = select(BatchEntry.id).where(BatchEntry.batch_id == batch_id, BatchEntry.outcome == "refused")
    waiting = or_(ManifestLine.entry_id.is_(None), ManifestLine.entry_id.in_(refused))
    same_bytes = false() if digest is None else ManifestLine.digest == digest
    told = or_(ManifestLine.name_digest.in_(whole | last), same_bytes)
    here = select(ManifestLine).where(ManifestLine.batch_id == batch_id, waiting, told)
    lines = uow.session.scalars(here.order_by(ManifestLine.line).with_for_update()).all()
    named = [line for fits in (whole, last) for line in lines if line.name_digest in fits]
    for line in (named or lines)[:1]:
        line.entry_id = entry_id
