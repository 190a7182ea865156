from __future__ import annotations

import errno
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from archive import service
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item, Rendition
from archive.errors import Conflict, StoreUnavailable
from archive.service import INDEX_LOCK, Background, index_writer, run_background
from archive.workflows import process_item, runner
from archive.workflows.errors import Halted
from ocr.errors import ChildFailed, EngineMissing
from search.adapters.tantivy import TantivyIndex
from tests.archive.workflows.reading import Reader, scan
from tests.archive.workflows.test_process_item import deliver, rows
from tests.factories import Factory

DONE_WITHIN_S = 60.0


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr(runner, "FIRST_WAIT_S", 0.01)
    made = Reader()
    made.install(monkeypatch)
    return made


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("H26")


@pytest.fixture
def background(app: App, reader: Reader) -> Iterator[Background]:
    with run_background(app) as working:
        yield working


def until(condition: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(int(DONE_WITHIN_S / 0.05)):
        if condition():
            return
        waiting.wait(0.05)
    raise AssertionError("it did not come to be")


def ended(app: App) -> bool:
    return all(item.state != "received" for item in rows(app, Item))


def test_received_items_are_worked_through_without_being_asked(
    app: App, make: Factory, agency: Agency, background: Background
) -> None:
    deliver(app, make, agency, *(scan(lines=(f"văn bản {number}",)) for number in range(5)))
    until(lambda: ended(app))
    assert {item.state for item in rows(app, Item)} == {"described"}
    until(lambda: len(dict(app.index.revisions())) == 5)


@pytest.mark.parametrize(
    "failure",
    [
        StoreUnavailable(detail="away"),
        OSError(errno.ENOSPC, "No space left on device"),
        ChildFailed("file.too_slow", retry=True),
        EngineMissing("engine.missing"),
    ],
)
@pytest.mark.parametrize("part", ["inspect", "recognise", "seal"])
def test_what_passes_is_tried_again(
    app: App, make: Factory, agency: Agency, reader: Reader, background: Background, part: str, failure: Exception
) -> None:
    reader.fail[part] = [failure, failure]
    deliver(app, make, agency, scan())
    until(lambda: ended(app))
    assert rows(app, Item)[0].state == "described"
    assert reader.calls.count(part) == 3


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ChildFailed("file.reader_crashed", detail="SIGSEGV"), "file.reader_crashed"),
        (ValueError("words of the document"), "workflow.step_failed"),
    ],
)
def test_what_does_not_pass_stops_the_item_with_a_reason(
    app: App,
    make: Factory,
    agency: Agency,
    reader: Reader,
    background: Background,
    failure: Exception,
    reason: str,
) -> None:
    reader.fail["recognise"] = [failure]
    deliver(app, make, agency, scan())
    until(lambda: ended(app))
    (item,) = rows(app, Item)
    assert (item.state, item.stop_reason) == ("stopped", reason)
    assert "words of the document" not in str(item.stop_values)


def test_a_reader_that_is_always_too_slow_is_given_up(
    app: App, make: Factory, agency: Agency, reader: Reader, background: Background
) -> None:
    reader.fail["recognise"] = [ChildFailed("file.too_slow", retry=True) for _ in range(10)]
    deliver(app, make, agency, scan())
    until(lambda: ended(app))
    assert rows(app, Item)[0].stop_reason == "file.too_slow"
    assert reader.calls.count("recognise") == runner.TRIES


