from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from archive.bootstrap import App
from archive.db.holdings import Correction, Description, Item, RecognitionRow
from archive.db.states import READABLE, ItemState
from archive.db.trail import Outbox
from archive.ids import new_id
from archive.indexing import LONGEST_RETRY, drain, index_document, rebuild
from ocr import stored
from search.errors import DocumentRefused, IndexUnavailable
from search.query import EVERYTHING, parse
from tests.conftest import SetClock
from tests.factories import Factory
from tests.search.making import recognition

Describe = Callable[..., Item]


@pytest.fixture
def describe(app: App, make: Factory, clock: SetClock, tmp_path: Path) -> Describe:
    """An item with a stored recognition of these pages and these fields, which the index must learn of."""

    def made(*pages: str, fields: dict[str, Any] | None = None, **columns: Any) -> Item:
        item = make.item(**columns)
        path = tmp_path / f"{item.id}.gz"
        path.write_bytes(stored.to_bytes(recognition(*pages)))
        put = app.store.put(path)
        make.stored_object(put.digest, put.size_bytes, "application/gzip")
        read = RecognitionRow(
            id=new_id(), item_id=item.id, generation=1, engine="test", engine_version="1", digest=put.digest,
            confidence=0.9, at=clock(),
        )  # fmt: skip
        told = {name: {"value": value, "confidence": 0.9, "page": 1} for name, value in (fields or {}).items()}
        description = Description(
            id=new_id(),
            item_id=item.id,
            generation=1,
            recognition_id=read.id,
            rules_version="1",
            fields=told,
            at=clock(),
        )
        with app.unit_of_work() as uow:
            uow.session.add(read)
            uow.session.flush()
            uow.session.add(description)
            uow.session.flush()
            row = uow.session.get_one(Item, item.id)
            row.recognition_id, row.description_id = read.id, description.id
            uow.reindex(row, now=clock())
        return row

    return made


def change(app: App, clock: SetClock, item: Item, **columns: Any) -> None:
    with app.unit_of_work() as uow:
        row = uow.session.get_one(Item, item.id)
        for name, value in columns.items():
            setattr(row, name, value)
        uow.reindex(row, now=clock())


def found(app: App, text: str) -> set[uuid.UUID]:
    return {uuid.UUID(hit.id) for hit in app.index.search(parse(text), EVERYTHING, limit=100).hits}


def waiting(app: App) -> list[Outbox]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(Outbox).order_by(Outbox.id)))


def test_a_document_holds_what_catalogue_and_recognition_tell(app: App, make: Factory, describe: Describe) -> None:
    agency = make.agency()
    dossier = make.dossier(agency)
    fields = {
        "type_name": "Quyết định",
        "code_number": "15",
        "code_notation": "QĐ-UBND",
        "issued_date": "2024-06-05",
        "subject": "Về việc cấp phép",
        "recipients": ["Như Điều 3", "Lưu: VT"],
        "holder_identifier": "001099012345",
    }
    item = describe("Trang một", "Trang hai", fields=fields, agency=agency, dossier=dossier, state="published")
    with app.unit_of_work() as uow:
        made = index_document(uow.session, app.store, item.id)
    assert made is not None
    assert (made.text, made.page_offsets) == ("Trang một\nTrang hai", (0, 10))
    assert (made.id, made.revision, made.code) == (str(item.id), item.revision, item.code)
    assert (made.agency, made.fond, made.dossier_code) == (str(agency.id), str(dossier.fond_id), dossier.code)
    assert (made.state, made.level, made.engine) == ("published", "conditional", "test")
    assert (made.type_name, made.code_number, made.code_notation) == ("Quyết định", "15", "QĐ-UBND")
    assert made.issued_on is not None
    assert made.issued_on.isoformat() == "2024-06-05"
    assert made.described == ("Như Điều 3", "Lưu: VT")
    assert "001099012345" not in repr(made)


