"""The work behind the pages and commands: items, index, audit chain, and what dead processes left."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from archive import audit, indexing
from archive.actions.ingest import remove_unacknowledged
from archive.actions.stopped import remove_bytes
from archive.bootstrap import App
from archive.db.failures import waited_too_long
from archive.errors import Conflict
from archive.failure_log import warn
from archive.periodic import GROUPS, Periodic
from archive.queries.waiting import items_waiting
from archive.workflows.errors import LeaseLost
from archive.workflows.lease import release_session
from archive.workflows.runner import Runner

log = logging.getLogger("archive.service")

TEND_S, DRAIN_S, SEAL_S, SWEEP_S, LOOK_S = 0.3, 0.3, 0.5, 5.0, 1.0
REST = 20  # times as long as the last sweep took
LONGEST_WAIT_S = 5.0  # between two looks at a part that is away
PATIENCE_S = 20.0
INDEX_LOCK = 0x4152434944580001
INDEX_PATIENCE_S = 60.0
_SOMEBODY_WAITS = """
    select exists (
        select from pg_locks
        where locktype = 'advisory' and not granted and objsubid = 1
          and database = (select oid from pg_database where datname = current_database())
          and (classid::bigint << 32) + objid::bigint = :key
    )
"""


def run_background(app: App) -> Background:
    """`with run_background(app) as background:` works until the block is left, then ends cleanly."""
    return Background(app)


class Background:
    def __init__(self, app: App) -> None:
        self._app = app
        self._ending = threading.Event()
        self._runner: Runner | None = None
        self._index_lock: Connection | None = None
        self._adopted_at = self._rests_until = float("-inf")
        self._undo = ExitStack()
        self._periodic = [Periodic(app, group) for group in GROUPS]
        self._threads = [
            threading.Thread(target=self._repeat, args=loop, name=f"background-{loop[0]}", daemon=True)
            for loop in (
                ("items", self._tend, TEND_S),
                ("left-overs", self._sweep, SWEEP_S),
                ("index", self._drain, DRAIN_S),
                ("audit", self._seal, SEAL_S),
                *((group.name, periodic.look, LOOK_S) for group, periodic in zip(GROUPS, self._periodic, strict=True)),
            )
        ]

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(_temporary_files_in_quarantine(self._app))
            self._runner = Runner(self._app)
            self._undo = undo.pop_all()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        with self._undo:
            # work that ends at once has not swept yet; and a killed process's readers may outlive a first sweep
            releases = [periodic.release for periodic in self._periodic]
            for work in (self._stop_runner, self._unlock_index, *releases, self._seal, self._sweep):
                try:
                    work()
                except Exception as failure:  # a part that is away keeps nobody from ending; another worker goes on
                    warn("ending", failure)

    def wait_for(self, batch_number: str, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Return when no item of the batch is under way any more and the index knows them, or when this work ends."""
        wait_for_batch(self._app, batch_number, on_progress, self._ending)

    def _repeat(self, name: str, work: Callable[[], None], pause_s: float) -> None:
        wait_s = pause_s
        while not self._ending.wait(wait_s):
            try:
                work()
                wait_s = pause_s
            except Exception as failure:
                warn(name, failure)
                wait_s = min(max(LONGEST_WAIT_S, pause_s), wait_s * 2)

    def _tend(self) -> None:
        """One thread for all that the worker's place is used for: its connection is not to be shared."""
        if self._runner is None:
            self._runner = Runner(self._app)
        try:
            self._runner.tend()
            if time.monotonic() - self._adopted_at > SWEEP_S:
                self._runner.sweep()
                self._adopted_at = time.monotonic()
        except LeaseLost:
            log.warning("this worker's place was taken by another; taking a new one")
            self._stop_runner()

    def _stop_runner(self) -> None:
        if self._runner is not None:
            runner, self._runner = self._runner, None
            runner.stop(PATIENCE_S)

    def _sweep(self) -> None:
        """A store on a server is listed for it: the more it holds, the longer the rest until the next time."""
        began = time.monotonic()
        if began >= self._rests_until or self._ending.is_set():
            sweep_left_overs(self._app)
            ended = time.monotonic()
            self._rests_until = ended + REST * (ended - began)

    def _drain(self) -> None:
        if self._holds_index():
            indexing.drain(self._app)

    def _seal(self) -> None:
        sealed = 1
        while sealed:
            with self._app.unit_of_work() as uow:
                sealed = audit.seal(uow.session, self._app.clock())

    def _holds_index(self) -> bool:
        """One process at a time writes the index; the lock is the database session's and ends with it.

        A command that waits for it (`index_writer`) is let in between two drains.
        """
        try:
            if self._index_lock is not None:
                if self._index_lock.scalar(text(_SOMEBODY_WAITS), {"key": INDEX_LOCK}):
                    self._unlock_index()
                return self._index_lock is not None
            connection = self._app.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text("select pg_try_advisory_lock(:key)"), {"key": INDEX_LOCK}):
                self._index_lock = connection
                return True
            connection.close()
        except DBAPIError:
            self._unlock_index()
        return False

    def _unlock_index(self) -> None:
        """The writer goes before the lock does, so that whoever takes the lock can write."""
        if self._index_lock is not None:
            lock, self._index_lock = self._index_lock, None
            try:
                self._app.index.close()
            finally:
                release_session(lock)


@contextmanager
def _temporary_files_in_quarantine(app: App) -> Iterator[None]:
    """Pages that are being read may be secret: what libraries put aside lies in the quarantine, and goes with us."""
    before = tempfile.tempdir
    with app.quarantine.workspace() as workspace:
        tempfile.tempdir = str(workspace)
        try:
            yield
        finally:
            tempfile.tempdir = before


@contextmanager
def index_writer(app: App, *, patience_s: float = INDEX_PATIENCE_S) -> Iterator[None]:
    """Hold the index for this process; a worker that has it lets go of it when it sees us wait.

    Raises Conflict where it is held for longer: it is being built anew.
    """
    with app.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # the lock and its time-out end with this block, and are nobody else's
        connection.execute(
            text("select set_config('lock_timeout', :limit, false)"), {"limit": f"{patience_s * 1000:.0f}"}
        )
        try:
            connection.execute(text("select pg_advisory_lock(:key)"), {"key": INDEX_LOCK})
        except OperationalError as failure:
            if waited_too_long(failure):
                raise Conflict("service.index_held") from failure
            raise
        with closing(app.index):
            yield


def wait_for_batch(
    app: App,
    batch_number: str,
    on_progress: Callable[[int, int], None] | None = None,
    ending: threading.Event | None = None,
) -> None:
    """Whoever does the work: look until it is done."""
    ending = ending or threading.Event()
    while True:
        with app.unit_of_work() as uow:
            waiting, total = items_waiting(uow.session, batch_number)
        if on_progress is not None:
            on_progress(total - waiting, total)
        if not waiting or ending.wait(TEND_S):
            return


def sweep_left_overs(app: App) -> int:
    """Remove what killed processes left, and what was decided to be removed; nothing that a receipt names."""
    return app.store.sweep() + app.quarantine.sweep() + remove_unacknowledged(app) + remove_bytes(app)