@pytest.mark.parametrize("step", [step.__name__ for step in process_item.STEPS])
def test_work_that_was_halted_before_any_step_goes_on_at_the_next_start(
    app: App, make: Factory, agency: Agency, reader: Reader, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    reached = threading.Event()
    steps = list(process_item.STEPS)
    at = next(index for index, each in enumerate(steps) if each.__name__ == step)

    def halt(*_: object) -> None:
        reached.set()
        raise Halted

    halt.__name__ = step
    with monkeypatch.context() as patched, run_background(app):
        patched.setattr(process_item, "STEPS", (*steps[:at], halt, *steps[at + 1 :]))
        deliver(app, make, agency, scan())
        assert reached.wait(DONE_WITHIN_S)
    assert rows(app, Item)[0].state == "received"
    with run_background(app):
        until(lambda: ended(app))
    assert rows(app, Item)[0].state == "described"
    assert reader.calls.count("recognise") == reader.calls.count("seal") == 1
    assert len(rows(app, Rendition)) == 3


def test_a_worker_whose_place_was_taken_commits_nothing_and_takes_a_new_place(
    app: App, make: Factory, agency: Agency, reader: Reader, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    whole = reader.recognise

    def robbed(*arguments: Any, **named: Any) -> Any:
        if not seen:
            with app.engine.begin() as connection:
                connection.execute(text("update worker_slot set lease = lease + 1"))
        seen.append("recognise")
        return whole(*arguments, **named)

    monkeypatch.setattr(process_item.reading, "recognise", robbed)
    deliver(app, make, agency, scan())
    until(lambda: ended(app))
    assert rows(app, Item)[0].state == "described"
    assert len(rows(app, Rendition)) == 3
    with app.engine.connect() as connection:
        assert connection.scalar(text("select max(lease) from worker_slot")) > 2


def test_what_is_put_aside_while_reading_lies_in_the_quarantine(
    app: App, make: Factory, agency: Agency, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tempfile.gettempdir()
    seen: list[str] = []
    whole = reader.inspect

    def look(path: Path) -> Any:
        seen.append(tempfile.gettempdir())
        return whole(path)

    monkeypatch.setattr(process_item.reading, "inspect", look)
    with run_background(app):
        deliver(app, make, agency, scan())
        until(lambda: ended(app))
    assert Path(seen[0]).parent == app.settings.data / "quarantine"
    assert not Path(seen[0]).exists()
    assert tempfile.gettempdir() == before


def test_a_workflow_that_ended_without_an_outcome_is_started_anew(
    app: App, make: Factory, agency: Agency, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.service.SWEEP_S", 0.1)
    with run_background(app):
        pass  # the engine's tables are there
    (receipt,) = deliver(app, make, agency, scan())
    with app.engine.begin() as connection:
        connection.execute(
            text(
                "insert into dbos.workflow_status (workflow_uuid, status, name) values (:id, 'ERROR', 'process_item')"
            ),
            {"id": f"ingest:{receipt}"},
        )
    with run_background(app):
        until(lambda: ended(app))
    assert rows(app, Item)[0].state == "described"


def test_a_workflow_that_ended_its_process_too_often_stops_the_item(
    app: App, make: Factory, agency: Agency, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_background(app):
        pass
    (receipt,) = deliver(app, make, agency, scan())
    with app.engine.begin() as connection:
        connection.execute(
            text(
                "insert into dbos.workflow_status (workflow_uuid, status, name)"
                " values (:id, 'MAX_RECOVERY_ATTEMPTS_EXCEEDED', 'process_item')"
            ),
            {"id": f"ingest:{receipt}"},
        )
    with run_background(app):
        until(lambda: ended(app))
    assert rows(app, Item)[0].stop_reason == "workflow.gave_up"


def test_the_workflow_tables_hold_no_name_and_no_words(
    app: App, make: Factory, agency: Agency, background: Background
) -> None:
    deliver(app, make, agency, scan(lines=("chữ trong văn bản",)), name="Tên tệp riêng.pdf")
    until(lambda: ended(app))
    with app.engine.connect() as connection:
        tables = connection.scalars(text("select tablename from pg_tables where schemaname = 'dbos'")).all()
        written = "".join(str(connection.execute(text(f'select * from dbos."{name}"')).all()) for name in tables)
    assert "process_item" in written
    assert "Tên tệp" not in written
    assert "chữ trong" not in written


def test_every_event_is_sealed_when_the_service_has_ended(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    with run_background(app):
        deliver(app, make, agency, scan())
        until(lambda: ended(app))
    with app.unit_of_work() as uow:
        assert (
            uow.session.scalar(
                text(
                    "select count(*) from audit_event e where not exists"
                    " (select 1 from audit_link l where l.event_id = e.id)"
                )
            )
            == 0
        )
        assert uow.session.scalars(select(Item.state)).one() == "described"


def other_process_writes(app: App) -> None:
    """As whoever takes the index over does, while this process goes on."""
    other = TantivyIndex(app.settings.data / "index")
    other.put([])
    other.close()


def test_who_ends_lets_go_of_the_index_before_the_lock_is_free(app: App, reader: Reader) -> None:
    with run_background(app):
        until(lambda: held_by(app) is not None and app.index.is_current())
        app.index.put([])
    assert held_by(app) is None
    other_process_writes(app)
    with index_writer(app):
        app.index.put([])
    other_process_writes(app)


def test_who_lost_the_lock_lets_go_of_the_index(app: App) -> None:
    background = Background(app)
    background._drain()
    app.index.put([])
    with app.engine.connect() as connection:
        connection.execute(text("select pg_terminate_backend(:pid, 10000)"), {"pid": held_by(app)})
    with index_writer(app):
        background._drain()
        other_process_writes(app)
        background._drain()
        with pytest.raises(Conflict), index_writer(app, patience_s=0.2):
            pass
    background._drain()
    assert held_by(app) is not None
    background._unlock_index()


def test_a_command_that_waits_for_the_index_gets_it_from_a_worker_that_works_on(app: App) -> None:
    with run_background(app):
        until(lambda: held_by(app) is not None)
        worker = held_by(app)
        with index_writer(app):
            assert held_by(app) not in (None, worker)
            app.index.put([])
        until(lambda: held_by(app) is not None)


def held_by(app: App) -> int | None:
    """The server's process of whoever holds the index."""
    with app.engine.connect() as connection:
        pid: int | None = connection.scalar(
            text(
                "select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1"
                " and database = (select oid from pg_database where datname = current_database())"
                " and (classid::bigint << 32) + objid::bigint = :key"
            ),
            {"key": INDEX_LOCK},
        )
    return pid


@pytest.mark.parametrize("part", ["store", "quarantine"])
def test_a_store_that_is_away_keeps_neither_items_nor_the_end_of_work(
    app: App, make: Factory, agency: Agency, reader: Reader, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def away() -> int:
        raise StoreUnavailable(detail="away")

    monkeypatch.setattr(service, "SWEEP_S", 0.05)
    monkeypatch.setattr(getattr(app, part), "sweep", away)
    with run_background(app):
        deliver(app, make, agency, scan())
        until(lambda: ended(app))
    assert rows(app, Item)[0].state == "described"


def test_bytes_that_are_no_longer_those_that_were_received_stop_the_item(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    deliver(app, make, agency, scan())
    (key,) = app.quarantine.keys()
    app.quarantine.path(key).write_bytes(scan(lines=("khác",)))
    with run_background(app):
        until(lambda: ended(app))
    assert rows(app, Item)[0].stop_reason == "workflow.bytes_damaged"
    assert list(app.store.digests()) == []


def test_work_that_ends_at_once_has_still_swept_what_a_killed_process_left(app: App) -> None:
    left = app.settings.data / "quarantine" / f"{uuid.uuid4().hex}.part"
    assert list(app.quarantine.keys()) == []
    left.mkdir()
    (left / "master").write_bytes(b"half of a scan")
    with run_background(app):
        pass
    assert not left.exists()
