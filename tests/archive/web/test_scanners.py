from __future__ import annotations

from collections.abc import Callable

import pytest

from archive.access.permissions import Role
from archive.db.accounts import Agency
from tests.archive.web.conftest import Browser
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Browser]
DEVICE = {"agency": "TD01", "code": "MQ-01", "name": "Canon DR-G2140", "serial": "X1"}
DONE = {"on": "2026-03-02", "done_by": "Phòng PA03", "document": "BB 12/2026"}


@pytest.fixture
def lan(signed_in: Open) -> Browser:
    browser = signed_in(Role.CLERK)
    browser.get("/scanners")
    assert browser.post("/scanners", DEVICE).headers["location"].startswith("/scanners/TD01/MQ-01")
    return browser


def log(browser: Browser, act: str, **given: str) -> int:
    browser.get("/scanners/TD01/MQ-01")
    return browser.post(f"/scanners/TD01/MQ-01/{act}", {**DONE, **given}).status_code


def test_a_device_is_offered_for_a_delivery_only_while_it_is_cleared(lan: Browser, clock: SetClock) -> None:
    assert "MQ-01" not in lan.get("/batches/new").text
    assert log(lan, "clear", until="2026-03-03") == 303
    assert 'value="TD01/MQ-01"' in lan.get("/batches/new").text
    opened = lan.post("/batches", {"agency": "TD01", "task": "5", "scanner": "TD01/MQ-01"})
    assert "máy quét MQ-01 – Canon DR-G2140" in lan.get(opened.headers["location"]).text
    clock.advance(days=2)
    lan.sign_in("lan")
    assert "MQ-01" not in lan.get("/batches/new").text
    late = lan.post("/batches", {"agency": "TD01", "task": "5", "scanner": "TD01/MQ-01"})
    assert late.status_code == 422
    assert "hết hạn kiểm tra an ninh" in late.text
    assert "1 máy đã quá hạn kiểm tra" in lan.get("/scanners").text


def test_it_leaves_only_wiped_and_the_page_says_why_not(lan: Browser) -> None:
    refused = lan.post("/scanners/TD01/MQ-01/leave", DONE)
    assert refused.status_code == 409
    assert "chưa được xoá bộ nhớ" in refused.text
    assert log(lan, "wipe") == 303
    assert log(lan, "leave", note="trả nhà thầu") == 303
    page = lan.get("/scanners/TD01/MQ-01").text
    assert "trả nhà thầu" in page
    assert "rời cơ quan" in page
    assert 'action="/scanners/TD01/MQ-01/wipe"' not in page


def test_a_form_that_is_not_taken_keeps_what_was_written(lan: Browser) -> None:
    answer = lan.post("/scanners/TD01/MQ-01/clear", {**DONE, "until": "2026-01-01"})
    assert answer.status_code == 422
    assert "Hạn kiểm tra phải từ ngày kiểm tra trở đi" in answer.text
    assert 'value="Phòng PA03"' in answer.text
    assert log(lan, "clear", until="2026-09-01", on="hôm nay") == 422
    assert log(lan, "bogus") == 404
    again = lan.post("/scanners", {**DEVICE, "name": "Máy khác"})
    assert again.status_code == 409
    assert 'value="Máy khác"' in again.text


def test_a_device_of_another_agency_is_not_taken(lan: Browser, agency: Agency) -> None:
    log(lan, "clear", until="2026-09-01")
    lan.get("/batches/new")
    answer = lan.post("/batches", {"agency": "TD01", "task": "5", "scanner": "KHAC/MQ-01"})
    assert answer.status_code == 422
    assert "thuộc cơ quan khác" in answer.text


def test_who_keeps_no_scanners_has_no_page_of_them(lan: Browser, signed_in: Open, make: Factory) -> None:
    reader = signed_in(Role.LEADER, login="tra")
    assert reader.get("/scanners").status_code == 404
    assert reader.get("/scanners/TD01/MQ-01").status_code == 404
    assert reader.post("/scanners/TD01/MQ-01/wipe", DONE).status_code in {403, 404}
    assert "/scanners" not in reader.get("/").text
