"""Mail in: attachments of whoever may deliver are taken; the mailbox is told only when they are safe.

A look may be killed at any instant and repeated at any time: each attachment answers by its arrival key, and a mail is
marked or moved last of all.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from archive.access.identity import SYSTEM
from archive.actions import mail_work
from archive.actions.arrivals import ArrivalKey
from archive.actions.ingest import receive_file, refuse_file
from archive.actions.mail_work import DOOR, MailboxProfile, MailState
from archive.bootstrap import App
from archive.errors import Conflict, InvalidInput
from archive.intake.mails import Attachment, MailRefused, sender_of, take_apart
from archive.integrations.aside import Aside, Beat
from archive.integrations.imap import Connection, MailboxProblem, Server

MAILS = 50  # of one look: what is left is for the next
OVERLAP = timedelta(days=2)  # servers tell days of their own time zone
PATIENCE_S, SILENT_S = 3.0, 120.0


class MailWatch:
    """The job: every mailbox, side by side."""

    def __init__(self) -> None:
        self._aside = Aside("mail in", SILENT_S)

    def __call__(self, app: App) -> int:
        with app.unit_of_work() as uow:
            profiles = [profile for profile in mail_work.mailboxes(uow.session) if profile.active]
        works = {profile.id: partial(look_into, app, profile) for profile in profiles}
        for silent in self._aside.run(works, PATIENCE_S):
            _note(app, silent, MailboxProblem("mailbox.silent", minutes=round(SILENT_S / 60)), whole=False)
        return len(works)


def look_into(app: App, profile: MailboxProfile, beat: Beat = lambda: None) -> int:
    """One look; returns how many mails were dealt with. What keeps it from its work is told of the mailbox."""
    server = Server(
        profile.host,
        profile.port,
        profile.security,
        profile.login,
        profile.secret(app.keys),
        profile.folder,
        app.settings.ca_file,
    )
    problem, whole, done = None, False, 0
    try:
        with Connection.open(server, beat) as connection:
            look = _Look(app, profile, connection)
            whole = look.go()
            done, problem = look.done, look.problem
    except MailboxProblem as met:
        problem = met
    _note(app, profile.id, problem, whole=whole and problem is None)
    return done


def _note(app: App, mailbox_id: uuid.UUID, problem: MailboxProblem | None, *, whole: bool) -> None:
    told: tuple[str | None, Mapping[str, object]] = (problem.reason, problem.values) if problem else (None, {})
    with app.unit_of_work() as uow:
        mail_work.note_mailbox_look(uow, mailbox_id, *told, whole=whole, actor=SYSTEM, now=app.clock())


class _Look:
    def __init__(self, app: App, profile: MailboxProfile, connection: Connection) -> None:
        self._app, self._profile, self._connection = app, profile, connection
        self.done = 0
        self.problem: MailboxProblem | None = None

    def go(self) -> bool:
        """Whether nothing is left for the next look."""
        waiting = self._waiting()
        for uid in waiting[:MAILS]:
            try:
                self._deal_with(uid)
                self.done += 1
            except (InvalidInput, Conflict) as refused:  # no batch can be opened: the mail stays as it is
                self.problem = MailboxProblem(refused.reason, **refused.values)
        return len(waiting) <= MAILS

    def _waiting(self) -> list[int]:
        """Mail that was begun, that nobody has read, or that came since the last look: who reads it first in another
        program takes nothing from us. A refused mail that somebody marked as unread is tried again."""
        connection = self._connection
        unread = set(connection.unread())
        there = unread | set(connection.since((self._profile.since - OVERLAP).date()))
        with self._app.unit_of_work() as uow:
            begun = mail_work.unmarked(uow.session, self._profile.id, connection.uid_validity)
            there |= {int(reference.rpartition(":")[2]) for reference in begun}
            references = {self._reference(uid): uid for uid in there}
            known = mail_work.states_of(uow.session, self._profile.id, list(references))
        return sorted(
            uid
            for reference, uid in references.items()
            if reference not in known or not known[reference].marked or (known[reference].refused and uid in unread)
        )

    def _deal_with(self, uid: int) -> None:
        reference = self._reference(uid)
        state = self._state(reference)
        if state is None or not state.done or (state.refused and state.marked):
            size = self._connection.size_bytes(uid)
            if size is None:
                self._given_up(reference)
                return
            try:
                self._take(uid, reference, size)
            except MailRefused as refused:
                self._refuse(reference, refused, size)
        self._mark(uid, reference)

    def _take(self, uid: int, reference: str, size: int) -> None:
        limit = self._app.settings.mail_bytes
        if size > limit:
            raise MailRefused("mail.too_big", megabytes=limit >> 20)
        with self._app.quarantine.workspace() as workspace:
            header, mail, folder = workspace / "header", workspace / "mail", workspace / "attachments"
            with header.open("wb") as out:
                self._connection.write_header(uid, out)
            if not _allowed(sender_of(header), self._profile.senders):
                raise MailRefused("mail.sender_unknown")
            with mail.open("wb") as out:
                if not self._connection.write_mail(uid, out, limit):
                    raise MailRefused("mail.too_big", megabytes=limit >> 20)
            folder.mkdir()
            attachments = take_apart(mail, folder)
            self._receive(reference, attachments, size)

    def _receive(self, reference: str, attachments: list[Attachment], size: int) -> None:
        app, mailbox_id = self._app, self._profile.id
        with app.unit_of_work() as uow:
            counted = {"attachments": len(attachments), "size_bytes": size}
            batch = mail_work.batch_of_mail(uow, mailbox_id, reference, **counted, actor=SYSTEM, now=app.clock())
        for attachment in attachments:
            key = ArrivalKey(DOOR, mail_work.arrival_reference(mailbox_id, reference, attachment.part))
            _take_in(app, batch, attachment, key)
        with app.unit_of_work() as uow:
            mail_work.end_mail(uow, mailbox_id, reference, actor=SYSTEM, now=app.clock())

    def _refuse(self, reference: str, refused: MailRefused, size: int) -> None:
        with self._app.unit_of_work() as uow:
            mail_work.refuse_mail(
                uow,
                self._profile.id,
                reference,
                refused.reason,
                refused.values,
                size_bytes=size,
                actor=SYSTEM,
                now=self._app.clock(),
            )

    def _mark(self, uid: int, reference: str) -> None:
        """A refused mail stays where it is, for a person to see."""
        state = self._state(reference)
        if state is None or not state.done:
            return
        with self._app.unit_of_work() as uow:  # killed before its batch was closed, and all of it is here
            mail_work.end_mail(uow, self._profile.id, reference, actor=SYSTEM, now=self._app.clock())
        self._connection.mark_read(uid)
        if self._profile.taken_folder and not state.refused:
            self._connection.move(uid, self._profile.taken_folder)
        with self._app.unit_of_work() as uow:
            mail_work.note_marked(uow, self._profile.id, reference, actor=SYSTEM, now=self._app.clock())

    def _given_up(self, reference: str) -> None:
        """Somebody has deleted it: a batch that was begun is closed, and shows what is missing."""
        with self._app.unit_of_work() as uow:
            mail_work.end_mail(uow, self._profile.id, reference, actor=SYSTEM, now=self._app.clock())
            mail_work.note_marked(uow, self._profile.id, reference, actor=SYSTEM, now=self._app.clock())

    def _state(self, reference: str) -> MailState | None:
        with self._app.unit_of_work() as uow:
            return mail_work.states_of(uow.session, self._profile.id, [reference]).get(reference)

    def _reference(self, uid: int) -> str:
        return f"{self._connection.uid_validity}:{uid}"


def _take_in(app: App, batch: uuid.UUID, attachment: Attachment, key: ArrivalKey) -> None:
    if attachment.refusal is not None:
        refuse_file(app, batch, attachment.name, attachment.refusal, actor=SYSTEM, arrival=key)
        return
    with Path(attachment.path).open("rb") as stream:
        receive_file(app, batch, attachment.name, stream, actor=SYSTEM, arrival=key)


def _allowed(sender: str | None, senders: tuple[str, ...]) -> bool:
    """By the whole address, or its domain as a whole: @so.gov.vn is not @phong.so.gov.vn."""
    return sender is not None and (sender in senders or "@" + sender.rpartition("@")[2] in senders)
