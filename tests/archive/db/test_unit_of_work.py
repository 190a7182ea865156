from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from archive.access.identity import SYSTEM
from archive.audit import EventTag
from archive.bootstrap import App
from archive.db.accounts import Account
from archive.db.holdings import Item
from archive.db.trail import AuditDetails, AuditEvent, AuditLink, AuditTail, Counter, Outbox
from archive.ids import new_id
from tests.conftest import SetClock
from tests.factories import Factory


class Boom(Exception):
    pass


def count(app: App, row: type) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(row)) or 0


def change(app: App, item: Item, clock: SetClock, fail_after_telling: list[str] | None = None) -> None:
    with app.unit_of_work() as uow:
        held = uow.session.get_one(Item, item.id)
        held.title = "Tiêu đề mới"
        uow.reindex(held, now=clock())
        uow.next_number("receipt:X:2026")
        uow.record(EventTag.ITEM_FILED, actor=SYSTEM, now=clock(), subject_kind="item", subject_id=item.id)
        if fail_after_telling is not None:
            uow.after_commit(lambda: fail_after_telling.append("mail"))
            raise Boom


def test_rows_event_outbox_and_number_are_one_commit(make: Factory, app: App, clock: SetClock) -> None:
    item = make.item()
    change(app, item, clock)
    with app.unit_of_work() as uow:
        held = uow.session.get_one(Item, item.id)
        assert (held.title, held.revision) == ("Tiêu đề mới", item.revision + 1)
        assert uow.session.scalars(select(Outbox.subject_id)).all() == [item.id]
        assert uow.session.scalars(select(AuditEvent.subject_id)).all() == [str(item.id)]
    assert [count(app, row) for row in (AuditDetails, AuditTail, Counter)] == [1, 1, 1]


def test_after_an_exception_nothing_is_left_and_nothing_is_told(make: Factory, app: App, clock: SetClock) -> None:
    item = make.item()
    told: list[str] = []
    with pytest.raises(Boom):
        change(app, item, clock, told)
    assert [count(app, row) for row in (Outbox, AuditEvent, AuditDetails, AuditTail, Counter)] == [0] * 5
    assert told == []


def test_what_follows_the_commit_sees_it(make: Factory, app: App) -> None:
    seen: list[int] = []
    with app.unit_of_work() as uow:
        uow.after_commit(lambda: seen.append(count(app, Account)))
        before = uow.session.scalar(select(func.count()).select_from(Account)) or 0
        uow.session.add(Account(id=new_id(), login="x", name="x", created_at=app.clock()))
    assert seen == [before + 1]


def test_numbers_are_given_once_without_gaps_to_writers_side_by_side(app: App) -> None:
    taken: list[int] = []

    def write(fail: bool) -> None:
        try:
            with app.unit_of_work() as uow:
                number = uow.next_number("batch:X:2026")
                if fail:
                    raise Boom
        except Boom:
            return
        taken.append(number)

    threads = [threading.Thread(target=write, args=(number % 3 == 0,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 9))


def test_opening_an_item_again_within_the_quarter_hour_is_one_event(make: Factory, app: App, clock: SetClock) -> None:
    item, other = make.item(), make.item()
    reader, second = make.actor("official", make.agency()), make.actor("official", make.agency())

    def open_item(*opened: tuple[Item, object]) -> int:
        with app.unit_of_work() as uow:
            for what, who in opened:
                uow.record_reading(what, actor=who, now=clock())  # type: ignore[arg-type]
        return count(app, AuditEvent)

    assert open_item((item, reader), (item, reader)) == 1
    clock.now += timedelta(minutes=14, seconds=59)
    assert open_item((item, reader)) == 1
    assert open_item((other, reader), (item, second)) == 3
    clock.now += timedelta(seconds=1)
    assert open_item((item, reader)) == 4
    assert count(app, AuditTail) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set tag = 'x'",
        "delete from audit_event",
        "truncate audit_event cascade",
        "update audit_link set hash = 'x'",
        "delete from audit_link",
        "truncate audit_link",
        "update audit_details set details = '{}'",
        "update filing set reason = 'x'",
        "delete from filing",
        "truncate filing",
        "update correction set field = 'x'",
        "delete from correction",
        "truncate correction",
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(
    make: Factory, app: App, clock: SetClock, statement: str
) -> None:
    from archive.audit import seal
    from archive.db.holdings import Correction, Filing

    item, person = make.item(), make.account()
    change(app, item, clock)
    who = {"item_id": item.id, "account_id": person.id, "at": clock()}
    make.save(Filing(id=new_id(), act="filed", reason="thử", **who))
    make.save(Correction(id=new_id(), field="subject", read_as={}, value={"value": "x"}, **who))
    with app.unit_of_work() as uow:
        seal(uow.session, clock())
    assert count(app, AuditLink) == 1
    with pytest.raises(DBAPIError, match="never changed"), app.unit_of_work() as uow:
        uow.session.execute(text(statement))
