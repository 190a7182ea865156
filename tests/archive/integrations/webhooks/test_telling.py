"""Webhooks against a real receiver: in order, signed, only what may be seen, nothing passed over, nothing elsewhere."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions import webhooks
from archive.actions.dossiers import close_dossier
from archive.actions.webhook_answers import WAITS, next_telling
from archive.audit_events import EventTag
from archive.db.telling import WebhookDelivery
from archive.db.trail import AuditEvent
from archive.destinations import Destinations
from archive.errors import Conflict, InvalidInput
from archive.integrations.webhook_sender import Sender, signed
from archive.integrations.webhooks import tell_endpoint, tell_webhooks
from archive.queries.webhooks import webhook
from archive.settings import Settings
from tests.archive.integrations.webhooks.receiver import FLOOD_BYTES, Receiver, Taken
from tests.archive.integrations.webhooks.world import LOOPBACK, World


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
    assert re.fullmatch(rf"event-{receiver.sequences[0]}-[0-9a-f]{{12}}", receiver.taken[0].headers["webhook-id"])
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
