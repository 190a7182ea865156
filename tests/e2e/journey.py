"""What people do between a stack of scans and the counter, each step by the one whose it is, in a browser."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import world

READ_MS = 540_000
PROCEDURE = ("MAU.000002", "Cấp giấy phép sửa chữa, cải tạo nhà ở")
HOW = {"replacement": "thay giấy tờ phải nộp", "form": "điền biểu mẫu"}


def open_batch(page: Page, expected: int) -> None:
    page.goto("/batches/new")
    page.select_option("#task", "5")
    page.fill("#dossier", world.DOSSIER)
    page.fill("#expected", str(expected))
    page.get_by_role("button", name="Mở lô").click()
    page.get_by_role("button", name="Gửi").wait_for()
    page.wait_for_load_state()


def drop(page: Page, stack: Sequence[Path]) -> None:
    """As from a window of files."""
    files = [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in stack]
    dropped = page.evaluate_handle(
        """(files) => {
          const carried = new DataTransfer();
          for (const [name, bytes] of files) {
            const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
            carried.items.add(new File([content], name, { type: "application/pdf" }));
          }
          return carried;
        }""",
        files,
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})


def receipts_of(page: Page, stack: Sequence[Path]) -> dict[str, str]:
    """File name to receipt."""
    receipts = {}
    for file in stack:
        row = page.locator(".sent tr", has_text=file.name)
        expect(row).to_contain_text("BN-")
        receipts[file.name] = re.search(r"BN-[\w-]+", row.inner_text())[0]  # type: ignore[index]
    return receipts


def close_batch(page: Page) -> None:
    """And wait until all of it is read."""
    page.get_by_role("button", name="đóng lô").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã đóng lô")
    expect(page.locator("#entries")).not_to_contain_text("đang xử lý", timeout=READ_MS)
    expect(page.locator("#progress")).to_have_count(0, timeout=READ_MS)
    expect(page.locator("#live")).to_contain_text("mọi tệp đã nộp đều được giải thích")


def describe(page: Page, receipt: str, kind_name: str, owner: str) -> None:
    """The clerk says what kind of paper it is where the machine did not, and whose it is."""
    page.goto(f"/items/{receipt}")
    page.locator("#viewer[data-ready]").wait_for()
    kind = page.locator("#field-type_name .field-value")
    if kind.inner_text() != kind_name:
        kind.focus()
        page.keyboard.press("e")
        page.keyboard.type(kind_name)
        page.keyboard.press("Enter")
        expect(kind).to_have_text(kind_name)
    if page.locator("#field-holder_identifier").count():
        page.locator("#field-holder_identifier .field-value").focus()
        page.keyboard.press("e")
        page.locator("#value-holder_identifier").fill(owner)
        page.keyboard.press("Enter")
    else:
        page.locator("#add summary").click()
        page.select_option("#new-field", "holder_identifier")
        page.fill("#new-value", owner)
        page.locator("#add").get_by_role("button", name="Thêm").click()
    expect(page.locator("#field-holder_identifier")).to_contain_text(owner[-3:])


def approve(page: Page, receipt: str) -> None:
    page.goto(f"/items/{receipt}")
    page.locator("#review").click()
    expect(page.locator("#status")).to_contain_text("đã duyệt")


def publish(page: Page, receipt: str) -> None:
    page.goto(f"/items/{receipt}")
    page.select_option("#level", "conditional")
    page.locator("#publish").click()
    expect(page.locator("#status")).to_contain_text("đã công bố")


def agree(page: Page, login: str, kind_name: str) -> None:
    page.goto("/reuse/agreements")
    page.locator("#agree > summary").click()
    page.select_option("#new-agency", world.AGENCY)
    page.select_option("#account", login)
    page.fill("#procedure", PROCEDURE[0])
    page.fill("#procedure_title", PROCEDURE[1])
    kind = page.locator(f"#agree input[value='{kind_name}']")
    if not kind.is_visible():
        page.locator("#agree fieldset summary").click()
    kind.check()
    page.fill("#purpose", "Người dân không phải nộp lại giấy đã có trong kho")
    page.fill("#legal_basis", "Văn bản thoả thuận mẫu")
    page.locator("#agree").get_by_role("button").last.click()
    expect(page.locator("main")).to_contain_text("đang có hiệu lực")
    expect(page.locator("main")).not_to_contain_text("chưa có vai trò")


def ask(page: Page, reference: str, owner: str, kind_name: str) -> None:
    page.goto("/")
    page.get_by_label("Mã hồ sơ thủ tục").fill(reference)
    page.get_by_label("Thủ tục và giấy tờ cần").select_option(f"{PROCEDURE[0]}|{kind_name}")
    page.get_by_label("Số đó là").fill(owner)
    page.get_by_role("button", name="Hỏi kho").click()
    page.get_by_role("heading", name="Trong kho").wait_for()


def take(page: Page, how: str) -> None:
    """The first paper that is offered."""
    found = page.locator("article").first
    found.get_by_label("Dùng để").select_option(how)
    found.get_by_role("button", name="Lấy giấy này").click()
    expect(page.locator("article").first).to_contain_text(f"Đã lấy để {HOW[how]}")
