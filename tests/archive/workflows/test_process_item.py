from __future__ import annotations

import io
import itertools
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archive.access.permissions import Role
from archive.actions.ingest import open_batch, receive_file
from archive.actions.protection import MASTER_LOCK
from archive.actions.stopped import release_stopped
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import BatchEntry
from archive.db.holdings import Description, Filing, Item, Page, Receipt, RecognitionRow, Rendition, StoredObject
from archive.db.trail import AuditEvent, Outbox
from archive.reconcile import reconcile
from archive.settings import Settings
from archive.storage.memory import MemoryStore
from archive.storage.s3_client import S3Client
from archive.storage.s3_objects import S3Store
from archive.storage.s3_quarantine import S3Quarantine
from archive.workflows import process_item
from archive.workflows.work import Verdict, Work
from ocr.errors import FileRefused
from tests.archive.actions.test_ingest import everything_written
from tests.archive.workflows.reading import Reader, scan
from tests.conftest import SetClock
from tests.factories import Factory
from tests.servers import server_url

SECRET_NAME = "Phương án phòng thủ.pdf"


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    made = Reader()
    made.install(monkeypatch)
    return made


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("H26")


def deliver(
    app: App, make: Factory, agency: Agency, *contents: bytes, name: str = "tờ trình.pdf", dossier: str | None = None
) -> list[str]:
    """Receipt numbers of the delivered files."""
    actor = make.actor(Role.CLERK, agency)
    with app.unit_of_work() as uow:
        batch = open_batch(
            uow, agency_code=agency.code, task_number=3, dossier_code=dossier, actor=actor, now=app.clock()
        )
    told = [receive_file(app, batch.id, name, io.BytesIO(content), actor=actor) for content in contents]
    return [str(each.receipt) for each in told]


def rows(app: App, kind: Any) -> list[Any]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(kind)))


def run(app: App, receipt: str, *, twice: bool = False, released: int = 0) -> str:
    """The workflow without its engine; `twice`: each step is done, forgotten and done again."""
    work = Work(app)

    def step(function: Any, receipt: str) -> Verdict | None:
        verdict: Verdict | None = function(work, receipt)
        return function(work, receipt) if twice and function is not process_item.finish else verdict

    def stop(receipt: str, function: Any, verdict: Verdict) -> None:
        for _ in range(1 + twice):
            process_item.stop(work, receipt, verdict, function.__name__, released=released)

    return process_item.process_item(step, stop, receipt)


def release(app: App, make: Factory, agency: Agency, receipt: str) -> None:
    officer = make.actor(Role.SECURITY_OFFICER, agency)
    with app.unit_of_work() as uow:
        release_stopped(uow, receipt, decision="Đã giải mật", actor=officer, now=app.clock())


@pytest.mark.parametrize("twice", [False, True])
def test_a_received_file_becomes_a_described_item(
    app: App, make: Factory, agency: Agency, reader: Reader, twice: bool
) -> None:
    dossier = make.dossier(agency)
    (receipt,) = deliver(app, make, agency, scan(pages=2), dossier=dossier.code)
    assert run(app, receipt, twice=twice) == "described"
    (item,) = rows(app, Item)
    assert (item.state, item.file_name, item.page_count) == ("described", "tờ trình.pdf", 2)
    assert (item.dossier_id, item.code) == (dossier.id, f"{dossier.code}.0000001")
    assert [entry.name for entry in rows(app, BatchEntry)] == ["tờ trình.pdf"]
    assert len(rows(app, RecognitionRow)) == len(rows(app, Description)) == len(rows(app, Filing)) == 1
    assert sorted(page.number for page in rows(app, Page)) == [1, 2]
    renditions = rows(app, Rendition)
    assert sorted((each.kind, each.page) for each in renditions) == [
        ("access_pdf", 0),
        ("page_image", 1),
        ("page_image", 2),
        ("thumbnail", 0),
    ]
    assert {each.file_name for each in renditions if each.kind == "access_pdf"} == {f"{item.code}.pdf"}
    with app.store.open(item.master_digest) as master:
        assert master.read() == scan(pages=2)
    assert list(app.quarantine.keys()) == []
    assert [row.subject_id for row in rows(app, Outbox)] == [item.id]
    assert reader.calls.count("seal") == 1


def test_each_change_of_the_way_is_an_event(app: App, make: Factory, agency: Agency, reader: Reader) -> None:
    dossier = make.dossier(agency)
    (receipt,) = deliver(app, make, agency, scan(), dossier=dossier.code)
    run(app, receipt, twice=True)
    (item,) = rows(app, Item)
    tags = sorted(event.tag for event in rows(app, AuditEvent) if event.subject_id == str(item.id))
    assert tags == ["item.described", "item.filed", "item.recognised", "item.sealed"]


