"""Everybody's way through everything that the menu and the pages offer: no dead end, by eye, by key, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LOGINS = ("minh", "hoa", "lan", "binh", "yen", "phuc")  # who sees most comes first
NARROW = 390
NOT_WALKED = re.compile(r"^/(static|sign-out)\b|[./](pdf|xlsx|png|json|master)$")  # what is not a page
MOST_LINKS = 60  # of one person; lists of many records are the same page again
CODE = re.compile(r"\b(BN|LO)-[\w-]+|\bH26[.\w]*|\d+")


def paths_of(page: Page) -> list[str]:
    """What the page links to in the service itself."""
    found = page.eval_on_selector_all("a[href]", "links => links.map((link) => link.href)")
    own = [link for link in found if urlsplit(link).netloc == urlsplit(page.url).netloc]
    return [_path(link) for link in own if not NOT_WALKED.search(urlsplit(link).path)]


def _path(link: str) -> str:
    parts = urlsplit(link)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def shape(path: str) -> str:
    """Two records of one kind, and two values of one choice, are the same page."""
    parts = urlsplit(path)
    return CODE.sub("…", parts.path) + "?" + "&".join(sorted(parse_qs(parts.query)))


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> int:
    """How far the page can be scrolled to the right."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """Shapes of pages whose looks were judged: once, for whoever comes first and sees most of them."""
    return set()


@pytest.mark.parametrize("login", LOGINS)
def test_every_link_that_somebody_is_offered_leads_to_a_page_that_all_can_use(
    visit: Visit, looked_at: set[str], login: str
) -> None:
    """From the first page on, one page of each shape: it opens, has one heading, passes the rules and fits a phone."""
    page = visit(login)
    waiting, walked, wrong = paths_of(page), {shape("/")}, dict[str, list[str]]()
    while waiting and len(walked) < MOST_LINKS:
        path = waiting.pop(0)
        if shape(path) in walked:
            continue
        walked.add(shape(path))
        answer = page.goto(path)
        complaints = [] if answer and answer.status == 200 else [f"status {answer.status if answer else None}"]
        if not complaints:
            waiting += paths_of(page)
            if shape(path) not in looked_at:
                looked_at.add(shape(path))
                complaints += looks_of(page)
        if complaints:
            wrong[path] = complaints
    assert not wrong
    assert len(walked) < MOST_LINKS, "the walk came to its end"


def looks_of(page: Page) -> list[str]:
    complaints = serious(page)
    if page.locator("main h1").count() != 1:
        complaints.append(f"{page.locator('main h1').count()} headings")
    page.set_viewport_size({"width": NARROW, "height": 844})
    if over := sideways(page):
        complaints.append(f"scrolls {over} px sideways on a phone")
    page.set_viewport_size({"width": 1280, "height": 860})
    return complaints


@pytest.mark.parametrize("login", LOGINS)
def test_the_menu_is_walked_by_keyboard_and_says_where_one_is(visit: Visit, login: str) -> None:
    page = visit(login)
    entries = page.locator("#menu a")
    for number in range(entries.count()):
        page.goto("/account")  # where no field has the focus from the start
        page.keyboard.press("Tab")
        expect(page.locator("a.skip")).to_be_focused()
        entry = entries.nth(number)
        where = entry.get_attribute("href")
        for _ in range(number + 2):  # the brand, then the entries one by one
            page.keyboard.press("Tab")
        expect(entry).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{where}")
        expect(page.locator(f"#menu a[href='{where}']")).to_have_attribute("aria-current", "page")
        expect(page.locator("main h1")).to_be_visible()


@pytest.mark.parametrize("login", ["minh", "hoa"])
def test_on_a_phone_the_menu_opens_and_every_entry_can_be_reached(visit: Visit, login: str) -> None:
    page = visit(login, "/", width=NARROW, height=844)
    page.get_by_role("button", name="Mục lục").press("Enter")
    entries = page.locator("#menu a")
    for number in range(entries.count()):
        expect(entries.nth(number)).to_be_visible()
    assert sideways(page) == 0
