from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from archive.access.identity import Actor
from archive.actions import mail_work
from archive.actions.doors import MailboxSetup, open_mailbox
from archive.actions.mail_work import mailboxes
from archive.bootstrap import App
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import Mailbox, MailMessage
from archive.integrations import mail_in
from archive.integrations.imap import Connection, MailboxProblem
from archive.integrations.mail_in import look_into
from tests.archive.integrations.doors import dovecot
from tests.archive.integrations.doors.conftest import pdf, picture
from tests.archive.integrations.doors.dovecot import LOGIN, PASSWORD, Mailserver
from tests.conftest import SetClock

CLERK = "vanthu@coquan.gov.vn"


@pytest.fixture(scope="module")
def running() -> Iterator[Mailserver]:
    if reason := dovecot.missing():
        pytest.skip(reason)
    server = dovecot.create()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.base, ignore_errors=True)


@pytest.fixture
def server(running: Mailserver) -> Mailserver:
    """Empty."""
    running.flag("+FLAGS", "(\\Deleted)")
    with running.client() as client:
        client.expunge()
        client.delete("Taken")
    return running


@dataclass
class Box:
    app: App
    clock: SetClock
    server: Mailserver

    def look(self) -> int:
        self.clock.advance(seconds=60)
        with self.app.unit_of_work() as uow:
            (profile,) = mailboxes(uow.session)
        return look_into(self.app, profile)

    def problem(self) -> str | None:
        with self.app.unit_of_work() as uow:
            return uow.session.scalars(select(Mailbox.problem)).one()

    def messages(self) -> list[tuple[str, str | None, bool]]:
        with self.app.unit_of_work() as uow:
            rows = uow.session.scalars(select(MailMessage).order_by(MailMessage.id))
            return [(row.outcome, row.reason, row.marked_at is not None) for row in rows]

    def outcomes(self) -> list[str]:
        with self.app.unit_of_work() as uow:
            return list(uow.session.scalars(select(BatchEntry.outcome).order_by(BatchEntry.id)))

    def batches(self) -> list[Batch]:
        with self.app.unit_of_work() as uow:
            return list(uow.session.scalars(select(Batch).order_by(Batch.number)))

    def held(self) -> dict[str, bytes]:
        quarantine = self.app.quarantine
        keys = list(quarantine.keys())
        return {quarantine.held(key).name: quarantine.path(key).read_bytes() for key in keys}


@pytest.fixture
def box(app: App, clock: SetClock, operator: Actor, server: Mailserver) -> Box:
    app.settings = dataclasses.replace(app.settings, ca_file=server.ca_file)
    return opened(app, clock, operator, server)


def opened(app: App, clock: SetClock, operator: Actor, server: Mailserver, **columns: Any) -> Box:
    setup = {
        "agency_code": "TD01", "task_number": 3, "host": "127.0.0.1", "port": server.tls, "login": LOGIN,
        "password": PASSWORD, "senders": [CLERK, "@so.gov.vn"], "taken_folder": "Taken", **columns,
    }  # fmt: skip
    with app.unit_of_work() as uow:
        open_mailbox(uow, "HT-01", MailboxSetup(**setup), actor=operator, now=clock())
    return Box(app, clock, server)


def mail(*attached: tuple[str, bytes], sender: str = CLERK, subject: str = "Gửi bản quét") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "quet@coquan.gov.vn", subject
    message.set_content("Kính gửi kho lưu trữ.")
    for name, content in attached:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_attachments_are_taken_into_a_batch_of_the_mail_and_the_mail_is_moved(box: Box) -> None:
    files = {"quyết định.pdf": pdf(), "ảnh.png": picture("PNG")}
    box.server.send(mail(*files.items()))
    box.look()
    assert box.held() == files
    (batch,) = box.batches()
    assert (batch.source, batch.door, batch.expected) == ("mail", "HT-01", 2)
    assert batch.closed_at is not None
    assert box.messages() == [("taken", None, True)]
    assert (box.server.count(), box.server.count(folder="Taken")) == (0, 1)
    assert box.look() == 0
    assert box.problem() is None


def test_who_is_not_on_the_list_is_refused_and_the_mail_stays(box: Box) -> None:
    for sender in ("la@khac.vn", "x@phong.so.gov.vn", f"{CLERK}, la@khac.vn", f"{CLERK}@khac.vn"):
        box.server.send(mail(("a.pdf", pdf()), sender=sender))
    box.look()
    assert box.messages() == [("refused", "mail.sender_unknown", True)] * 4
    assert box.batches() == []
    assert (box.server.count(), box.server.count("UNSEEN")) == (4, 0)
    assert box.look() == 0


def test_a_whole_domain_may_deliver(box: Box) -> None:
    box.server.send(mail(("a.pdf", pdf()), sender="Lan <LAN@so.gov.vn>"))
    box.look()
    assert box.outcomes() == ["stored"]


def test_a_refused_mail_that_is_marked_as_unread_is_tried_again(box: Box) -> None:
    box.server.send(mail(("a.pdf", pdf()), sender="la@khac.vn"))
    box.look()
    with box.app.unit_of_work() as uow:
        uow.session.scalars(select(Mailbox)).one().senders = ["@khac.vn"]
    box.server.flag("-FLAGS", "(\\Seen)")
    box.look()
    assert box.messages() == [("taken", None, True)]
    assert box.outcomes() == ["stored"]


def test_a_mail_of_two_hundred_megabytes_is_refused_before_it_is_read(box: Box) -> None:
    box.server.send(mail(("a.pdf", b"\0" * (150 << 20))))
    read = Connection.write_mail

    def never(*_: object) -> bool:
        raise AssertionError("it was read")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "write_mail", never)
        box.look()
    assert read is Connection.write_mail
    assert box.messages() == [("refused", "mail.too_big", True)]


