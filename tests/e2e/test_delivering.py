"""Handing in scans in a real browser: what the clerk is told of each file, then and there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]
UNREADABLE = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def open_batch(page: Page, expected: int) -> None:
    page.goto("/batches/new")
    page.select_option("#task", "5")
    page.fill("#dossier", world.DOSSIER)
    page.fill("#expected", str(expected))
    page.get_by_role("button", name="Mở lô").click()
    page.get_by_role("button", name="Gửi").wait_for()
    page.wait_for_load_state()  # with its scripts: a form sent before them is sent whole, and no row tells of it


def test_a_delivered_file_moves_through_the_batch_before_ones_eyes(visit: Visit) -> None:
    page = visit("lan")
    open_batch(page, 2)
    page.set_input_files("#files", [world.LATER, Path(world.__file__)])
    page.get_by_role("button", name="Gửi").click()
    expect(page.locator(".sent tr.good")).to_contain_text("BN-")
    expect(page.locator(".sent tr.bad")).to_contain_text("world.py")
    expect(page.locator(".sent tr.bad")).to_contain_text("Không nhận ra loại tệp")
    expect(page.locator("#entries tbody tr")).to_have_count(2)
    page.get_by_role("button", name="đóng lô").click()
    expect(page.locator("#progress")).to_be_visible()
    expect(page.locator("#progress")).to_have_count(0, timeout=240_000)
    expect(page.locator("#entries")).to_contain_text("chờ duyệt")
    expect(page.locator("#live")).to_contain_text("mọi tệp đã nộp đều được giải thích")


def test_of_a_file_that_cannot_be_read_the_clerk_sees_which_one_it_was(visit: Visit, tmp_path: Path) -> None:
    """The service keeps no name of what has not passed the gate; the clerk's own tab does."""
    broken = tmp_path / "biên bản hỏng.pdf"
    broken.write_bytes(UNREADABLE + b"1")
    page = visit("lan")
    open_batch(page, 1)
    page.set_input_files("#files", [broken])
    page.get_by_role("button", name="Gửi").click()
    row = page.locator(".sent tr", has_text="biên bản hỏng.pdf")
    expect(row).to_contain_text("BN-")
    expect(row).to_have_class("bad", timeout=120_000)
    expect(row).to_contain_text("nộp")
    expect(page.locator("#entries")).not_to_contain_text("biên bản hỏng")
    page.get_by_role("button", name="đóng lô").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã đóng lô")
    expect(row).to_have_class("bad")
    batch = page.url.partition("?")[0]
    page.locator("details.who summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.locator("#login").fill("minh")
    page.locator("#password").fill(world.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Tổng quan").wait_for()
    page.goto(batch)
    expect(page.locator("#entries")).to_contain_text("BN-")
    assert "biên bản hỏng" not in page.locator("main").inner_text()


def test_what_could_not_be_sent_is_sent_again_from_its_row(visit: Visit, foreign: list[str], tmp_path: Path) -> None:
    page = visit("lan")
    open_batch(page, 1)
    paper = tmp_path / "tờ trình.pdf"
    paper.write_bytes(UNREADABLE + b"2")
    page.route("**/files?*", lambda route: route.abort())
    page.set_input_files("#files", [paper])
    page.get_by_role("button", name="Gửi").click()
    expect(page.locator(".sent tr.bad")).to_contain_text("hãy gửi lại")
    expect(page.locator("#sent-summary")).to_contain_text("1 chưa gửi được")
    page.unroute("**/files?*")
    page.get_by_role("button", name="Gửi lại").press("Enter")
    expect(page.locator(".sent tr")).to_have_count(2)  # the head, and still one file
    expect(page.locator("#sent-summary")).to_contain_text("1 có biên nhận")
    foreign[:] = [said for said in foreign if "ERR_FAILED" not in said]  # what was asked for here
