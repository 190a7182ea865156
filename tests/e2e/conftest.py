"""A real service process with real papers, read once a run, and a Chromium to look at it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import released
from tests.e2e import world

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]


@pytest.fixture(scope="package")
def service() -> Iterator[world.Service]:
    """Not in pytest's own folder: another run of pytest closes that to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="archive-e2e-") as folder:
        data = Path(folder) / "data"
        with world.open_holdings(data) as app:
            world.settle(app)
            running = world.serve(data)
            try:
                running.batch = world.deliver(app)
                world.wait_until_read(app, running, running.batch)
            except BaseException:
                running.stop()
                raise
        yield running
        running.stop()
        released(data)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"needs Chromium at {CHROMIUM}; `make setup` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def foreign() -> list[str]:
    """Addresses of other hosts that a page asked for, and what it complained of."""
    return []


@pytest.fixture
def visit(chromium: Browser, service: world.Service, foreign: list[str]) -> Iterator[Callable[..., Page]]:
    """`visit("lan", "/review")` is a signed-in page in a browser of its own."""
    contexts = []

    def open_page(login: str | None = None, path: str = "/", *, width: int = 1280, height: int = 860) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, base_url=service.url, locale="vi-VN"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: _own(request.url, service.url) or foreign.append(request.url))
        page.on("console", lambda said: said.type == "error" and foreign.append(said.text))
        page.on("pageerror", lambda error: foreign.append(str(error)))
        if login:
            sign_in(page, login)
        if login is None or path != "/":
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not foreign, "pages load nothing from elsewhere and raise no error"


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.locator("#login:focus").wait_for()
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(world.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Tổng quan").wait_for()


def _own(url: str, base: str) -> bool:
    return url.startswith((base + "/", "data:", "blob:"))
