"""Takes the pictures of docs/screenshots anew: `python -m tests.e2e.screenshots [FOLDER]`."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e import world
from tests.e2e.conftest import CHROMIUM, FLAGS, sign_in

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
MAX_BYTES = 250_000
NOTICE, MINUTES = "BN-H26-2026-0000001", "BN-H26-2026-0000002"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        data = Path(scratch) / "data"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with world.open_holdings(data) as app:
            world.settle(app)
            service = world.serve(data)
            try:
                batch = world.deliver(app)
                take_progress(browser, service, folder, batch)
                world.wait_until_read(app, service, batch)
                take_pages(browser, service, folder, batch)
            finally:
                service.stop()
        browser.close()


def take_progress(browser: Browser, service: world.Service, folder: Path, batch: str) -> None:
    page = _page(browser, service, "lan", f"/batches/{batch}")
    page.get_by_text("đã dừng").or_(page.get_by_text("chờ duyệt")).first.wait_for(timeout=240_000)
    _save(page, folder / "batch-progress.png")


def take_pages(browser: Browser, service: world.Service, folder: Path, batch: str) -> None:
    for name, login, path in (
        ("overview", "lan", "/"),
        ("batch-reconciliation", "lan", f"/batches/{batch}"),
        ("dossier", "lan", f"/dossiers/{world.DOSSIER}"),
        ("review-queue", "lan", "/review"),
        ("search", "lan", "/search?q=tiem+chung+mo+rong"),
        ("stopped", "hoa", "/stopped"),
        ("account", "hoa", "/accounts/lan"),
        ("own-account", "lan", "/account"),
        ("audit", "hoa", "/audit"),
    ):
        _save(_page(browser, service, login, path), folder / f"{name}.png")
    sign_in_page = browser.new_page(viewport={"width": 1280, "height": 640}, base_url=service.url)
    sign_in_page.goto("/sign-in")
    _save(sign_in_page, folder / "sign-in.png")
    desk = _page(browser, service, "lan", f"/items/{MINUTES}")
    _read(desk)
    _save(desk, folder / "item.png")
    desk.keyboard.press("e")
    _save(desk, folder / "item-correcting.png")
    marked = _page(browser, service, "lan", f"/items/{NOTICE}?q=tiêm+chủng")
    _read(marked)
    _save(marked, folder / "item-hit.png")
    narrow = _page(browser, service, "lan", f"/items/{MINUTES}", width=390, height=844)
    _read(narrow)
    _save(narrow, folder / "item-narrow.png", whole=True)


def _page(
    browser: Browser, service: world.Service, login: str, path: str, *, width: int = 1180, height: int = 760
) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=service.url, locale="vi-VN", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(90_000)
    sign_in(page, login)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return page


def _read(page: Page) -> None:
    page.locator("#viewer[data-ready]").wait_for()
    page.evaluate("new Promise((done) => setTimeout(done, 900))")  # the page glides to the field's place


def _save(page: Page, path: Path, *, whole: bool = False) -> None:
    """As few colours as the size allows, so that the repository stays small; rare ones, as of marks, are kept."""
    image = Image.open(io.BytesIO(page.screenshot(full_page=whole))).convert("RGB")
    for colours in (256, 128, 96, 64, 48):
        few = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size <= MAX_BYTES:
            return
    raise ValueError(f"{path.name} is too big")


if __name__ == "__main__":
    main()
