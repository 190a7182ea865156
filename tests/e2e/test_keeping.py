"""What a records manager does with dossiers and lists, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from archive.access.identity import SYSTEM
from archive.actions.accounts import create_account
from archive.db.accounts import Account
from tests.e2e import world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]


def test_a_dossier_is_closed_and_opened_again_by_keyboard(visit: Visit) -> None:
    page = visit("minh", "/dossiers")
    page.get_by_text("Lập hồ sơ mới").press("Enter")
    page.fill("#title", "Hồ sơ để đóng rồi mở lại")
    page.fill("#year", "2025")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã lập hồ sơ")
    page.locator("#close summary").press("Enter")
    page.get_by_role("button", name="Kết thúc hồ sơ").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã kết thúc hồ sơ")
    expect(page.locator("main")).to_contain_text("công việc kết thúc ngày")
    page.locator("#reopen summary").press("Enter")
    page.locator("#reason").focus()
    page.keyboard.type("còn văn bản nộp muộn")
    page.get_by_role("button", name="Mở lại hồ sơ").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã mở lại hồ sơ")
    expect(page.locator("#close")).to_have_count(1)


@pytest.fixture
def many_accounts(service: world.Service) -> None:
    """More than a page of them, and so many events of the trail."""
    with world.open_holdings(service.data) as app, app.unit_of_work() as uow:
        if uow.session.scalar(select(Account.id).where(Account.login == "nguoi-000")) is None:
            for number in range(110):
                login = f"nguoi-{number:03}"
                create_account(uow, login=login, name=f"Người {number}", actor=SYSTEM, now=app.clock())
                uow.session.flush()


@pytest.mark.usefixtures("many_accounts")
@pytest.mark.parametrize("path", ["/accounts", "/audit"])
def test_a_long_list_is_turned_by_key_forth_and_back(visit: Visit, foreign: list[str], path: str) -> None:
    """Events come in at the top meanwhile: what is turned to stays what it was."""
    page = visit("hoa", path)
    first = page.locator("tbody tr").first.inner_text()
    expect(page.locator("[rel=prev]")).to_have_count(0)
    page.keyboard.press("]")
    page.wait_for_url(f"**{path}?cursor=a*")
    turned_to = page.locator("tbody tr").first.inner_text()
    assert turned_to != first
    page.keyboard.press("[")
    page.wait_for_url(f"**{path}?cursor=b*")
    assert page.locator("tbody tr").count() == 100
    assert turned_to not in page.locator("tbody tr").all_inner_texts()
    page.keyboard.press("]")
    page.wait_for_url(f"**{path}?cursor=a*")
    assert page.locator("tbody tr").first.inner_text() == turned_to
    page.goto(path + "?cursor=khong-phai")
    expect(page.locator("#error-detail")).to_contain_text("mở lại danh sách từ đầu")
    foreign[:] = [said for said in foreign if "422" not in said]  # what was asked for here


def test_a_field_that_the_kind_of_document_asks_for_is_added_where_it_is_asked_for(visit: Visit) -> None:
    page = visit("lan", f"/dossiers/{world.DOSSIER}")
    page.get_by_role("link", name=re.compile("Biên bản")).first.click()
    page.locator("#viewer[data-ready]").wait_for()
    asked = page.locator("[data-add=holder_name]")
    expect(asked).to_have_count(0)
    call_it(page, "Giấy khai sinh")
    asked.press("Enter")
    expect(page.locator("#new-value")).to_be_focused()
    expect(page.locator("#new-field")).to_have_value("holder_name")
    page.keyboard.type("Nguyễn Văn A")
    page.get_by_role("button", name="Thêm", exact=True).last.press("Enter")
    expect(page.locator("#field-holder_name")).to_contain_text("Nguyễn Văn A")
    expect(asked).to_have_count(0)
    call_it(page, "Biên bản")
    expect(page.locator("#field-type_name .finding")).to_have_count(0)


def call_it(page: Page, kind: str) -> None:
    page.locator("#field-type_name .field-value").focus()
    page.keyboard.press("e")
    page.keyboard.type(kind)
    page.keyboard.press("Enter")
    expect(page.locator("#field-type_name .field-value")).to_have_text(kind)
