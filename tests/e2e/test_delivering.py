"""Handing in scans in a real browser: what the clerk is told of each file, then and there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e import world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]
SENT_MS = 90_000  # on a busy machine
UNREADABLE = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def open_batch(page: Page, expected: int) -> None:
    page.goto("/batches/new")
    page.select_option("#task", "5")
    page.fill("#dossier", world.DOSSIER)
    page.fill("#expected", str(expected))
    page.get_by_role("button", name="Mở lô").click()
    page.get_by_role("button", name="Gửi", exact=True).wait_for()
    page.wait_for_load_state()  # with its scripts: a form sent before them is sent whole, and no row tells of it


def test_a_delivered_file_moves_through_the_batch_before_ones_eyes(visit: Visit, foreign: list[str]) -> None:
    page = visit("lan")
    open_batch(page, 2)
    page.set_input_files("#files", [world.LATER, Path(world.__file__)])
    send(page)
    expect(page.locator(".sent tr.good")).to_contain_text("BN-", timeout=SENT_MS)
    expect(page.locator(".sent tr.bad")).to_contain_text("world.py")
    expect(page.locator(".sent tr.bad")).to_contain_text("Không nhận ra loại tệp")
    expect(page.locator("#entries tbody tr")).to_have_count(2)
    page.get_by_role("button", name="đóng lô").click()
    expect(page.locator("#progress")).to_be_visible()
    expect(page.locator("#progress")).to_have_count(0, timeout=240_000)
    expect(page.locator("#entries")).to_contain_text("chờ duyệt")
    expect(page.locator("#live")).to_contain_text("mọi tệp đã nộp đều được giải thích")
    as_asked(foreign, "415")


def test_of_a_file_that_cannot_be_read_the_clerk_sees_which_one_it_was(visit: Visit, tmp_path: Path) -> None:
    """The service keeps no name of what has not passed the gate; the clerk's own tab does."""
    broken = tmp_path / "biên bản hỏng.pdf"
    broken.write_bytes(UNREADABLE + b"1")
    page = visit("lan")
    open_batch(page, 1)
    page.set_input_files("#files", [broken])
    send(page)
    row = page.locator(".sent tr", has_text="biên bản hỏng.pdf")
    expect(row).to_contain_text("BN-", timeout=SENT_MS)
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
    expect(page.locator("#entries")).to_contain_text("BN-", timeout=SENT_MS)
    assert "biên bản hỏng" not in page.locator("main").inner_text()


def big_file(folder: Path, name: str, size_bytes: int) -> Path:
    """A PDF that no reader opens, of a size that takes several parts."""
    path = folder / name
    path.write_bytes(UNREADABLE + os.urandom(64) + b"\0" * size_bytes)
    return path


def send(page: Page) -> None:
    page.get_by_role("button", name="Gửi", exact=True).click()


def as_asked(foreign: list[str], *signs: str) -> None:
    """What a test itself brought about is no complaint of the page."""
    foreign[:] = [said for said in foreign if not any(sign in said for sign in ("ERR_FAILED", *signs))]


def test_what_a_cut_line_interrupts_goes_on_by_itself(visit: Visit, foreign: list[str], tmp_path: Path) -> None:
    page = visit("lan")
    open_batch(page, 1)
    paper = tmp_path / "tờ trình.pdf"
    paper.write_bytes(UNREADABLE + b"2")
    page.route("**/tus/**", lambda route: route.abort())
    page.set_input_files("#files", [paper])
    send(page)
    row = page.locator("#sent tbody tr")
    expect(row).to_contain_text("chờ kết nối lại", timeout=SENT_MS)
    page.unroute("**/tus/**")
    expect(row).to_contain_text("BN-", timeout=SENT_MS)
    expect(row).to_have_count(1)
    expect(page.locator("#sent-summary")).to_contain_text("1 có biên nhận")
    as_asked(foreign)


