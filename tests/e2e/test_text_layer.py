"""The access copy in the browser that people have: a double click in its viewer takes the word that is seen there."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from ocr import work
from ocr.model import Word
from tests.ocr import drawn

pytestmark = pytest.mark.browser

TAKEN = """async () => (await document.querySelector("pdf-viewer").currentController.getSelectedText()).selectedText"""
IS_TAKEN = """(word) => {
  document.querySelector("pdf-viewer").currentController.getSelectedText()
    .then((told) => { window.taken = told.selectedText.trim(); });
  return window.taken === word;
}"""
PLACE = """() => { const it = document.querySelector("pdf-viewer").viewport.getPageScreenRect(0);
                   return [it.x, it.y, it.width, it.height]; }"""
READY = """() => {
  try {
    const viewer = document.querySelector("pdf-viewer");
    viewer.currentController.selectAll();
    viewer.currentController.getSelectedText().then((told) => { window.seen = told.selectedText; });
    const { x, y, width } = viewer.viewport.getPageScreenRect(0);
    const before = window.place;
    window.place = [x, y, width].join();
    return width && window.seen && window.place === before; // it lays the page out more than once
  } catch {
    return false; // it has no page yet
  }
}"""


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """(folder, its address in a browser)"""
    shown = tmp_path / "shown"
    shown.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(shown)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield shown, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("lean", "turn"), [(0.0, 0), (1.5, 0), (0.0, 90)])
def test_each_word_is_taken_by_itself(
    chromium: Browser, folder: tuple[Path, str], tmp_path: Path, lean: float, turn: int
) -> None:
    shown, address = folder
    scan = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page(lean=lean).rotate(-turn, expand=True, fillcolor="white"))
    recognition = work.recognise(scan)
    work.seal(scan, recognition, shown)
    [read] = recognition.pages
    words = [word for line in read.lines for word in line.words if word.text.isalpha()]
    assert len(words) > 30
    page = chromium.new_page(viewport={"width": 1400, "height": 1300})
    try:
        viewer = opened(page, f"{address}/access.pdf#toolbar=0&view=Fit")
        assert {word.text: taken(page, viewer, word) for word in words} == {word.text: word.text for word in words}
    finally:
        page.close()


def opened(page: Page, url: str) -> Frame:
    """The frame of the browser's own viewer, once it shows the first page."""
    with page.expect_event("framenavigated", lambda frame: frame.url.startswith("chrome-extension:")) as told:
        page.goto(url)
    told.value.wait_for_function(READY, polling=200)
    viewer: Frame = told.value
    return viewer


def taken(page: Page, viewer: Frame, word: Word) -> str:
    left, top, width, height = viewer.evaluate(PLACE)
    across, down = (word.box.left + word.box.right) / 2, (word.box.top + word.box.bottom) / 2
    page.mouse.dblclick(left + width * across / drawn.SIZE[0], top + height * down / drawn.SIZE[1])
    with suppress(PlaywrightTimeoutError):  # the viewer answers of the selection before for a moment, on a busy machine
        viewer.wait_for_function(IS_TAKEN, arg=word.text, timeout=30_000, polling=20)
    told: str = viewer.evaluate(TAKEN)
    return told.strip()
