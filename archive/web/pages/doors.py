"""Doors: watched folders and mailboxes, what waits in each and why; the operator sets them up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from archive.access.permissions import Permission
from archive.actions import doors as actions
from archive.actions.doors import FolderSetup, MailboxSetup
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.integrations.folder_names import names_in
from archive.queries import doors as queries
from archive.queries.agencies import agencies
from archive.queries.doors import FolderView, MailboxView
from archive.queries.tasks import tasks
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import number_given, number_or_none

router = APIRouter(prefix="/doors")
NEW_FOLDER = {
    "code": "", "agency": "", "task": "", "dossier": "", "path": "", "scanner": "", "proof": "trailer",
    "quiet_s": "30", "done_suffix": ".done", "close_after_s": "1800", "version": "",
}  # fmt: skip
NEW_MAILBOX = {
    "code": "", "agency": "", "task": "", "dossier": "", "host": "", "port": "993", "security": "tls", "login": "",
    "password": "", "folder": "INBOX", "taken_folder": "", "senders": "", "version": "",
}  # fmt: skip
Given = Annotated[str, Form()]


@router.get("")
def listed(visit: SignedIn) -> Response:
    return _list(visit)


@router.post("/folders")
def folder_opened(
    *, visit: SignedForm, code: Given = "", agency: Given = "", task: Given = "", dossier: Given = "",
    path: Given = "", scanner: Given = "", proof: Given = "trailer", quiet_s: Given = "30",
    done_suffix: Given = ".done", close_after_s: Given = "1800",
) -> Response:  # fmt: skip
    visit.require(Permission.DOOR_MANAGE)
    given = {
        "code": code, "agency": agency, "task": task, "dossier": dossier, "path": path, "scanner": scanner,
        "proof": proof, "quiet_s": quiet_s, "done_suffix": done_suffix, "close_after_s": close_after_s,
    }  # fmt: skip

    def open_it(uow: UnitOfWork) -> str:
        setup, roots = _folder_setup(given), visit.app.settings.folders
        made = actions.open_folder(uow, code, setup, roots=roots, actor=visit.actor, now=visit.now)
        return f"/doors/folders/{made.code}"

    return _done(visit, open_it, "door_opened", lambda wrong: _list(visit, wrong, folder=given))


@router.post("/mailboxes")
def mailbox_opened(
    *, visit: SignedForm, code: Given = "", agency: Given = "", task: Given = "", dossier: Given = "",
    host: Given = "", port: Given = "993", security: Given = "tls", login: Given = "", password: Given = "",
    folder: Given = "INBOX", taken_folder: Given = "", senders: Given = "",
) -> Response:  # fmt: skip
    visit.require(Permission.DOOR_MANAGE)
    given = {
        "code": code, "agency": agency, "task": task, "dossier": dossier, "host": host, "port": port,
        "security": security, "login": login, "password": password, "folder": folder,
        "taken_folder": taken_folder, "senders": senders,
    }  # fmt: skip

    def open_it(uow: UnitOfWork) -> str:
        made = actions.open_mailbox(uow, code, _mailbox_setup(given), actor=visit.actor, now=visit.now)
        return f"/doors/mailboxes/{made.code}"

    return _done(visit, open_it, "door_opened", lambda wrong: _list(visit, wrong, mailbox=given))


@router.get("/folders/{code}")
def folder_shown(visit: SignedIn, code: str, cursor: str = "") -> Response:
    return _folder(visit, code, cursor=cursor)


@router.post("/folders/{code}")
def folder_changed(
    *, visit: SignedForm, code: str, agency: Given = "", task: Given = "", dossier: Given = "", path: Given = "",
    scanner: Given = "", proof: Given = "trailer", quiet_s: Given = "30", done_suffix: Given = ".done",
    close_after_s: Given = "1800", version: Given = "",
) -> Response:  # fmt: skip
    visit.require(Permission.DOOR_MANAGE)
    given = {
        "code": code, "agency": agency, "task": task, "dossier": dossier, "path": path, "scanner": scanner,
        "proof": proof, "quiet_s": quiet_s, "done_suffix": done_suffix, "close_after_s": close_after_s,
        "version": version,
    }  # fmt: skip

    def change(uow: UnitOfWork) -> str:
        roots, seen = visit.app.settings.folders, number_or_none(version, "version")
        setup = _folder_setup(given)
        actions.change_folder(uow, code, setup, version=seen, roots=roots, actor=visit.actor, now=visit.now)
        return f"/doors/folders/{code}"

    return _done(visit, change, "door_changed", lambda wrong: _folder(visit, code, wrong=wrong, given=given))


@router.get("/mailboxes/{code}")
def mailbox_shown(visit: SignedIn, code: str, cursor: str = "") -> Response:
    return _mailbox(visit, code, cursor=cursor)


@router.post("/mailboxes/{code}")
def mailbox_changed(
    *, visit: SignedForm, code: str, agency: Given = "", task: Given = "", dossier: Given = "", host: Given = "",
    port: Given = "993", security: Given = "tls", login: Given = "", password: Given = "", folder: Given = "INBOX",
    taken_folder: Given = "", senders: Given = "", version: Given = "",
) -> Response:  # fmt: skip
    visit.require(Permission.DOOR_MANAGE)
    given = {
        "code": code, "agency": agency, "task": task, "dossier": dossier, "host": host, "port": port,
        "security": security, "login": login, "password": password, "folder": folder,
        "taken_folder": taken_folder, "senders": senders, "version": version,
    }  # fmt: skip

    def change(uow: UnitOfWork) -> str:
        setup, seen = _mailbox_setup(given), number_or_none(version, "version")
        actions.change_mailbox(uow, code, setup, version=seen, actor=visit.actor, now=visit.now)
        return f"/doors/mailboxes/{code}"

    return _done(visit, change, "door_changed", lambda wrong: _mailbox(visit, code, wrong=wrong, given=given))


@router.post("/{kind}/{code}/pause")
def paused(visit: SignedForm, kind: str, code: str, paused: Given = "yes") -> Response:
    visit.require(Permission.DOOR_MANAGE)
    if kind not in ("folders", "mailboxes"):
        raise NotFound(what="")
    with visit.unit_of_work() as uow:
        actions.pause_door(uow, code, paused=paused == "yes", actor=visit.actor, now=visit.now)
    return visit.back(f"/doors/{kind}/{code}", "door_paused" if paused == "yes" else "door_resumed")


def _done(
    visit: Visit, act: Callable[[UnitOfWork], str], done: str, again: Callable[[ArchiveError], Response]
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            path = act(uow)
    except (InvalidInput, Conflict) as wrong:
        return again(wrong)
    return visit.back(path, done)


def _list(visit: Visit, wrong: ArchiveError | None = None, **given: dict[str, str]) -> Response:
    if not (visit.may(Permission.DOOR_MANAGE) or visit.may(Permission.BATCH_READ)):
        raise NotFound(what="")
    with visit.unit_of_work() as uow:
        lines = queries.doors(uow.session, actor=visit.actor)
    return visit.page(
        "doors.html",
        status=status_of(wrong) if wrong else 200,
        doors=lines,
        manages=visit.may(Permission.DOOR_MANAGE),
        folder={**NEW_FOLDER, **given.get("folder", {})},
        mailbox={**NEW_MAILBOX, **given.get("mailbox", {}), "password": ""},
        wrong=next(iter(given), None),
        problem=str(wrong) if wrong else None,
        **_choices(visit),
    )


def _folder(
    visit: Visit, code: str, *, cursor: str = "", wrong: ArchiveError | None = None, given: dict[str, str] | None = None
) -> Response:
    with visit.unit_of_work() as uow:
        folder = queries.folder(uow.session, code, actor=visit.actor)
        waiting = queries.waiting_files(uow.session, code, actor=visit.actor, cursor=cursor or None)
    return visit.page(
        "door_folder.html",
        status=status_of(wrong) if wrong else 200,
        folder=folder,
        line=folder.line,
        waiting=waiting,
        names=names_in(visit.app, folder, actor=visit.actor),
        given=given or _folder_given(folder),
        problem=str(wrong) if wrong else None,
        **_choices(visit),
    )


def _mailbox(
    visit: Visit, code: str, *, cursor: str = "", wrong: ArchiveError | None = None, given: dict[str, str] | None = None
) -> Response:
    with visit.unit_of_work() as uow:
        mailbox = queries.mailbox(uow.session, code, actor=visit.actor)
        mails = queries.mails(uow.session, code, actor=visit.actor, cursor=cursor or None)
    return visit.page(
        "door_mailbox.html",
        status=status_of(wrong) if wrong else 200,
        mailbox=mailbox,
        line=mailbox.line,
        mails=mails,
        given={**(given or _mailbox_given(mailbox)), "password": ""},
        problem=str(wrong) if wrong else None,
        **_choices(visit),
    )


def _choices(visit: Visit) -> dict[str, Any]:
    if not visit.may(Permission.DOOR_MANAGE):
        return {"agencies": (), "tasks": (), "roots": ()}
    with visit.unit_of_work() as uow:
        return {
            "agencies": agencies(uow.session, Permission.DOOR_MANAGE, actor=visit.actor),
            "tasks": tasks(uow.session, actor=visit.actor),
            "roots": visit.app.settings.folders,
        }


def _folder_setup(given: dict[str, str]) -> FolderSetup:
    return FolderSetup(
        agency_code=given["agency"],
        task_number=number_given(given["task"], "task"),
        path=given["path"],
        dossier_code=given["dossier"].strip() or None,
        scanner_code=given["scanner"].strip().upper() or None,
        proof=given["proof"],
        quiet_s=number_given(given["quiet_s"], "quiet_s"),
        done_suffix=given["done_suffix"].strip(),
        close_after_s=number_given(given["close_after_s"], "close_after_s"),
    )


def _mailbox_setup(given: dict[str, str]) -> MailboxSetup:
    return MailboxSetup(
        agency_code=given["agency"],
        task_number=number_given(given["task"], "task"),
        dossier_code=given["dossier"].strip() or None,
        host=given["host"],
        port=number_given(given["port"], "port"),
        security=given["security"],
        login=given["login"],
        password=given["password"] or None,
        folder=given["folder"],
        taken_folder=given["taken_folder"].strip() or None,
        senders=given["senders"].split(),
    )


def _folder_given(folder: FolderView) -> dict[str, str]:
    return _line_given(folder) | {
        "path": folder.path,
        "scanner": folder.scanner_code or "",
        "proof": folder.proof,
        "quiet_s": str(folder.quiet_s),
        "done_suffix": folder.done_suffix,
        "close_after_s": str(folder.close_after_s),
    }


def _mailbox_given(mailbox: MailboxView) -> dict[str, str]:
    return _line_given(mailbox) | {
        "host": mailbox.host or "",
        "port": str(mailbox.port or ""),
        "security": mailbox.security,
        "login": mailbox.login or "",
        "folder": mailbox.folder or "",
        "taken_folder": mailbox.taken_folder or "",
        "senders": "\n".join(mailbox.senders),
    }


def _line_given(view: FolderView | MailboxView) -> dict[str, str]:
    line = view.line
    return {
        "code": line.code,
        "agency": line.agency_code,
        "task": str(line.task_number),
        "dossier": line.dossier_code or "",
        "version": str(line.version),
    }