def test_what_a_person_corrected_counts_and_what_they_removed_is_gone(
    app: App, make: Factory, describe: Describe, clock: SetClock
) -> None:
    item = describe("chữ", fields={"subject": "Sai chính tả", "organ_name": "Sở Sai", "issued_date": "2024-01-01"})
    corrector = make.account()

    def correct(field: str, value: dict[str, Any]) -> Correction:
        return Correction(
            id=new_id(), item_id=item.id, field=field, page=None, box=None, read_as={}, value=value,
            account_id=corrector.id, at=clock(),
        )  # fmt: skip

    corrections = [
        correct("subject", {"value": "Đúng chính tả"}),
        correct("organ_name", {}),
        correct("issued_date", {"value": "không rõ"}),
    ]
    with app.unit_of_work() as uow:
        uow.session.add_all(corrections)
    with app.unit_of_work() as uow:
        made = index_document(uow.session, app.store, item.id)
    assert made is not None
    assert (made.subject, made.organ_name, made.issued_on) == ("Đúng chính tả", None, None)


def test_draining_tells_the_index_and_empties_the_outbox(app: App, describe: Describe) -> None:
    app.index.put([])
    items = {describe(f"văn bản {n}").id for n in range(3)}
    assert drain(app) == 3
    assert found(app, "văn bản") == items
    assert waiting(app) == []
    assert drain(app) == 0


@pytest.mark.parametrize("state", sorted(set(ItemState) - READABLE - {ItemState.STOPPED, ItemState.RECEIVED}))
def test_an_item_that_can_be_found_no_more_leaves_the_index(
    app: App, describe: Describe, clock: SetClock, state: ItemState
) -> None:
    item, other = describe("văn bản"), describe("văn bản")
    drain(app)
    change(app, clock, item, state=state)
    assert drain(app) == 1
    assert found(app, "văn bản") == {other.id}
    change(app, clock, item, state=ItemState.DESCRIBED)
    drain(app)
    assert found(app, "văn bản") == {item.id, other.id}


def test_items_before_or_stopped_at_the_gate_are_never_in_the_index(
    app: App, make: Factory, describe: Describe
) -> None:
    for item in (make.item(state="received"), make.item(state="stopped")):
        with app.unit_of_work() as uow:
            uow.reindex(uow.session.get_one(Item, item.id), now=item.received_at)
    describe("văn bản")
    assert drain(app) == 3
    assert len(dict(app.index.revisions())) == 1


def test_several_changes_of_one_item_are_told_once_and_the_last_counts(
    app: App, describe: Describe, clock: SetClock
) -> None:
    item = describe("văn bản")
    change(app, clock, item, title="Tên cũ")
    change(app, clock, item, title="Tên mới")
    assert drain(app) == 3
    assert (found(app, '"tên cũ"'), found(app, '"tên mới"')) == (set(), {item.id})
    assert dict(app.index.revisions()) == {str(item.id): 4}


def test_an_item_whose_text_is_lost_waits_longer_each_time_and_holds_up_no_other(
    app: App, describe: Describe, clock: SetClock
) -> None:
    bad = describe("mất chữ")
    with app.unit_of_work() as uow:
        digest = uow.session.scalars(select(RecognitionRow.digest).where(RecognitionRow.item_id == bad.id)).one()
    path = app.store.path(digest)
    assert path is not None
    kept = path.read_bytes()
    path.chmod(0o600)
    path.unlink()
    good = describe("văn bản")
    assert drain(app) == 2
    assert found(app, "") == {good.id}
    waits = []
    for attempts in range(1, 15):
        (row,) = waiting(app)
        assert row.attempts == attempts
        assert row.not_before is not None
        waits.append(row.not_before - clock.now)
        assert drain(app) == 0
        clock.now = row.not_before
        assert drain(app) == 1
    assert waits == sorted(waits)
    assert waits[0] < waits[1]
    assert waits[-1] == LONGEST_RETRY
    path.write_bytes(kept)
    clock.now += LONGEST_RETRY
    assert drain(app) == 1
    assert found(app, "") == {bad.id, good.id}
    assert waiting(app) == []


