"""Pages of reuse: what a records manager agrees to and ends, and what everybody who may sees of it."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy.orm import Session

from archive.access.permissions import Role
from archive.actions.reuse import use_paper
from archive.bootstrap import App
from archive.db.holdings import Item, Receipt
from archive.queries.reuse import Use
from tests.archive.reuse import BIRTH, MARRIAGE, ReuseWorld
from tests.archive.web.conftest import PASSWORD, Browser
from tests.conftest import SetClock
from tests.factories import Factory

TERMS = {
    "agency": "PX01",
    "account": "cong-dvc",
    "procedure": MARRIAGE,
    "procedure_title": "Đăng ký kết hôn",
    "papers": [BIRTH, "Quyết định"],
    "purpose": "Xác định tình trạng nhân thân",
    "legal_basis": "Nghị định mẫu 01",
    "valid_from": "2026-03-01",
    "valid_to": "",
}


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> ReuseWorld:
    return ReuseWorld(app, make, clock)


@pytest.fixture
def manager(world: ReuseWorld, browser: Callable[..., Browser], account: Callable[..., object]) -> Browser:
    account("tuan", (Role.RECORDS_MANAGER, world.city))
    opened = browser()
    opened.sign_in("tuan", PASSWORD)
    return opened


def taken(world: ReuseWorld, item: Item, how: Use = Use.REPLACEMENT) -> None:
    lookup = world.ask().lookup
    with world.app.unit_of_work() as uow:
        use_paper(uow, lookup, str(item.code), how, actor=world.again(world.service), now=world.clock())


def test_an_agreement_is_made_shown_and_ended_with_its_reason(world: ReuseWorld, manager: Browser) -> None:
    world.make.assignment(world.make.account("cong-dvc", kind="service"), Role.SERVICE, world.ward)
    assert "Không có thoả thuận nào đang có hiệu lực" in unescape(manager.get("/reuse/agreements").text)
    made = manager.post("/reuse/agreements", TERMS)
    path = made.headers["location"].partition("?")[0]
    assert path == "/reuse/agreements/TT-PX01-2026-00001"
    page = unescape(manager.get(path).text)
    for told in ("Đăng ký kết hôn", "Giấy khai sinh, Quyết định", "Nghị định mẫu 01", "đang có hiệu lực", "cong-dvc"):
        assert told in page
    assert "chưa có vai trò" not in page
    refused = manager.post(f"{path}/end", {"reason": "  "})
    assert refused.status_code == 422
    assert manager.post(f"{path}/end", {"reason": "Dịch vụ đã dừng"}).status_code == 303
    page = unescape(manager.get(path).text)
    assert "đã kết thúc" in page
    assert "Dịch vụ đã dừng" in page
    assert "TT-PX01-2026-00001" in manager.get("/reuse/agreements?state=past").text
    again = manager.post(f"{path}/end", {"reason": "Nữa"})
    assert again.status_code == 409


def test_an_account_without_the_role_is_told_of_on_the_page(world: ReuseWorld, manager: Browser) -> None:
    world.make.account("cong-dvc", kind="service")
    manager.get("/reuse/agreements")
    path = manager.post("/reuse/agreements", TERMS).headers["location"]
    assert "chưa có vai trò" in unescape(manager.get(path).text)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"papers": []}, "ít nhất một loại giấy tờ"),
        ({"papers": ["Giấy lạ"]}, "Không có loại giấy tờ này"),
        ({"procedure": "1 001"}, "Mã thủ tục chỉ gồm"),
        ({"legal_basis": " "}, "căn cứ pháp lý"),
        ({"valid_to": "2026-02-01"}, "Ngày kết thúc phải từ"),
        ({"valid_from": "hôm nay"}, "ngày"),
        ({"account": "thu-nghiem"}, "người không có thật"),
        ({"account": "khong-co"}, "Không có tài khoản phần mềm này"),
    ],
)
def test_what_was_typed_stays_when_it_is_not_taken(
    world: ReuseWorld, manager: Browser, given: dict[str, object], told: str
) -> None:
    world.make.account("cong-dvc", kind="service")
    world.make.account("thu-nghiem", kind="service", sandbox=True)
    manager.get("/reuse/agreements")
    refused = manager.post("/reuse/agreements", {**TERMS, **given})
    page = unescape(refused.text)
    assert refused.status_code == 422
    assert told in page
    assert 'value="Xác định tình trạng nhân thân"' in page


def test_the_same_agreement_again_is_refused_and_names_the_first(world: ReuseWorld, manager: Browser) -> None:
    world.make.account("cong-dvc", kind="service")
    manager.get("/reuse/agreements")
    assert manager.post("/reuse/agreements", TERMS).status_code == 303
    again = manager.post("/reuse/agreements", {**TERMS, "papers": [BIRTH]})
    assert again.status_code == 409
    assert "TT-PX01-2026-00001" in again.text


def test_an_agency_that_is_not_ones_own_is_not_there(
    world: ReuseWorld, browser: Callable[..., Browser], account: Callable[..., object]
) -> None:
    world.make.account("cong-dvc", kind="service")
    account("khac", (Role.RECORDS_MANAGER, world.make.agency("PX99")))
    number = world.agreement().number
    stranger = browser()
    stranger.sign_in("khac", PASSWORD)
    stranger.get("/reuse/agreements")
    assert stranger.post("/reuse/agreements", TERMS).status_code == 404
    assert stranger.get(f"/reuse/agreements/{number}").status_code == 404
    assert stranger.post(f"/reuse/agreements/{number}/end", {"reason": "Thử"}).status_code == 404
    assert number not in stranger.get("/reuse/agreements").text


def test_a_leader_sees_agreements_and_makes_none(
    world: ReuseWorld, browser: Callable[..., Browser], account: Callable[..., object]
) -> None:
    account("sep", (Role.LEADER, world.city))
    number = world.agreement().number
    leader = browser()
    leader.sign_in("sep", PASSWORD)
    page = leader.get("/reuse/agreements").text
    assert number in page
    assert 'action="/reuse/agreements"' not in page
    assert f"/reuse/agreements/{number}/end" not in leader.get(f"/reuse/agreements/{number}").text
    assert leader.post(f"/reuse/agreements/{number}/end", {"reason": "Thử"}).status_code == 404
    assert leader.post("/reuse/agreements", TERMS).status_code == 404


def test_reuse_is_listed_counted_and_filtered(world: ReuseWorld, manager: Browser) -> None:
    world.agreement()
    item = world.paper()
    assert "Chưa có giấy tờ nào được dùng lại" in unescape(manager.get("/reuse").text)
    taken(world, item)
    taken(world, item, Use.FORM)
    page = unescape(manager.get("/reuse").text)
    for told in (str(item.code), "thay giấy tờ phải nộp", "điền biểu mẫu", "HS-26-0001", MARRIAGE):
        assert told in page
    assert "<b>2</b>lượt dùng lại" in page
    assert "<b>1</b>giấy tờ đã được dùng lại" in page
    filters = ("agency=PX01", "task=1", f"procedure={MARRIAGE}", "first=2026-03-02&last=2026-03-02")
    assert all(str(item.code) in manager.get(f"/reuse?{each}").text for each in filters)
    others = ("agency=H26", "task=2", "procedure=9", "last=2026-03-01", "service=khac")
    assert all("Không có lượt dùng lại nào như vậy" in unescape(manager.get(f"/reuse?{each}").text) for each in others)
    assert manager.get("/reuse?task=một").status_code == 422
    assert manager.get("/reuse?first=2026-03-05&last=2026-03-01").status_code == 422


def test_reuse_of_other_agencies_is_not_shown(
    world: ReuseWorld, browser: Callable[..., Browser], account: Callable[..., object]
) -> None:
    world.agreement()
    item = world.paper()
    taken(world, item)
    account("khac", (Role.RECORDS_MANAGER, world.make.agency("PX99")))
    stranger = browser()
    stranger.sign_in("khac", PASSWORD)
    page = stranger.get("/reuse").text
    assert str(item.code) not in page
    assert "<b>0</b>lượt dùng lại" in unescape(page)


def test_the_page_of_a_paper_tells_who_took_it(world: ReuseWorld, manager: Browser) -> None:
    world.agreement()
    item = world.paper()
    with Session(world.app.engine) as session:
        path = f"/items/{session.get_one(Receipt, item.receipt_id).number}"
    assert "Dùng lại giấy tờ" not in unescape(manager.get(path).text)
    taken(world, item)
    page = unescape(manager.get(path).text)
    assert "Dùng lại giấy tờ (1)" in page
    assert "HS-26-0001" in page


def test_programs_under_test_are_named_as_such(world: ReuseWorld, manager: Browser) -> None:
    world.make.account("thu-nghiem", kind="service", sandbox=True, name="Cổng thử nghiệm")
    page = unescape(manager.get("/reuse/agreements").text)
    assert "Phần mềm chạy thử" in page
    assert "Cổng thử nghiệm" in page
    assert 'value="thu-nghiem"' not in page
