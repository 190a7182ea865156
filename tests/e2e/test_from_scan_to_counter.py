"""From a stack of scans dropped in the browser to the counter that need not ask for one of them again."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from archive.access.permissions import Role
from archive.bootstrap import App
from tests.conftest import released
from tests.e2e import journey, world
from tests.e2e.conftest import sign_in
from tests.e2e.test_pages import AXE
from tests.examples.running import counter, token_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REAL = Path(__file__).parents[3] / "shared" / "data" / "scans-real" / "tinh-10.pdf"  # of a real office, not published
SAMPLES = (
    world.SAMPLES / "td02-giay-phep-dang-ky" / "020_giay_phep_xay_dung.pdf",
    world.SAMPLES / "td01-bao-cao-to-trinh" / "015_bien_ban.pdf",
)
WANTED, KIND = (REAL, "Quyết định") if REAL.exists() else (SAMPLES[0], "Giấy phép xây dựng")
STACK = tuple(file for file in (REAL, *SAMPLES) if file.exists())
OWNER, DOSSIER = "001080000123", "H26.18-251122-0007"


class Place:
    """A served service of one profile, and its people's browsers."""

    def __init__(self, chromium: Browser, url: str, app: App) -> None:
        self.url, self.app = url, app
        self._chromium = chromium
        self._pages: dict[str, Page] = {}

    def page(self, login: str) -> Page:
        if login not in self._pages:
            page = self._chromium.new_context(
                viewport={"width": 1280, "height": 860}, base_url=self.url, locale="vi-VN", reduced_motion="reduce"
            ).new_page()
            page.set_default_timeout(60_000)
            sign_in(page, login)
            self._pages[login] = page
        return self._pages[login]

    def counter_page(self, url: str) -> Page:
        page = self._chromium.new_context(base_url=url, locale="vi-VN", bypass_csp=True).new_page()
        page.set_default_timeout(60_000)
        return page

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


@pytest.fixture(params=["embedded", "servers"])
def place(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Place]:
    if request.param == "servers":
        profile = request.getfixturevalue("make_profile")(engine="tesseract")
        profile.start_all()
        made = Place(chromium, profile.url, profile.app)
        yield made
        made.close()
        return
    with tempfile.TemporaryDirectory(prefix="archive-counter-") as folder:
        data = Path(folder) / "data"
        with world.open_holdings(data) as app:
            world.settle(app)
            service = world.serve(data)
            made = Place(chromium, service.url, app)
            yield made
            made.close()
            service.stop()
        released(data)


def test_what_was_scanned_once_is_not_asked_of_the_citizen_again(place: Place, tmp_path: Path) -> None:
    wanted = deliver(place.page("lan"))[WANTED.name]
    journey.describe(place.page("lan"), wanted, KIND, OWNER)
    journey.approve(place.page("binh"), wanted)
    journey.publish(place.page("tuan"), wanted)
    token = token_of(place.app, "quay-mot-cua", "Quầy một cửa", Role.SERVICE)
    with counter(tmp_path, place.url, token, "--procedures", str(procedures(tmp_path))) as url:
        officer = place.counter_page(url)
        journey.ask(officer, DOSSIER, OWNER, KIND)
        expect(officer.locator("main")).to_contain_text("Kho không có giấy nào để lấy")
        journey.agree(place.page("tuan"), "quay-mot-cua", KIND)
        assert reused(place.page("tuan")) == 0
        journey.ask(officer, DOSSIER, OWNER, KIND)
        assert OWNER not in officer.content()
        expect(officer.locator("article").first).to_contain_text("Một người duyệt, người khác công bố.")
        is_clean(officer)
        journey.take(officer, "replacement")
        expect(officer.locator("#form-holder_identifier")).to_have_value(OWNER)
        is_clean(officer)
        copy = officer.request.get(str(officer.get_by_role("link", name="Xem bản PDF").get_attribute("href")))
        assert copy.body().startswith(b"%PDF-")
        officer.context.close()
    assert reused(place.page("tuan")) == 1
    told_of(place.page("tuan"), wanted)


def deliver(page: Page) -> dict[str, str]:
    journey.open_batch(page, len(STACK))
    journey.drop(page, STACK)
    receipts = journey.receipts_of(page, STACK)
    journey.close_batch(page)
    expect(page.locator("#entries")).not_to_contain_text("đã dừng")
    return receipts


def procedures(folder: Path) -> Path:
    """An office asks for the kinds of paper that its own procedures need."""
    code, title = journey.PROCEDURE
    table = folder / "procedures.toml"
    table.write_text(f'[[procedure]]\ncode = "{code}"\ntitle = "{title}"\npapers = ["{KIND}"]\n', encoding="utf-8")
    return table


def reused(page: Page) -> int:
    """On the task's page of the programme."""
    page.goto("/programme/tasks/5")
    text = page.locator(".figures li").last.inner_text()
    assert "dùng lại" in text, text
    return int(re.search(r"[\d.]+", text)[0].replace(".", ""))  # type: ignore[index]


def told_of(page: Page, receipt: str) -> None:
    page.goto("/reuse")
    line = page.locator("tbody tr").first
    expect(line).to_contain_text(journey.HOW["replacement"])
    expect(line).to_contain_text(DOSSIER)
    line.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(receipt))
    expect(page.locator("#reused")).to_contain_text("(1)")


def is_clean(page: Page) -> None:
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then((result) => result.violations.map((each) => each.id + each.nodes[0].html))")
    assert found == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    page.set_viewport_size({"width": 1280, "height": 860})
