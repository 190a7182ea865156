from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from archive.access.identity import Actor, local_date
from archive.access.permissions import Role
from archive.actions.arrivals import ArrivalKey, Received
from archive.actions.deliver import deliver_paths
from archive.actions.ingest import close_batch, open_batch, receive_file, remove_unacknowledged
from archive.actions.scanners import Done, clear_scanner, register_scanner
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Item, Receipt
from archive.db.trail import AuditEvent
from archive.errors import Conflict, InvalidInput, NotAllowed, StoreUnavailable
from archive.ids import new_id
from archive.intake.sources import open_steady
from tests.factories import Factory

PDF = b"%PDF-1.7 scan "


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("H26.1")


@pytest.fixture
def clerk(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.CLERK, agency)


@pytest.fixture
def batch(app: App, agency: Agency, clerk: Actor) -> Batch:
    list(app.quarantine.keys())  # made on first use
    return opened(app, agency, clerk)


def opened(app: App, agency: Agency, actor: Actor, **more: Any) -> Batch:
    with app.unit_of_work() as uow:
        return open_batch(uow, agency_code=agency.code, task_number=3, actor=actor, now=app.clock(), **more)


def receive(app: App, batch: Batch, actor: Actor, name: str = "a.pdf", content: bytes = PDF) -> Received:
    return receive_file(app, batch.id, name, io.BytesIO(content), actor=actor)


def rows(app: App, kind: Any, *where: Any) -> list[Any]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(kind).where(*where)))


def everything_written(app: App) -> str:
    """All text in all tables, the workflow's included."""
    with app.unit_of_work() as uow:
        names = uow.session.connection().exec_driver_sql(
            "select schemaname || '.' || tablename from pg_tables where schemaname in ('public', 'dbos')"
        )
        return "\n".join(
            str(row) for (name,) in names for row in uow.session.connection().exec_driver_sql(f"select * from {name}")
        )


def test_a_taken_file_has_a_receipt_an_item_and_bytes_in_the_quarantine(app: App, batch: Batch, clerk: Actor) -> None:
    received = receive(app, batch, clerk)
    assert received == Received("stored", "BN-H26.1-2026-0000001")
    (receipt,) = rows(app, Receipt)
    (item,) = rows(app, Item)
    (entry,) = rows(app, BatchEntry)
    assert (item.receipt_id, item.state, item.file_name) == (receipt.id, "received", None)
    assert (entry.receipt_id, entry.outcome, entry.ordinal, entry.name) == (receipt.id, "stored", 1, None)
    assert app.quarantine.path(str(receipt.id)).read_bytes() == PDF
    assert app.quarantine.held(str(receipt.id)).name == "a.pdf"


def test_the_name_is_nowhere_in_the_database_before_the_gate(app: App, batch: Batch, clerk: Actor) -> None:
    receive(app, batch, clerk, name="Kế hoạch tác chiến.pdf")
    receive(app, batch, clerk, name="Kế hoạch tác chiến bản 2.pdf")
    assert "tác chiến" not in everything_written(app)


def test_the_same_bytes_again_in_one_agency_lead_to_the_first_receipt(app: App, batch: Batch, clerk: Actor) -> None:
    first = receive(app, batch, clerk)
    again = receive(app, batch, clerk, name="b.pdf")
    assert again == Received("duplicate", first.receipt)
    (receipt,) = rows(app, Receipt)
    assert list(app.quarantine.keys()) == [str(receipt.id)]
    assert list(app.quarantine.names(str(receipt.id)).values()) == ["b.pdf"]


def test_a_duplicate_of_what_has_passed_the_gate_keeps_its_name(app: App, batch: Batch, clerk: Actor) -> None:
    receive(app, batch, clerk)
    with app.unit_of_work() as uow:
        uow.session.scalars(select(Item)).one().file_name = "a.pdf"
    receive(app, batch, clerk, name="b.pdf")
    assert [entry.name for entry in rows(app, BatchEntry, BatchEntry.outcome == "duplicate")] == ["b.pdf"]