def test_a_mail_that_is_longer_than_its_server_says_is_refused(box: Box) -> None:
    box.app.settings = dataclasses.replace(box.app.settings, mail_bytes=2 << 20)
    box.server.send(mail(("a.pdf", b"x" * (4 << 20))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "size_bytes", lambda *_: 1000)
        box.look()
    assert box.messages() == [("refused", "mail.too_big", True)]


def test_a_mail_with_nothing_attached_and_one_that_is_cut_off_are_refused(box: Box) -> None:
    box.server.send(mail())
    whole = mail(("a.pdf", pdf(30)))
    box.server.send(whole[: len(whole) * 2 // 3])
    box.look()
    assert [reason for _, reason, _ in box.messages()] == ["mail.nothing_attached", "mail.cut_off"]
    assert box.held() == {}


def test_an_attachment_that_is_no_scan_is_refused_by_itself(box: Box) -> None:
    box.server.send(mail(("a.docx", b"PK\x03\x04" + b"x" * 99), ("b.pdf", pdf())))
    box.look()
    assert box.outcomes() == ["refused", "stored"]
    assert box.messages() == [("taken", None, True)]


def test_a_mail_that_a_person_has_read_first_is_taken_all_the_same(box: Box, clock: SetClock) -> None:
    with box.app.unit_of_work() as uow:  # the server's clock is the real one
        uow.session.scalars(select(Mailbox)).one().opened_at = clock()
    box.server.send(mail(("a.pdf", pdf())), seen=True)
    box.look()
    assert box.outcomes() == ["stored"]


@pytest.mark.parametrize("at", ["end_mail", "note_marked", "receive_file", "mark_read", "move"])
def test_stopped_anywhere_the_next_look_goes_on_and_nothing_is_doubled(box: Box, at: str) -> None:
    files = {f"{number}.pdf": pdf(number) for number in (1, 2, 3)}
    box.server.send(mail(*files.items()))
    places = {"receive_file": mail_in, "mark_read": Connection, "move": Connection}
    place = places.get(at, mail_work)
    calls = 0
    real = getattr(place, at)

    def stopped(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if at != "receive_file" or calls == 2:
            raise KeyboardInterrupt
        return real(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, at, stopped)
        with pytest.raises(KeyboardInterrupt):
            box.look()
    box.look()
    assert box.held() == files
    assert box.outcomes() == ["stored"] * 3
    assert box.messages() == [("taken", None, True)]
    (batch,) = box.batches()
    assert batch.closed_at is not None
    assert (box.server.count(), box.server.count(folder="Taken")) == (0, 1)


def test_the_same_files_in_another_mail_are_duplicates(box: Box) -> None:
    for _ in range(2):
        box.server.send(mail(("a.pdf", pdf())))
        box.look()
    assert box.outcomes() == ["stored", "duplicate"]


def test_nothing_of_a_mail_reaches_the_database(box: Box) -> None:
    box.server.send(mail(("TUYỆT-MẬT-77.pdf", pdf()), subject="BÍ-MẬT-88"))
    box.server.send(mail(("TUYỆT-MẬT-78.pdf", pdf()), subject="BÍ-MẬT-89", sender="BI-MAT-90@khac.vn"))
    box.look()
    with box.app.engine.connect() as connection:
        names = connection.exec_driver_sql(
            "select table_name from information_schema.tables where table_schema='public'"
        )
        for (table,) in list(names):
            rows = connection.exec_driver_sql(f'select t::text from "{table}" t').scalars().all()
            assert not [row for row in rows if "MẬT-7" in row or "MẬT-8" in row or "BI-MAT" in row], table


def test_a_server_without_a_trusted_certificate_is_not_told_the_password(box: Box) -> None:
    box.app.settings = dataclasses.replace(box.app.settings, ca_file=None)
    box.server.send(mail(("a.pdf", pdf())))
    box.look()
    assert box.problem() == "mailbox.certificate"
    assert box.messages() == []


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"password": "sai"}, "mailbox.login_refused"),
        ({"folder": "Không có"}, "mailbox.folder_missing"),
        ({"port": 1}, "mailbox.unreachable"),
    ],
)
def test_what_keeps_it_from_its_work_is_told(
    app: App, clock: SetClock, operator: Actor, server: Mailserver, columns: dict[str, Any], problem: str
) -> None:
    app.settings = dataclasses.replace(app.settings, ca_file=server.ca_file)
    box = opened(app, clock, operator, server, **columns)
    box.look()
    assert box.problem() == problem


def test_starttls_and_folders_with_vietnamese_names(
    app: App, clock: SetClock, operator: Actor, server: Mailserver
) -> None:
    app.settings = dataclasses.replace(app.settings, ca_file=server.ca_file)
    columns = {"security": "starttls", "port": server.plain, "taken_folder": "Đã nhận"}
    box = opened(app, clock, operator, server, **columns)
    server.send(mail(("a.pdf", pdf())))
    box.look()
    assert box.problem() is None
    assert box.outcomes() == ["stored"]
    assert server.count() == 0


def test_a_line_that_is_cut_in_the_middle_leaves_the_mail_for_the_next_look(box: Box) -> None:
    box.server.send(mail(("a.pdf", pdf())))

    def cut(*_: object) -> bool:
        raise MailboxProblem("mailbox.connection_lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "write_mail", cut)
        box.look()
    assert box.problem() == "mailbox.connection_lost"
    assert box.messages() == []
    assert box.server.count("UNSEEN") == 1
    box.look()
    assert box.problem() is None
    assert box.outcomes() == ["stored"]
