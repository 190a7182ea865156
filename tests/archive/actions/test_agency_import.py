from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Role
from archive.actions.agencies import create_agency
from archive.actions.agency_import import Imported, import_agencies
from archive.bootstrap import App
from archive.db.accounts import Agency, AgencyIdentifier, AgencySuccession
from archive.db.holdings import Fond
from archive.db.trail import AuditEvent
from archive.errors import InvalidInput
from archive.intake.agency_rows import AgencyRows
from archive.intake.agency_sheet import agency_rows
from archive.intake.sheets import Sheet, SheetRow
from archive.intake.unit_lists import Reform, unit_rows
from archive.queries.custody import holder
from tests.factories import Factory

LISTS = Path(__file__).parents[4] / "shared/data/lists"
HEADS = ("Mã", "Tên", "Loại", "Trực thuộc", "Từ ngày", "Đến ngày", "Mã định danh", "Mã ĐVHC", "Căn cứ")
FOLLOWED = ("Mã cũ", "Mã mới", "Loại", "Ngày hiệu lực", "Căn cứ", "Một phần", "Ghi chú")


@pytest.fixture
def operator(make: Factory) -> Actor:
    return make.actor(Role.OPERATOR, make.agency("HN", name="Thành phố Hà Nội"))


def sheet(heads: tuple[str, ...], *lines: tuple[str, ...]) -> AgencyRows:
    filled = (line + ("",) * (len(heads) - len(line)) for line in lines)
    rows = (SheetRow(number, dict(zip(heads, line, strict=True))) for number, line in enumerate(filled, 2))
    return agency_rows(Sheet(heads, tuple(rows)))


def run(app: App, rows: AgencyRows, actor: Actor, *, dry: bool = False) -> Imported:
    with app.unit_of_work() as uow:
        done = import_agencies(uow, rows, actor=actor, now=app.clock())
        if dry or done.findings:
            uow.session.rollback()
    return done


def acts(done: Imported) -> list[tuple[int, str, str]]:
    return [(change.line, change.act, change.code) for change in done.changes]


def rules(done: Imported) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule) for finding in done.findings]


def counted(app: App) -> list[int]:
    with Session(app.engine) as session:
        tables = (Agency, AgencyIdentifier, AgencySuccession, Fond, AuditEvent)
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


WARDS = sheet(
    HEADS,
    ("P2", "Phường Hai", "Phường", "Q1"),  # before its parent
    ("Q1", "Quận Một", "Quận", "HN", "", "30/06/2025", "H26.18", "", "Nghị quyết 1656"),
    ("N1", "Phường Mới", "phường", "HN", "2025-07-01", "", "", "00004"),
)
TAKEN_OVER = sheet(FOLLOWED, ("P2", "N1", "Sáp nhập", "01/07/2025", "Nghị quyết 1656", "x", "phía bắc"))


def test_a_dry_run_tells_of_every_change_and_makes_none(app: App, operator: Actor) -> None:
    before = counted(app)
    done = run(app, sheet(HEADS, ("P1", "Phường Một", "Phường", "HN", "", "", "", "00007")), operator, dry=True)
    assert acts(done) == [(2, "created", "P1"), (2, "identified", "P1")]
    assert counted(app) == before


def test_agencies_then_their_successors_are_imported_and_again_changes_nothing(app: App, operator: Actor) -> None:
    without_end = AgencyRows(tuple(row for row in WARDS.agencies if row.code != "Q1"), ())
    district = sheet(HEADS, ("Q1", "Quận Một", "Quận", "HN"))
    assert not run(app, AgencyRows(district.agencies + without_end.agencies), operator).findings
    assert acts(run(app, TAKEN_OVER, operator)) == [(2, "followed", "P2")]
    done = run(app, WARDS, operator)
    assert acts(done) == [(3, "ended", "Q1"), (3, "identified", "Q1")]
    before = counted(app)
    for rows in (WARDS, TAKEN_OVER, district):
        assert (run(app, rows, operator).changes, done.findings) == ([], [])
    assert counted(app) == before
    with Session(app.engine) as session:
        told = session.execute(select(AgencySuccession.partial, AgencySuccession.note)).one()
        ended = dict(session.execute(select(Agency.code, Agency.valid_to)).all())
    assert tuple(told) == (True, "phía bắc")
    assert (ended["P2"], ended["Q1"], ended["N1"]) == (date(2025, 6, 30), date(2025, 6, 30), None)


