"""Each check is tried on holdings that are damaged just so."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from archive import indexing
from archive.actions.ingest import remove_unacknowledged
from archive.bootstrap import App
from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Item, Receipt, Rendition, StoredObject
from archive.reconcile import reconcile
from archive.storage import guards
from archive.storage.keys import object_path
from tests.archive.workflows.reading import Reader, scan
from tests.archive.workflows.test_process_item import deliver, run
from tests.factories import Factory


@pytest.fixture
def holdings(app: App, make: Factory, monkeypatch: pytest.MonkeyPatch) -> App:
    """One item described, one stopped."""
    Reader().install(monkeypatch)
    agency = make.agency("H26")
    first, second = deliver(app, make, agency, scan(), scan(stamp="MẬT"))
    run(app, first)
    run(app, second)
    indexing.drain(app)
    return app


def test_holdings_that_agree_have_no_finding(holdings: App) -> None:
    report = reconcile(holdings)
    assert report.findings == ()
    assert (report.objects, report.items, report.quarantined, report.indexed, report.waiting) == (5, 2, 1, 1, 0)


def master(app: App) -> Path:
    with app.unit_of_work() as uow:
        digest = uow.session.scalars(select(Item.master_digest).where(Item.master_digest.is_not(None))).one()
    assert digest is not None
    return app.settings.data / "objects" / object_path(digest)


def lose_an_object(app: App) -> None:
    with guards.opened(master(app).parent):
        master(app).unlink()


def take_the_lock_away(app: App) -> None:
    root = app.settings.data / "objects"
    (root / "locks" / master(app).relative_to(root)).with_suffix(".json").unlink()


def take_the_guards_away(app: App) -> None:
    master(app).parent.chmod(0o700)


def leave_the_store_untold(app: App) -> None:
    with app.unit_of_work() as uow:
        row = uow.session.get_one(StoredObject, master(app).name)
        row.legal_hold, row.protection_pending = True, True
        row.protection_changed_at = app.clock() - timedelta(hours=2)


def cut_an_object(app: App) -> None:
    path = master(app)
    path.chmod(0o600)
    path.write_bytes(b"cut")


def add_an_object(app: App) -> None:
    source = app.settings.data / "stray"
    source.write_bytes(b"nobody's")
    app.store.put(source)


def add_an_object_with_a_row(app: App) -> None:
    source = app.settings.data / "stray"
    source.write_bytes(b"nobody's")
    stored = app.store.put(source)
    with app.unit_of_work() as uow:
        row = StoredObject(
            digest=stored.digest, size_bytes=stored.size_bytes, media_type="image/png", stored_at=app.clock()
        )
        uow.session.add(row)


def lose_the_access_copy(app: App) -> None:
    with app.unit_of_work() as uow:
        uow.session.execute(delete(Rendition).where(Rendition.kind == "access_pdf"))


def change_the_master(app: App) -> None:
    with app.unit_of_work() as uow:
        item = uow.session.scalars(select(Item).where(Item.state == "described")).one()
        item.master_digest = uow.session.scalars(select(Rendition.digest).where(Rendition.kind == "page_image")).one()


def lose_the_quarantined_bytes(app: App) -> None:
    for key in list(app.quarantine.keys()):
        app.quarantine.remove(key)


def cut_the_quarantined_bytes(app: App) -> None:
    (key,) = app.quarantine.keys()
    app.quarantine.path(key).write_bytes(b"cut")


def leave_bytes_of_a_promoted_item(app: App) -> None:
    with app.unit_of_work() as uow:
        key = str(uow.session.scalars(select(Item.receipt_id).where(Item.state == "described")).one())
    app.quarantine.receive(key, io.BytesIO(scan()), "a.pdf", limit_bytes=1000)
    app.quarantine.release(key)


def leave_bytes_without_a_receipt(app: App) -> None:
    key = "019b0000-0000-7000-8000-000000000000"
    app.quarantine.receive(key, io.BytesIO(scan()), "a.pdf", limit_bytes=1000)
    app.quarantine.release(key)


def leave_what_no_receipt_could_name(app: App) -> None:
    app.quarantine.receive("somebody.elses", io.BytesIO(scan()), "a.pdf", limit_bytes=1000)
    app.quarantine.release("somebody.elses")
    assert remove_unacknowledged(app) == 0


def leave_half_an_object(app: App) -> None:
    (app.settings.data / "objects" / "writing" / "killed.part").write_bytes(b"half")


def close_a_batch_too_early(app: App) -> None:
    with app.unit_of_work() as uow:
        batch = uow.session.scalars(select(Batch)).one()
        batch.closed_at, batch.expected = app.clock(), 3


def forget_an_entry(app: App) -> None:
    with app.unit_of_work() as uow:
        receipt = uow.session.scalars(select(Receipt).order_by(Receipt.number)).first()
        assert receipt is not None
        uow.session.execute(delete(BatchEntry).where(BatchEntry.receipt_id == receipt.id))


def forget_in_the_index(app: App) -> None:
    app.index.remove([item_id for item_id, _ in app.index.revisions()])


def change_past_the_outbox(app: App) -> None:
    with app.unit_of_work() as uow:
        uow.session.scalars(select(Item).where(Item.state == "described")).one().revision += 1


def withdraw_past_the_outbox(app: App) -> None:
    with app.unit_of_work() as uow:
        uow.session.scalars(select(Item).where(Item.state == "described")).one().state = "withdrawn"


@pytest.mark.parametrize(
    ("damage", "rules"),
    [
        (lose_an_object, {"object_missing"}),
        (take_the_lock_away, {"object_unlocked"}),
        (take_the_guards_away, {"object_unlocked"}),
        (leave_the_store_untold, {"protection_untold"}),
        (cut_an_object, {"object_size"}),
        (add_an_object, {"object_orphan"}),
        (add_an_object_with_a_row, {"object_unheld"}),
        (lose_the_access_copy, {"item_incomplete", "object_unheld"}),
        (change_the_master, {"master_changed", "object_unheld"}),
        (lose_the_quarantined_bytes, {"quarantine_missing"}),
        (cut_the_quarantined_bytes, {"quarantine_size"}),
        (leave_bytes_of_a_promoted_item, {"quarantine_not_emptied"}),
        (leave_bytes_without_a_receipt, {"quarantine_without_receipt"}),
        (leave_what_no_receipt_could_name, {"quarantine_without_receipt"}),
        (leave_half_an_object, {"left_over"}),
        (close_a_batch_too_early, {"batch_unexplained"}),
        (forget_an_entry, {"receipt_half_recorded"}),
        (forget_in_the_index, {"index_behind"}),
        (change_past_the_outbox, {"index_behind"}),
        (withdraw_past_the_outbox, {"index_knows_too_much"}),
    ],
)
def test_each_disagreement_is_found(holdings: App, damage: Callable[[App], None], rules: set[str]) -> None:
    damage(holdings)
    report = reconcile(holdings)
    assert {finding.rule for finding in report.findings} == rules
    assert not report.agrees


def test_a_change_that_the_outbox_is_still_to_tell_is_no_finding(holdings: App) -> None:
    with holdings.unit_of_work() as uow:
        item = uow.session.scalars(select(Item).where(Item.state == "described")).one()
        uow.reindex(item, now=holdings.clock())
    report = reconcile(holdings)
    assert report.agrees
    assert report.waiting == 1


def test_a_master_that_its_item_was_stopped_before_is_no_orphan(holdings: App) -> None:
    """Killed between store and catalogue, then given up: the receipt names the bytes."""
    (key,) = holdings.quarantine.keys()
    holdings.store.put(holdings.quarantine.path(key))
    assert reconcile(holdings).findings == ()


def test_an_entry_that_is_emptied_while_this_looks_is_no_finding(
    holdings: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_bytes_of_a_promoted_item(holdings)
    whole = holdings.quarantine.keys
    listed = list(whole())
    for key in listed:
        with holdings.unit_of_work() as uow:
            item = uow.session.scalars(select(Item).where(Item.receipt_id == uuid.UUID(key))).one()
        if item.state == "described":
            holdings.quarantine.remove(key)
    monkeypatch.setattr(holdings.quarantine, "keys", lambda: iter(listed))
    assert reconcile(holdings).findings == ()


def test_looking_changes_nothing(holdings: App) -> None:
    leave_bytes_without_a_receipt(holdings)
    leave_half_an_object(holdings)
    assert reconcile(holdings) == reconcile(holdings)
    with holdings.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from outbox")) == 0
