"""Doors: watched folders and mailboxes, and what waits in them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from archive.actions.doors import CLOSE_AFTER_S, QUIET_S, SENDERS
from archive.web.api.models.records import Answer, Asked

Code = Annotated[str, Field(min_length=1, max_length=100)]
DoorState = Literal["active", "paused"]
Proof = Literal["trailer", "stable", "done_file"]
Security = Literal["tls", "starttls", "none"]
FOLDER_EXAMPLE: dict[str, Any] = {
    "agency_code": "H26.01",
    "task_number": 3,
    "path": "/srv/quet/may-1",
    "scanner_code": "MQ-01",
    "proof": "trailer",
}
MAILBOX_EXAMPLE: dict[str, Any] = {
    "agency_code": "H26.01",
    "task_number": 3,
    "host": "imap.coquan.gov.vn",
    "login": "quet@coquan.gov.vn",
    "password": "…",
    "senders": ["vanthu@coquan.gov.vn", "@so.gov.vn"],
}


class Door(Answer):
    """A watched folder or a mailbox."""

    kind: Literal["folder", "mailbox"]
    code: str = Field(examples=["TM-01"])
    agency_code: str
    agency_name: str
    task_number: int
    dossier_code: str | None = Field(description="whose papers come in; null: they are filed later")
    state: DoorState
    problem: str | None = Field(description="what keeps it from its work now, and what to do")
    looked_at: datetime | None = Field(description="last time that it was looked at without a problem")
    opened_at: datetime
    version: int
    place: str | None = Field(description="the folder's path; the mailbox only for who may set it up")


class Doors(Answer):
    doors: list[Door]


class Folder(Answer):
    door: Door
    scanner_code: str | None
    proof: Proof = Field(description="how a file shows that it is whole")
    quiet_s: int = Field(description="a file has not changed for so long")
    done_suffix: str
    close_after_s: int = Field(description="nothing came for so long: its batch is closed")
    waiting: int = Field(description="files that are not taken yet")
    open_batch: str | None


class WaitingFile(Answer):
    """A file that is not taken yet. Its name is only in the folder."""

    size_bytes: int
    since: datetime
    reason: str


class Mailbox(Answer):
    """Server, account and senders only for who may set it up."""

    door: Door
    host: str | None
    port: int | None
    security: Security
    login: str | None
    folder: str | None
    taken_folder: str | None
    senders: list[str]


class Mail(Answer):
    """A mail that is dealt with; who sent it and what it says is kept nowhere."""

    number: str = Field(description="its UID in the mailbox")
    outcome: Literal["taken", "under_way", "refused"]
    reason: str | None
    batch: str | None
    attachments: int
    size_bytes: int
    at: datetime
    marked: bool = Field(description="the mailbox was told")


class _DoorGiven(Asked):
    agency_code: Code
    task_number: int = Field(ge=1, le=1_000_000)
    dossier_code: Code | None = None


class FolderChange(_DoorGiven):
    model_config = ConfigDict(json_schema_extra={"examples": [FOLDER_EXAMPLE]})
    path: str = Field(min_length=1, max_length=1000)
    scanner_code: Code | None = None
    proof: Proof = "trailer"
    quiet_s: int = Field(default=30, ge=QUIET_S[0], le=QUIET_S[1])
    done_suffix: str = Field(default=".done", min_length=2, max_length=21)
    close_after_s: int = Field(default=1800, ge=CLOSE_AFTER_S[0], le=CLOSE_AFTER_S[1])


class FolderGiven(FolderChange):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "TM-01", **FOLDER_EXAMPLE}]})
    code: Code


class MailboxChange(_DoorGiven):
    """Without a password it keeps the one that it has; with another server or account it must be given."""

    model_config = ConfigDict(json_schema_extra={"examples": [MAILBOX_EXAMPLE]})
    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=993, ge=1, le=65_535)
    security: Security = "tls"
    login: str = Field(min_length=1, max_length=300)
    password: str | None = Field(default=None, min_length=1, max_length=300)
    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    taken_folder: str | None = Field(default=None, min_length=1, max_length=200)
    senders: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(min_length=1, max_length=SENDERS)


class MailboxGiven(MailboxChange):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "HT-01", **MAILBOX_EXAMPLE}]})
    code: Code


class DoorPause(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})
    paused: bool
