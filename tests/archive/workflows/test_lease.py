from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from archive.bootstrap import App
from archive.workflows.errors import LeaseLost
from archive.workflows.lease import Lease, executor_id, slot_of


def test_two_workers_hold_two_slots(app: App) -> None:
    first, second = Lease.take(app.engine, app.clock()), Lease.take(app.engine, app.clock())
    assert (first.slot, second.slot) == (1, 2)
    assert first.alive()
    assert second.alive()
    first.release()
    second.release()


def test_whoever_takes_a_free_slot_fences_the_earlier_holder_off(app: App) -> None:
    first = Lease.take(app.engine, app.clock())
    first.release()
    second = Lease.take(app.engine, app.clock())
    assert (second.slot, second.number) == (first.slot, first.number + 1)
    with pytest.raises(LeaseLost), app.unit_of_work() as uow:
        first.fence(uow.session)
    with app.unit_of_work() as uow:
        second.fence(uow.session)
    second.release()


def test_a_slot_of_a_living_worker_is_no_orphan(app: App) -> None:
    first, second = Lease.take(app.engine, app.clock()), Lease.take(app.engine, app.clock())
    with first.orphan(second.slot, app.clock()) as orphaned:
        assert not orphaned
    second.release()
    with first.orphan(second.slot, app.clock()) as orphaned:
        assert orphaned
    with pytest.raises(LeaseLost), app.unit_of_work() as uow:
        second.fence(uow.session)
    first.release()


def test_a_broken_connection_is_mended_while_nobody_took_the_slot(app: App) -> None:
    lease = Lease.take(app.engine, app.clock())
    lease._connection.connection.driver_connection.close()  # type: ignore[union-attr]
    assert lease.alive()
    with app.unit_of_work() as uow:
        lease.fence(uow.session)
    lease.release()


def test_while_the_database_is_away_a_lease_is_neither_lost_nor_held(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = Lease.take(app.engine, app.clock())
    lease._connection.connection.driver_connection.close()  # type: ignore[union-attr]

    def away(engine: Engine) -> Connection:
        raise OperationalError("connect", {}, Exception("connection refused"))

    with monkeypatch.context() as failing:
        failing.setattr(Engine, "connect", away)
        for _ in range(3):
            with pytest.raises(DBAPIError):
                lease.alive()
    assert lease.alive()
    other = Lease.take(app.engine, app.clock())
    assert other.slot != lease.slot
    other.release()
    lease.release()


def test_a_broken_connection_ends_the_lease_when_another_took_the_slot(app: App) -> None:
    lease = Lease.take(app.engine, app.clock())
    lease._connection.connection.driver_connection.close()  # type: ignore[union-attr]
    other = Lease.take(app.engine, app.clock())
    assert other.slot == lease.slot
    assert not lease.alive()
    other.release()


@pytest.mark.parametrize("slot", [1, 64])
def test_an_executor_id_names_its_slot(slot: int) -> None:
    assert slot_of(executor_id(slot)) == slot


@pytest.mark.parametrize("executor", ["local", "slot-", "slot-x", ""])
def test_a_foreign_executor_has_no_slot(executor: str) -> None:
    assert slot_of(executor) is None
