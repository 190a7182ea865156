"""Pages while the database is away: they say so at once, and work again without a restart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archive.access.permissions import Role
from archive.bootstrap import App
from tests.archive.web.conftest import Browser
from tests.away import database_away
from tests.conftest import DatabaseServer, SetClock

Open = Callable[..., Browser]
PAGES = ("/", "/search?q=giấy", "/review", "/batches", "/dossiers", "/items/BN-X", "/sign-in?next=/")


def test_every_page_says_that_it_must_wait_and_comes_back_by_itself(
    signed_in: Open, app: App, database_server: DatabaseServer, caplog: pytest.LogCaptureFixture
) -> None:
    lan = signed_in(Role.CLERK)
    with database_away(app, database_server):
        for path in PAGES[:-1]:
            answer = lan.get(path)
            assert (answer.status_code, bool(answer.headers.get("retry-after"))) == (503, True), path
            assert "Cơ sở dữ liệu đang tạm ngừng" in answer.text, path
        form = lan.post("/sign-in", {"login": "lan", "password": "x"})
        assert form.status_code in {403, 503}
        for path in ("/api/v1/search?q=giấy", "/api/v1/items/BN-X", "/api/v1/batches/LO-X"):
            answer = lan.get(path)
            assert (answer.status_code, bool(answer.headers.get("retry-after"))) == (503, True), path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == 503
    assert lan.get("/").status_code == 200
    assert "Traceback" not in caplog.text
    assert all(record.exc_info is None for record in caplog.records)


def test_watchers_are_told_which_part_since_when_and_what_to_do(
    browser: Open, app: App, database_server: DatabaseServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.readiness.LOOK_EVERY_S", 0)
    watcher = browser()
    with database_away(app, database_server):
        assert watcher.get("/healthz").status_code == 200
        first = clock()
        watcher.get("/api/v1/search?q=x", cookie="archive_session=x")
        clock.advance(minutes=3)
        answer = watcher.get("/readyz")
    assert (answer.status_code, bool(answer.headers["retry-after"])) == (503, True)
    told = answer.json()
    assert (told["catalogue"], told["store"], told["index"]) == (False, True, True)
    [away] = told["away"]
    assert (away["part"], away["since"]) == ("catalogue", first.isoformat())
    assert away["what"]
    assert "Hãy" in away["advice"]
    assert watcher.get("/readyz").status_code == 200
