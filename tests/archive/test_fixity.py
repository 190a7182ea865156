from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from archive import fixity
from archive.bootstrap import App
from archive.db.holdings import Item, RecognitionRow, Rendition, StoredObject
from archive.fixity import verify_holdings
from archive.storage import guards
from archive.storage.keys import object_path
from tests.archive.workflows.reading import Reader, scan
from tests.archive.workflows.test_process_item import deliver, rows, run
from tests.conftest import SetClock
from tests.factories import Factory


@pytest.fixture
def receipt(app: App, make: Factory, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> str:
    Reader().install(monkeypatch)
    (number,) = deliver(app, make, make.agency("H26"), scan())
    run(app, number)
    clock.advance(days=1)
    return number


def digest_of(app: App, kind: str) -> str:
    column = {
        "master": select(Item.master_digest),
        "recognition": select(RecognitionRow.digest),
        "rendition": select(Rendition.digest).where(Rendition.kind == "thumbnail"),
    }[kind]
    with app.unit_of_work() as uow:
        return str(uow.session.scalars(column).one())


def flip(app: App, digest: str) -> None:
    path = app.settings.data / "objects" / object_path(digest)
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def remove(app: App, digest: str) -> None:
    path = app.settings.data / "objects" / object_path(digest)
    with guards.opened(path.parent):
        path.unlink()


def test_intact_holdings_are_verified_and_dated(app: App, receipt: str, clock: SetClock) -> None:
    report = verify_holdings(app)
    assert (report.verified, report.objects, report.coverage, report.findings) == (5, 5, 1.0, ())
    assert {row.verified_at for row in rows(app, StoredObject)} == {clock.now}


@pytest.mark.parametrize(("harm", "rule"), [(flip, "damaged"), (remove, "missing")])
@pytest.mark.parametrize(("kind", "can_be_made_again"), [("master", False), ("recognition", True), ("rendition", True)])
def test_harm_is_found_and_said_whether_it_can_be_made_good(
    app: App, receipt: str, harm: Callable[[App, str], None], rule: str, kind: str, can_be_made_again: bool
) -> None:
    digest = digest_of(app, kind)
    harm(app, digest)
    (finding,) = verify_holdings(app).findings
    assert (finding.rule, finding.digest, finding.kind) == (rule, digest, kind)
    assert finding.receipts == (receipt,)
    assert finding.can_be_made_again is can_be_made_again


def test_nothing_can_be_made_again_from_a_damaged_master(app: App, receipt: str) -> None:
    for kind in ("master", "rendition"):
        flip(app, digest_of(app, kind))
    assert [finding.can_be_made_again for finding in verify_holdings(app).findings] == [False, False]


def test_small_portions_cover_everything_in_turn(
    app: App, receipt: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixity, "PORTION", 2)
    clock.advance(days=100)
    coverage = []
    for _ in range(3):
        coverage.append(verify_holdings(app, limit=2).coverage)
        clock.advance(minutes=1)
    assert coverage == [0.4, 0.8, 1.0]


def test_a_harmed_object_is_reported_each_time_and_never_dated(app: App, receipt: str, clock: SetClock) -> None:
    flip(app, digest_of(app, "master"))
    for _ in range(2):
        clock.advance(days=1)
        assert len(verify_holdings(app).findings) == 1
    with app.unit_of_work() as uow:
        row = uow.session.get_one(StoredObject, digest_of(app, "master"))
        assert row.verified_at is not None
        assert row.verified_at < clock.now


def unlock(app: App, digest: str) -> None:
    """As somebody with the service's own rights may: the lock's file is gone."""
    (app.settings.data / "objects" / "locks" / object_path(digest)).with_suffix(".json").unlink()


def test_a_lock_taken_away_is_found_and_set_again(app: App, receipt: str, clock: SetClock) -> None:
    digest = digest_of(app, "master")
    locked = app.store.protection(digest)
    assert locked.retain_until is not None
    unlock(app, digest)
    (finding,) = verify_holdings(app).findings
    assert (finding.rule, finding.digest, finding.receipts) == ("object_unlocked", digest, (receipt,))
    assert app.store.protection(digest) == locked
    clock.advance(days=1)
    assert verify_holdings(app).findings == ()


def test_a_hold_taken_away_is_found_and_set_again(app: App, receipt: str, clock: SetClock) -> None:
    digest = digest_of(app, "master")
    with app.unit_of_work() as uow:
        uow.session.get_one(StoredObject, digest).legal_hold = True
    app.store.protect(digest, legal_hold=True)
    assert verify_holdings(app).findings == ()
    app.store.protect(digest, legal_hold=False)
    clock.advance(days=1)
    assert [finding.rule for finding in verify_holdings(app).findings] == ["object_unlocked"]
    assert app.store.protection(digest).legal_hold


def test_a_lock_that_has_ended_is_not_asked_for(app: App, receipt: str, clock: SetClock) -> None:
    digest = digest_of(app, "master")
    unlock(app, digest)
    clock.advance(days=40)
    assert verify_holdings(app).findings == ()
    assert app.store.protection(digest).retain_until is None
