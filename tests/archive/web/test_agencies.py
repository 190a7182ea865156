from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]
BASIS = "Nghị quyết 1656/NQ-UBTVQH15"
FOLLOWS = {"successor": "MOI", "kind": "merger", "effective_on": "2025-07-01", "legal_basis": BASIS}


@pytest.fixture
def wards(make: Factory, agency: Agency) -> tuple[Agency, Agency]:
    """Below the agency that the people of these tests act for."""
    old = make.agency("CU", name="Phường Cửa Đông", parent=agency)
    return old, make.agency("MOI", name="Phường Hoàn Kiếm", parent=agency, valid_from=date(2025, 7, 1))


def done(browser: Browser, path: str, given: dict[str, str]) -> str:
    """The page after a form that was taken."""
    answer = browser.post(path, given)
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"]).text


def test_the_operator_says_who_took_over_and_the_keeper_hands_the_fond_over(
    signed_in: Open, make: Factory, wards: tuple[Agency, Agency]
) -> None:
    old, new = wards
    make.dossier(old, fond_id=make.fond(old, code="CU").id, code="CU.2019.0001", year=2019)
    operator = signed_in(Role.OPERATOR, login="hoa")
    operator.get("/agencies/CU")
    page = done(operator, "/agencies/CU/follow", FOLLOWS)
    assert "Đã ghi việc sắp xếp" in page
    assert "kết thúc ngày 30/06/2025" in page
    assert "phông chưa được bàn giao" in page
    keeper = signed_in(Role.RECORDS_MANAGER, login="minh")
    assert "Bàn giao phông" in keeper.get("/agencies/CU").text
    given = {"fond": "CU", "to": "MOI", "legal_basis": BASIS, "document": "BB 12", "handed_over_on": "2026-03-02"}
    page = done(keeper, "/agencies/CU/hand-over", given)
    assert "BB 12" in page
    assert "phông chưa được bàn giao" not in page
    for asked in ("cua dong", "CU", "CU.2019.0001"):
        answer = keeper.get(f"/agencies/holder?q={asked}").text
        assert re.search(r"Nay ai giữ</dt><dd><b><a[^>]*>Phường Hoàn Kiếm", answer), asked
    dossier = keeper.get("/dossiers/CU.2019.0001").text
    assert re.search(r"hình thành phông: <a[^>]*>Phường Cửa Đông", dossier)
    assert re.search(r"Nay ai giữ</dt><dd><b><a[^>]*>Phường Hoàn Kiếm", dossier)
    make.dossier(new, code="MOI.2026.0001")
    assert 'id="custody"' not in keeper.get("/dossiers/MOI.2026.0001").text, "what is plain is not said"


def test_a_refused_form_says_why_and_keeps_what_was_typed(signed_in: Open, wards: tuple[Agency, Agency]) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/agencies/CU")
    answer = operator.post("/agencies/CU/follow", FOLLOWS | {"effective_on": "2030-01-01", "note": "ghi thêm"})
    assert answer.status_code == 422
    assert "Ngày có hiệu lực chưa đến" in answer.text
    assert 'value="ghi thêm"' in answer.text
    assert operator.post("/agencies/CU/follow", FOLLOWS | {"successor": "KHONGCO"}).status_code == 404
    answer = operator.post("/agencies/CU/identify", {"scheme": "unit", "value": "12"})
    assert "5 chữ số" in answer.text
    assert operator.post("/agencies/CU/nothing", {}).status_code == 404


def test_settings_identifiers_and_names_are_changed_on_the_page(signed_in: Open, wards: tuple[Agency, Agency]) -> None:
    operator = signed_in(Role.OPERATOR)
    assert "người thứ hai công bố" in operator.get("/agencies/CU").text
    page = done(operator, "/agencies/CU/edit", {"name": "Phường Cửa Đông", "parent": "TD01", "kind": "ward"})
    assert "được tự công bố" in page
    page = done(operator, "/agencies/CU/identify", {"scheme": "organ", "value": "h26.18"})
    found = re.search(r'name="identifier" value="([^"]+)"', page)
    assert "H26.18" in page
    assert found
    done(operator, "/agencies/CU/end-identifier", {"identifier": found[1], "last_day": "2025-06-30"})
    given = {"new_code": "TEN", "new_name": "Phường Tên Mới", "effective_on": "2025-01-01", "legal_basis": BASIS}
    assert "Phường Tên Mới" in done(operator, "/agencies/CU/rename", given)
    given = {"code": "x1", "name": "Đơn vị X", "parent": "td01"}
    assert "Đơn vị X" in done(operator, "/agencies", given)
    assert "kết thúc ngày 01/03/2026" in done(
        operator, "/agencies/X1/close", {"last_day": "2026-03-01", "legal_basis": BASIS}
    )


def test_everybody_with_a_role_reads_the_directory_and_only_some_change_it(
    signed_in: Open, browser: Open, make: Factory, wards: tuple[Agency, Agency]
) -> None:
    official = signed_in(Role.OFFICIAL)
    page = official.get("/agencies/CU").text
    assert '<form method="post" action="/agencies' not in page
    assert official.post("/agencies/CU/follow", FOLLOWS).status_code == 404
    assert official.get("/agencies/import").status_code == 404
    assert "không khớp" not in official.get("/agencies/holder").text
    assert "Không tìm thấy" in official.get("/agencies/holder?q=zzzz").text
    nobody = browser()
    assert nobody.client.get("/agencies", follow_redirects=False).status_code == 303


def test_a_dossier_of_others_tells_nothing(signed_in: Open, make: Factory, wards: tuple[Agency, Agency]) -> None:
    other = make.agency("NGOAI")
    make.dossier(other, code="NGOAI.2019.0001")
    answer = signed_in(Role.OFFICIAL).get("/agencies/holder?q=NGOAI.2019.0001").text
    assert "Không tìm thấy" in answer


def test_a_sheet_is_tried_shown_and_then_imported_without_another_upload(
    signed_in: Open, app: App, agency: Agency
) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/agencies/import")

    def send(text: str) -> str:
        file = {"sheet": ("bang.csv", text.encode(), "text/csv")}
        answer = operator.client.post("/agencies/import", data={"csrf": operator.token}, files=file)
        return str(answer.text)

    wrong = send("Mã,Tên,Trực thuộc,Mã ĐVHC\nP1,Phường Một,TD01,7\n")
    assert "5 chữ số" in wrong
    assert 'name="confirmed"' not in wrong
    page = send("Mã,Tên,Trực thuộc,Mã ĐVHC\nP1,Phường Một,TD01,00007\n")
    assert "Phường Một" in page
    assert operator.get("/agencies/P1").status_code == 404, "a dry run"
    carried = re.search(r'name="carried" value="([^"]+)"', page)
    assert carried
    answer = operator.client.post(
        "/agencies/import",
        data={"csrf": operator.token, "carried": carried[1], "confirmed": "1"},
        files={"none": ("", b"")},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert "00007" in operator.get("/agencies/P1").text
    assert "Mọi dòng của bảng đã có" in send("Mã,Tên,Trực thuộc,Mã ĐVHC\nP1,Phường Một,TD01,00007\n")
    assert "Bảng thiếu cột" in send("a,b\n1,2\n")
