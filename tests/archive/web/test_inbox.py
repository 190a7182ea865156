"""The inbox and the bell, and the choice of mail at one's own account."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from archive.access.permissions import Role
from archive.actions.inbox import fill_inbox
from archive.bootstrap import App
from archive.db.accounts import Agency
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]


def bell(page: str) -> str:
    (found,) = re.findall(r'<a class="bell".*?</a>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", unescape(found)).split())


def test_the_bell_counts_what_is_new_on_every_page_and_the_list_says_what_it_is(
    signed_in: Open, app: App, make: Factory, agency: Agency
) -> None:
    officer = signed_in(Role.SECURITY_OFFICER)
    assert bell(officer.get("/").text) == "Thông báo"
    assert "Chưa có thông báo nào" in unescape(officer.get("/inbox").text)
    make.item(agency, state="stopped")
    fill_inbox(app)
    for path in ("/", "/inbox", "/stopped", "/account"):
        assert bell(officer.get(path).text) == "Thông báo 1 chưa xem"
    page = unescape(officer.get("/inbox").text)
    assert "Cơ quan TD01: 1 tệp bị dừng đang chờ quyết định." in page
    assert 'href="/stopped"' in page
    assert agency.name in page
    (notice,) = re.findall(r'name="notice" value="([^"]+)"', page)
    assert officer.post("/inbox", {"notice": notice}).status_code == 303
    assert bell(officer.get("/").text) == "Thông báo"
    assert "Không có thông báo mới" in unescape(officer.get("/inbox?only=unseen").text)


def test_all_are_seen_at_once_but_those_of_others(signed_in: Open, app: App, make: Factory, agency: Agency) -> None:
    officer, other = signed_in(Role.SECURITY_OFFICER), signed_in(Role.SECURITY_OFFICER, login="hoa")
    make.item(agency, state="stopped")
    fill_inbox(app)
    (of_other,) = re.findall(r'name="notice" value="([^"]+)"', other.get("/inbox").text)
    officer.get("/inbox")
    officer.post("/inbox", {"notice": of_other})
    assert bell(other.get("/").text) == "Thông báo 1 chưa xem"
    assert officer.post("/inbox").status_code == 303
    assert bell(officer.get("/").text) == "Thông báo"
    assert bell(other.get("/").text) == "Thông báo 1 chưa xem"
    assert officer.post("/inbox", {"notice": "không"}).status_code == 422


def test_mail_is_chosen_at_ones_own_account(signed_in: Open) -> None:
    clerk = signed_in(Role.CLERK)
    page = unescape(clerk.get("/account").text)
    assert "chưa nối máy chủ thư" in page
    assert clerk.post("/account/notices", {"email": "lan@td01.gov.vn", "by_mail": "yes"}).status_code == 303
    page = clerk.get("/account").text
    assert 'value="lan@td01.gov.vn"' in page
    assert re.search(r'name="by_mail" value="yes" checked', page)
    wrong = clerk.post("/account/notices", {"email": "lan@@", "by_mail": "yes"})
    assert wrong.status_code == 422
    assert "không đúng dạng" in unescape(wrong.text)
    assert 'value="lan@@"' in wrong.text
