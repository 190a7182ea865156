"""The drill: nothing that is locked gives way, and whatever does give way is told."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.holdings import StoredObject
from archive.db.retention import DeletionDrill
from archive.db.trail import AuditEvent
from archive.drill import CANARIES, run_daily, run_drill
from archive.errors import NotAllowed
from archive.reconcile import reconcile
from archive.storage import directory_drill, guards
from archive.storage.keys import object_path
from tests.conftest import SetClock
from tests.factories import Factory

ATTEMPTS = {"open_for_writing", "append", "truncate", "rename", "overwrite", "unlink"}


def offered(directory: Path) -> bool:
    """Whether a locked file binds even root here."""
    probe = directory / "probe"
    probe.touch()
    made = guards.make_immutable(probe)
    guards.release(probe)
    return made


@pytest.fixture
def binding(app: App) -> None:
    if os.geteuid() == 0 and not offered(app.settings.data):
        pytest.skip("root is bound by no modes, and this file system has no immutable attribute")


def objects(app: App) -> Path:
    return app.settings.data / "objects"


@pytest.mark.usefixtures("binding")
def test_nothing_gives_way_and_that_is_on_record(app: App, make: Factory) -> None:
    auditor = make.actor(Role.AUDITOR, make.agency())
    report = run_drill(app, actor=auditor)
    assert report.passed
    assert {each.attempt for each in report.tried} == ATTEMPTS
    assert {each.outcome for each in report.tried} == {"refused"}
    assert {each.digest for each in report.tried} == CANARIES
    with Session(app.engine) as session:
        row = session.scalars(select(DeletionDrill)).one()
        event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "deletion.drilled")).one()
    assert (row.passed, row.account_id, row.objects, len(row.attempts)) == (True, auditor.account_id, 2, 12)
    assert event.actor_id == auditor.account_id


@pytest.mark.usefixtures("binding")
def test_it_leaves_nothing_that_does_not_agree_and_may_be_repeated(app: App) -> None:
    assert run_drill(app, actor=SYSTEM).passed
    assert run_drill(app, actor=SYSTEM).passed
    assert reconcile(app).findings == ()
    assert all(app.store.verify(digest) for digest in CANARIES)


def test_what_gives_way_is_told_and_laid_anew(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that guards nothing: as a directory whose owner may write, without the attribute."""
    monkeypatch.setattr(guards, "make_immutable", lambda path: False)
    monkeypatch.setattr(guards, "CLOSED", 0o700)
    monkeypatch.setattr("archive.storage.filesystem.OBJECT_MODE", 0o600)
    monkeypatch.setattr(guards, "OBJECT_MODE", 0o600)
    report = run_drill(app, actor=SYSTEM)
    assert not report.passed
    assert {each.attempt for each in report.gave_way} == ATTEMPTS
    assert all(app.store.verify(digest) for digest in CANARIES)
    with Session(app.engine) as session:
        assert session.scalars(select(DeletionDrill.passed)).one() is False


@pytest.mark.usefixtures("binding")
def test_a_record_that_is_held_less_than_the_catalogue_says_fails_the_drill(app: App, make: Factory) -> None:
    path = app.settings.data / "master"
    path.write_bytes(b"a master")
    digest = app.store.put(path).digest
    make.stored_object(digest, 8)
    with app.unit_of_work() as uow:
        row = uow.session.get_one(StoredObject, digest)
        row.locked_until, row.legal_hold = app.clock() + timedelta(days=3650), True
    report = run_drill(app, actor=SYSTEM)
    assert [(each.attempt, each.digest) for each in report.gave_way] == [("record_held", digest)]
    assert report.compared == 1
    app.store.protect(digest, retain_until=app.clock() + timedelta(days=3650), legal_hold=True)
    assert run_drill(app, actor=SYSTEM).passed


def test_no_record_is_touched(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    attempts_on = directory_drill.attempts_on

    def seen(path: Path, work: Path) -> object:
        tried.append(path.name)
        return attempts_on(path, work)

    monkeypatch.setattr("archive.storage.filesystem.attempts_on", seen)
    path = app.settings.data / "master"
    path.write_bytes(b"a master")
    digest = app.store.put(path, retain_until=app.clock() + timedelta(days=30)).digest
    run_drill(app, actor=SYSTEM)
    assert set(tried) == CANARIES
    assert app.store.verify(digest)


def test_guards_that_were_taken_away_hold_nothing_until_they_are_set_again(app: App) -> None:
    path = app.settings.data / "master"
    path.write_bytes(b"a master")
    until = app.clock() + timedelta(days=30)
    digest = app.store.put(path, retain_until=until).digest
    assert app.store.protection(digest).retain_until == until
    (objects(app) / object_path(digest)).parent.chmod(0o700)
    assert app.store.protection(digest).retain_until is None
    app.store.protect(digest, retain_until=until)
    assert app.store.protection(digest).retain_until == until


def test_holdings_of_an_earlier_version_are_closed_when_they_are_opened(app: App) -> None:
    path = app.settings.data / "master"
    path.write_bytes(b"a master")
    until = app.clock() + timedelta(days=30)
    digest = app.store.put(path, retain_until=until).digest
    lying = objects(app) / object_path(digest)
    for directory in (lying.parent, lying.parent.parent, objects(app)):
        directory.chmod(0o700)
    type(app.store).create(objects(app))  # type: ignore[attr-defined]
    assert guards.is_closed(lying, objects(app))
    assert app.store.protection(digest).retain_until == until


def test_once_a_day_and_not_before_there_is_something_a_day_old(app: App, make: Factory, clock: SetClock) -> None:
    assert run_daily(app) == 0
    make.stored_object("ab" * 32, 1)
    assert run_daily(app) == 0
    clock.advance(days=1, seconds=1)
    assert run_daily(app) == 1
    clock.advance(hours=23)
    assert run_daily(app) == 0
    clock.advance(hours=2)
    assert run_daily(app) == 1
    with Session(app.engine) as session:
        assert session.scalars(select(DeletionDrill.account_id)).all() == [None, None]


@pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER, Role.OFFICIAL, Role.SERVICE, Role.SECURITY_OFFICER])
def test_it_is_for_who_may_run_it(app: App, make: Factory, role: Role) -> None:
    with pytest.raises(NotAllowed):
        run_drill(app, actor=make.actor(role, make.agency()))
    assert not any(app.store.contains(digest) for digest in CANARIES)


def test_its_attempts_are_plain_values(app: App) -> None:
    run_drill(app, actor=SYSTEM)
    with Session(app.engine) as session:
        (attempts,) = session.scalars(select(DeletionDrill.attempts)).all()
    assert json.loads(json.dumps(attempts)) == attempts
    assert set(attempts[0]) == {"digest", "attempt", "outcome"}
