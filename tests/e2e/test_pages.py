"""The pages in a real browser, over papers that were really read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from ocr.letters import fold
from tests.e2e import world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NOTICE, MINUTES, PERMIT = "Triển khai", "Biên bản", "Giấy phép"


def open_item(page: Page, title: str) -> None:
    page.goto(f"/dossiers/{world.DOSSIER}")
    page.get_by_role("link", name=re.compile(title)).first.click()
    page.locator("#viewer[data-ready]").wait_for()


def to_first_page(page: Page) -> None:
    """An item opens where its first doubtful field stands."""
    page.select_option("#page-number", "1")
    page.locator("#viewer[data-ready='1']").wait_for()


def test_a_wrong_password_says_what_to_do_and_lets_try_again(visit: Visit, foreign: list[str]) -> None:
    page = visit(None, "/sign-in")
    page.fill("#login", "lan")
    page.fill("#password", "sai")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    expect(page.locator("#login")).to_have_value("lan")
    expect(page.locator("#password")).to_be_focused()
    page.fill("#password", world.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Tổng quan")).to_be_visible()
    foreign[:] = [said for said in foreign if "401" not in said]  # what was asked for here


def test_the_first_page_tells_what_waits_and_shows_24_tasks(visit: Visit) -> None:
    page = visit("lan")
    expect(page.locator(".figures a").first).to_contain_text("chưa chắc")
    rows = page.locator("table").last.locator("tbody tr")
    expect(rows).to_have_count(24)
    expect(rows.nth(0)).to_contain_text("chưa có tên nhiệm vụ")
    expect(rows.nth(4).locator("[data-label='Đã nhận']")).not_to_have_text("0")


def test_the_reconciliation_explains_every_file(visit: Visit, service: world.Service) -> None:
    page = visit("lan", f"/batches/{service.batch}")
    rows = page.locator("#entries tbody tr")
    expect(rows).to_have_count(len(world.FILES))
    for index in range(len(world.FILES)):
        assert rows.nth(index).locator("td").last.inner_text().strip()
    stopped = rows.filter(has_text="đã dừng")
    expect(stopped).to_have_count(1)
    expect(stopped).to_contain_text("liên hệ cán bộ bảo mật")
    assert "001_quyet_dinh" not in page.content()


def test_the_text_over_the_page_is_the_words_that_stand_there(visit: Visit) -> None:
    page = visit("lan")
    open_item(page, NOTICE)
    to_first_page(page)
    for zoom in (1, 2):
        for _ in range(zoom - 1):
            page.click("[data-zoom='1.4']")
        page.wait_for_function("() => new Promise(done => setTimeout(() => done(true), 700))")
        off = page.evaluate(
            """async () => {
              const page = JSON.parse(document.getElementById("viewer").dataset.pages)[0];
              const lines = (await (await fetch(page.words)).json()).lines;
              const layer = document.querySelector(".overlay").getBoundingClientRect();
              const words = [...document.querySelectorAll(".overlay .word")];
              const boxes = lines.flat();
              if (words.length !== boxes.length) return "count";
              let worst = 0;
              words.forEach((word, index) => {
                const [text, left, top, right] = boxes[index];
                if (word.textContent.trim() !== text) worst = 1;
                const range = document.createRange();
                range.setStart(word.firstChild, 0);
                range.setEnd(word.firstChild, text.length);
                const drawn = range.getBoundingClientRect();
                worst = Math.max(worst, Math.abs((drawn.left - layer.left) / layer.width - left),
                  Math.abs((drawn.right - layer.left) / layer.width - right));
              });
              return worst;
            }"""
        )
        assert isinstance(off, float)
        assert off < 0.004, "a word of the overlay lies beside the word on the paper"


def test_a_field_that_rests_on_handwriting_says_so(visit: Visit) -> None:
    page = visit("lan")

    def written(route: Route) -> None:
        told = route.fetch().json()
        first = next(word for line in told["lines"] for word in line if word[0].lower() == "triển")
        route.fulfill(json=told | {"hand": [first[1:]]})

    page.route("**/pages/1/words", written)
    open_item(page, NOTICE)
    to_first_page(page)
    expect(page.locator(".overlay .hand")).to_have_count(1)
    expect(page.locator("#field-subject .hand-note")).to_be_visible()
    expect(page.locator("#field-type_name .hand-note")).to_be_hidden()


def test_dragging_over_words_selects_them_and_beside_them_moves_the_page(visit: Visit) -> None:
    page = visit("lan")
    open_item(page, NOTICE)
    to_first_page(page)
    page.click("[data-fit=page]")
    page.wait_for_function("() => new Promise(done => setTimeout(() => done(true), 700))")
    first = page.locator(".overlay .word", has_text="CỘNG").first.bounding_box()
    last = page.locator(".overlay .word", has_text="NAM").first.bounding_box()
    assert first
    assert last
    page.mouse.move(first["x"] + 1, first["y"] + first["height"] / 2)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 2, last["y"] + last["height"] / 2, steps=8)
    page.mouse.up()
    selected = unicodedata.normalize("NFC", str(page.evaluate("String(getSelection())")))
    assert "HÒA" in selected
    assert "NGHĨA" in selected
    assert page.locator(".overlay .word", has_text="CỘNG").first.bounding_box() == first


def test_a_field_shows_its_place_by_click_and_by_enter(visit: Visit) -> None:
    page = visit("lan")
    open_item(page, NOTICE)
    field = page.locator("#field-subject .field-value")
    field.click()
    place = page.locator(".overlay .place")
    expect(place).to_have_count(1)
    wanted = [float(part) for part in str(page.locator("#field-subject").get_attribute("data-box")).split(",")]
    assert _box_of(page) == pytest.approx(wanted, abs=0.002)
    page.locator("#field-type_name .field-value").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#field-type_name")).to_have_class(re.compile("current"))
    wanted = [float(part) for part in str(page.locator("#field-type_name").get_attribute("data-box")).split(",")]
    assert _box_of(page) == pytest.approx(wanted, abs=0.002)


def test_a_field_is_corrected_by_keyboard_alone(visit: Visit) -> None:
    page = visit("lan")
    open_item(page, PERMIT)
    page.locator("#field-type_name .field-value").focus()
    while page.evaluate("document.activeElement.closest('li')?.dataset.field") != "organ_name":
        page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.type("Sở Quy hoạch - Kiến trúc Hà Nội")
    page.keyboard.press("Enter")
    field = page.locator("#field-organ_name")
    expect(field).to_contain_text("Sở Quy hoạch - Kiến trúc Hà Nội")
    expect(field).to_contain_text("Nguyễn Thị Lan xác nhận")
    expect(field.locator("s")).to_be_visible()
    page.reload()
    expect(page.locator("#field-organ_name .field-value")).to_have_text("Sở Quy hoạch - Kiến trúc Hà Nội")
    page.locator("#field-organ_name .field-value").focus()
    page.keyboard.press("e")
    page.keyboard.type("bỏ đi")
    page.keyboard.press("Escape")
    expect(page.locator("#field-organ_name .field-value")).to_be_focused()
    expect(page.locator("#field-organ_name .field-value")).to_have_text("Sở Quy hoạch - Kiến trúc Hà Nội")


def test_one_reviews_and_another_publishes(visit: Visit) -> None:
    lan, minh = visit("lan"), visit("minh")
    open_item(lan, NOTICE)
    settle_doubtful(lan)
    lan.keyboard.press("d")
    expect(lan.locator("#status .state.reviewed")).to_be_visible()
    expect(lan.locator("#publish")).to_have_count(0)
    open_item(minh, NOTICE)
    minh.select_option("#level", "open")
    minh.locator("#publish").click()
    expect(minh.locator("#status .state.published")).to_be_visible()
    expect(minh.locator("#status")).to_contain_text("Trần Văn Minh")


def settle_doubtful(page: Page) -> None:
    """By keyboard: `a` accepts what was read, and asks for a value where nothing was."""
    for _ in range(12):
        left = page.locator(".fields > li.doubtful")
        if not left.count():
            return
        name = left.first.get_attribute("data-field")
        left.first.locator(".field-value").focus()
        page.keyboard.press("a")
        if page.locator(f"#field-{name} details[open]").count():
            page.keyboard.type("17" if name == "code_number" else "24/02/2022")
            page.keyboard.press("Enter")
        expect(page.locator(f"#field-{name}.doubtful")).to_have_count(0)
    raise AssertionError("fields stay doubtful")


@pytest.mark.parametrize("query", ["tiêm chủng mở rộng", "tiem chung mo rong"])
def test_a_search_with_and_without_tones_shows_the_words_on_the_paper(visit: Visit, query: str) -> None:
    page = visit("minh")
    page.keyboard.press("/")
    page.keyboard.type(query)
    page.keyboard.press("Enter")
    hit = page.locator(".hits > li").first
    expect(hit.locator("h2")).to_contain_text(NOTICE)
    expect(hit.locator("mark").first).to_be_visible()
    strip = hit.locator("img.strip").first
    strip.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth === 720", arg=strip.element_handle())
    hit.get_by_role("link", name="Trang 1").click()
    page.locator("#viewer[data-ready]").wait_for()
    expect(page.locator(".overlay .hit").first).to_be_attached()
    expect(page.locator("#hit-count")).to_contain_text("chỗ khớp")
    marked = page.evaluate(
        """() => {
          const hit = document.querySelector(".overlay .hit").getBoundingClientRect();
          const at = [hit.left + hit.width / 2, hit.top + hit.height / 2];
          const word = [...document.querySelectorAll(".overlay .word")].find((each) => {
            const box = each.getBoundingClientRect();
            return box.left < at[0] && at[0] < box.right && box.top < at[1] && at[1] < box.bottom;
          });
          return word?.textContent.trim();
        }"""
    )
    assert fold(str(marked)) in {"tiem", "chung", "mo", "rong"}


def test_the_queue_leads_from_one_item_to_the_next_by_key(visit: Visit) -> None:
    page = visit("lan", "/review")
    page.keyboard.press("n")
    page.wait_for_url("**/items/*")
    first = page.url
    page.locator("#viewer[data-ready]").wait_for()
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url != first)
    assert "/items/" in page.url


def test_who_may_not_see_a_page_is_told_the_same_as_of_one_that_is_not_there(visit: Visit, foreign: list[str]) -> None:
    page = visit("lan", "/accounts")
    denied = page.locator("#error").inner_text()
    page.goto("/khong-co-trang-nay")
    assert page.locator("#error").inner_text() == denied
    foreign[:] = [said for said in foreign if "404" not in said]


PAGES = ("/", "/review", "/batches", "/batches/new", "/dossiers", f"/dossiers/{world.DOSSIER}", "/search?q=bien+ban")


@pytest.mark.parametrize(
    "path", [*PAGES, "/items/BN-H26-2026-0000001?q=thong+bao", "/account", "/account/second-factor"]
)
def test_no_page_scrolls_sideways_on_a_narrow_screen(visit: Visit, path: str) -> None:
    page = visit("minh", path, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Mục lục").click()
    expect(page.locator("#menu").get_by_role("link", name="Lô số hoá")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("login", "path"),
    [("minh", path) for path in PAGES]
    + [("minh", "/items/BN-H26-2026-0000001"), ("hoa", "/stopped"), ("hoa", "/accounts"), ("hoa", "/audit")]
    + [("hoa", path) for path in ("/account", "/account/second-factor", "/accounts/lan")]
    + [(None, "/sign-in")],
)
def test_pages_pass_the_accessibility_rules(visit: Visit, login: str | None, path: str) -> None:
    page = visit(login, path)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    serious = [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]
    assert not serious


def test_of_a_stopped_paper_the_clerk_sees_the_receipt_and_whom_to_ask(visit: Visit) -> None:
    page = visit("lan", "/items/BN-H26-2026-0000004")
    expect(page.locator("main")).to_contain_text("liên hệ cán bộ bảo mật")
    assert "quyet_dinh" not in page.content()


def test_the_security_officer_decides_and_the_receipt_stays(visit: Visit, service: world.Service) -> None:
    page = visit("hoa", "/stopped")
    stopped = page.locator("section.card", has_text="có dấu chỉ độ mật")
    expect(stopped).to_have_count(1)
    stopped.get_by_text("Quyết định", exact=True).click()
    stopped.get_by_label("Số, ngày văn bản quyết định").fill("QĐ 12/QĐ-UBND ngày 20/11/2026, văn bản mật nộp nhầm")
    stopped.get_by_role("button", name="Xoá tệp").click()
    expect(page.get_by_role("status").first).to_contain_text("Biên nhận vẫn còn")
    page.goto(f"/batches/{service.batch}")
    expect(page.locator("#entries")).to_contain_text("BN-H26-2026-0000004")


def _box_of(page: Page) -> list[float]:
    """Where the place mark lies, as fractions of the page image."""
    return list(
        page.evaluate(
            """() => {
              const layer = document.querySelector(".overlay").getBoundingClientRect();
              const mark = document.querySelector(".overlay .place").getBoundingClientRect();
              return [(mark.left - layer.left) / layer.width, (mark.top - layer.top) / layer.height,
                (mark.right - layer.left) / layer.width, (mark.bottom - layer.top) / layer.height];
            }"""
        )
    )
