"""The pages of retention as a records manager uses them, and as others do not get to see them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.orm import Session

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.queries.retention import terms
from retention.calculate import Verdict
from tests.archive.schedules import Schedules
from tests.archive.web.conftest import Browser
from tests.conftest import SetClock
from tests.factories import Factory

PAGES = ("/retention", "/retention/due", "/retention/dispositions")


@pytest.fixture
def rules(make: Factory, clock: SetClock) -> Schedules:
    return Schedules(make, clock)


@pytest.fixture
def dossier(rules: Schedules, agency: Agency) -> Dossier:
    return rules.closed(agency, date(2015, 6, 30), title="Hồ sơ thanh tra đất đai")


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def option(page: str, words: str) -> str:
    found = re.search(rf'<option value="([^"]+)"[^>]*>[^<]*{re.escape(html.escape(words))}', page)
    assert found, words
    return found[1]


def verdict(app: App, dossier: Dossier) -> Verdict:
    with Session(app.engine) as session:
        return terms(session, [dossier.id], date(2026, 3, 2))[dossier.id].verdict


def test_the_pages_are_there_for_who_confirms_rules_and_for_nobody_else(signed_in: Callable[..., Browser]) -> None:
    manager, clerk = signed_in(Role.RECORDS_MANAGER), signed_in(Role.CLERK, login="hoa")
    for path in PAGES:
        page = manager.get(path)
        assert (page.status_code, 'href="/retention"' in page.text) == (200, True)
        assert clerk.get(path).status_code == 404
    assert 'href="/retention"' not in clerk.get("/").text


def test_a_proposal_is_confirmed_by_one_button_and_shows_what_would_follow(
    app: App, rules: Schedules, dossier: Dossier, signed_in: Callable[..., Browser]
) -> None:
    rules.propose(dossier, rules.years(5))
    manager = signed_in(Role.RECORDS_MANAGER)
    page = manager.get("/retention").text
    assert "tiêu đề nói vậy" in page
    assert "hết thời hạn từ ngày 01/01/2021" in page
    done = manager.post("/retention/confirm", {"dossier": dossier.code, "rule": field(page, "rule")})
    assert done.status_code == 303
    assert verdict(app, dossier) is Verdict.DUE
    after = manager.get(done.headers["location"]).text
    assert "Đã xác nhận thời hạn" in after
    again = manager.post("/retention/confirm", {"dossier": dossier.code, "rule": field(page, "rule")})
    assert (again.status_code, "đã được xác nhận" in again.text) == (422, True)


def test_a_proposal_is_declined_with_a_reason(
    app: App, rules: Schedules, dossier: Dossier, signed_in: Callable[..., Browser]
) -> None:
    rules.propose(dossier, rules.years(5))
    manager = signed_in(Role.RECORDS_MANAGER)
    given = {"dossier": dossier.code, "proposal": field(manager.get("/retention").text, "proposal")}
    assert manager.post("/retention/decline", {**given, "reason": " "}).status_code == 422
    assert manager.post("/retention/decline", {**given, "reason": "không phải thanh tra"}).status_code == 303
    assert "Không có đề xuất nào" in manager.get("/retention").text
    assert "không phải thanh tra" in manager.get(f"/dossiers/{dossier.code}").text


def test_the_dossier_page_explains_and_takes_another_rule_and_its_event(
    app: App, rules: Schedules, dossier: Dossier, signed_in: Callable[..., Browser]
) -> None:
    rules.event("chấm dứt hợp đồng", 10)
    manager = signed_in(Role.RECORDS_MANAGER)
    path = f"/dossiers/{dossier.code}"
    page = manager.get(path).text
    rule = option(page, "Hồ sơ đến khi chấm dứt hợp đồng")
    assert "không bao giờ đến hạn" in page
    refused = manager.post(f"{path}/retention/confirm", {"rule": rule, "rule_reason": ""})
    assert (refused.status_code, "selected" in refused.text) == (422, True)
    assert manager.post(f"{path}/retention/confirm", {"rule": rule, "rule_reason": "hợp đồng"}).status_code == 303
    event = {"event": "chấm dứt hợp đồng", "document": "BB 12"}
    tomorrow = manager.post(f"{path}/retention/event", {**event, "happened_on": "2026-03-03"})
    assert (tomorrow.status_code, "sự kiện chưa xảy ra" in tomorrow.text, "BB 12" in tomorrow.text) == (422, True, True)
    assert manager.post(f"{path}/retention/event", {**event, "happened_on": "2018-05-01"}).status_code == 303
    page = manager.get(path).text
    assert "2018 + 10 năm, giữ đến hết ngày 31/12/2028" in page
    assert "Thông tư thử BTH, Điều 1" in page
    withdrawn = {"given_event": option(page, "chấm dứt hợp đồng: 01/05/2018"), "end_reason": "nhầm"}
    assert manager.post(f"{path}/retention/withdraw-event", withdrawn).status_code == 303
    assert verdict(app, dossier) is Verdict.WAITS_FOR_EVENT
    ended = {"given_rule": option(manager.get(path).text, "(đã xác nhận)"), "end_reason": "nhầm"}
    assert manager.post(f"{path}/retention/end", ended).status_code == 303
    assert verdict(app, dossier) is Verdict.NO_RULE


def test_a_reader_sees_why_and_cannot_change_it(
    app: App, rules: Schedules, dossier: Dossier, signed_in: Callable[..., Browser]
) -> None:
    rule = rules.years(5)
    rules.confirm(dossier, rule)
    official = signed_in(Role.OFFICIAL)
    page = official.get(f"/dossiers/{dossier.code}").text
    assert "2015 + 5 năm" in page
    assert "/retention/end" not in page
    for act in ("confirm", "end", "event", "withdraw-event"):
        given = {"rule": str(rule.id), "rule_reason": "a", "given_rule": str(rule.id), "given_event": str(rule.id)}
        given |= {"end_reason": "a", "event": "a", "happened_on": "2020-01-01", "document": "a"}
        assert official.post(f"/dossiers/{dossier.code}/retention/{act}", given).status_code == 404
    assert verdict(app, dossier) is Verdict.DUE


def test_notices_are_seen_and_after_thirty_days_a_list_is_made_and_taken_back(
    rules: Schedules, dossier: Dossier, clock: SetClock, signed_in: Callable[..., Browser]
) -> None:
    rules.confirm(dossier, rules.years(5))
    manager = signed_in(Role.RECORDS_MANAGER)
    page = manager.get("/retention/due").text
    assert "chưa báo cho cơ quan" in page
    assert manager.post("/retention/run").headers["location"] == "/retention/due?done=notices_given"
    page = manager.get("/retention/due").text
    assert "Đề xuất được từ 01/04/2026" in page
    assert manager.post("/retention/notices/seen", {"notice": field(page, "notice")}).status_code == 303
    assert "Thông báo chưa xem" not in manager.get("/retention/due").text
    clock.advance(days=30)
    manager.sign_in("lan")
    assert manager.post("/retention/run").headers["location"].startswith("/retention/dispositions?")
    number = "DX-TD01-2026-00001"
    page = manager.get(f"/retention/dispositions/{number}").text
    assert "Hồ sơ thanh tra đất đai" in page
    assert "chưa hủy gì" in page
    path = f"/retention/dispositions/{number}/withdraw"
    assert manager.post(path, {"reason": ""}).status_code == 422
    assert manager.post(path, {"reason": "còn dùng"}).status_code == 303
    assert "đã rút lại" in manager.get("/retention/dispositions").text
    assert manager.get("/retention/dispositions/DX-KHAC-2026-00001").status_code == 404


def test_lists_are_cut_to_one_agency_and_a_wrong_day_is_told(
    rules: Schedules, dossier: Dossier, signed_in: Callable[..., Browser]
) -> None:
    rules.confirm(dossier, rules.years(5))
    manager = signed_in(Role.RECORDS_MANAGER)
    assert dossier.code in manager.get("/retention/due?agency=TD01").text
    assert dossier.code not in manager.get("/retention/due?agency=KHAC").text
    assert dossier.code not in manager.get("/retention/due?until=2020-12-31").text
    assert manager.get("/retention/due?until=mai").status_code == 422