def test_a_tab_that_was_closed_is_gone_on_with_by_choosing_the_same_files_again(
    visit: Visit, foreign: list[str], tmp_path: Path
) -> None:
    small, big = big_file(tmp_path, "nhỏ.pdf", 10), big_file(tmp_path, "lớn.pdf", 40 << 20)
    page = visit("lan")
    open_batch(page, 2)
    batch = page.url

    def only_first_parts(route: Route) -> None:
        later = route.request.headers.get("upload-offset", "0") != "0"
        route.abort() if later else route.continue_()

    page.route("**/tus/**", only_first_parts)
    page.set_input_files("#files", [small, big])
    send(page)
    expect(page.locator("#sent tr", has_text="nhỏ.pdf")).to_contain_text("BN-", timeout=SENT_MS)
    expect(page.locator("#sent tr", has_text="lớn.pdf")).to_contain_text("chờ kết nối lại", timeout=SENT_MS)
    other = page.context.new_page()
    page.close(run_before_unload=False)
    other.goto(batch)
    unfinished = other.locator("[data-unfinished]")
    expect(unfinished).to_contain_text("lớn.pdf")
    expect(unfinished).to_contain_text("16")
    offsets: list[str] = []
    other.on("request", lambda asked: offsets.append(asked.headers.get("upload-offset", "")))
    other.set_input_files("#files", [small, big])
    send(other)
    expect(other.locator("#sent tr", has_text="lớn.pdf")).to_contain_text("BN-", timeout=SENT_MS)
    expect(other.locator("#sent tr", has_text="nhỏ.pdf")).to_contain_text("BN-", timeout=SENT_MS)
    expect(unfinished).to_have_count(0)
    assert [offset for offset in offsets if offset] == [str(16 << 20), str(32 << 20)], "nothing is sent twice"
    expect(other.locator("#entries tbody tr")).to_have_count(2)
    as_asked(foreign)


def test_a_whole_folder_is_sent_and_can_be_paused(visit: Visit, tmp_path: Path) -> None:
    folder = tmp_path / "hộp 12"
    (folder / "quyển 1").mkdir(parents=True)
    for name in ("a.pdf", "quyển 1/b.pdf", "quyển 1/Thumbs.db"):
        (folder / name).write_bytes(UNREADABLE + name.encode())
    big_file(folder, "lớn.pdf", 33 << 20)
    page = visit("lan")
    open_batch(page, 3)
    page.set_input_files("#folder", folder)
    send(page)
    page.get_by_role("button", name="Tạm dừng").click()
    page.get_by_role("button", name="Gửi tiếp").press("Enter")
    expect(page.locator("#sent tr", has_text="hộp 12/quyển 1/b.pdf")).to_contain_text("BN-", timeout=SENT_MS)
    expect(page.locator("#sent tr", has_text="hộp 12/lớn.pdf")).to_contain_text("BN-", timeout=SENT_MS)
    expect(page.locator("#sent-summary")).to_contain_text("3 có biên nhận")
    expect(page.locator("#sent tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Tạm dừng")).to_be_hidden()


def test_a_pause_before_anything_was_sent_is_gone_on_from(visit: Visit, tmp_path: Path) -> None:
    page = visit("lan")
    open_batch(page, 1)
    page.route("**/tus/*", lambda route: None if route.request.method == "PATCH" else route.continue_())  # no answer
    page.set_input_files("#files", [big_file(tmp_path, "giữ.pdf", 100)])
    with page.expect_request(lambda asked: asked.method == "PATCH"):
        send(page)
    page.get_by_role("button", name="Tạm dừng").click()
    page.unroute("**/tus/*")
    page.get_by_role("button", name="Gửi tiếp").click()
    expect(page.locator("#sent tbody tr")).to_contain_text("BN-", timeout=SENT_MS)


def test_what_is_given_up_no_longer_keeps_the_batch_open(visit: Visit, foreign: list[str], tmp_path: Path) -> None:
    page = visit("lan")
    open_batch(page, 0)
    batch = page.url
    page.route("**/tus/*", lambda route: route.abort() if route.request.method == "PATCH" else route.continue_())
    page.set_input_files("#files", [big_file(tmp_path, "bỏ.pdf", 100), big_file(tmp_path, "giữ.pdf", 101)])
    send(page)
    expect(page.locator("#sent tbody tr").nth(0)).to_contain_text("chờ kết nối lại", timeout=SENT_MS)
    expect(page.locator("#sent tbody tr").nth(1)).to_contain_text("chờ kết nối lại", timeout=SENT_MS)
    other = page.context.new_page()
    page.close(run_before_unload=False)
    other.goto(batch)
    expect(other.locator("[data-unfinished]")).to_have_count(2)
    other.get_by_role("button", name="Bỏ bỏ.pdf").click()
    expect(other.get_by_role("status").first).to_contain_text("Đã bỏ tệp gửi dở")
    other.get_by_role("button", name="đóng lô").click()
    expect(other.locator("#error-detail")).to_contain_text("còn 1 tệp đang gửi dở")
    other.goto(batch)
    other.get_by_label("Bỏ 1 tệp đang gửi dở").check()
    other.get_by_role("button", name="đóng lô").click()
    expect(other.get_by_role("status").first).to_contain_text("Đã đóng lô")
    as_asked(foreign, "409")