def test_a_duplicate_of_what_was_stopped_shows_no_name(app: App, batch: Batch, clerk: Actor) -> None:
    receive(app, batch, clerk)
    with app.unit_of_work() as uow:
        item = uow.session.scalars(select(Item)).one()
        item.state, item.stop_reason = "stopped", "gate.secret_mark"
    receive(app, batch, clerk, name="b.pdf")
    (entry,) = rows(app, BatchEntry, BatchEntry.outcome == "duplicate")
    assert entry.name is None
    assert app.quarantine.names(str(entry.receipt_id)) == {}


def test_another_agency_gets_its_own_receipt_for_equal_bytes(
    app: App, batch: Batch, clerk: Actor, make: Factory
) -> None:
    other = make.agency("H26.2")
    actor = make.actor(Role.CLERK, other)
    first = receive(app, batch, clerk)
    second = receive(app, opened(app, other, actor), actor)
    assert first.receipt == "BN-H26.1-2026-0000001"
    assert second == Received("stored", "BN-H26.2-2026-0000001")


@pytest.mark.parametrize(
    ("name", "content", "reason", "status"),
    [
        ("a.pdf", b"", "file.empty", 422),
        ("a.pdf", b"MZ", "file.program", 415),
        ("a.jpg", PDF, "file.wrong_extension", 415),
        ("../a.pdf", PDF, "name.leads_elsewhere", 422),
        ("a.pdf", PDF + bytes(2000), "file.too_big", 413),
    ],
)
def test_a_refused_file_is_explained_and_nothing_of_it_stays(
    app: App,
    batch: Batch,
    clerk: Actor,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    reason: str,
    status: int,
) -> None:
    object.__setattr__(app.settings, "max_file_bytes", 1000)
    received = receive(app, batch, clerk, name, content)
    assert (received.outcome, received.reason, received.status) == ("refused", reason, status)
    (entry,) = rows(app, BatchEntry)
    assert (entry.outcome, entry.reason, entry.name) == ("refused", reason, name)
    assert rows(app, Receipt) == []
    assert list(app.quarantine.keys()) == []


def test_a_file_that_is_still_being_written_is_refused(app: App, batch: Batch, clerk: Actor, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF * 1000)
    with open_steady(path) as stream:
        stream.peek(1)  # type: ignore[attr-defined]
        path.write_bytes(PDF * 100_000)
        received = receive_file(app, batch.id, "a.pdf", stream, actor=clerk)
    assert received.reason == "file.still_written"


def test_every_receiving_is_an_event_without_the_name(app: App, batch: Batch, clerk: Actor) -> None:
    receive(app, batch, clerk)
    receive(app, batch, clerk)
    receive(app, batch, clerk, content=b"")
    tags = [event.tag for event in rows(app, AuditEvent, AuditEvent.subject_id == str(batch.id))]
    assert sorted(tags) == ["batch.opened", "duplicate.linked", "file.received", "file.refused"]


def test_many_receivers_of_the_same_bytes_make_one_item(app: App, batch: Batch, clerk: Actor) -> None:
    outcomes: list[str] = []

    def deliver() -> None:
        outcomes.append(receive(app, batch, clerk).outcome)

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["duplicate"] * 5 + ["stored"]
    assert len(rows(app, Item)) == 1
    assert sorted(entry.ordinal for entry in rows(app, BatchEntry)) == [1, 2, 3, 4, 5, 6]


def test_only_who_may_ingest_for_the_agency_opens_and_fills_a_batch(
    app: App, agency: Agency, batch: Batch, make: Factory
) -> None:
    stranger = make.actor(Role.CLERK, make.agency())
    with pytest.raises(NotAllowed):
        opened(app, agency, stranger)
    with pytest.raises(NotAllowed):
        receive(app, batch, stranger)
    assert rows(app, Receipt) == []
    assert remove_unacknowledged(app) == 1
    assert list(app.quarantine.keys()) == []


