"""Watched folders and mailboxes as people set them up: for which agency and task, from where, and whether they rest."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.encryption import encrypt
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.folder_work import close_batch_of
from archive.actions.records import text_given
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.digitization import Task
from archive.db.doors import FolderFile, Mailbox, WatchedFolder
from archive.db.holdings import Dossier, Scanner
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id
from archive.settings import MAIL_ADDRESS

Door = TypeVar("Door", WatchedFolder, Mailbox)
CODE = re.compile(r"[0-9A-ZĐ][0-9A-ZĐ.-]{0,31}")
PROOFS = ("trailer", "stable", "done_file")
SECURITIES = ("tls", "starttls", "none")
QUIET_S, CLOSE_AFTER_S = (2, 3600), (60, 86_400)
SENDERS = 200
_SUFFIX = re.compile(r"\.[A-Za-z0-9._-]{1,20}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_DOMAIN = re.compile(r"@[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSetup:
    """What a watched folder is for, and how its files show that they are whole."""

    agency_code: str
    task_number: int
    path: str
    dossier_code: str | None = None
    scanner_code: str | None = None
    proof: str = "trailer"
    quiet_s: int = 30
    done_suffix: str = ".done"
    close_after_s: int = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSetup:
    """What a mailbox is for, where it lies and who may deliver. password None: the one that it has."""

    agency_code: str
    task_number: int
    host: str
    login: str
    senders: Sequence[str]
    dossier_code: str | None = None
    port: int = 993
    security: str = "tls"
    folder: str = "INBOX"
    taken_folder: str | None = None
    password: str | None = field(default=None, repr=False)


def open_folder(
    uow: UnitOfWork, code: str, setup: FolderSetup, *, roots: tuple[Path, ...], actor: Actor, now: datetime
) -> WatchedFolder:
    """roots: below which folders may be watched."""
    policy.require(actor, Permission.DOOR_MANAGE)
    code = _new_code(uow, code)
    folder = WatchedFolder(id=new_id(), code=code, opened_at=now)
    _set_folder(uow, folder, setup, roots, actor)
    uow.session.add(folder)
    _record(uow, EventTag.DOOR_OPENED, folder, actor=actor, now=now, **asdict(setup))
    return folder


def change_folder(
    uow: UnitOfWork,
    code: str,
    setup: FolderSetup,
    *,
    version: int | None = None,
    roots: tuple[Path, ...],
    actor: Actor,
    now: datetime,
) -> WatchedFolder:
    """Its open batch is closed: what comes from now on is of another one. What waits is judged anew."""
    folder = _managed(uow, WatchedFolder, code, actor)
    _require_version(folder, version)
    _set_folder(uow, folder, setup, roots, actor)
    close_batch_of(uow, folder, now=now)
    for waiting in uow.session.scalars(select(FolderFile).where(FolderFile.folder_id == folder.id)):
        uow.session.delete(waiting)
    folder.version += 1
    folder.problem, folder.problem_values = None, {}
    _record(uow, EventTag.DOOR_CHANGED, folder, actor=actor, now=now, **asdict(setup))
    return folder


def open_mailbox(uow: UnitOfWork, code: str, setup: MailboxSetup, *, actor: Actor, now: datetime) -> Mailbox:
    policy.require(actor, Permission.DOOR_MANAGE)
    code = _new_code(uow, code)
    if not setup.password:
        raise InvalidInput("mailbox.password_missing", field="password")
    mailbox = Mailbox(id=new_id(), code=code, opened_at=now)
    _set_mailbox(uow, mailbox, setup, actor)
    uow.session.add(mailbox)
    _record(uow, EventTag.DOOR_OPENED, mailbox, actor=actor, now=now, **_told(setup))
    return mailbox


def change_mailbox(
    uow: UnitOfWork, code: str, setup: MailboxSetup, *, version: int | None = None, actor: Actor, now: datetime
) -> Mailbox:
    mailbox = _managed(uow, Mailbox, code, actor)
    _require_version(mailbox, version)
    elsewhere = (mailbox.host, mailbox.login) != (setup.host.strip(), setup.login.strip())
    if elsewhere and not setup.password:  # else a password could be had by sending it to another server
        raise InvalidInput("mailbox.password_missing", field="password")
    _set_mailbox(uow, mailbox, setup, actor)
    mailbox.version += 1
    mailbox.problem, mailbox.problem_values = None, {}
    _record(uow, EventTag.DOOR_CHANGED, mailbox, actor=actor, now=now, **_told(setup))
    return mailbox


def pause_door(uow: UnitOfWork, code: str, *, paused: bool, actor: Actor, now: datetime) -> WatchedFolder | Mailbox:
    """Nothing is taken while it rests; what lies there stays. Repeated, it changes nothing."""
    door = _door(uow, code, actor)
    state = "paused" if paused else "active"
    if door.state != state:
        door.state = state
        door.problem, door.problem_values = None, {}
        door.version += 1
        if isinstance(door, WatchedFolder) and paused:
            close_batch_of(uow, door, now=now)
        _record(uow, EventTag.DOOR_PAUSED, door, actor=actor, now=now, state=state)
    return door


def _set_folder(
    uow: UnitOfWork, folder: WatchedFolder, setup: FolderSetup, roots: tuple[Path, ...], actor: Actor
) -> None:
    agency = _agency(uow, setup.agency_code, actor)
    if setup.proof not in PROOFS:
        raise InvalidInput("door.choice_unknown", field="proof")
    if not _SUFFIX.fullmatch(setup.done_suffix):
        raise InvalidInput("door.suffix_invalid", field="done_suffix")
    folder.agency_id, folder.task_number = agency.id, _task(uow, setup.task_number)
    folder.dossier_id = _dossier(uow, setup.dossier_code, agency.id)
    folder.scanner_id = _scanner(uow, setup.scanner_code, agency.id)
    folder.path = _path(uow, folder.id, setup.path, roots)
    folder.proof, folder.done_suffix = setup.proof, setup.done_suffix
    folder.quiet_s = _within(setup.quiet_s, QUIET_S, "quiet_s")
    folder.close_after_s = _within(setup.close_after_s, CLOSE_AFTER_S, "close_after_s")


def _set_mailbox(uow: UnitOfWork, mailbox: Mailbox, setup: MailboxSetup, actor: Actor) -> None:
    agency = _agency(uow, setup.agency_code, actor)
    if setup.security not in SECURITIES:
        raise InvalidInput("door.choice_unknown", field="security")
    host = setup.host.strip()
    if not _HOST.fullmatch(host):
        raise InvalidInput("mailbox.host_invalid", field="host")
    if setup.security == "none" and not _is_loopback(host):
        raise InvalidInput("mailbox.security_needed", field="security")
    mailbox.agency_id, mailbox.task_number = agency.id, _task(uow, setup.task_number)
    mailbox.dossier_id = _dossier(uow, setup.dossier_code, agency.id)
    mailbox.host, mailbox.port = host, _within(setup.port, (1, 65_535), "port")
    mailbox.security = setup.security
    mailbox.login = text_given("mailbox", setup.login, "login", maximum=300)
    mailbox.folder = _mail_folder(setup.folder, "folder")
    mailbox.taken_folder = _mail_folder(setup.taken_folder, "taken_folder") if setup.taken_folder else None
    if mailbox.taken_folder == mailbox.folder:
        raise InvalidInput("mailbox.same_folder", field="taken_folder")
    mailbox.senders = _senders(setup.senders)
    if setup.password:
        encrypted = encrypt(uow.keys, setup.password, place=password_place(mailbox.id))
        mailbox.password, mailbox.password_key = encrypted.value, encrypted.key_name


def password_place(mailbox_id: uuid.UUID) -> str:
    return f"mailbox.password:{mailbox_id}"


def _new_code(uow: UnitOfWork, given: str) -> str:
    """One series of codes for folders and mailboxes: a batch names its door by it."""
    code = given.strip().upper()
    if not CODE.fullmatch(code):
        raise InvalidInput("door.code_invalid", field="code")
    for kind in (WatchedFolder, Mailbox):
        if uow.session.scalar(select(kind.id).where(kind.code == code)) is not None:
            raise Conflict("door.code_taken", code=code)
    return code


def _path(uow: UnitOfWork, folder_id: uuid.UUID, given: str, roots: tuple[Path, ...]) -> str:
    """Absolute, below a root, and neither above nor below another watched folder: no file is looked at twice."""
    path = Path(given.strip())
    plain = path.is_absolute() and ".." not in path.parts and "\0" not in given and len(given) <= 1000
    if not plain or not any(path.is_relative_to(root) for root in roots):
        allowed = ":".join(str(root) for root in roots) or i18n.text("door.no_roots")
        raise InvalidInput("door.path_invalid", field="path", allowed=allowed)
    for other in uow.session.execute(select(WatchedFolder.code, WatchedFolder.path, WatchedFolder.id)):
        their = Path(other.path)
        if other.id != folder_id and (path.is_relative_to(their) or their.is_relative_to(path)):
            raise Conflict("door.path_taken", code=other.code)
    return str(path)


def _agency(uow: UnitOfWork, code: str, actor: Actor) -> Agency:
    agency = uow.session.scalar(select(Agency).where(Agency.code == code))
    if agency is None or not policy.may(actor, Permission.DOOR_MANAGE, agency.id):
        raise InvalidInput("error.not_found", field="agency", what=i18n.text("noun.agency", code=code))
    return agency


def _task(uow: UnitOfWork, number: int) -> int:
    if uow.session.get(Task, number) is None:
        raise InvalidInput("ingest.task_unknown", field="task", number=number)
    return number


def _dossier(uow: UnitOfWork, code: str | None, agency_id: uuid.UUID) -> uuid.UUID | None:
    if not code:
        return None
    dossier = uow.session.scalar(select(Dossier).where(Dossier.code == code, Dossier.agency_id == agency_id))
    if dossier is None:
        raise InvalidInput("error.not_found", field="dossier", what=i18n.text("noun.dossier", code=code))
    if dossier.state != "open":
        raise Conflict("ingest.dossier_closed", code=code)
    return dossier.id


def _scanner(uow: UnitOfWork, code: str | None, agency_id: uuid.UUID) -> uuid.UUID | None:
    """Whether it is cleared is asked each time that a batch is opened."""
    if not code:
        return None
    found = uow.session.scalar(select(Scanner.id).where(Scanner.code == code, Scanner.agency_id == agency_id))
    if found is None:
        raise InvalidInput("scanner.unknown", field="scanner", code=code)
    return found


def _senders(given: Sequence[str]) -> list[str]:
    """Addresses, or @domain; in small letters, each once."""
    senders = sorted({sender.strip().lower() for sender in given if sender.strip()})
    if not senders:
        raise InvalidInput("mailbox.senders_missing", field="senders")
    if len(senders) > SENDERS:
        raise InvalidInput("mailbox.senders_too_many", field="senders", maximum=SENDERS)
    for sender in senders:
        if not (MAIL_ADDRESS.fullmatch(sender) or _DOMAIN.fullmatch(sender)):
            raise InvalidInput("mailbox.sender_invalid", field="senders", sender=sender)
    return senders


def _mail_folder(given: str, name: str) -> str:
    folder = given.strip()
    if not folder or len(folder) > 200 or not folder.isprintable():
        raise InvalidInput("mailbox.folder_invalid", field=name)
    return folder


def _within(number: int, bounds: tuple[int, int], name: str) -> int:
    if not bounds[0] <= number <= bounds[1]:
        raise InvalidInput("door.number_outside", field=name, minimum=bounds[0], maximum=bounds[1])
    return number


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _managed(uow: UnitOfWork, kind: type[Door], code: str, actor: Actor) -> Door:
    found = select(kind).where(kind.code == code).with_for_update().execution_options(populate_existing=True)
    door = uow.session.scalar(found)
    if door is None or not policy.may(actor, Permission.DOOR_MANAGE, door.agency_id):
        raise NotFound(what=i18n.text("noun.door", code=code))
    return door


def _door(uow: UnitOfWork, code: str, actor: Actor) -> WatchedFolder | Mailbox:
    try:
        return _managed(uow, WatchedFolder, code, actor)
    except NotFound:
        return _managed(uow, Mailbox, code, actor)


def _require_version(door: WatchedFolder | Mailbox, version: int | None) -> None:
    if version is not None and version != door.version:
        raise Conflict("door.changed_meanwhile", code=door.code)


def _told(setup: MailboxSetup) -> dict[str, object]:
    """For the trail: without the password, and who may send only as a number."""
    told = asdict(setup)
    del told["password"]
    return told | {"senders": len(setup.senders), "password_given": setup.password is not None}


def _record(
    uow: UnitOfWork, tag: EventTag, door: WatchedFolder | Mailbox, *, actor: Actor, now: datetime, **details: object
) -> None:
    uow.record(
        tag,
        actor=actor,
        now=now,
        subject_kind="door",
        subject_id=door.id,
        agency_id=door.agency_id,
        details={"code": door.code, **details},
    )
