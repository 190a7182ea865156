from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from archive.access.permissions import Role
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]
LOAN = {"borrower": "Lê Thị Hoa", "purpose": "thanh tra", "sheets": "12", "due_back_on": "2026-03-20"}


@pytest.fixture
def dossier(make: Factory, agency: Agency) -> Dossier:
    return make.dossier(agency, code="TD01.2025.0001")


def section(browser: Browser, dossier: Dossier) -> str:
    page = browser.get(f"/dossiers/{dossier.code}").text
    found = re.search(r'<section class="card" id="paper".*?</section>', page, flags=re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", found[0]).split())) if found else ""


def act(browser: Browser, dossier: Dossier, name: str, **given: str) -> int:
    browser.get(f"/dossiers/{dossier.code}")
    return browser.post(f"/dossiers/{dossier.code}/paper/{name}", given).status_code


def test_paper_is_placed_lent_and_counted_back(signed_in: Open, dossier: Dossier) -> None:
    lan = signed_in(Role.CLERK)
    assert "Chưa ghi bản giấy nằm ở đâu" in section(lan, dossier)
    assert act(lan, dossier, "place", place="Kho 2", shelf="G3", box="H12", sheets="12") == 303
    assert act(lan, dossier, "check-out", **LOAN) == 303
    assert "Lê Thị Hoa mượn để thanh tra" in section(lan, dossier)
    assert act(lan, dossier, "return", sheets="10", condition="rách trang cuối") == 303
    told = section(lan, dossier)
    assert "Thiếu 2 tờ" in told
    assert "Cho mượn bản giấy" not in told, "it is explained first"
    assert dossier.code in lan.get("/paper/loans?only=unexplained").text
    assert act(lan, dossier, "explain", explanation="Biên bản 05/BB: hai tờ trùng") == 303
    assert "Thiếu 2 tờ" not in section(lan, dossier)
    assert "rách trang cuối" in section(lan, dossier)


def test_a_form_that_is_not_taken_says_why_and_keeps_what_was_written(signed_in: Open, dossier: Dossier) -> None:
    lan = signed_in(Role.CLERK)
    act(lan, dossier, "place", place="Kho 2", sheets="12")
    answer = lan.post(f"/dossiers/{dossier.code}/paper/check-out", {**LOAN, "sheets": "11"})
    assert answer.status_code == 422
    assert "Sổ đang ghi 12 tờ, lần này đếm được 11 tờ" in answer.text
    assert 'value="Lê Thị Hoa"' in answer.text
    for name, given in (("place", {"place": ""}), ("check-out", {**LOAN, "due_back_on": "mai"}), ("return", {})):
        assert act(lan, dossier, name, **given) in {409, 422}, name


def test_a_box_is_found_and_printed_with_its_list(signed_in: Open, make: Factory, agency: Agency) -> None:
    lan = signed_in(Role.CLERK)
    first, second = (make.dossier(agency, title=title) for title in ("Hồ sơ A & B", "Hồ sơ C"))
    for dossier in (first, second):
        act(lan, dossier, "place", place="Kho 2 & 3", shelf="G/3", box="H 12", sheets="12")
    page = lan.get("/paper?q=h 12").text
    link = re.search(r'href="(/paper/box\?[^"]+)"', page)
    assert link
    listed = lan.get(unescape(link[1])).text
    assert "Hồ sơ A &amp; B" in listed
    assert second.code in listed
    assert "2 hồ sơ, 24 tờ" in listed
    assert "Không có hộp nào khớp" in lan.get("/paper?q=H99").text
    assert lan.get("/paper/box?agency=TD01&place=Kho 9").status_code == 404


def test_who_keeps_no_paper_reads_where_it_is_and_has_no_page_of_it(signed_in: Open, dossier: Dossier) -> None:
    lan, reader = signed_in(Role.CLERK), signed_in(Role.OFFICIAL, login="tra")
    assert section(reader, dossier) == ""
    act(lan, dossier, "place", place="Kho 2", sheets="12")
    act(lan, dossier, "check-out", **LOAN)
    told = section(reader, dossier)
    assert "Kho 2" in told
    assert "đang cho mượn" in told
    assert "Lê Thị Hoa" not in told
    for path in ("/paper", "/paper/loans", "/paper/import", "/paper/box?agency=TD01&place=Kho 2"):
        assert reader.get(path).status_code == 404, path
    assert act(reader, dossier, "return", sheets="12") == 404
    assert 'href="/paper"' not in reader.get("/dossiers").text


def upload(browser: Browser, content: str, name: str = "vị trí.csv") -> str:
    browser.get("/paper/import")
    sent = {"sheet": (name, content.encode())}
    return str(browser.client.post("/paper/import", data={"csrf": browser.token}, files=sent).text)


def test_a_sheet_is_seen_first_and_confirmed_without_another_upload(signed_in: Open, dossier: Dossier) -> None:
    lan = signed_in(Role.RECORDS_MANAGER)
    page = upload(lan, f"Mã hồ sơ;Kho;Hộp;Số tờ\n{dossier.code};Kho 1;H7;30\n")
    assert "Sẽ ghi vị trí của 1 hồ sơ" in page
    assert "Kho 1, H7, 30 tờ" in page
    assert "Chưa ghi bản giấy nằm ở đâu" in section(lan, dossier)
    carried = re.search(r'name="carried" value="([^"]+)"', page)
    assert carried
    confirmed = {"carried": carried[1], "confirmed": "1"}
    assert lan.post("/paper/import", confirmed).status_code == 303
    assert "H7" in section(lan, dossier)
    assert "Không có gì để ghi" in upload(lan, f"Mã hồ sơ;Kho;Hộp;Số tờ\n{dossier.code};Kho 1;H7;30\n")
    damaged = {"carried": carried[1][:-8], "confirmed": "1"}
    assert "không còn nguyên vẹn" in lan.post("/paper/import", damaged).text


def test_a_sheet_with_mistakes_is_not_offered_for_confirmation(signed_in: Open, dossier: Dossier) -> None:
    lan = signed_in(Role.CLERK)
    page = upload(lan, f"Mã hồ sơ,Kho\n{dossier.code},Kho 1\nKHÔNG.CÓ,Kho 1\n")
    assert "Có 1 điều phải sửa" in page
    assert "Không có hồ sơ KHÔNG.CÓ" in page
    assert 'name="carried"' not in page
    assert "Chưa chọn" in upload(lan, "", name="")