def test_a_batch_names_what_is_there(app: App, agency: Agency, clerk: Actor, make: Factory) -> None:
    with pytest.raises(InvalidInput), app.unit_of_work() as uow:
        open_batch(uow, agency_code="nowhere", task_number=1, actor=clerk, now=app.clock())
    with pytest.raises(InvalidInput), app.unit_of_work() as uow:
        open_batch(uow, agency_code=agency.code, task_number=25, actor=clerk, now=app.clock())
    with pytest.raises(InvalidInput):
        opened(app, agency, clerk, dossier_code="nothing")
    with pytest.raises(InvalidInput):
        opened(app, agency, clerk, dossier_code=make.dossier(make.agency()).code)
    with pytest.raises(Conflict):
        opened(app, agency, clerk, dossier_code=make.dossier(agency, state="closed").code)
    dossier = make.dossier(agency)
    assert opened(app, agency, clerk, dossier_code=dossier.code).dossier_id == dossier.id


def test_a_closed_batch_takes_nothing_more(app: App, batch: Batch, clerk: Actor) -> None:
    for _ in range(2):
        with app.unit_of_work() as uow:
            close_batch(uow, batch.id, expected=0, actor=clerk, now=app.clock())
    with pytest.raises(Conflict):
        receive(app, batch, clerk)
    assert [event.tag for event in rows(app, AuditEvent)].count("batch.closed") == 1


