"""Runs the steps of items on this process's place: retries what will pass, stops what will not."""

from __future__ import annotations

import errno
import logging
import shutil
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from archive.bootstrap import App
from archive.db.failures import is_away as database_is_away
from archive.errors import ArchiveError, ObjectDamaged, ObjectMissing
from archive.workflows import process_item
from archive.workflows.engine import Engine
from archive.workflows.errors import Halted, LeaseLost
from archive.workflows.lease import Lease
from archive.workflows.work import Step, Verdict, Work
from ocr import forked
from ocr.errors import EngineMissing, OcrError

log = logging.getLogger("archive.workflows")

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
LOOK_S = 0.2
TRIES = 3  # of a reader that failed in a way that may pass
FREE_BYTES = 64 << 20  # below it, failures are the disk's
_SHORTAGES = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}
)


class Runner:
    """The worker of one process: its place, its engine and the steps it is at."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._at_work: set[int] = set()
        self._changed = threading.Condition()
        self._lease = Lease.take(app.engine, app.clock())
        self._work = Work(app, self._lease.fence, self._jobs)
        try:
            self._engine = Engine(app, self._lease, self._process)
        except BaseException:
            self._lease.release()
            raise

    def tend(self) -> None:
        """What must be done again and again. Raises LeaseLost when this worker's place is no longer its own."""
        if self._stopping.is_set() or not self._lease.alive():
            self._stopping.set()
            raise LeaseLost
        self._engine.start_waiting()

    def sweep(self) -> None:
        """Take up what dead workers left."""
        self._engine.adopt_orphans()
        gave_up = Verdict(reason="workflow.gave_up", values={})
        for receipt, released in self._engine.restart_ended():
            process_item.stop(self._work, receipt, gave_up, "recover", released=released)

    def stop(self, patience_s: float) -> None:
        """Steps end at the next place where they can be taken up again; readers of files are ended now."""
        self._stopping.set()
        deadline = time.monotonic() + patience_s
        while self._at_work and time.monotonic() < deadline:
            forked.end_all()
            with self._changed:
                self._changed.wait_for(lambda: not self._at_work, LOOK_S)
        self._engine.stop()
        self._lease.release()

    def _process(self, receipt: str, released: int) -> str:
        def run(step: Step, receipt: str) -> Verdict | None:
            verdict: Verdict | None = self._engine.run_step(step.__name__, self._attempt, step, receipt)
            return verdict

        def stop(receipt: str, step: Step, verdict: Verdict) -> None:
            self._engine.run_step("stop", self._attempt_stop, receipt, verdict, step.__name__, released)

        with self._counted():
            return process_item.process_item(run, stop, receipt)

    def _attempt(self, step: Step, receipt: str) -> Verdict | None:
        tries = 0
        for wait_s in _waits():
            if self._stopping.is_set():
                raise Halted
            try:
                return step(self._work, receipt)
            except LeaseLost:
                self._stopping.set()
                raise
            except Exception as failure:
                tries += 1
                if not self._passes(failure, tries):
                    return _verdict(step, failure)
            self._stopping.wait(wait_s)
        raise AssertionError("waits have no end")

    def _attempt_stop(self, receipt: str, verdict: Verdict, step: str, released: int) -> None:
        def stop(work: Work, receipt: str) -> None:
            process_item.stop(work, receipt, verdict, step, released=released)

        self._attempt(stop, receipt)

    def _passes(self, failure: Exception, tries: int) -> bool:
        """Whether the same step may succeed later by itself, or when an operator has done something."""
        if isinstance(failure, EngineMissing) or _is_away(failure) or self._disk_is_full():
            return True
        return isinstance(failure, OcrError) and failure.retry and tries < TRIES

    def _disk_is_full(self) -> bool:
        places = (self._app.settings.data, tempfile.gettempdir())
        return any(shutil.disk_usage(place).free < FREE_BYTES for place in places)

    def _jobs(self) -> int:
        """Pages side by side for one item: all, unless other items are read beside it."""
        return max(1, self._app.settings.jobs // max(1, len(self._at_work)))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        mine = threading.get_ident()
        with self._changed:
            self._at_work.add(mine)
        try:
            yield
        finally:
            with self._changed:
                self._at_work.discard(mine)
                self._changed.notify_all()


def _waits() -> Iterator[float]:
    wait_s = FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)


def _is_away(failure: Exception) -> bool:
    """A part that the step stands on does not answer, or is full."""
    if isinstance(failure, ArchiveError):
        return failure.retry
    if isinstance(failure, OSError):
        return failure.errno in _SHORTAGES
    return database_is_away(failure)


def _verdict(step: Step, failure: Exception) -> Verdict:
    """Why the item is stopped. An error's own text may quote the document, so only a reader's reasons are told."""
    if isinstance(failure, OcrError):
        return Verdict(reason=failure.reason, values={name: _plain(value) for name, value in failure.values.items()})
    if isinstance(failure, ObjectDamaged | ObjectMissing):
        return Verdict(reason="workflow.bytes_damaged", values={"step": step.__name__})
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    log.error("step %s failed: %s at %s", step.__name__, type(failure).__name__, place)
    return Verdict(reason="workflow.step_failed", values={"step": step.__name__})


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value)[:200]
