"""The service tries, as the account that it runs as, to remove and overwrite what is locked: nothing may give way.

What it tries this on are two objects of its own, the same ones each time; of records it only reads whether they are
held as the catalogue says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from archive.access.identity import SYSTEM, Actor
from archive.actions.drills import record_drill, require_drill
from archive.actions.protection import MASTER_LOCK
from archive.bootstrap import App
from archive.db.holdings import StoredObject
from archive.db.retention import DeletionDrill
from archive.errors import ObjectDamaged, ObjectMissing
from archive.protection import is_short
from archive.storage.interface import Attempt, Drillable

REFUSED, READ_PAST, GAVE_WAY = "refused", "read_past", "gave_way"
COMPARED = 200  # records whose lock is read each time, another choice every time
EVERY = timedelta(days=1)
LOCKED = "Vật diễn tập xoá: có khoá thời hạn.\n".encode()
HELD = "Vật diễn tập xoá: có khoá thời hạn và lệnh giữ.\n".encode()
CANARIES = frozenset(hashlib.sha256(content).hexdigest() for content in (LOCKED, HELD))


@dataclass(frozen=True, slots=True)
class Tried:
    digest: str
    attempt: str  # message id below `drill.attempt.`
    outcome: str


@dataclass(frozen=True, slots=True)
class DrillReport:
    """compared: records whose lock was read; each that is held less than the catalogue says is a Tried of its own."""

    store: str
    tried: tuple[Tried, ...]
    compared: int

    @property
    def gave_way(self) -> tuple[Tried, ...]:
        return tuple(each for each in self.tried if each.outcome == GAVE_WAY)

    @property
    def passed(self) -> bool:
        return not self.gave_way


def run_drill(app: App, *, actor: Actor) -> DrillReport:
    """May be repeated and killed: what gave way is laid anew, and nothing but the two objects is ever touched.

    Raises NotAllowed, and StoreUnavailable where it cannot be told what a try has done.
    """
    require_drill(actor)
    store = app.store
    assert isinstance(store, Drillable)
    tried: list[Tried] = []
    with app.quarantine.workspace() as workspace:
        for content in (LOCKED, HELD):
            source = workspace / "canary"
            source.write_bytes(content)
            tried += _try(app, store, source, legal_hold=content == HELD)
    compared, short = _compare(app)
    report = DrillReport(type(store).__name__, (*tried, *short), compared)
    with app.unit_of_work() as uow:
        told = [{"digest": each.digest, "attempt": each.attempt, "outcome": each.outcome} for each in report.tried]
        record_drill(uow, store=report.store, compared=compared, attempts=told, actor=actor, now=app.clock())
    return report


def run_daily(app: App) -> int:
    """Where the newest drill is a day old; the first when something has lain in the store for a day."""
    with app.unit_of_work() as uow:
        newest = uow.session.scalar(select(func.max(DeletionDrill.at)))
        since = newest or uow.session.scalar(select(func.min(StoredObject.stored_at)))
    if since is None or since > app.clock() - EVERY:
        return 0
    run_drill(app, actor=SYSTEM)
    return 1


def _try(app: App, store: Drillable, source: Path, *, legal_hold: bool) -> Iterator[Tried]:
    digest = _lay(app, source, legal_hold=legal_hold)
    for attempt in store.attempts(digest):
        outcome = _outcome(app, attempt, digest)
        if outcome != REFUSED:
            _lay(app, source, legal_hold=legal_hold)
        yield Tried(digest, attempt.name, outcome)


def _lay(app: App, source: Path, *, legal_hold: bool) -> str:
    """As a master whose rule was confirmed, or that is under a hold."""
    until = app.clock() + MASTER_LOCK
    digest = app.store.put(source, retain_until=until).digest
    app.store.protect(digest, retain_until=until, legal_hold=legal_hold)
    return digest


def _outcome(app: App, attempt: Attempt, digest: str) -> str:
    if attempt.refused():
        return REFUSED
    return READ_PAST if attempt.lays_over and _is_read(app, digest) else GAVE_WAY


def _is_read(app: App, digest: str) -> bool:
    try:
        with app.store.open(digest) as stream:
            return hashlib.sha256(stream.read()).hexdigest() == digest
    except (ObjectMissing, ObjectDamaged):
        return False


def _compare(app: App) -> tuple[int, list[Tried]]:
    now = app.clock()
    locked = (
        select(StoredObject)
        .where((StoredObject.locked_until > now) | StoredObject.legal_hold, StoredObject.protection_pending.is_(False))
        .order_by(func.random())
        .limit(COMPARED)
    )
    with app.unit_of_work() as uow:
        rows = uow.session.scalars(locked).all()
    return len(rows), [Tried(row.digest, "record_held", GAVE_WAY) for row in rows if is_short(app, row)]