def test_objects_lie_in_the_store_before_rows_tell_of_them(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    (receipt,) = deliver(app, make, agency, scan())
    run(app, receipt)
    report = reconcile(app)
    assert [finding.rule for finding in report.findings if finding.rule != "index_behind"] == []
    assert all(app.store.verify(row.digest) for row in rows(app, StoredObject))


def test_boxes_of_fields_are_fractions_of_the_page(app: App, make: Factory, agency: Agency, reader: Reader) -> None:
    (receipt,) = deliver(app, make, agency, scan())
    run(app, receipt)
    (description,) = rows(app, Description)
    assert description.fields["page_count"] == {
        "value": 1,
        "confidence": 1.0,
        "page": None,
        "box": None,
        "given_by": "rule",
    }
    for field in description.fields.values():
        assert field["box"] is None or all(0 <= corner <= 1 for corner in field["box"])


@pytest.mark.parametrize("twice", [False, True])
def test_a_state_secret_leaves_no_word_and_no_name_anywhere(
    app: App, make: Factory, agency: Agency, reader: Reader, twice: bool
) -> None:
    secret = scan(lines=("Toạ độ trận địa",), stamp="TỐI MẬT")
    (receipt,) = deliver(app, make, agency, secret, name=SECRET_NAME)
    assert run(app, receipt, twice=twice) == "stopped"
    (item,) = rows(app, Item)
    assert (item.state, item.stop_reason, item.stop_values) == ("stopped", "gate.secret_mark", {"page": 1})
    written = everything_written(app)
    assert "phòng thủ" not in written
    assert "trận địa" not in written
    assert list(app.store.digests()) == []
    key = str(item.receipt_id)
    assert app.quarantine.path(key).read_bytes() == secret
    assert app.quarantine.kept(key, process_item.RECOGNITION) is None
    assert rows(app, Outbox) == []
    assert reconcile(app).agrees


def test_a_decision_of_the_security_officer_lets_it_through(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    (receipt,) = deliver(app, make, agency, scan(stamp="MẬT"))
    run(app, receipt)
    release(app, make, agency, receipt)
    assert run(app, receipt) == "described"


def test_a_stop_that_is_repeated_after_the_release_undoes_nothing_and_costs_no_bytes(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    """Its worker died, or the store was away, after the stop was committed; meanwhile somebody decided."""
    content = scan(stamp="MẬT")
    (receipt,) = deliver(app, make, agency, content)
    run(app, receipt)
    release(app, make, agency, receipt)
    work = Work(app)
    assert process_item.inspect(work, receipt) is None
    process_item.recognise(work, receipt)  # of the way that the release began
    process_item.stop(work, receipt, Verdict(reason="gate.secret_mark", values={"page": 1}), "gate_secrets", released=0)
    (item,) = rows(app, Item)
    assert item.state == "received"
    assert app.quarantine.kept(str(item.receipt_id), process_item.RECOGNITION) is not None
    assert run(app, receipt, released=1) == "described"
    with app.store.open(rows(app, Item)[0].master_digest) as master:
        assert master.read() == content


def test_bytes_stay_in_the_quarantine_while_an_item_is_stopped(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    content = scan(stamp="MẬT")
    (receipt,) = deliver(app, make, agency, content)
    run(app, receipt)
    process_item.finish(Work(app), receipt)
    assert app.quarantine.path(str(rows(app, Item)[0].receipt_id)).read_bytes() == content


def test_a_file_that_cannot_be_taken_is_stopped_with_its_reason(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    (receipt,) = deliver(app, make, agency, scan(refuse="file.encrypted"))
    with pytest.raises(FileRefused):
        run(app, receipt)
    process_item.stop(Work(app), receipt, Verdict(reason="file.encrypted", values={}), "inspect", released=0)
    (item,) = rows(app, Item)
    assert (item.state, item.stop_reason, item.file_name) == ("stopped", "file.encrypted", None)


def test_a_file_of_too_many_pages_is_stopped(app: App, make: Factory, agency: Agency, reader: Reader) -> None:
    (receipt,) = deliver(app, make, agency, scan(pages=app.settings.page_limit + 1))
    assert run(app, receipt) == "stopped"
    assert rows(app, Item)[0].stop_reason == "file.too_many_pages"
    assert "recognise" not in reader.calls


def test_files_enclosed_in_a_pdf_wait_for_the_security_officer(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    (receipt,) = deliver(app, make, agency, scan(enclosures=2), name=SECRET_NAME)
    assert run(app, receipt) == "stopped"
    (item,) = rows(app, Item)
    assert (item.stop_reason, item.stop_values) == ("gate.enclosures", {"count": 2})
    assert list(app.store.digests()) == []
    assert "phòng thủ" not in everything_written(app)
    release(app, make, agency, receipt)
    assert run(app, receipt, released=1) == "described"


def test_who_allows_enclosures_has_not_let_a_secret_through(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    (receipt,) = deliver(app, make, agency, scan(enclosures=1, stamp="MẬT"))
    reasons = []
    for released in range(2):
        assert run(app, receipt, released=released) == "stopped"
        reasons.append(rows(app, Item)[0].stop_reason)
        release(app, make, agency, receipt)
    assert reasons == ["gate.enclosures", "gate.secret_mark"]
    assert run(app, receipt, released=2) == "described"


def test_what_a_killed_sealing_had_finished_is_taken_up(
    app: App, make: Factory, agency: Agency, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    (receipt,) = deliver(app, make, agency, scan())
    work = Work(app)
    for step in process_item.STEPS[:5]:
        step(work, receipt)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(process_item.processing, "add_renditions", killed)
        with pytest.raises(Killed):
            process_item.seal(work, receipt)
    assert run(app, receipt) == "described"
    assert reader.calls.count("seal") == 1
    assert {finding.rule for finding in reconcile(app).findings} <= {"index_behind"}


def test_each_step_may_be_another_machines(
    app: App, make: Factory, agency: Agency, reader: Reader, clock: SetClock, tmp_path: Path
) -> None:
    """What they share is the catalogue and the server; nothing that a step has left lies on one of them alone."""
    clock.now = datetime.now(UTC).replace(microsecond=0)  # the server locks by its own
    client = S3Client.connect(f"{server_url('MINIO')}/t{uuid.uuid4().hex[:16]}")
    client.prepare_buckets(create=True)
    machines = []
    for name in ("one", "two", "three"):
        machine = App(Settings(data=tmp_path / name), app._database, app.clock)
        machine.__dict__["store"] = S3Store(client)
        machine.__dict__["quarantine"] = S3Quarantine(client, tmp_path / name)
        machines.append(machine)
    (receipt,) = deliver(machines[0], make, agency, scan(pages=2))
    turns = itertools.cycle(machines[1:])

    def step(function: Any, receipt: str) -> Verdict | None:
        at = next(turns)
        verdict: Verdict | None = function(Work(at), receipt)
        at.__dict__["quarantine"] = S3Quarantine(client, tmp_path / uuid.uuid4().hex)  # it has nothing of it here
        return verdict

    assert process_item.process_item(step, lambda *_: None, receipt) == "described"
    assert (reader.calls.count("recognise"), reader.calls.count("seal")) == (1, 1)
    (item,) = rows(app, Item)
    with machines[0].store.open(item.master_digest) as master:
        assert master.read() == scan(pages=2)
    assert machines[0].store.protection(item.master_digest).retain_until == clock.now + MASTER_LOCK
    assert list(machines[0].quarantine.keys()) == []
    assert [finding.rule for finding in reconcile(machines[0]).findings if finding.rule != "index_behind"] == []


def test_past_the_gate_an_item_goes_on_from_the_store(app: App, make: Factory, agency: Agency, reader: Reader) -> None:
    """Also one without files of its own: what a reader needs is copied, and goes again."""
    app.__dict__["store"] = MemoryStore()
    (receipt,) = deliver(app, make, agency, scan())
    work = Work(app)
    for step in process_item.STEPS[:4]:
        step(work, receipt)
    (key,) = app.quarantine.keys()
    app.quarantine.remove(key)
    for step in process_item.STEPS[4:]:
        step(work, receipt)
    assert [item.state for item in rows(app, Item)] == ["described"]
    assert len(rows(app, Rendition)) == 3
    assert list((app.settings.data / "quarantine").iterdir()) == []


def test_names_of_duplicates_are_told_once_the_gate_has_passed(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    first, second = deliver(app, make, agency, scan(), scan())
    assert first == second
    run(app, first)
    assert [entry.name for entry in rows(app, BatchEntry)] == ["tờ trình.pdf", "tờ trình.pdf"]


def test_equal_bytes_of_two_agencies_share_one_object(app: App, make: Factory, agency: Agency, reader: Reader) -> None:
    for each in (agency, make.agency("H27")):
        (receipt,) = deliver(app, make, each, scan())
        run(app, receipt)
    items = rows(app, Item)
    assert len(items) == len({item.receipt_id for item in items}) == 2
    assert len({item.master_digest for item in items}) == 1
    assert len(rows(app, Receipt)) == 2


def test_a_dossier_that_was_closed_meanwhile_takes_no_item(
    app: App, make: Factory, agency: Agency, reader: Reader
) -> None:
    dossier = make.dossier(agency)
    (receipt,) = deliver(app, make, agency, scan(), dossier=dossier.code)
    with app.unit_of_work() as uow:
        uow.session.merge(dossier).state = "closed"
    run(app, receipt)
    (item,) = rows(app, Item)
    assert (item.state, item.dossier_id, item.code) == ("described", None, None)
