"""Notices by mail, through a real SMTP server on loopback that takes, refuses and goes away."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.inbox import fill_inbox, see_inbox
from archive.actions.notice_mail import TOO_OLD, WAITS
from archive.actions.own_account import change_mail
from archive.bootstrap import App
from archive.db.accounts import Account, Assignment
from archive.db.telling import InboxNotice
from archive.db.trail import AuditDetails, AuditEvent
from archive.errors import InvalidInput
from archive.integrations import mail_out
from archive.integrations.mail_out import send_notices
from tests.conftest import SetClock
from tests.factories import Factory

ADDRESS = "canbo@td01.gov.vn"


class Post:
    """Keeps what it takes; `answer` is what it says to a recipient or to the letter itself."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.to_recipient = self.to_letter = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.to_letter.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content))
        return self.to_letter


@pytest.fixture
def post(app: App) -> Iterator[Post]:
    handler = Post()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    object.__setattr__(app.settings, "smtp_url", f"smtp://127.0.0.1:{port}")
    object.__setattr__(app.settings, "mail_from", "kho-ho-so@td01.gov.vn")
    object.__setattr__(app.settings, "public_url", "https://kho.td01.gov.vn")
    yield handler
    controller.stop()


class World:
    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        self.agency = make.agency("TD01")
        self.officer: Actor = make.actor(Role.SECURITY_OFFICER, self.agency)
        make.item(self.agency, state="stopped")

    def ask_for_mail(self, actor: Actor | None = None, address: str = ADDRESS, *, by_mail: bool = True) -> None:
        with self.app.unit_of_work() as uow:
            change_mail(uow, address=address, by_mail=by_mail, actor=actor or self.officer, now=self.clock())

    def states(self) -> list[str]:
        with Session(self.app.engine) as session:
            return list(session.scalars(select(InboxNotice.mail)))


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)


def test_who_asked_for_it_gets_one_letter_of_all_that_is_new(world: World, post: Post) -> None:
    world.ask_for_mail()
    other = world.make.agency("TD02")
    world.make.assignment(Account(id=world.officer.account_id), Role.SECURITY_OFFICER, other)
    world.make.item(other, state="stopped")
    world.make.actor(Role.SECURITY_OFFICER, world.agency)  # asks for no mail
    assert fill_inbox(world.app) == 3
    assert send_notices(world.app) == 1
    (letter,) = post.letters
    assert (letter["To"], letter["From"]) == (ADDRESS, "kho-ho-so@td01.gov.vn")
    assert str(make_header(decode_header(letter["Subject"]))) == "Kho hồ sơ: 2 thông báo mới"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    payload = letter.get_payload(decode=True)
    assert isinstance(payload, bytes)
    text = payload.decode()
    assert "Cơ quan TD01: 1 tệp bị dừng" in text
    assert "Cơ quan TD02: 1 tệp bị dừng" in text
    assert "https://kho.td01.gov.vn/stopped" in text
    assert sorted(world.states()) == ["none", "sent", "sent"]
    assert send_notices(world.app) == 0


def test_nothing_is_sent_where_no_server_is_set_or_nobody_asks(world: World) -> None:
    world.ask_for_mail()
    assert fill_inbox(world.app) == 1
    assert send_notices(world.app) == 0
    assert world.states() == ["none"]


def test_what_was_seen_or_may_no_longer_be_read_is_not_sent(world: World, post: Post) -> None:
    world.ask_for_mail()
    fill_inbox(world.app)
    with world.app.unit_of_work() as uow:
        uow.session.execute(update(Assignment).values(ended_at=world.clock()))
    assert send_notices(world.app) == 0
    assert world.states() == ["none"]
    assert post.letters == []


def test_a_notice_that_was_seen_first_is_not_sent(world: World, post: Post) -> None:
    world.ask_for_mail()
    fill_inbox(world.app)
    with world.app.unit_of_work() as uow:
        see_inbox(uow, actor=world.officer, now=world.clock())
    assert send_notices(world.app) == 0
    assert post.letters == []


