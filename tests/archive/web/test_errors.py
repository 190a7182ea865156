from __future__ import annotations

from collections.abc import Callable

import pytest

from archive import errors, i18n
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.storage.filesystem import FilesystemStore
from archive.web.errors import STATUS, status_of
from search.errors import IndexUnavailable, InvalidQuery
from tests.archive.web.conftest import Browser

Open = Callable[..., Browser]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotAllowed(), 403),
        (errors.NotFound(what=""), 404),
        (errors.Conflict(), 409),
        (errors.FileTooBig(limit_bytes=1), 413),
        (errors.InvalidInput(field="x"), 422),
        (errors.StoreUnavailable(detail=""), 503),
        (InvalidQuery("search.query_without_words"), 422),
        (IndexUnavailable("search.index_busy"), 503),
        (ZeroDivisionError(), 500),
    ],
)
def test_each_error_has_its_status(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_every_status_of_the_table_has_a_title() -> None:
    assert all(f"web.status_{status}" in i18n.catalog("vi") for status in STATUS.values())


def test_what_may_not_be_seen_looks_like_what_is_not_there(signed_in: Open) -> None:
    lan = signed_in(Role.CLERK)
    nothing = lan.get("/khong-co")
    assert nothing.status_code == 404
    for path in ("/accounts", "/audit", "/stopped", "/items/x", "/dossiers/x", "/batches/x"):
        answer = lan.get(path)
        assert answer.status_code == 404, path
        assert _detail(answer.text) == _detail(nothing.text), path


def test_a_store_that_is_away_asks_to_try_again(signed_in: Open, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = signed_in(Role.CLERK)

    def away(*_: object) -> bool:
        raise errors.StoreUnavailable(detail="ổ đĩa")

    monkeypatch.setattr(FilesystemStore, "contains", away)
    answer = lan.get("/readyz")
    assert answer.status_code == 503
    told = answer.json()
    assert (told["catalogue"], told["store"], told["index"]) == (True, False, True)
    [away] = told["away"]
    assert (away["part"], away["since"]) == ("store", app.clock().isoformat())
    assert "Hãy" in away["advice"]
    assert answer.headers["retry-after"]


def test_an_index_that_is_away_is_said_without_technical_words(
    signed_in: Open, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = signed_in(Role.OFFICIAL)

    def away(*_: object, **__: object) -> None:
        raise IndexUnavailable("search.index_busy", retry=True)

    monkeypatch.setattr(type(app.index), "search", away)
    answer = lan.get("/search?q=giấy")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "thử lại" in _detail(answer.text)


def test_a_mistake_of_ours_shows_no_trace_of_itself(signed_in: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = signed_in(Role.CLERK)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("mật khẩu cơ sở dữ liệu là kín-4711")

    monkeypatch.setattr("archive.web.pages.overview.overview", broken)
    answer = lan.get("/")
    assert answer.status_code == 500
    assert "kín-4711" not in answer.text
    assert "Hãy thử lại" in answer.text


def test_the_interface_for_programs_answers_with_problems(browser: Open, signed_in: Open) -> None:
    nobody = browser().client.get("/api/v1/search?q=a", follow_redirects=False)
    assert nobody.status_code == 401
    assert nobody.headers["content-type"] == "application/problem+json"
    missing = signed_in(Role.CLERK).get("/api/v1/batches/LO-X")
    assert missing.status_code == 404
    assert missing.json()["status"] == 404
    assert missing.json()["title"] == "Không tìm thấy"


def test_a_fragment_of_an_ended_sign_in_leads_to_the_form(browser: Open) -> None:
    answer = browser().get("/batches/x/progress", **{"hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in"


def test_watchers_need_no_sign_in(browser: Open) -> None:
    assert browser().get("/healthz").text == "ok"
    assert browser().get("/readyz").json() == {"catalogue": True, "store": True, "index": True, "away": []}


def _detail(page: str) -> str:
    return page.split('id="error-detail">')[1].split("</p>", maxsplit=1)[0]
