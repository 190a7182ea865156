"""Accounts in a real browser: one's own second factor, and what an operator sees to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]
NEW = "mat-khau-moi-rat-dai"


def make_person(page: Page, login: str, name: str) -> None:
    """As the operator does it, by keyboard."""
    page.goto("/accounts")
    page.locator("#create summary").press("Enter")
    page.locator("#new-login").focus()
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã lập tài khoản")
    page.select_option("#role", "clerk")
    page.get_by_role("button", name="Giao vai trò").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã giao vai trò")


def enter(page: Page, login: str, password: str, code: str = "") -> None:
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", password)
    page.fill("#code", code)
    page.keyboard.press("Enter")


def test_a_new_person_turns_on_the_second_factor_and_is_helped_when_it_is_lost(
    visit: Visit, foreign: list[str]
) -> None:
    operator = visit("hoa")
    make_person(operator, "thu", "Phạm Anh Thư")
    page = visit(None, "/sign-in")
    enter(page, "thu", NEW)
    page.get_by_role("heading", name="Tổng quan").wait_for()
    page.locator("details.who summary").press("Enter")
    page.get_by_role("link", name="Tài khoản của tôi").press("Enter")
    page.get_by_role("link", name="Bật xác thực hai bước").press("Enter")
    expect(page.locator("svg.qr")).to_be_visible()
    expect(page.locator("#code")).to_be_focused()
    secret = page.locator("#secret").inner_text().replace(" ", "")
    page.keyboard.type(pyotp.TOTP(secret).at(datetime.now(UTC)))
    page.keyboard.press("Tab")
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã bật xác thực hai bước")
    page.get_by_role("button", name="Đăng xuất khỏi mọi máy").press("Enter")
    page.get_by_role("heading", name="Đăng nhập").wait_for()
    enter(page, "thu", NEW)
    expect(page.get_by_role("alert")).to_contain_text("mã xác thực 6 chữ số")
    operator.goto("/accounts/thu")
    operator.get_by_text("Đặt lại xác thực hai bước", exact=True).first.press("Enter")
    operator.get_by_role("button", name="Đặt lại xác thực hai bước").press("Enter")
    expect(operator.get_by_role("status").first).to_contain_text("Đã đặt lại")
    enter(page, "thu", NEW)
    expect(page.get_by_role("heading", name="Tổng quan")).to_be_visible()
    foreign[:] = [said for said in foreign if "401" not in said]  # what was asked for here


def test_a_role_is_ended_and_a_token_is_made_and_revoked_by_keyboard(visit: Visit) -> None:
    page = visit("hoa")
    make_person(page, "sau", "Đỗ Văn Bình")
    page.get_by_role("button", name="Thôi vai trò").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("có hiệu lực ngay")
    expect(page.locator("table").first).to_contain_text("đã thôi lúc")
    page.goto("/accounts")
    page.locator("#create summary").press("Enter")
    page.select_option("#kind", "service")
    page.fill("#new-login", "mot-cua")
    page.fill("#name", "Phần mềm một cửa")
    page.keyboard.press("Enter")
    page.fill("#token-name", "máy chủ chính")
    page.keyboard.press("Enter")
    token = page.locator("#token-made code").inner_text()
    assert len(token) > 40
    page.goto("/accounts/mot-cua")
    assert token not in page.content()
    page.get_by_role("button", name="Thu hồi").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã thu hồi mã truy cập")
    expect(page.get_by_role("button", name="Thu hồi")).to_have_count(0)


@pytest.mark.parametrize("path", ["/account", "/account/second-factor", "/accounts", "/accounts/lan", "/accounts/hoa"])
def test_pages_of_accounts_fit_a_narrow_screen(visit: Visit, path: str) -> None:
    page = visit("hoa", path, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert world.PASSWORD not in page.content()
