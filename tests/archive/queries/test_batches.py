from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from archive.errors import NotFound
from archive.ids import new_id
from archive.queries.batches import batch, batches, to_json
from tests.archive.queries.records import statements
from tests.conftest import SetClock
from tests.factories import Factory


class Delivery:
    """A batch into which files are put with every outcome."""

    def __init__(self, make: Factory, clock: SetClock, agency: Agency, **columns: Any) -> None:
        self.make, self.clock, self.agency = make, clock, agency
        self.batch: Batch = make.batch(agency, **columns)
        self.ordinal = 1000

    def stored(self, state: ItemState, **columns: Any) -> tuple[Item, Receipt]:
        receipt = self.make.receipt(self.batch)
        return self.make.item(self.agency, state=state, receipt=receipt, **columns), receipt

    def entry(self, outcome: str, **columns: Any) -> None:
        self.ordinal += 1
        columns.setdefault("reason_values", {})
        self.make.save(
            BatchEntry(
                id=new_id(),
                batch_id=self.batch.id,
                ordinal=self.ordinal,
                outcome=outcome,
                at=self.clock(),
                **columns,
            )
        )


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def delivery(make: Factory, clock: SetClock, agency: Agency) -> Delivery:
    return Delivery(make, clock, agency, expected=9, task_number=3, number="LO-SXD-2026-00001")


def fill(delivery: Delivery) -> dict[str, Receipt]:
    """Eight files of nine that were announced."""
    _, described = delivery.stored(ItemState.DESCRIBED)
    _, published = delivery.stored(ItemState.PUBLISHED)
    _, received = delivery.stored(ItemState.RECEIVED)
    _, secret = delivery.stored(ItemState.STOPPED, stop_reason="gate.secret_mark", stop_values={"page": 2})
    _, damaged = delivery.stored(ItemState.STOPPED, stop_reason="file.too_big", stop_values={"limit_bytes": 5})
    delivery.entry("refused", name="a.exe", reason="file.too_big", reason_values={"limit_bytes": 5}, status=413)
    delivery.entry("duplicate", name="b.pdf", receipt_id=described.id)
    delivery.entry("duplicate", receipt_id=secret.id)
    return {"described": described, "published": published, "received": received, "secret": secret, "damaged": damaged}


def test_the_reconciliation_explains_every_file(app: App, make: Factory, agency: Agency, delivery: Delivery) -> None:
    receipts = fill(delivery)
    with Session(app.engine) as session:
        view = batch(session, "LO-SXD-2026-00001", actor=make.actor(Role.CLERK, agency))
    too_big = "Tệp vượt quá dung lượng cho phép (5 byte). Hãy tách thành nhiều tệp nhỏ hơn."
    assert to_json(view) == {
        "batch": "LO-SXD-2026-00001",
        "agency": "SXD",
        "task": 3,
        "expected": 9,
        "stored": 3,
        "duplicates": [
            {"name": "b.pdf", "receipt": receipts["described"].number},
            {"name": None, "receipt": receipts["secret"].number},
        ],
        "refused": [{"name": "a.exe", "reason": too_big}],
        "quarantined": [
            {"receipt": receipts["secret"].number, "reason": "Đã dừng. Hãy liên hệ cán bộ bảo mật."},
            {"receipt": receipts["damaged"].number, "reason": too_big},
        ],
        "unexplained": 1,
        "items": {"published": 1, "received": 1, "review": 1},
    }
    assert view.expected == view.stored + len(view.duplicates) + len(view.refused) + len(view.quarantined) + 1
    assert view.has_findings
    line = view.line
    assert (line.delivered, line.received, line.described, line.stopped, line.refused) == (8, 1, 2, 2, 1)
    assert line.in_progress


def test_a_delivery_that_all_arrived_has_no_findings(app: App, make: Factory, agency: Agency, clock: SetClock) -> None:
    delivery = Delivery(make, clock, agency, closed_at=clock())
    delivery.stored(ItemState.DESCRIBED)
    with Session(app.engine) as session:
        view = batch(session, delivery.batch.number, actor=make.actor(Role.CLERK, agency))
    assert (view.expected, view.stored, view.unexplained, view.has_findings) == (1, 1, 0, False)
    assert not view.line.in_progress


