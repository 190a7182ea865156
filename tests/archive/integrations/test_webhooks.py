"""Webhooks against a real receiver: in order, signed, only what may be seen, nothing passed over, nothing elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive import audit
from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Role
from archive.actions import webhooks
from archive.actions.dossiers import close_dossier, create_dossier
from archive.actions.filing import withdraw_item
from archive.actions.ingest import close_batch, open_batch
from archive.actions.review import publish_item
from archive.actions.webhook_answers import WAITS, next_telling
from archive.audit_events import EventTag
from archive.bootstrap import App
from archive.db.accounts import Account, Assignment
from archive.db.telling import WebhookDelivery, WebhookEndpoint
from archive.db.trail import AuditDetails, AuditEvent
from archive.destinations import Destinations
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.integrations.webhook_sender import Sender, signed
from archive.integrations.webhooks import tell_endpoint, tell_webhooks
from archive.queries.webhook_feed import EVENTS
from archive.queries.webhooks import deliveries, webhook
from archive.settings import Settings
from tests.archive.integrations.receiver import FLOOD_BYTES, Receiver, Taken, receiving
from tests.conftest import SetClock
from tests.factories import Factory

LOOPBACK = Destinations(("127.0.0.1",))
ALL = [str(tag) for tag in EVENTS]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def second() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


class World:
    """An agency with an operator, a manager, and a program whose account is told of it."""

    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        object.__setattr__(app.settings, "webhook_hosts", ("127.0.0.1",))
        self.agency = make.agency("TD01", second_person_publishes=False)
        self.operator = make.actor(Role.OPERATOR, self.agency)
        self.manager = make.actor(Role.RECORDS_MANAGER, self.agency)
        self.program = self.account("mot-cua", Role.RECORDS_MANAGER)
        self.limit_s = 20.0

    def account(self, login: str, role: Role, **columns: Any) -> Account:
        account = self.make.account(login, kind="service", **columns)
        self.make.assignment(account, role, self.agency)
        return account

    def open(
        self, receiver: Receiver, *tags: str, code: str = "MOT-CUA", login: str = "mot-cua", actor: Actor | None = None
    ) -> str:
        with self.app.unit_of_work() as uow:
            _, secret = webhooks.open_webhook(
                uow,
                code=code,
                login=login,
                url=receiver.url + "/hook",
                tags=tags or ALL,
                destinations=LOOPBACK,
                actor=actor or self.operator,
                now=self.clock(),
            )
        return secret

    def change(self, code: str = "MOT-CUA", **given: Any) -> None:
        with self.app.unit_of_work() as uow:
            webhooks.change_webhook(uow, code, destinations=LOOPBACK, actor=self.operator, now=self.clock(), **given)

    def happen(self, number: int = 1) -> list[str]:
        """Dossiers are opened; returns their codes in the order of the trail."""
        codes = []
        for _ in range(number):
            with self.app.unit_of_work() as uow:
                dossier = create_dossier(
                    uow, title="Hồ sơ kín", agency_code="TD01", year=2025, actor=self.manager, now=self.clock()
                )
                codes.append(dossier.code)
            self.clock.advance(seconds=1)
        self.seal()
        return codes

    def seal(self) -> None:
        with self.app.unit_of_work() as uow:
            audit.seal(uow.session, self.clock())

    def tell(self, code: str = "MOT-CUA", limit_s: float | None = None) -> int:
        sender = Sender(LOOPBACK, limit_s=limit_s or self.limit_s)
        return tell_endpoint(self.app, sender, self.endpoint(code).id)

    def endpoint(self, code: str = "MOT-CUA") -> WebhookEndpoint:
        with Session(self.app.engine) as session:
            return session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.code == code)).one()

    def letters(self, code: str = "MOT-CUA") -> dict[int, str]:
        with Session(self.app.engine) as session:
            lines = deliveries(session, code, actor=self.operator, limit=100)
            return {line.sequence: line.outcome for line in reversed(lines.lines)}

    def fail_until_dead(self) -> None:
        for wait in (timedelta(), *WAITS):
            self.clock.now += wait
            self.tell()


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)


def test_events_come_in_the_order_of_the_trail_signed_and_without_names(world: World, receiver: Receiver) -> None:
    secret = world.open(receiver, "dossier.created", "dossier.closed")
    codes = world.happen(3)
    with world.app.unit_of_work() as uow:
        close_dossier(uow, codes[0], work_ended_on=world.clock().date(), actor=world.manager, now=world.clock())
    world.seal()
    assert world.tell() == 4
    assert receiver.sequences == sorted(receiver.sequences)
    told = [taken.message for taken in receiver.taken]
    assert [(message["type"], message["data"]["code"]) for message in told] == [
        *(("dossier.created", code) for code in codes),
        ("dossier.closed", codes[0]),
    ]
    assert set(told[0]) == {"type", "timestamp", "data"}
    assert set(told[0]["data"]) == {"sequence", "agency", "kind", "number", "code", "receipt", "state", "link"}
    assert told[0]["timestamp"] == "2026-03-02T01:00:00Z"
    assert told[0]["data"]["agency"] == "TD01"
    assert told[3]["data"]["state"] == "closed"
    assert all(taken.is_signed_by(secret) for taken in receiver.taken)
    assert not any(taken.is_signed_by("whsec_" + "A" * 44) for taken in receiver.taken)
    everything = b"".join(taken.body for taken in receiver.taken).decode()
    assert "Hồ sơ" not in everything
    assert receiver.taken[0].headers["webhook-id"] == f"event-{receiver.sequences[0]}"
    assert world.tell() == 0


def test_the_signature_is_that_of_standard_webhooks(world: World) -> None:
    """The example that the reference libraries of Standard Webhooks test themselves with."""
    headers = signed(
        b'{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        now=world.clock.now.fromtimestamp(1614265330, tz=world.clock.now.tzinfo),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_happened_before_it_was_set_up_is_told_only_when_asked(world: World, receiver: Receiver) -> None:
    before = world.happen(2)
    world.open(receiver, "dossier.created")
    assert world.tell() == 0
    with world.app.unit_of_work() as uow:
        webhooks.replay_webhook(uow, "MOT-CUA", sequence=1, actor=world.operator, now=world.clock())
    assert world.tell() == 2
    assert [taken.message["data"]["code"] for taken in receiver.taken] == before


def test_a_replay_from_a_moment_tells_what_was_sealed_from_then_on(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(2)
    world.clock.advance(hours=1)
    since = world.clock()
    after = world.happen(2)
    world.tell()
    first = list(receiver.taken)
    with world.app.unit_of_work() as uow:
        webhooks.replay_webhook(uow, "MOT-CUA", since=since, actor=world.operator, now=world.clock())
    world.tell()
    again = receiver.taken[len(first) :]
    assert [taken.message["data"]["code"] for taken in again] == after
    assert {taken.headers["webhook-id"] for taken in again} <= {taken.headers["webhook-id"] for taken in first}
    for wrong in ({"sequence": 10_000}, {"sequence": 0}, {"since": world.clock() + timedelta(days=1)}, {}):
        with pytest.raises(InvalidInput), world.app.unit_of_work() as uow:
            webhooks.replay_webhook(uow, "MOT-CUA", actor=world.operator, now=world.clock(), **wrong)


@pytest.mark.parametrize("behaviour", [500, 404, "redirect", "drop"])
def test_what_is_not_taken_waits_longer_each_time_and_is_then_put_aside(
    world: World, receiver: Receiver, behaviour: Any
) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    receiver.always(behaviour)
    for attempts, wait in enumerate(WAITS, 1):
        world.tell()
        assert (len(receiver.taken), world.endpoint().attempts) == (attempts, attempts)
        world.clock.now += wait - timedelta(milliseconds=1)
        world.tell()
        assert len(receiver.taken) == attempts, "it is not tried before its time"
        world.clock.now += timedelta(milliseconds=1)
    world.happen(1)
    receiver.behave = lambda taken: behaviour if taken.sequence == receiver.sequences[0] else 204
    world.tell()
    assert list(world.letters().values()) == ["dead", "delivered"]
    assert len({taken.headers["webhook-id"] for taken in receiver.taken}) == 2
    assert not any(taken.path == "/elsewhere" for taken in receiver.taken)
    with Session(world.app.engine) as session:
        tags = session.scalars(select(AuditEvent.tag)).all()
    assert tags.count(EventTag.WEBHOOK_GIVEN_UP) == 1


def test_an_answer_of_gigabytes_is_not_read(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    receiver.always("flood")
    assert world.tell() == 1
    assert receiver.flooded_bytes < FLOOD_BYTES // 8


def test_a_receiver_that_stalls_is_given_up_in_time_and_keeps_no_other_waiting(
    world: World, receiver: Receiver, second: Receiver
) -> None:
    world.open(receiver, "dossier.created")
    world.open(second, "dossier.created", code="KHAC")
    world.happen(3)
    receiver.always("stall")
    with ThreadPoolExecutor(1) as pool:
        stalled = pool.submit(world.tell, limit_s=2.0)
        assert receiver.stalling.wait(30)
        assert world.tell("KHAC") == 3
        assert stalled.result() == 0
    with Session(world.app.engine) as session:
        problem = webhook(session, "MOT-CUA", actor=world.operator).problem
    assert problem is not None
    assert problem.id == "webhook.problem_slow"


def test_the_job_tells_every_endpoint_that_has_something_to_hear(
    world: World, receiver: Receiver, second: Receiver
) -> None:
    world.open(receiver, "dossier.created")
    world.open(second, "dossier.closed", code="KHAC")
    world.happen(2)
    assert tell_webhooks(world.app) == 2
    assert (len(receiver.taken), len(second.taken)) == (2, 0)
    assert tell_webhooks(world.app) == 0
    assert world.endpoint("KHAC").position == world.endpoint().position


def test_who_is_killed_between_sending_and_the_commit_sends_the_same_again(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(2)

    class Killed(BaseException):
        pass

    class Dying(Sender):
        def send(self, *arguments: Any, **named: Any) -> Any:
            super().send(*arguments, **named)
            raise Killed

    with pytest.raises(Killed):
        tell_endpoint(world.app, Dying(LOOPBACK), world.endpoint().id)
    assert world.tell() == 2
    first, again, last = receiver.taken
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    assert last.sequence > again.sequence


def test_two_who_tell_at_once_pass_none_over_and_keep_the_order_of_first_tellings(
    world: World, receiver: Receiver
) -> None:
    world.open(receiver, "dossier.created")
    world.happen(8)
    together = threading.Barrier(2)

    def tell() -> int:
        together.wait()
        return world.tell()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: tell(), range(2)))
    world.tell()
    first_tellings = list(dict.fromkeys(receiver.sequences))
    assert first_tellings == sorted(first_tellings)
    assert len(first_tellings) == 8


def test_dead_letters_are_sent_again_when_asked_beside_the_order_of_the_rest(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    receiver.always(503)
    world.fail_until_dead()
    dead = receiver.sequences[0]
    receiver.always(204)
    world.happen(1)
    world.tell()
    with world.app.unit_of_work() as uow:
        assert webhooks.resend_dead(uow, "MOT-CUA", [dead], actor=world.operator, now=world.clock()) == 1
        assert webhooks.resend_dead(uow, "MOT-CUA", actor=world.operator, now=world.clock()) == 0
    receiver.always(500)
    world.tell()
    assert world.letters()[dead] == "dead", "one try, and it is a dead letter as before"
    receiver.always(204)
    with world.app.unit_of_work() as uow:
        webhooks.resend_dead(uow, "MOT-CUA", actor=world.operator, now=world.clock())
    assert tell_webhooks(world.app) == 1
    assert set(world.letters().values()) == {"delivered"}
    assert receiver.sequences[-1] == dead


def test_a_paused_one_is_told_nothing_and_afterwards_everything(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.change(state="paused")
    world.happen(2)
    assert tell_webhooks(world.app) == 0
    world.change(state="active")
    assert tell_webhooks(world.app) == 2


def test_a_changed_address_is_tried_at_once(world: World, receiver: Receiver, second: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    receiver.always(500)
    world.tell()
    world.change(url=second.url + "/moved")
    assert world.tell() == 1
    assert [taken.path for taken in second.taken] == ["/moved"]


def test_a_new_secret_signs_from_then_on(world: World, receiver: Receiver) -> None:
    old = world.open(receiver, "dossier.created")
    with world.app.unit_of_work() as uow:
        new = webhooks.renew_secret(uow, "MOT-CUA", actor=world.operator, now=world.clock())
    world.happen(1)
    world.tell()
    assert receiver.taken[0].is_signed_by(new)
    assert not receiver.taken[0].is_signed_by(old)


def test_neither_secret_nor_address_is_in_trail_or_plain_in_the_row(world: World, receiver: Receiver) -> None:
    secret = world.open(receiver, "dossier.created")
    world.change(url=receiver.url + "/khac")
    row = world.endpoint()
    assert secret.encode() not in row.secret
    assert secret[6:].encode() not in row.secret
    with Session(world.app.engine) as session:
        details = session.scalars(select(AuditDetails.details)).all()
    assert secret not in str(details)
    assert receiver.url not in str(details)


def test_a_public_service_is_told_of_published_items_alone_and_of_their_withdrawal(
    world: World, receiver: Receiver
) -> None:
    world.account("cong", Role.SERVICE)
    world.open(receiver, login="cong")
    dossier = world.make.dossier(world.agency)
    kept = world.make.item(world.agency, state="reviewed", dossier=dossier, reviewed_by=world.operator.account_id)
    shown = world.make.item(world.agency, state="reviewed", dossier=dossier, reviewed_by=world.operator.account_id)
    with world.app.unit_of_work() as uow:
        withdraw_item(uow, kept.id, reason="Sai hồ sơ", actor=world.manager, now=world.clock())
        publish_item(uow, shown.id, actor=world.manager, now=world.clock())
    with world.app.unit_of_work() as uow:
        withdraw_item(uow, shown.id, reason="Sai hồ sơ", actor=world.manager, now=world.clock())
    world.happen(1)
    world.tell()
    told = [(taken.message["type"], taken.message["data"]["code"]) for taken in receiver.taken]
    assert told == [("item.published", shown.code), ("item.withdrawn", shown.code)]


def test_rights_are_asked_for_at_the_moment_of_telling(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    with world.app.unit_of_work() as uow:
        ended = update(Assignment).where(Assignment.account_id == world.program.id)
        uow.session.execute(ended.values(ended_at=world.clock()))
    assert world.tell() == 0
    assert receiver.taken == []
    assert world.endpoint().position > 0


def test_other_agencies_events_are_not_told(world: World, receiver: Receiver) -> None:
    world.open(receiver)
    other = world.make.agency("KHAC")
    clerk = world.make.actor(Role.CLERK, other)
    with world.app.unit_of_work() as uow:
        batch_id = open_batch(uow, agency_code="KHAC", task_number=1, source="web", actor=clerk, now=world.clock()).id
    with world.app.unit_of_work() as uow:
        close_batch(uow, batch_id, actor=clerk, now=world.clock())
    world.seal()
    assert world.tell() == 0


def test_a_closed_account_is_told_nothing_and_the_operator_is_told_why(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    with world.app.unit_of_work() as uow:
        closed = update(Account).where(Account.id == world.program.id)
        uow.session.execute(closed.values(disabled_at=world.clock()))
    assert world.tell() == 0
    assert world.endpoint().problem == "webhook.account_closed"
    assert world.endpoint().position < 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"code": "một cửa"}, InvalidInput),
        ({"login": "khong-co"}, InvalidInput),
        ({"url": "http://motcua.example.vn/hook"}, InvalidInput),
        ({"url": "https://10.0.0.1/hook"}, InvalidInput),
        ({"url": "https://lan:mat-khau@127.0.0.1/"}, InvalidInput),
        ({"tags": []}, InvalidInput),
        ({"tags": ["item.read"]}, InvalidInput),
        ({"tags": ["session.opened"]}, InvalidInput),
    ],
)
def test_what_cannot_be_is_refused(world: World, given: dict[str, Any], error: type[Exception]) -> None:
    usual = {"code": "A", "login": "mot-cua", "url": "http://127.0.0.1:9/", "tags": ["item.published"]}
    with pytest.raises(error), world.app.unit_of_work() as uow:
        webhooks.open_webhook(uow, **{**usual, **given}, destinations=LOOPBACK, actor=world.operator, now=world.clock())


def test_only_who_manages_all_that_the_account_may_see_sets_it_up_or_sees_it(world: World, receiver: Receiver) -> None:
    other = world.make.agency("KHAC")
    stranger = world.make.actor(Role.OPERATOR, other)
    clerk = world.make.actor(Role.CLERK, world.agency)
    with pytest.raises(InvalidInput):
        world.open(receiver, actor=stranger)
    with pytest.raises(NotAllowed):
        world.open(receiver, actor=clerk)
    world.open(receiver)
    with pytest.raises(Conflict):
        world.open(receiver)
    world.make.assignment(world.program, Role.OFFICIAL, other)
    for actor in (world.operator, stranger, clerk):
        with Session(world.app.engine) as session, pytest.raises(NotFound):
            webhook(session, "MOT-CUA", actor=actor)
        with pytest.raises(NotFound), world.app.unit_of_work() as uow:
            webhooks.renew_secret(uow, "MOT-CUA", actor=actor, now=world.clock())
    with Session(world.app.engine) as session:
        assert webhook(session, "MOT-CUA", actor=SYSTEM).login == "mot-cua"


def test_the_second_of_two_who_change_it_at_once_is_told(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.change(state="paused", version=1)
    with pytest.raises(Conflict):
        world.change(state="active", version=1)


def test_an_answer_to_what_was_sent_before_a_change_moves_nothing(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)

    def replayed(_: Taken) -> int:
        if len(receiver.taken) == 1:
            world.change(tags=["dossier.created", "dossier.closed"])
        return 204

    receiver.behave = replayed
    world.tell()
    world.tell()
    assert len(receiver.taken) == 2
    assert len(set(receiver.sequences)) == 1
    with world.app.unit_of_work() as uow:
        assert next_telling(uow, world.endpoint().id, now=world.clock()) is None
    with Session(world.app.engine) as session:
        assert len(session.scalars(select(WebhookDelivery)).all()) == 1


def test_an_address_that_became_forbidden_is_not_sent_to(world: World, receiver: Receiver) -> None:
    world.open(receiver, "dossier.created")
    world.happen(1)
    nothing_private = Sender(Destinations())
    assert tell_endpoint(world.app, nothing_private, world.endpoint().id) == 0
    assert receiver.taken == []
    assert world.endpoint().problem == "webhook.problem_host"


def test_links_begin_with_the_public_address(world: World, receiver: Receiver) -> None:
    object.__setattr__(world.app.settings, "public_url", "https://kho.td01.gov.vn")
    world.open(receiver, "dossier.created")
    (code,) = world.happen(1)
    world.tell()
    assert receiver.taken[0].message["data"]["link"] == f"https://kho.td01.gov.vn/dossiers/{code}"
    assert Settings().public_url is None
