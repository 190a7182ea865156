"""The search page and its counterpart over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.trail import AuditEvent
from archive.indexing import drain, rebuild
from search.adapters.elasticsearch import ElasticsearchIndex
from search.adapters.memory import MemoryIndex
from search.adapters.tantivy import TantivyIndex
from tests.archive.queries.records import describe, page, read
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]
EASED = "Không có văn bản nào có đủ mọi từ"


@pytest.fixture
def receipt(app: App, make: Factory, agency: Agency) -> str:
    """Of an item that can be found."""
    app.__dict__["index"] = MemoryIndex()
    receipt = make.receipt(make.batch(agency))
    item = make.item(agency, receipt=receipt)
    describe(app, make, item, {"type_name": read("Quyết định")}, page(1, "Giấy phép xây dựng số 15"))
    drain(app)
    return receipt.number


def searches(app: App) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).where(AuditEvent.tag == "search.run")) or 0


def test_who_is_shown_what_has_most_of_the_words_is_told_so(signed_in: Open, receipt: str) -> None:
    lan = signed_in(Role.OFFICIAL)
    assert EASED not in lan.get("/search?q=giấy+phép+xây+dựng+số").text
    eased = lan.get("/search?q=giấy+phép+xây+dựng+nhà").text
    assert EASED in eased
    assert receipt in eased


@pytest.mark.parametrize("path", ["/search", "/api/v1/search"])
def test_a_search_is_recorded_once_however_many_of_its_pages_are_seen(
    signed_in: Open, app: App, receipt: str, path: str
) -> None:
    lan = signed_in(Role.OFFICIAL)
    for offset in (0, 10):
        assert lan.get(f"{path}?q=giấy+phép&offset={offset}").status_code == 200
    assert searches(app) == 1
    lan.get("/search")
    assert searches(app) == 1


def without_index(app: App) -> None:
    app.__dict__["index"] = ElasticsearchIndex("http://127.0.0.1:9/archive")  # where nothing listens


def test_while_the_index_is_away_the_page_says_so_and_finds_what_is_named(
    signed_in: Open, app: App, receipt: str
) -> None:
    lan = signed_in(Role.OFFICIAL)
    without_index(app)
    answer = lan.get("/search?q=giấy+phép")
    assert (answer.status_code, bool(answer.headers["retry-after"])) == (503, True)
    assert "tìm kiếm đang tạm ngừng" in answer.text
    assert 'value="giấy phép"' in answer.text
    assert searches(app) == 0
    assert f'href="/items/{receipt}"' in lan.get(f"/search?q={receipt}").text
    assert f'href="/items/{receipt}"' not in lan.get("/search?q=BN-X").text
    for path in ("/", "/search", f"/items/{receipt}", "/dossiers"):
        assert lan.get(path).status_code == 200, path
    told = lan.get("/api/v1/search?q=giấy")
    assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")


def test_an_index_that_is_gone_is_not_the_same_as_nothing_found(signed_in: Open, app: App, receipt: str) -> None:
    lan = signed_in(Role.OFFICIAL)
    app.__dict__["index"] = TantivyIndex(app.settings.data / "index")
    assert lan.get("/search?q=giấy").status_code == 503
    rebuild(app)
    assert receipt in lan.get("/search?q=giấy").text
    assert lan.get("/search?q=khôngcó").status_code == 200
