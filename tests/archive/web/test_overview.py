from __future__ import annotations

from collections.abc import Callable

import pytest

from archive.access.permissions import Role
from archive.db.accounts import Agency
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]


def test_a_clerk_sees_what_waits_and_all_24_tasks(signed_in: Open, make: Factory, agency: Agency) -> None:
    make.item(agency, state="described", doubtful_fields=2)
    page = signed_in(Role.CLERK).get("/").text
    assert "văn bản có chỗ đọc chưa chắc" in page
    assert page.count("chưa có tên nhiệm vụ") == 24
    assert page.count("chưa có số lượng") == 24
    assert "%" not in page.split("24 nhiệm vụ số hoá")[1]


def test_an_official_finds_a_search_and_nothing_that_waits(signed_in: Open, agency: Agency) -> None:
    page = signed_in(Role.OFFICIAL).get("/").text
    assert 'id="q"' in page
    assert "Đang chờ bạn" not in page
    assert "Lô đang xử lý" not in page


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (Role.CLERK, {"/review", "/dossiers", "/batches"}, {"/stopped", "/accounts", "/audit"}),
        (Role.OFFICIAL, {"/dossiers"}, {"/review", "/batches", "/stopped", "/accounts", "/audit"}),
        (Role.OPERATOR, {"/accounts"}, {"/review", "/dossiers", "/batches", "/audit"}),
        (Role.AUDITOR, {"/audit"}, {"/review", "/dossiers", "/batches", "/accounts"}),
        (Role.SECURITY_OFFICER, {"/stopped", "/batches"}, {"/review", "/dossiers", "/accounts", "/audit"}),
    ],
)
def test_the_menu_offers_only_what_opens(signed_in: Open, role: Role, shown: set[str], hidden: set[str]) -> None:
    browser = signed_in(role)
    menu = browser.get("/").text.split("<nav")[1].split("</nav>")[0]
    for path in shown:
        assert f'href="{path}"' in menu
        assert browser.get(path).status_code == 200
    for path in hidden:
        assert f'href="{path}"' not in menu
        assert browser.get(path).status_code == 404


def test_the_security_officer_sees_neither_name_nor_contents(signed_in: Open, make: Factory, agency: Agency) -> None:
    receipt = make.receipt(make.batch(agency))
    make.item(agency, receipt=receipt, state="stopped")
    officer = signed_in(Role.SECURITY_OFFICER)
    assert receipt.number in officer.get("/stopped").text
    assert officer.get(f"/items/{receipt.number}/master").status_code == 404
    assert officer.post(f"/stopped/{receipt.number}", {"act": "remove", "decision": ""}).status_code == 422
