"""A worker's place: a numbered slot whose holder is proved alive by a PostgreSQL advisory lock.

Who finds the lock of a slot free takes it with the next lease number and goes on with its work. Commits of the
earlier holder, should it still run, are refused: they name a lease that is no longer the slot's.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from archive.db.trail import WorkerSlot
from archive.errors import Conflict
from archive.workflows.errors import LeaseLost

LOCK_CLASS = 0x41524357
SLOTS = 64


class Lease:
    """Held from `take` to `release`, or until the database connection breaks."""

    def __init__(self, engine: Engine, connection: Connection, slot: int, number: int) -> None:
        self._engine = engine
        self._connection = connection
        self.slot = slot
        self.number = number

    @property
    def executor_id(self) -> str:
        return executor_id(self.slot)

    @classmethod
    def take(cls, engine: Engine, now: datetime) -> Lease:
        """The lowest free slot. Raises Conflict when all are taken."""
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            for slot in range(1, SLOTS + 1):
                if _try_lock(connection, slot):
                    return cls(engine, connection, slot, _next_number(connection, slot, now))
        except BaseException:
            connection.invalidate()
            raise
        connection.close()
        raise Conflict("workflow.no_slot", slots=SLOTS)

    def fence(self, session: Session) -> None:
        """In the transaction that is to be committed: nobody can take the slot until it has ended."""
        held = select(WorkerSlot.lease).where(WorkerSlot.slot == self.slot).with_for_update(read=True)
        if session.scalar(held) != self.number:
            raise LeaseLost

    def alive(self) -> bool:
        """Whether the lock is still held; tries to hold it again after a broken connection.

        Raises DBAPIError while the database is away: nobody can take the place then, and nothing can be committed.
        """
        if not self._connection.invalidated:  # it would connect anew by itself, without the lock
            try:
                self._connection.execute(text("select 1"))
                return True
            except DBAPIError:
                self._connection.invalidate()
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            if _try_lock(connection, self.slot):
                held = connection.scalar(select(WorkerSlot.lease).where(WorkerSlot.slot == self.slot))
                if held == self.number:
                    self._connection = connection
                    return True
        except BaseException:
            connection.invalidate()
            raise
        connection.invalidate()  # ends the session, and with it whatever lock it got
        return False

    @contextmanager
    def orphan(self, slot: int, now: datetime) -> Iterator[bool]:
        """Whether that other slot has no living holder; then it is fenced off and stays locked in the block."""
        if slot == self.slot or not _try_lock(self._connection, slot):
            yield False
            return
        try:
            _next_number(self._connection, slot, now)
            yield True
        finally:
            self._connection.execute(text("select pg_advisory_unlock(:class, :slot)"), _key(slot))

    def release(self) -> None:
        release_session(self._connection)


def release_session(connection: Connection) -> None:
    """Let go of the session's locks and end it; they are free on return, unless the server is away."""
    if not connection.invalidated:
        with suppress(DBAPIError):  # at once; the server may notice a little later that the session has ended
            connection.execute(text("select pg_advisory_unlock_all()"))
    connection.invalidate()
    connection.close()


def executor_id(slot: int) -> str:
    return f"slot-{slot}"


def slot_of(executor: str) -> int | None:
    name, _, number = executor.partition("-")
    return int(number) if name == "slot" and number.isdigit() else None


def _key(slot: int) -> dict[str, int]:
    return {"class": LOCK_CLASS, "slot": slot}


def _try_lock(connection: Connection, slot: int) -> bool:
    return bool(connection.scalar(text("select pg_try_advisory_lock(:class, :slot)"), _key(slot)))


def _next_number(connection: Connection, slot: int, now: datetime) -> int:
    holder = f"{socket.gethostname()}:{os.getpid()}"
    connection.execute(
        insert(WorkerSlot).values(slot=slot, lease=0, holder=holder, taken_at=now).on_conflict_do_nothing()
    )
    taken = update(WorkerSlot).where(WorkerSlot.slot == slot)
    taken = taken.values(lease=WorkerSlot.lease + 1, holder=holder, taken_at=now)
    return connection.scalars(taken.returning(WorkerSlot.lease)).one()