def test_every_line_that_breaks_a_rule_is_found_and_then_nothing_is_imported(app: App, operator: Actor) -> None:
    before = counted(app)
    done = run(app, WARDS, operator)  # the district would end before its ward
    assert rules(done) == [(3, "agency.has_units")]
    done = run(
        app,
        sheet(
            HEADS,
            ("p-1", "Phường Một", "", "HN", "", "", "", "7"),
            ("P2", "Phường Hai", "", "KHONGCO"),
            ("", "Phường Ba"),
        ),
        operator,
    )
    assert rules(done) == [(4, "agency.sheet_empty")], "what cannot be read is told first"
    done = run(
        app,
        sheet(
            HEADS,
            ("P 1", "Phường Một", "", "HN"),
            ("P2", "Phường Hai", "", "XX"),
            ("P3", "Ba", "", "HN", "", "", "", "7"),
        ),
        operator,
    )
    assert rules(done) == [(2, "account.code_invalid"), (3, "error.not_found"), (4, "agency.identifier_unit")]
    done = run(app, sheet(HEADS, ("HN", "Hải Phòng")), operator)
    assert rules(done) == [(2, "agency.import_differs")]
    assert "Thành phố Hà Nội" in done.findings[0].text
    assert counted(app) == before


def test_a_circle_of_parents_and_one_of_successors_is_found(app: App, operator: Actor) -> None:
    done = run(app, sheet(HEADS, ("A1", "Một", "", "A2"), ("A2", "Hai", "", "A1")), operator)
    assert {rule for _, rule in rules(done)} == {"error.not_found"}
    run(app, sheet(HEADS, ("A1", "Một", "", "HN"), ("A2", "Hai", "", "HN")), operator)
    circle = sheet(
        FOLLOWED, ("A1", "A2", "tách", "01/01/2020", "QĐ 1", "x"), ("A2", "A1", "tách", "01/01/2021", "QĐ 2", "x")
    )
    assert rules(run(app, circle, operator)) == [(3, "agency.succession_circle")]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (("P1", "P2", "bán", "01/07/2025", "QĐ"), "agency.sheet_word"),
        (("P1", "P2", "chia", "32/07/2025", "QĐ"), "agency.sheet_day"),
        (("P1", "", "chia", "01/07/2025", "QĐ"), "agency.sheet_empty"),
        (("P1", "P2", "chia", "01/07/2025", "QĐ", "nửa"), "agency.sheet_word"),
    ],
)
def test_a_cell_that_says_nothing_known_is_found_with_its_line(line: tuple[str, ...], rule: str) -> None:
    rows = sheet(FOLLOWED, ("A", "B", "chia", "2025-07-01", "QĐ"), line)
    assert [(finding.line, finding.rule) for finding in rows.findings] == [(3, rule)]
    assert rows.successions == ()


def test_a_sheet_without_its_columns_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ngay hieu luc"):
        sheet(("Mã cũ", "Mã mới", "Loại", "Căn cứ"), ("P1", "P2", "chia", "QĐ"))


def test_who_may_not_make_agencies_imports_none(app: App, make: Factory, operator: Actor) -> None:
    keeper = make.actor(Role.RECORDS_MANAGER, make.agency("SXD"))
    done = run(app, sheet(HEADS, ("P1", "Phường Một", "", "HN")), keeper)
    assert rules(done) == [(2, "error.not_allowed")]


@pytest.mark.skipif(not LISTS.exists(), reason="the lists of units are not in ../shared/data/lists")
def test_the_reorganisation_of_a_capital_is_imported_whole_and_once(app: App, operator: Actor) -> None:
    with app.unit_of_work() as uow:  # an old ward that is known already, by a code of its own
        create_agency(uow, code="QHK", name="Quận Hoàn Kiếm", parent_code="HN", actor=SYSTEM, now=app.clock())
        create_agency(uow, code="PHB", name="Phường Hàng Bạc", parent_code="QHK", actor=SYSTEM, now=app.clock())
    reform = Reform("Thành phố Hà Nội", "HN", date(2025, 7, 1), "Nghị quyết 1656/NQ-UBTVQH15")
    rows = unit_rows(LISTS / "units-2025.json", LISTS / "units-new-to-old.json", reform)
    done = run(app, rows, operator)
    assert done.findings == []
    assert [done.count(act) for act in ("created", "followed", "ended", "identified")] == [680, 667, 30, 126]
    before = counted(app)
    assert run(app, rows, operator).changes == []
    assert counted(app) == before
    with Session(app.engine) as session:
        found = holder(session, "hang bac", actor=operator, today=date(2026, 3, 2)).holdings
        assert [holding.agency.code for holding in found] == ["PHB"]
        assert found[0].chain[0].successor.name == "Phường Hoàn Kiếm"
        assert found[0].fonds[0].waits
