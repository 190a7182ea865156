"""What the service does by itself from time to time, in whichever one of its processes holds the lock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from archive.actions.inbox import fill_inbox
from archive.actions.notices import give_due_notices
from archive.actions.proposals import propose_waiting
from archive.actions.repetition import forget_keys
from archive.actions.uploads import end_expired_uploads, take_whole_uploads
from archive.bootstrap import App
from archive.drill import run_daily
from archive.failure_log import warn
from archive.integrations.mail_in import MailWatch
from archive.integrations.mail_out import send_notices
from archive.integrations.watch_folder import FolderWatch
from archive.integrations.webhooks import tell_webhooks
from archive.protection import roll_locks, tell_store
from archive.workflows.lease import release_session

NOTICES_S = 600.0  # a portion each time: what falls due on the first of January is told within hours
PROTECTION_S, DRILL_S, DAY_S = 5.0, 3600.0, 86_400.0
WEBHOOKS_S, INBOX_S, MAIL_OUT_S = 1.0, 60.0, 60.0
DOORS_S, MAIL_IN_S = 5.0, 60.0
PROPOSALS_S = 60.0  # a portion each time
UPLOADS_S = 10.0
LONGEST_WAIT_S = 3600.0  # until a job that failed is tried again


@dataclass(frozen=True, slots=True)
class Job:
    """run: does what is to be done now, may be killed at any instant and repeated at any time; returns how much it did.

    A job keeps the others waiting: a big one does a bounded portion each time.
    """

    name: str
    every_s: float
    run: Callable[[App], int]


JOBS: tuple[Job, ...] = (
    Job("protection", PROTECTION_S, tell_store),
    Job("locks", DAY_S, roll_locks),
    Job("drill", DRILL_S, run_daily),
    Job("notices", NOTICES_S, give_due_notices),
    Job("proposals", PROPOSALS_S, propose_waiting),
    Job("keys of repetition", DAY_S, forget_keys),
)
# what waits for other machines keeps nothing else waiting
DOOR_JOBS: tuple[Job, ...] = (
    Job("folders", DOORS_S, FolderWatch()),
    Job("mail in", MAIL_IN_S, MailWatch()),
    Job("whole uploads", UPLOADS_S, take_whole_uploads),
    Job("ended uploads", NOTICES_S, end_expired_uploads),
)
TELLING_JOBS: tuple[Job, ...] = (
    Job("webhooks", WEBHOOKS_S, tell_webhooks),
    Job("inbox", INBOX_S, fill_inbox),
    Job("mail out", MAIL_OUT_S, send_notices),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs that one process does, one after the other; groups do not wait for each other. lock: key in the database."""

    name: str
    lock: int
    jobs: tuple[Job, ...]


KEEPING = Group("keeping", 0x4152434944580002, JOBS)
DOORS = Group("doors", 0x4152434944580003, DOOR_JOBS)
TELLING = Group("telling", 0x4152434944580004, TELLING_JOBS)
GROUPS = (KEEPING, DOORS, TELLING)


class Periodic:
    """Each job once when this process takes the lock, then `every_s` after it ended; after a failure sooner."""

    def __init__(self, app: App, group: Group = KEEPING, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._group = group
        self._monotonic = monotonic
        self._lock: Connection | None = None
        self._next: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    def look(self) -> None:
        """Run what is due, if this process is the one that does it."""
        for job in self._group.jobs:
            if self._monotonic() >= self._next.get(job.name, float("-inf")) and self._holds_lock():
                self._run(job)

    def release(self) -> None:
        if self._lock is not None:
            lock, self._lock = self._lock, None
            release_session(lock)

    def _run(self, job: Job) -> None:
        try:
            job.run(self._app)
            self._failures.pop(job.name, None)
            wait_s = job.every_s
        except Exception as failure:  # one job that fails keeps none of the others from their work
            warn(job.name, failure)
            failed = self._failures[job.name] = self._failures.get(job.name, 0) + 1
            wait_s = min(LONGEST_WAIT_S, job.every_s, 5.0 * 2**failed)
        self._next[job.name] = self._monotonic() + wait_s

    def _holds_lock(self) -> bool:
        """The lock is the database session's and ends with it: another process then goes on."""
        try:
            if self._lock is not None:
                self._lock.execute(text("select 1"))
                return True
            connection = self._app.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text("select pg_try_advisory_lock(:key)"), {"key": self._group.lock}):
                self._lock = connection
                return True
            connection.close()
        except DBAPIError:
            self.release()
        return False
