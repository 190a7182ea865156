from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from archive.access.identity import SYSTEM
from archive.access.permissions import Role
from archive.actions.ingest import receive_file
from archive.actions.manifests import give_manifest, plan_manifest
from archive.actions.processing import finish_item
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.doors import ManifestLine
from archive.db.holdings import Item, Receipt
from archive.errors import Conflict, NotFound
from archive.intake.manifest_sheet import read_manifest
from archive.intake.sheets import Sheet, SheetRow
from archive.queries.manifests import ManifestView, manifest
from tests.archive.web.conftest import Browser
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Browser]


def pdf(sign: str) -> bytes:
    return f"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n% {sign}\n%%EOF\n".encode(errors="replace")


def sheet(*rows: dict[str, str]) -> Sheet:
    columns = ("Tên tệp", "SHA-256", "Số trang", "Mã hồ sơ")
    return Sheet(
        columns,
        tuple(SheetRow(line, {c: row.get(c, "") for c in columns}) for line, row in enumerate(rows, start=2)),
    )


def named(*names: str) -> Sheet:
    return sheet(*({"Tên tệp": name} for name in names))


@pytest.fixture
def batch(make: Factory, agency: Agency) -> Batch:
    return make.batch(agency)


def give(app: App, batch: Batch, told: Sheet) -> None:
    with app.unit_of_work() as uow:
        give_manifest(uow, batch.number, told, actor=SYSTEM, now=app.clock())


def deliver(app: App, batch: Batch, name: str, content: bytes | None = None) -> str | None:
    return receive_file(app, batch.id, name, BytesIO(content or pdf(name)), actor=SYSTEM).receipt


def view(app: App, batch: Batch) -> ManifestView:
    with app.unit_of_work() as uow:
        found = manifest(uow.session, batch.number, actor=SYSTEM)
    assert found is not None
    return found


def test_each_line_tells_what_came_of_it(app: App, batch: Batch) -> None:
    give(app, batch, named("một.pdf", "hai.pdf", "ba.pdf"))
    deliver(app, batch, "MỘT.pdf")
    deliver(app, batch, "hộp 12/ba.pdf")
    extra = deliver(app, batch, "lạ.pdf")
    told = view(app, batch)
    assert [line.state for line in told.lines] == ["found", "missing", "found"]
    assert [line.line for line in told.missing] == [3]
    assert [file.receipt for file in told.unexpected] == [extra]


def test_the_batch_expects_what_its_manifest_announces(app: App, batch: Batch) -> None:
    give(app, batch, named("một.pdf", "hai.pdf"))
    with app.unit_of_work() as uow:
        assert uow.session.get_one(Batch, batch.id).expected == 2


def test_a_manifest_that_comes_after_the_files_finds_them(app: App, batch: Batch) -> None:
    deliver(app, batch, "một.pdf")
    deliver(app, batch, "tên khác.pdf", pdf("hai"))
    give(
        app,
        batch,
        sheet({"Tên tệp": "một.pdf"}, {"Tên tệp": "hai.pdf", "SHA-256": hashlib.sha256(pdf("hai")).hexdigest()}),
    )
    assert view(app, batch).found == 2
    assert not view(app, batch).unexpected


def test_a_refused_file_leaves_its_line_to_a_better_one(app: App, batch: Batch) -> None:
    give(app, batch, named("một.pdf"))
    deliver(app, batch, "một.pdf", b"MZ\x90\x00")
    assert [line.state for line in view(app, batch).lines] == ["refused"]
    deliver(app, batch, "một.pdf")
    assert [line.state for line in view(app, batch).lines] == ["found"]
    assert not view(app, batch).unexpected


def test_a_name_that_cannot_be_is_refused_and_breaks_nothing(app: App, batch: Batch) -> None:
    give(app, batch, named("một.pdf"))
    for name in ("\ud800.pdf", "../một.pdf", "a\x00.pdf", ""):
        assert deliver(app, batch, name) is None


def test_other_bytes_and_other_pages_than_announced_are_told(app: App, batch: Batch) -> None:
    give(
        app,
        batch,
        sheet({"Tên tệp": "một.pdf", "SHA-256": "0" * 64}, {"Tên tệp": "hai.pdf", "Số trang": "3"}),
    )
    deliver(app, batch, "một.pdf")
    receipt = deliver(app, batch, "hai.pdf")
    with app.unit_of_work() as uow:
        item = uow.session.scalars(select(Item).join(Receipt, Receipt.id == Item.receipt_id).where(
            Receipt.number == receipt
        )).one()  # fmt: skip
        item.page_count = 4
        item.state = "described"
        item.described_at = app.clock()
        item.master_digest = None
    assert [line.differs for line in view(app, batch).lines] == ["bytes", "pages"]


