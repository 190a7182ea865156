"""Paper and scanners as the people who keep them use the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from archive.access.identity import local_date
from archive.actions.dossiers import create_dossier
from tests.e2e import world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]


def today_and(days: int) -> str:
    return (local_date(datetime.now(UTC)) + timedelta(days=days)).isoformat()


@pytest.fixture
def dossier(service: world.Service) -> str:
    """A new one, with no paper recorded yet."""
    with world.open_holdings(service.data) as app, app.unit_of_work() as uow:
        created = create_dossier(
            uow,
            title="Cấp giấy phép xây dựng nhà ở riêng lẻ",
            agency_code=world.AGENCY,
            year=2025,
            actor=world.person(app, "minh"),
            now=app.clock(),
        )
        return created.code


def put(page: Page, dossier: str, box: str, sheets: int) -> None:
    page.goto(f"/dossiers/{dossier}")
    page.get_by_text("Ghi vị trí bản giấy").press("Enter")
    page.get_by_label("Kho", exact=True).fill("Kho tầng 2")
    page.locator("#paper-box").fill(box)
    page.locator("#paper-sheets").fill(str(sheets))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã ghi vị trí bản giấy")


def lend(page: Page, sheets: int) -> None:
    page.get_by_text("Cho mượn bản giấy").press("Enter")
    page.locator("#paper-borrower").focus()
    page.keyboard.type("Lê Thị Hoa, Văn phòng")
    page.keyboard.press("Tab")
    page.keyboard.type("đối chiếu bản quét")
    page.keyboard.press("Tab")
    page.keyboard.type(str(sheets))
    page.locator("#paper-due").fill(today_and(7))
    page.get_by_role("button", name="Giao").press("Enter")


def test_paper_goes_out_comes_back_short_and_stays_listed_until_explained(
    visit: Visit, dossier: str, foreign: list[str]
) -> None:
    page = visit("lan")
    put(page, dossier, "H-901", 20)
    lend(page, 19)
    expect(page.get_by_role("alert").first).to_contain_text("Sổ đang ghi 20 tờ, lần này đếm được 19 tờ")
    expect(page.locator("#paper-borrower")).to_have_value("Lê Thị Hoa, Văn phòng")
    page.locator("#paper-sheets-out").fill("20")
    page.keyboard.press("Enter")
    expect(page.locator("#paper")).to_contain_text("Lê Thị Hoa, Văn phòng mượn để đối chiếu bản quét")
    page.locator("#paper-sheets-back").fill("18")
    page.keyboard.press("Enter")
    expect(page.locator("#paper [role=alert]")).to_contain_text("Thiếu 2 tờ.")
    page.goto("/paper")
    page.get_by_role("link", name="số tờ khác, chờ giải thích").click()
    page.locator("tbody tr", has_text=dossier).get_by_role("link").first.click()
    page.get_by_label("Giải thích").fill("Hai tờ trùng đã rút, biên bản 05/BB")
    page.get_by_role("button", name="Ghi giải thích").press("Enter")
    expect(page.locator("#paper [role=alert]")).to_have_count(0)
    expect(page.locator("#paper dl")).to_contain_text("18")
    page.goto("/paper/loans?only=unexplained")
    expect(page.locator("main")).not_to_contain_text(dossier)
    foreign[:] = [said for said in foreign if "422" not in said]  # what was asked for here


def test_a_box_is_found_by_a_dossier_in_it_and_its_label_printed_without_the_rest(visit: Visit, dossier: str) -> None:
    page = visit("minh")
    put(page, dossier, "H-902", 12)
    page.goto("/paper")
    page.locator("#q").fill(dossier)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="H-902").click()
    expect(page.get_by_role("heading", name="Hộp H-902")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".box-label")).to_contain_text("1 hồ sơ, 12 tờ")
    expect(page.locator("tbody tr")).to_contain_text(dossier)
    for hidden in ("header.top", "button[data-print]", ".trail"):
        expect(page.locator(hidden).first).to_be_hidden()


def test_a_sheet_of_places_is_tried_mended_and_taken(
    visit: Visit, dossier: str, tmp_path: Path, foreign: list[str]
) -> None:
    page = visit("minh", "/paper/import")
    sheet = tmp_path / "vi-tri.csv"
    sheet.write_text(f"Mã hồ sơ,Kho,Hộp,Số tờ\n{dossier},Kho tầng 3,H-903,bảy\n", encoding="utf-8")
    page.set_input_files("#sheet", sheet)
    page.get_by_role("button", name="Xem thử, chưa ghi gì").press("Enter")
    expect(page.locator("table tbody tr")).to_contain_text("Số tờ phải là số nguyên")
    expect(page.get_by_role("button", name="Ghi tất cả")).to_have_count(0)
    sheet.write_text(f"Mã hồ sơ,Kho,Hộp,Số tờ\n{dossier},Kho tầng 3,H-903,7\n", encoding="utf-8")
    page.set_input_files("#sheet", sheet)
    page.get_by_role("button", name="Xem thử, chưa ghi gì").press("Enter")
    expect(page.locator("table tbody tr")).to_contain_text("Kho tầng 3, H-903, 7 tờ")
    page.get_by_role("button", name="Ghi tất cả").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã ghi vị trí bản giấy theo bảng")
    page.goto(f"/dossiers/{dossier}")
    expect(page.locator("#paper")).to_contain_text("Hộp H-903")
    foreign[:] = [said for said in foreign if "422" not in said]  # the sheet with a mistake


def test_a_reader_sees_where_paper_is_and_not_who_has_it(visit: Visit, dossier: str) -> None:
    lan, yen = visit("lan"), visit("yen")
    put(lan, dossier, "H-904", 5)
    lend(lan, 5)
    yen.goto(f"/dossiers/{dossier}")
    expect(yen.locator("#paper")).to_contain_text("đang cho mượn")
    expect(yen.locator("#paper")).not_to_contain_text("Lê Thị Hoa")
    expect(yen.locator("#paper form")).to_have_count(0)


def test_a_scanner_is_cleared_delivers_is_wiped_and_only_then_leaves(visit: Visit, foreign: list[str]) -> None:
    page = visit("lan", "/scanners")
    if not page.locator("#register[open]").count():
        page.locator("#register summary").press("Enter")
    page.fill("#code", "MQ-77")
    page.fill("#name", "Canon DR-G2140")
    page.fill("#serial", "SN-77")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("chưa kiểm tra")
    write(page, "clear", until=today_and(90))
    expect(page.locator("main")).to_contain_text("được dùng")
    page.goto("/batches/new")
    page.select_option("#scanner", "H26/MQ-77")
    page.get_by_role("button", name="Mở lô và chọn tệp").press("Enter")
    expect(page.locator("main")).to_contain_text("máy quét MQ-77")
    batch = page.url
    page.goto("/scanners/H26/MQ-77")
    write(page, "wipe")
    expect(page.get_by_role("alert")).to_contain_text("Còn lô đang mở")
    page.goto(batch)
    page.get_by_role("button", name="Đóng lô").press("Enter")
    page.goto("/scanners/H26/MQ-77")
    write(page, "leave")
    expect(page.get_by_role("alert")).to_contain_text("chưa được xoá bộ nhớ")
    write(page, "wipe")
    write(page, "leave")
    expect(page.locator("table tbody tr")).to_have_count(3)
    expect(page.locator("main")).to_contain_text("đã rời cơ quan")
    foreign[:] = [said for said in foreign if "409" not in said]


def write(page: Page, act: str, *, until: str = "") -> None:
    """A line of the log; a form that was not taken keeps what was written."""
    form = page.locator(f"form[action$='/{act}']")
    if not form.is_visible():
        page.locator("details", has=form).locator("summary").press("Enter")
    if until:
        page.fill(f"#{act}-until", until)
    page.fill(f"#{act}-by", "Phòng PA03")
    page.fill(f"#{act}-document", "BB 12/2026")
    form.get_by_role("button").press("Enter")
    page.wait_for_load_state()
