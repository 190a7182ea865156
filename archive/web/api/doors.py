"""Watched folders and mailboxes: set up, changed, paused, and what waits in them."""

from __future__ import annotations

from fastapi import APIRouter

from archive.access.permissions import Permission
from archive.actions import doors as actions
from archive.actions.doors import FolderSetup, MailboxSetup
from archive.db.unit_of_work import UnitOfWork
from archive.queries import doors as queries
from archive.queries.views import Message
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Revision, Writer, once
from archive.web.api.models.common import Page
from archive.web.api.models.doors import (
    Door,
    DoorPause,
    Doors,
    Folder,
    FolderChange,
    FolderGiven,
    Mail,
    Mailbox,
    MailboxChange,
    MailboxGiven,
    WaitingFile,
)
from archive.web.deps import Visit
from archive.web.render import say

router = APIRouter(prefix="/api/v1/doors", tags=["doors"])


@router.get("")
def list_doors(visit: Reader) -> Doors:
    """Watched folders and mailboxes of your agencies, those with a problem first."""
    with visit.unit_of_work() as uow:
        return Doors(doors=[_door(line) for line in queries.doors(uow.session, actor=visit.actor)])


@router.post("/folders", status_code=201)
def open_folder(visit: Writer, given: FolderGiven, key: Key = None) -> Folder:
    """Watch a folder below a place that may be watched."""
    visit.require(Permission.DOOR_MANAGE)

    def act(uow: UnitOfWork) -> Folder:
        setup = FolderSetup(**given.model_dump(exclude={"code"}))
        roots = visit.app.settings.folders
        made = actions.open_folder(uow, given.code, setup, roots=roots, actor=visit.actor, now=visit.now)
        return _folder(uow, visit, made.code)

    return once(visit, key, given, act, status=201)


@router.get("/folders/{code}")
def get_folder(visit: Reader, code: Reference) -> Folder:
    """A watched folder: whether it works, how its files are proved whole, how many wait."""
    with visit.unit_of_work() as uow:
        return _folder(uow, visit, code)


@router.put("/folders/{code}")
def change_folder(visit: Writer, code: Reference, given: FolderChange, revision: Revision, key: Key = None) -> Folder:
    """Change a watched folder; its open batch is closed."""

    def act(uow: UnitOfWork) -> Folder:
        setup, roots = FolderSetup(**given.model_dump()), visit.app.settings.folders
        actions.change_folder(uow, code, setup, version=revision, roots=roots, actor=visit.actor, now=visit.now)
        return _folder(uow, visit, code)

    return once(visit, key, [revision, given], act)


@router.get("/folders/{code}/files")
def list_waiting_files(visit: Reader, code: Reference, cursor: Cursor = None, limit: Limit = 50) -> Page[WaitingFile]:
    """Files of a watched folder that are not taken yet, and why; who has waited longest first."""
    with visit.unit_of_work() as uow:
        found = queries.waiting_files(uow.session, code, actor=visit.actor, cursor=cursor, limit=limit)
    told = [WaitingFile(size_bytes=file.size_bytes, since=file.since, reason=say(file.reason)) for file in found]
    return Page(items=told, next=found.following, previous=found.previous)


@router.post("/mailboxes", status_code=201)
def open_mailbox(visit: Writer, given: MailboxGiven, key: Key = None) -> Mailbox:
    """Take in the attachments of a mailbox."""
    visit.require(Permission.DOOR_MANAGE)

    def act(uow: UnitOfWork) -> Mailbox:
        setup = MailboxSetup(**given.model_dump(exclude={"code"}))
        made = actions.open_mailbox(uow, given.code, setup, actor=visit.actor, now=visit.now)
        return _mailbox(uow, visit, made.code)

    return once(visit, key, given.model_dump(exclude={"password"}), act, status=201)


@router.get("/mailboxes/{code}")
def get_mailbox(visit: Reader, code: Reference) -> Mailbox:
    """A mailbox: whether it works, where it lies and who may deliver."""
    with visit.unit_of_work() as uow:
        return _mailbox(uow, visit, code)


@router.put("/mailboxes/{code}")
def change_mailbox(
    visit: Writer, code: Reference, given: MailboxChange, revision: Revision, key: Key = None
) -> Mailbox:
    """Change a mailbox."""

    def act(uow: UnitOfWork) -> Mailbox:
        setup = MailboxSetup(**given.model_dump())
        actions.change_mailbox(uow, code, setup, version=revision, actor=visit.actor, now=visit.now)
        return _mailbox(uow, visit, code)

    return once(visit, key, [revision, given.model_dump(exclude={"password"})], act)


@router.get("/mailboxes/{code}/mails")
def list_mails(visit: Reader, code: Reference, cursor: Cursor = None, limit: Limit = 50) -> Page[Mail]:
    """Mail that was dealt with, the newest first."""
    with visit.unit_of_work() as uow:
        found = queries.mails(uow.session, code, actor=visit.actor, cursor=cursor, limit=limit)
    return Page(items=[_mail(line) for line in found], next=found.following, previous=found.previous)


@router.put("/{code}/pause")
def pause_door(visit: Writer, code: Reference, given: DoorPause, key: Key = None) -> Door:
    """Let a folder or mailbox rest, or go on; what lies there stays."""

    def act(uow: UnitOfWork) -> Door:
        actions.pause_door(uow, code, paused=given.paused, actor=visit.actor, now=visit.now)
        uow.session.flush()
        return next(_door(line) for line in queries.doors(uow.session, actor=visit.actor) if line.code == code)

    return once(visit, key, given, act)


def _folder(uow: UnitOfWork, visit: Visit, code: str) -> Folder:
    uow.session.flush()
    view = queries.folder(uow.session, code, actor=visit.actor)
    return Folder(
        door=_door(view.line),
        scanner_code=view.scanner_code,
        proof=view.proof,  # type: ignore[arg-type]
        quiet_s=view.quiet_s,
        done_suffix=view.done_suffix,
        close_after_s=view.close_after_s,
        waiting=view.waiting,
        open_batch=view.open_batch,
    )


def _mailbox(uow: UnitOfWork, visit: Visit, code: str) -> Mailbox:
    uow.session.flush()
    view = queries.mailbox(uow.session, code, actor=visit.actor)
    return Mailbox(
        door=_door(view.line),
        host=view.host,
        port=view.port,
        security=view.security,  # type: ignore[arg-type]
        login=view.login,
        folder=view.folder,
        taken_folder=view.taken_folder,
        senders=list(view.senders),
    )


def _door(line: queries.DoorLine) -> Door:
    return Door(
        kind=line.kind,  # type: ignore[arg-type]
        code=line.code,
        agency_code=line.agency_code,
        agency_name=line.agency_name,
        task_number=line.task_number,
        dossier_code=line.dossier_code,
        state=line.state,  # type: ignore[arg-type]
        problem=_said(line.problem),
        looked_at=line.looked_at,
        opened_at=line.opened_at,
        version=line.version,
        place=line.place,
    )


def _mail(line: queries.MailLine) -> Mail:
    return Mail(
        number=line.number,
        outcome=line.outcome,  # type: ignore[arg-type]
        reason=_said(line.reason),
        batch=line.batch,
        attachments=line.attachments,
        size_bytes=line.size_bytes,
        at=line.at,
        marked=line.marked,
    )


def _said(message: Message | None) -> str | None:
    return None if message is None else say(message)