def test_an_item_goes_to_the_dossier_of_its_line(
    app: App, batch: Batch, make: Factory, agency: Agency, clock: SetClock
) -> None:
    dossier = make.dossier(agency)
    give(app, batch, sheet({"Tên tệp": "một.pdf", "Mã hồ sơ": dossier.code}, {"Tên tệp": "hai.pdf"}))
    first, second = deliver(app, batch, "một.pdf"), deliver(app, batch, "hai.pdf")
    for receipt in (first, second):
        assert receipt
        with app.unit_of_work() as uow:
            finish_item(uow, receipt, now=clock())
    with app.unit_of_work() as uow:
        homes = dict(uow.session.execute(
            select(Receipt.number, Item.dossier_id).join(Item, Item.receipt_id == Receipt.id)
        ).all())  # fmt: skip
    assert homes == {first: dossier.id, second: None}


def test_names_are_kept_nowhere(app: App, batch: Batch) -> None:
    give(app, batch, named("kế hoạch tối mật.pdf"))
    with app.engine.connect() as connection:
        for table in ("manifest_line", "audit_event", "batch"):
            told = connection.exec_driver_sql(f"select coalesce(string_agg(t::text, ' '), '') from {table} t").scalar()
            assert "tối mật" not in str(told)


def test_with_findings_nothing_is_kept(app: App, batch: Batch, make: Factory) -> None:
    elsewhere = make.dossier(make.agency("TD99"))
    wrong = sheet(
        {"Tên tệp": "một.pdf", "Số trang": "0"},
        {"Tên tệp": "hai.pdf", "SHA-256": "abc"},
        {"Tên tệp": "ba.pdf", "Mã hồ sơ": elsewhere.code},
        {"Tên tệp": "tư.pdf"},
        {"Tên tệp": "TƯ.pdf"},
        {"Tên tệp": "../x.pdf"},
        {"Số trang": "4"},
    )
    with app.unit_of_work() as uow:
        plan = plan_manifest(uow.session, batch.number, wrong, actor=SYSTEM)
    assert [finding.line for finding in plan.findings] == [2, 3, 4, 6, 7, 8]
    assert all(finding.text != finding.rule for finding in plan.findings)
    with pytest.raises(Conflict):
        give(app, batch, wrong)
    with app.unit_of_work() as uow:
        assert not uow.session.scalars(select(ManifestLine)).all()


def test_a_closed_batch_keeps_its_manifest_and_another_agencys_is_not_found(
    app: App, batch: Batch, make: Factory, clock: SetClock
) -> None:
    stranger = make.actor(Role.CLERK, make.agency("TD98"))
    with app.unit_of_work() as uow, pytest.raises(NotFound):
        give_manifest(uow, batch.number, named("một.pdf"), actor=stranger, now=clock())
    with app.unit_of_work() as uow:
        uow.session.get_one(Batch, batch.id).closed_at = clock()
    with pytest.raises(Conflict):
        give(app, batch, named("một.pdf"))


@settings(max_examples=60)
@given(names=st.lists(st.text(max_size=40), max_size=8), cells=st.lists(st.text(max_size=70), max_size=8))
def test_any_sheet_gives_rows_and_findings_that_cover_its_lines(names: list[str], cells: list[str]) -> None:
    told = sheet(*({"Tên tệp": name, "SHA-256": cell} for name, cell in zip(names, cells, strict=False)))
    rows, findings = read_manifest(told)
    lines = sorted([row.line for row in rows] + [finding.line for finding in findings])
    assert lines == ([row.line for row in told.rows] or [1])


def test_on_the_page_a_manifest_is_shown_first_then_kept(app: App, signed_in: Open, batch: Batch) -> None:
    lan = signed_in(Role.CLERK)
    path = f"/batches/{batch.number}/manifest"
    lan.get(path)
    dry = lan.client.post(
        path, data={"csrf": lan.token}, files={"sheet": ("k.csv", "Tên tệp,Số trang\nmột.pdf,3\nhai.pdf,2\n".encode())}
    )
    assert dry.status_code == 200, dry.text
    assert "2 tệp, 5 trang" in dry.text
    carried = dry.text.split('name="carried" value="')[1].split('"')[0]
    done = lan.client.post(
        path,
        data={"csrf": lan.token, "carried": carried, "confirmed": "1"},
        files={"none": ("", b"")},
        follow_redirects=False,
    )
    assert done.headers["location"].startswith(f"/batches/{batch.number}?done=")
    page = lan.get(f"/batches/{batch.number}").text
    assert "Dòng 2" in page
    assert "chưa đến" in page