def test_a_document_that_the_index_refuses_holds_up_no_other(
    app: App, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.index.put([])
    items = [describe(f"văn bản {n}") for n in range(3)]
    put = app.index.put

    def refusing(documents: Any) -> None:
        held = list(documents)
        if any(each.id == str(items[1].id) for each in held):
            raise OverflowError("will not do")
        put(held)

    monkeypatch.setattr(app.index, "put", refusing)
    assert drain(app) == 3
    assert found(app, "văn bản") == {items[0].id, items[2].id}
    assert [row.subject_id for row in waiting(app)] == [items[1].id]


def test_documents_that_the_index_names_as_refused_wait_and_the_others_are_told(
    app: App, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.index.put([])
    items = [describe(f"văn bản {n}") for n in range(4)]
    unfit = {str(items[1].id), str(items[2].id)}
    puts: list[int] = []

    def refusing(put: Callable[[Any], None], *, shown: bool) -> Callable[[Any], None]:
        def tell(documents: Any) -> None:
            held = list(documents)
            puts.append(len(held))
            refused = [each.id for each in held if each.id in unfit]
            if shown or not refused:
                put([each for each in held if each.id not in unfit])
            if refused:
                raise DocumentRefused(refused, "no")

        return tell

    with monkeypatch.context() as unwilling:
        unwilling.setattr(app.index, "put", refusing(app.index.put, shown=False))
        assert drain(app) == 4
    assert puts == [4, 2]
    assert found(app, "văn bản") == {items[0].id, items[3].id}
    assert {str(row.subject_id) for row in waiting(app)} == unfit
    rebuilding = app.index.rebuilding

    @contextmanager
    def fresh_refusing() -> Iterator[Any]:
        with rebuilding() as fresh:
            yield SimpleNamespace(put=refusing(fresh.put, shown=True))

    monkeypatch.setattr(app.index, "rebuilding", fresh_refusing)
    result = rebuild(app)
    assert (result.indexed, len(result.failed)) == (2, 2)
    assert found(app, "văn bản") == {items[0].id, items[3].id}


def test_rows_stay_while_the_index_cannot_be_written(
    app: App, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.index.put([])
    item = describe("văn bản")

    def unavailable(_: Any) -> None:
        raise IndexUnavailable("search.index_unwritable", retry=True, detail="full")

    with monkeypatch.context() as broken:
        broken.setattr(app.index, "put", unavailable)
        with pytest.raises(IndexUnavailable):
            drain(app)
    assert [row.attempts for row in waiting(app)] == [0]
    assert drain(app) == 1
    assert found(app, "văn bản") == {item.id}


def test_a_change_made_while_the_index_is_told_is_told_after(
    app: App, describe: Describe, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.index.put([])
    item = describe("văn bản")
    put = app.index.put

    def changed_meanwhile(documents: Any) -> None:
        put(documents)
        monkeypatch.setattr(app.index, "put", put)
        change(app, clock, item, state="withdrawn")

    monkeypatch.setattr(app.index, "put", changed_meanwhile)
    assert drain(app) == 2
    assert found(app, "văn bản") == set()


def test_an_index_that_was_thrown_away_is_built_anew_from_the_holdings(
    app: App, make: Factory, describe: Describe, clock: SetClock
) -> None:
    kept = [describe(f"văn bản {n}", state=state) for n, state in enumerate(sorted(READABLE))]
    withdrawn = describe("văn bản", state="withdrawn")
    drain(app)
    before = dict(app.index.revisions())
    assert str(withdrawn.id) not in before
    app.index.close()
    for path in (app.settings.data / "index").glob("current"):
        path.unlink()
    assert found(app, "văn bản") == set()
    assert drain(app) == 0
    assert dict(app.index.revisions()) == before
    assert found(app, "văn bản") == {item.id for item in kept}


def test_rebuilding_reports_progress_and_what_could_not_be_read(app: App, describe: Describe) -> None:
    items = [describe(f"văn bản {n}") for n in range(3)]
    with app.unit_of_work() as uow:
        lost = uow.session.scalars(select(RecognitionRow.digest).where(RecognitionRow.item_id == items[0].id)).one()
    path = app.store.path(lost)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"damaged")
    steps: list[tuple[int, int]] = []
    result = rebuild(app, lambda done, total: steps.append((done, total)))
    assert (result.indexed, len(result.failed)) == (2, 1)
    assert steps[-1] == (3, 3)
    assert found(app, "văn bản") == {items[1].id, items[2].id}


def test_what_is_drained_while_the_index_is_built_anew_is_not_lost_with_the_old_one(
    app: App, describe: Describe, clock: SetClock
) -> None:
    item, other = describe("văn bản"), describe("văn bản")
    drain(app)
    drainer = threading.Thread(target=drain, args=[app])

    def meanwhile(done: int, total: int) -> None:
        change(app, clock, item, state="withdrawn")
        drainer.start()
        drainer.join(0.5)

    rebuild(app, meanwhile)
    drainer.join()
    assert waiting(app) == []
    assert found(app, "văn bản") == {other.id}