def test_more_files_than_announced_are_a_finding_too(app: App, make: Factory, agency: Agency, clock: SetClock) -> None:
    delivery = Delivery(make, clock, agency, expected=1)
    for _ in range(3):
        delivery.stored(ItemState.DESCRIBED)
    with Session(app.engine) as session:
        assert batch(session, delivery.batch.number, actor=make.actor(Role.CLERK, agency)).unexplained == 2


def test_bytes_that_were_removed_stay_explained(app: App, make: Factory, agency: Agency, delivery: Delivery) -> None:
    item, receipt = delivery.stored(ItemState.STOPPED)
    with app.unit_of_work() as uow:
        kept = uow.session.get_one(Item, item.id)
        kept.state, kept.stop_reason = ItemState.DESTROYED, None
    with Session(app.engine) as session:
        told = to_json(batch(session, delivery.batch.number, actor=make.actor(Role.CLERK, agency)))
    assert [line["receipt"] for line in told["quarantined"]] == [receipt.number]
    assert "Đã xoá" in told["quarantined"][0]["reason"]
    assert (told["stored"], told["items"]) == (0, {})


def test_who_reads_no_contents_sees_receipts_and_neither_names_nor_titles(
    app: App, make: Factory, agency: Agency, delivery: Delivery
) -> None:
    fill(delivery)
    officer = make.actor(Role.SECURITY_OFFICER, agency)
    with Session(app.engine) as session:
        view = batch(session, delivery.batch.number, actor=officer)
    taken = [entry for entry in view.entries if entry.outcome != "refused"]
    assert {(entry.name, entry.title, entry.item_code, entry.item_id) for entry in taken} == {(None,) * 4}
    assert view.quarantined[0].reason is not None
    assert view.quarantined[0].reason.id == "gate.secret_mark"


def test_the_batch_of_another_agency_is_as_unknown_as_one_that_is_not(
    app: App, make: Factory, delivery: Delivery
) -> None:
    foreign = make.actor(Role.RECORDS_MANAGER, make.agency("UBND"))
    errors = []
    with Session(app.engine) as session:
        for number in (delivery.batch.number, "LO-SXD-2026-99999"):
            with pytest.raises(NotFound) as unknown:
                batch(session, number, actor=foreign)
            errors.append(str(unknown.value).replace(number, "NUMBER"))
        assert batches(session, actor=foreign).lines == ()
    assert errors[0] == errors[1]


def test_batches_are_listed_newest_first_page_by_page(app: App, make: Factory, agency: Agency, clock: SetClock) -> None:
    numbers: list[str] = []
    for _ in range(5):
        clock.advance(minutes=1)
        numbers.insert(0, make.batch(agency).number)
    clerk = make.actor(Role.CLERK, agency)
    with Session(app.engine) as session:
        page = batches(session, actor=clerk, limit=3)
        first = [line.number for line in page]
        rest = [line.number for line in batches(session, actor=clerk, limit=3, cursor=page.following)]
    assert first + rest == numbers


def test_open_batches_are_those_not_closed_or_with_items_under_way(
    app: App, make: Factory, agency: Agency, clock: SetClock
) -> None:
    done = Delivery(make, clock, agency, closed_at=clock())
    done.stored(ItemState.DESCRIBED)
    under_way = Delivery(make, clock, agency, closed_at=clock())
    under_way.stored(ItemState.RECEIVED)
    filling = Delivery(make, clock, agency)
    with Session(app.engine) as session:
        lines = batches(session, actor=make.actor(Role.CLERK, agency), open_only=True)
    assert {line.number for line in lines} == {under_way.batch.number, filling.batch.number}


def test_the_number_of_statements_does_not_grow_with_the_lists(
    app: App, make: Factory, agency: Agency, clock: SetClock
) -> None:
    clerk = make.actor(Role.CLERK, agency)
    delivery = Delivery(make, clock, agency)
    counts = []
    for files in (1, 12):
        for _ in range(files):
            delivery.stored(ItemState.DESCRIBED)
            Delivery(make, clock, agency).stored(ItemState.RECEIVED)
        with statements(app) as of_list, Session(app.engine) as session:
            assert len(batches(session, actor=clerk)) > files
        with statements(app) as of_one, Session(app.engine) as session:
            assert len(batch(session, delivery.batch.number, actor=clerk).entries) >= files
        counts.append((len(of_list), len(of_one)))
    assert counts[0] == counts[1] == (2, 3)
