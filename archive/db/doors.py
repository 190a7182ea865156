"""Doors through which files come by themselves: uploads that resume, watched folders, mailboxes, manifests.

Names, paths and senders of what comes in are not kept here before the secrets gate has passed: where a name must be
known again there is a keyed digest of it, and the name itself lies with the bytes, in the quarantine.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class Arrival(Row):
    """What came through a door, by the door's own name for it, in the commit that explains it: a door that was
    interrupted asks here what became of it, and nothing is taken twice."""

    __tablename__ = "arrival"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    door: Mapped[str]  # upload, folder, mail, api
    reference: Mapped[str]
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch_entry.id"))
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("door", "reference"),)


class Upload(Row):
    """One file on its way by tus 1.0. state: open, whole (all bytes are here), taken, refused, ended."""

    __tablename__ = "upload"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[str] = mapped_column(default="open")
    size_bytes: Mapped[int | None]  # as announced
    digest: Mapped[str | None]  # SHA-256 that the client said the bytes have
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batch_entry.id"))
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("state in ('open', 'whole', 'taken', 'refused', 'ended')", name="state"),
        Index("ix_upload_waiting", "changed_at", postgresql_where=text("state in ('open', 'whole')")),
    )


class ManifestLine(Row):
    """A file that the deliverer said there would be; found when an entry of the batch bears its name or digest."""

    __tablename__ = "manifest_line"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    line: Mapped[int]  # of the sheet
    name_digest: Mapped[str]  # keyed
    name_key: Mapped[str]  # name of its key
    digest: Mapped[str | None]  # SHA-256 as the manifest has it
    pages: Mapped[int | None]
    dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"))
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batch_entry.id"), index=True)
    __table_args__ = (UniqueConstraint("batch_id", "line"), UniqueConstraint("batch_id", "name_digest"))


class WatchedFolder(Row):
    """A folder that scanners write to. proof: how a file shows that it is whole: stable, trailer, done_file."""

    __tablename__ = "watched_folder"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    task_number: Mapped[int] = mapped_column(ForeignKey("task.number"))
    dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"))
    scanner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scanner.id"))
    path: Mapped[str] = mapped_column(unique=True)
    proof: Mapped[str] = mapped_column(default="trailer")
    quiet_s: Mapped[int] = mapped_column(default=30)  # a file has not changed for so long
    done_suffix: Mapped[str] = mapped_column(default=".done")
    close_after_s: Mapped[int] = mapped_column(default=1800)  # nothing came for so long: its batch is closed
    state: Mapped[str] = mapped_column(default="active")  # active, paused
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batch.id"))  # the open one
    opened_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]  # last time that it could be read
    problem: Mapped[str | None]  # message id of archive.i18n
    problem_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        CheckConstraint("proof in ('stable', 'trailer', 'done_file')", name="proof"),
        CheckConstraint("state in ('active', 'paused')", name="state"),
    )


class FolderFile(Row):
    """A file of a watched folder that is not whole yet, and why; the row goes when it was taken or is gone."""

    __tablename__ = "folder_file"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    folder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("watched_folder.id"), index=True)
    path_digest: Mapped[str]  # keyed, of the path below the folder
    size_bytes: Mapped[int]
    changed_at: Mapped[datetime]  # as the file system says
    seen_at: Mapped[datetime]  # first
    steady_since: Mapped[datetime]
    digest: Mapped[str | None]  # SHA-256 that it had then
    reason: Mapped[str]  # message id of archive.i18n: what it waits for
    reason_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    __table_args__ = (UniqueConstraint("folder_id", "path_digest"),)


class Mailbox(Row):
    """A mailbox whose attachments are taken in. senders: addresses, or @domain, that may deliver; nobody else may."""

    __tablename__ = "mailbox"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    task_number: Mapped[int] = mapped_column(ForeignKey("task.number"))
    dossier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dossier.id"))
    host: Mapped[str]
    port: Mapped[int]
    security: Mapped[str] = mapped_column(default="tls")  # tls, starttls, none (loopback only)
    login: Mapped[str]
    password: Mapped[bytes] = mapped_column(LargeBinary)  # encrypted, see archive.access.encryption
    password_key: Mapped[str]
    folder: Mapped[str] = mapped_column(default="INBOX")
    taken_folder: Mapped[str | None]  # where mail goes that was taken; None: it stays, marked as seen
    senders: Mapped[list]  # type: ignore[type-arg]
    state: Mapped[str] = mapped_column(default="active")  # active, paused
    opened_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]  # last time that all of it was looked at
    problem: Mapped[str | None]  # message id of archive.i18n
    problem_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        CheckConstraint("security in ('tls', 'starttls', 'none')", name="security"),
        CheckConstraint("state in ('active', 'paused')", name="state"),
    )


class MailMessage(Row):
    """One mail that is dealt with. outcome: taken, refused.

    Written when its batch is opened; it is marked in the mailbox when `attachments` of it have arrived.
    """

    __tablename__ = "mail_message"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    mailbox_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("mailbox.id"), index=True)
    reference: Mapped[str]  # <UIDVALIDITY>:<UID>
    outcome: Mapped[str]
    reason: Mapped[str | None]  # message id of archive.i18n
    reason_values: Mapped[dict] = mapped_column(default=dict)  # type: ignore[type-arg]
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batch.id"))
    attachments: Mapped[int] = mapped_column(default=0)
    size_bytes: Mapped[int]
    at: Mapped[datetime]
    marked_at: Mapped[datetime | None]  # in the mailbox
    __table_args__ = (
        UniqueConstraint("mailbox_id", "reference"),
        CheckConstraint("outcome in ('taken', 'refused')", name="outcome"),
        CheckConstraint("(outcome = 'refused') = (reason is not null)", name="refusal_has_reason"),
    )