def test_a_failed_write_promises_nothing(app: App, batch: Batch, clerk: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as failing:
        failing.setattr("os.fsync", full)
        with pytest.raises(StoreUnavailable):
            receive(app, batch, clerk)
    assert rows(app, BatchEntry) == []
    assert receive(app, batch, clerk).outcome == "stored"


def test_a_claim_that_may_have_been_lost_promises_nothing(
    app: App, batch: Batch, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.quarantine, "claimed", lambda key: False)
    with pytest.raises(StoreUnavailable):
        receive(app, batch, clerk)
    assert rows(app, Receipt) == rows(app, BatchEntry) == []
    assert remove_unacknowledged(app) == 1


def test_a_batch_cannot_be_closed_between_the_look_at_it_and_the_receipt(
    app: App, batch: Batch, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []

    def look(key: str) -> bool:
        with app.engine.connect() as other, pytest.raises(OperationalError, match="could not obtain lock"):
            other.execute(select(Batch.id).where(Batch.id == batch.id).with_for_update(nowait=True))
        held.append(key)
        return True

    monkeypatch.setattr(app.quarantine, "claimed", look)
    assert receive(app, batch, clerk).outcome == "stored"
    assert len(held) == 1


def test_a_duplicate_is_told_also_when_its_bytes_cannot_be_removed_at_once(
    app: App, batch: Batch, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = receive(app, batch, clerk)

    def away(key: str) -> None:
        raise StoreUnavailable(detail="away")

    with monkeypatch.context() as failing:
        failing.setattr(app.quarantine, "remove", away)
        assert receive(app, batch, clerk) == Received("duplicate", first.receipt)
    assert remove_unacknowledged(app) == 1
    assert len(list(app.quarantine.keys())) == 1


def test_a_batch_that_an_earlier_version_began_is_numbered_on(app: App, batch: Batch, clerk: Actor) -> None:
    with app.unit_of_work() as uow:
        for ordinal in (1, 2):
            entry = BatchEntry(id=new_id(), batch_id=batch.id, ordinal=ordinal, outcome="refused", at=app.clock())
            entry.reason, entry.reason_values = "file.empty", {}
            uow.session.add(entry)
    for number in range(3):
        receive(app, batch, clerk, content=PDF + str(number).encode())
    receive(app, batch, clerk, name="b.pdf", content=b"")
    assert sorted(entry.ordinal for entry in rows(app, BatchEntry)) == [1, 2, 3, 4, 5, 6]


def test_bytes_without_a_receipt_are_removed_only_when_their_receiver_is_gone(
    app: App, batch: Batch, clerk: Actor
) -> None:
    receive(app, batch, clerk)
    (receipt,) = rows(app, Receipt)
    stray = "019b0000-0000-7000-8000-000000000000"
    app.quarantine.receive(stray, io.BytesIO(PDF), "x.pdf", limit_bytes=1000)
    assert remove_unacknowledged(app) == 0
    app.quarantine.release(stray)
    assert remove_unacknowledged(app) == 1
    assert list(app.quarantine.keys()) == [str(receipt.id)]


def test_a_whole_delivery_is_accounted_for(app: App, agency: Agency, clerk: Actor, tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    folder.mkdir()
    for name, content in {"a.pdf": PDF, "b.pdf": PDF, "c.pdf": b"", "d.pdf": PDF + b"d"}.items():
        (folder / name).write_bytes(content)
    told: list[tuple[int, int, str]] = []
    number = deliver_paths(
        app,
        [folder],
        agency_code=agency.code,
        task_number=3,
        actor=clerk,
        on_file=lambda done, expected, received: told.append((done, expected, received.outcome)),
    )
    (batch,) = rows(app, Batch, Batch.number == number)
    assert number == "LO-H26.1-2026-00001"
    assert (batch.expected, batch.closed_at) == (4, app.clock())
    assert told == [(1, 4, "stored"), (2, 4, "duplicate"), (3, 4, "refused"), (4, 4, "stored")]


def test_an_empty_delivery_opens_no_batch(app: App, agency: Agency, clerk: Actor, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput):
        deliver_paths(app, [tmp_path / "empty"], agency_code=agency.code, task_number=3, actor=clerk)
    assert rows(app, Batch) == []


def test_a_delivery_from_disk_names_a_scanner_that_is_cleared(
    app: App, agency: Agency, clerk: Actor, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    said: dict[str, Any] = {"agency_code": agency.code, "task_number": 3, "actor": clerk, "scanner_code": "MQ1"}
    now = app.clock()
    with app.unit_of_work() as uow:
        named = {"agency_code": agency.code, "code": "MQ1", "name": "Máy quét", "serial": "1"}
        scanner = register_scanner(uow, **named, actor=clerk, now=now)
        scanner_id = scanner.id
    with pytest.raises(InvalidInput):
        deliver_paths(app, [tmp_path / "a.pdf"], **said)
    with app.unit_of_work() as uow:
        checked = Done(local_date(now), "Công an", "Biên bản 1")
        clear_scanner(uow, scanner_id, checked, until=local_date(now), actor=clerk, now=now)
    number = deliver_paths(app, [tmp_path / "a.pdf"], **said)
    assert [batch.scanner_id for batch in rows(app, Batch, Batch.number == number)] == [scanner_id]


def test_what_a_door_hands_in_again_is_answered_by_what_became_of_it(app: App, batch: Batch, clerk: Actor) -> None:
    key = ArrivalKey("folder", "f1:0001")
    first = receive_file(app, batch.id, "a.pdf", io.BytesIO(PDF), actor=clerk, arrival=key)
    again = receive_file(app, batch.id, "a.pdf", io.BytesIO(PDF), actor=clerk, arrival=key)
    assert first.outcome == "stored"
    assert again == first
    assert len(rows(app, BatchEntry)) == 1


def test_a_refusal_through_a_door_is_told_again_and_entered_once(app: App, batch: Batch, clerk: Actor) -> None:
    key = ArrivalKey("mail", "m1:7:2")
    told = [receive_file(app, batch.id, "a.pdf", io.BytesIO(b""), actor=clerk, arrival=key) for _ in range(2)]
    assert told[0] == told[1]
    assert (told[0].outcome, told[0].reason) == ("refused", "file.empty")
    assert len(rows(app, BatchEntry)) == 1


def test_two_who_hand_in_the_same_arrival_at_once_take_it_once(app: App, batch: Batch, clerk: Actor) -> None:
    key, told = ArrivalKey("upload", "u1"), []

    def deliver(name: str) -> None:
        told.append(receive_file(app, batch.id, name, io.BytesIO(PDF), actor=clerk, arrival=key))

    threads = [threading.Thread(target=deliver, args=(f"{number}.pdf",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.receipt for each in told}) == 1
    assert {each.outcome for each in told} == {"stored"}
    assert len(rows(app, BatchEntry)) == 1
    remove_unacknowledged(app)
    assert len(list(app.quarantine.keys())) == 1


def test_bytes_other_than_announced_are_refused_and_not_kept(app: App, batch: Batch, clerk: Actor) -> None:
    told = receive_file(app, batch.id, "a.pdf", io.BytesIO(PDF), actor=clerk, digest="0" * 64)
    assert (told.outcome, told.reason, told.status) == ("refused", "file.digest_differs", 422)
    assert list(app.quarantine.keys()) == []
