from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.retention import DossierRule, RuleRow, ScheduleRow
from tests.archive.web.conftest import Browser
from tests.factories import Factory

SHEET = Path(__file__).parents[2] / "resources/retention-schedule.csv"
HEAD = {
    "code": "CHUNG",
    "title": "Bảng thử",
    "legal_basis": "Thông tư thử 1/2020",
    "source": "viết cho phép thử",
    "valid_from": "2020-01-01",
}


def upload(browser: Browser, sheet: bytes, **fields: str) -> httpx.Response:
    browser.get("/schedules/import")
    return browser.client.post(
        "/schedules/import",
        data={"csrf": browser.token, **HEAD, **fields},
        files={"sheet": ("bang.csv", sheet, "text/csv")},
        follow_redirects=False,
    )


def confirm(browser: Browser, shown: httpx.Response) -> httpx.Response:
    """Presses the button of the dry run: what the page carries, and nothing else."""
    form = shown.text[shown.text.index('class="inline"') :].partition("</form>")[0]
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    files = {name: (None, value) for name, value in fields.items()}
    return browser.client.post("/schedules/import", files=files, follow_redirects=False)


def count(app: App, row: type) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(row)) or 0


def test_a_schedule_is_looked_at_first_and_imported_without_a_second_upload(
    app: App, signed_in: Callable[..., Browser]
) -> None:
    manager = signed_in(Role.RECORDS_MANAGER)
    assert "Chưa nhập bảng thời hạn nào" in manager.get("/schedules").text
    shown = upload(manager, SHEET.read_bytes())
    assert shown.status_code == 200
    assert "Sẽ nhập bảng CHUNG bản 1 với 12 mục" in shown.text
    assert "không phải số mục trong văn bản ban hành" in shown.text
    assert count(app, ScheduleRow) == 0
    done = confirm(manager, shown)
    assert (done.status_code, done.headers["location"]) == (303, "/schedules/CHUNG/1?done=schedule_imported")
    assert (count(app, ScheduleRow), count(app, RuleRow)) == (1, 12)
    page = manager.get(done.headers["location"]).text
    assert "Đã nhập bảng thời hạn." in page
    assert "70 năm" in page
    assert "kỷ luật" in manager.get("/schedules/CHUNG/1?q=KY+LUAT").text
    assert "nâng lương" not in manager.get("/schedules/CHUNG/1?q=KY+LUAT").text
    again = upload(manager, SHEET.read_bytes())
    assert "đã nhập từ trước, giống hệt" in again.text
    assert count(app, ScheduleRow) == 1


def test_findings_are_shown_with_their_lines_and_what_was_typed_stays(
    app: App, signed_in: Callable[..., Browser]
) -> None:
    manager = signed_in(Role.RECORDS_MANAGER)
    sheet = "title,term\nHồ sơ A,5 năm\nHồ sơ B,lâu dài\nHồ sơ A,10 năm\n".encode()
    shown = upload(manager, sheet, valid_to="2019-01-01")
    assert shown.status_code == 422
    for said in ("Không hiểu thời hạn “lâu dài”", "đã có ở dòng 2 với thời hạn khác", "trước ngày bắt đầu"):
        assert said in shown.text
    assert 'value="Thông tư thử 1/2020"' in shown.text
    assert 'name="carried"' not in shown.text
    assert upload(manager, b"\x00\x01", valid_from="2020-01-01").status_code == 422
    assert 'role="alert"' in upload(manager, SHEET.read_bytes(), valid_from="hôm qua").text
    assert count(app, ScheduleRow) == 0


def test_a_confirmation_that_no_longer_fits_shows_the_dry_run_again(
    app: App, signed_in: Callable[..., Browser]
) -> None:
    manager = signed_in(Role.RECORDS_MANAGER)
    shown = upload(manager, SHEET.read_bytes())
    other = upload(manager, b"title,term\nA,5 n\xc4\x83m\n")
    assert confirm(manager, other).status_code == 303
    late = confirm(manager, shown)
    assert late.status_code == 422
    assert count(app, ScheduleRow) == 1


@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.CLERK, Role.OPERATOR])
def test_who_may_not_import_finds_no_such_page(role: Role, signed_in: Callable[..., Browser]) -> None:
    other = signed_in(role)
    assert other.get("/schedules/import").status_code == 404
    assert upload(other, SHEET.read_bytes()).status_code == 404
    assert "/schedules/import" not in other.get("/schedules").text


def test_who_manages_a_part_only_reads_schedules(
    make: Factory, browser: Callable[..., Browser], account: Callable[..., object], agency: Agency
) -> None:
    account("thu", (Role.RECORDS_MANAGER, make.agency("P1", parent=agency)))
    reader = browser()
    reader.sign_in("thu")
    assert reader.get("/schedules").status_code == 200
    assert reader.get("/schedules/import").status_code == 404


def test_an_unknown_schedule_is_not_found(signed_in: Callable[..., Browser]) -> None:
    official = signed_in(Role.OFFICIAL)
    assert official.get("/schedules/KHONG/1").status_code == 404
    assert official.get("/schedules/KHONG/x").status_code in (404, 422)


def test_what_fits_a_dossier_is_shown_with_reasons_and_proposed_on_demand(
    app: App, make: Factory, agency: Agency, signed_in: Callable[..., Browser]
) -> None:
    manager = signed_in(Role.RECORDS_MANAGER)
    dossier = make.dossier(agency, title="Hồ sơ bổ nhiệm Trưởng phòng năm 2024")
    page = manager.get(f"/dossiers/{dossier.code}/candidates").text
    assert "Chưa có bảng thời hạn nào áp dụng" in page
    confirm(manager, upload(manager, SHEET.read_bytes()))
    page = manager.get(f"/dossiers/{dossier.code}/candidates").text
    assert "Có các từ: bổ nhiệm" in page
    assert count(app, DossierRule) == 0
    assert manager.post(f"/dossiers/{dossier.code}/candidates").status_code == 303
    assert count(app, DossierRule) == 1
    stranger = make.dossier(make.agency("KHAC"), title="Hồ sơ bổ nhiệm", year=date(2024, 1, 1).year)
    assert manager.get(f"/dossiers/{stranger.code}/candidates").status_code == 404
    assert manager.post(f"/dossiers/{stranger.code}/candidates").status_code == 404