def test_a_letter_that_is_refused_for_now_is_tried_later_and_then_given_up(world: World, post: Post) -> None:
    world.ask_for_mail()
    fill_inbox(world.app)
    post.to_recipient = "451 Try later"
    for wait in WAITS:
        assert send_notices(world.app) == 0
        assert world.states() == ["due"]
        world.clock.now += wait - timedelta(seconds=1)
        post.to_recipient = "250 OK"
        assert send_notices(world.app) == 0, "not before its time"
        post.to_recipient = "451 Try later"
        world.clock.now += timedelta(seconds=1)
    send_notices(world.app)
    assert world.states() == ["failed"]


@pytest.mark.parametrize("where", ["to_recipient", "to_letter"])
def test_a_letter_that_is_refused_for_good_is_not_tried_again(world: World, post: Post, where: str) -> None:
    world.ask_for_mail()
    fill_inbox(world.app)
    setattr(post, where, "550 No such mailbox")
    assert send_notices(world.app) == 0
    assert world.states() == ["failed"]


def test_one_refused_letter_keeps_no_other_from_going(world: World, post: Post) -> None:
    second = world.make.actor(Role.SECURITY_OFFICER, world.agency)
    world.ask_for_mail()
    world.ask_for_mail(second, "khac@td01.gov.vn")
    fill_inbox(world.app)
    post.to_letter = "451 Try later"
    send_notices(world.app)
    assert world.states() == ["due", "due"]
    post.to_letter = "250 OK"
    world.clock.now += WAITS[0]
    assert send_notices(world.app) == 2


def test_a_server_that_is_away_costs_no_attempt_and_what_is_old_is_left_to_the_inbox(world: World, post: Post) -> None:
    world.ask_for_mail()
    fill_inbox(world.app)
    there = world.app.settings.smtp_url
    object.__setattr__(world.app.settings, "smtp_url", "smtp://127.0.0.1:9")
    for _ in range(len(WAITS) + 2):
        with pytest.raises(ConnectionRefusedError):
            send_notices(world.app)
        world.clock.advance(minutes=1)
    object.__setattr__(world.app.settings, "smtp_url", there)
    assert send_notices(world.app) == 1
    with world.app.unit_of_work() as uow:
        uow.session.execute(update(InboxNotice).values(mail="due", mail_after=world.clock()))
    world.clock.now += TOO_OLD + timedelta(seconds=1)
    assert send_notices(world.app) == 0
    assert world.states() == ["failed"]
    assert len(post.letters) == 1


def test_who_is_killed_before_the_commit_sends_the_same_letter_again(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ask_for_mail()
    fill_inbox(world.app)

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(mail_out, "record_letter", die)
        with pytest.raises(Killed):
            send_notices(world.app)
    world.clock.advance(minutes=5)
    assert send_notices(world.app) == 1
    first, again = post.letters
    assert first["Message-ID"] == again["Message-ID"]
    assert first.as_string() == again.as_string()


def test_without_tls_nothing_goes_to_another_machine(world: World, post: Post) -> None:
    assert mail_out._is_loopback("127.0.0.1")
    assert mail_out._is_loopback("localhost")
    assert not mail_out._is_loopback("10.0.0.1")
    assert not mail_out._is_loopback("localhost.example.vn")


def test_an_address_is_read_strictly_and_kept_out_of_the_trail(world: World) -> None:
    for wrong in ("canbo", "a@b\nBcc: c@d.vn", "a b@c.vn", "a@b.vn, c@d.vn"):
        with pytest.raises(InvalidInput):
            world.ask_for_mail(address=wrong)
    with pytest.raises(InvalidInput):
        world.ask_for_mail(address=" ")
    world.ask_for_mail()
    world.ask_for_mail()
    with Session(world.app.engine) as session:
        assert session.scalars(select(AuditEvent.tag)).all().count("account.changed") == 1
        assert ADDRESS not in str(session.scalars(select(AuditDetails.details)).all())
