from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import openpyxl
import pytest

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from archive.db.digitization import Task
from archive.queries.sheets import write_xlsx
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]
TASKS = "Số;Tên;Số lượng;Đơn vị;Hạn\n3;Số hoá sổ hộ tịch;1.000;văn bản;31/12/2027\n".encode()


def upload(browser: Browser, content: bytes, kind: str = "task"):  # type: ignore[no-untyped-def]
    browser.get("/programme/import")
    files = {"sheet": ("bảng.csv", content)}
    return browser.client.post("/programme/import", data={"csrf": browser.token, "kind": kind}, files=files)


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


def rows(content: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))


def title_of(app: App, number: int) -> str | None:
    with app.unit_of_work() as uow:
        return uow.session.get_one(Task, number).title


def test_each_figure_of_the_table_leads_to_its_records(signed_in: Open, make: Factory, agency: Agency) -> None:
    kept = [make.item(agency, state="published", task_number=3, title=f"Giấy phép số {n}") for n in range(2)]
    make.item(agency, state="described", task_number=4, title="của nhiệm vụ khác")
    browser = signed_in(Role.LEADER)
    page = browser.get("/programme").text
    (link,) = re.findall(r'href="(/records\?figure=published&amp;task=3)"', page)
    listed = browser.get(html.unescape(link)).text
    assert "Có 2 văn bản" in listed
    assert all(str(item.title) in listed for item in kept)
    assert "của nhiệm vụ khác" not in listed
    assert page.count("chưa có tên nhiệm vụ") == 24
    assert page.count("chưa có tên mục tiêu") == 7


def test_who_may_not_open_records_sees_how_many_there_are(signed_in: Open, make: Factory, agency: Agency) -> None:
    make.item(agency, state="published", task_number=3, title="Giấy phép kín")
    listed = signed_in(Role.AUDITOR).get("/records?figure=published&task=3").text
    assert "Có 1 văn bản" in listed
    assert "chỉ được xem số đếm" in listed
    assert "Giấy phép kín" not in listed


def test_other_agencies_are_in_no_figure(signed_in: Open, make: Factory, agency: Agency) -> None:
    make.item(make.agency("KHAC"), state="published", task_number=3, level="open")
    browser = signed_in(Role.LEADER)
    assert "Có 0 văn bản" in browser.get("/records?figure=published&task=3").text
    assert "KHAC" not in browser.get("/programme").text
    assert "KHAC" not in browser.get("/programme/quality").text


@pytest.mark.parametrize(
    "query", ["figure=x", "task=x", "measure=x", "first=2026-01-01", "first=0001-01-01&last=9999-12-31", "cursor=x"]
)
def test_a_question_that_no_page_asks_is_refused(signed_in: Open, agency: Agency, query: str) -> None:
    assert signed_in(Role.LEADER).get(f"/records?{query}").status_code == 422


def test_a_sheet_is_chosen_once_shown_and_confirmed(signed_in: Open, app: App, agency: Agency) -> None:
    browser = signed_in(Role.RECORDS_MANAGER)
    shown = upload(browser, TASKS)
    assert shown.status_code == 200
    assert "Sẽ sửa 1 dòng" in shown.text
    assert title_of(app, 3) is None
    form = hidden(shown.text)
    assert form["confirmed"] == "1"
    done = browser.client.post("/programme/import", data=form, follow_redirects=False)
    assert (done.status_code, title_of(app, 3)) == (303, "Số hoá sổ hộ tịch")
    assert "0 dòng; 1 dòng đã đúng" in upload(browser, TASKS).text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TASKS.replace(b"\n3;", b"\n33;"), "Không có nhiệm vụ số 33"),
        (TASKS.replace("hộ".encode(), b"\xff"), "không phải mã UTF-8"),
        (b"", "Bảng không có dòng nào"),
        (b"PK\x03\x04", "tệp hỏng"),
    ],
)
def test_a_sheet_with_mistakes_is_told_and_can_be_chosen_again(
    signed_in: Open, app: App, agency: Agency, content: bytes, told: str
) -> None:
    answer = upload(signed_in(Role.RECORDS_MANAGER), content)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'id="sheet"' in answer.text
    assert title_of(app, 3) is None


def test_what_is_carried_on_is_checked_anew(signed_in: Open, app: App, agency: Agency) -> None:
    browser = signed_in(Role.RECORDS_MANAGER)
    browser.get("/programme/import")
    for carried in ("", "rác", "AAAA"):
        answer = browser.post("/programme/import", {"kind": "task", "carried": carried, "confirmed": "1"})
        assert answer.status_code == 422
    assert browser.post("/programme/import", {"kind": "khác", "carried": ""}).status_code == 422


def test_a_sheet_needs_the_token_of_the_form(signed_in: Open, app: App, agency: Agency) -> None:
    browser = signed_in(Role.RECORDS_MANAGER)
    browser.token = "0"
    files = {"sheet": ("bảng.csv", TASKS)}
    answer = browser.client.post("/programme/import", data={"csrf": "0", "kind": "task"}, files=files)
    assert answer.status_code == 403


def test_the_sheets_that_are_given_out_change_nothing(signed_in: Open, app: App, agency: Agency) -> None:
    browser = signed_in(Role.RECORDS_MANAGER)
    form = hidden(upload(browser, TASKS).text)
    browser.client.post("/programme/import", data=form)
    for kind, lines in (("task", 24), ("target", 7)):
        given = browser.get(f"/programme/sheets/{kind}.xlsx").content
        assert len(rows(given)) == lines + 1
        assert f"0 dòng; {lines} dòng đã đúng" in upload(browser, given, kind).text


def test_a_task_and_a_share_are_changed_on_its_page(signed_in: Open, app: App, agency: Agency) -> None:
    browser = signed_in(Role.RECORDS_MANAGER)
    page = browser.get("/programme/tasks/3").text
    assert "chưa có tên nhiệm vụ" in page
    given = {"version": "1", "title": "Tên mới", "planned_quantity": "50", "unit": "", "target_number": "2"}
    refused = browser.post("/programme/tasks/3", given)
    assert refused.status_code == 422
    assert 'value="Tên mới"' in refused.text, "what was typed stays"
    assert browser.post("/programme/tasks/3", {**given, "unit": "trang"}).status_code == 303
    stale = browser.post("/programme/tasks/3", {**given, "unit": "trang", "title": "Khác"})
    assert (stale.status_code, title_of(app, 3)) == (409, "Tên mới")
    share = {"agency": agency.code, "version": "0", "planned_quantity": "20", "unit": "trang"}
    assert browser.post("/programme/tasks/3/shares", share).status_code == 303
    page = browser.get("/programme/tasks/3").text
    assert "0 / 20 trang" in page
    assert "Bản 2" in page
    assert "Tên mới" in browser.get("/programme/targets/2").text


def test_only_who_may_sees_the_forms_and_is_taken(signed_in: Open, app: App, agency: Agency) -> None:
    leader = signed_in(Role.LEADER)
    page = leader.get("/programme/tasks/3").text
    assert "Sửa nhiệm vụ này" not in page
    assert leader.get("/programme/import").status_code == 404
    leader.get("/account")
    assert leader.post("/programme/tasks/3", {"version": "1", "title": "x"}).status_code == 404
    assert title_of(app, 3) is None
    assert signed_in(Role.OPERATOR, login="van").get("/programme").status_code == 404


def test_a_manager_below_the_top_changes_nothing(
    browser: Callable[..., Browser], account: Callable[..., Account], make: Factory, agency: Agency, app: App
) -> None:
    below = make.agency("TD02", parent=agency)
    account("ha", (Role.RECORDS_MANAGER, below))
    opened = browser()
    opened.sign_in("ha")
    assert "Sửa nhiệm vụ này" not in opened.get("/programme/tasks/3").text
    assert opened.post("/programme/tasks/3", {"version": "1", "title": "x"}).status_code == 404
    assert title_of(app, 3) is None


@pytest.mark.parametrize("path", ["/programme/tasks/25", "/programme/targets/8", "/programme/sheets/x.xlsx"])
def test_what_is_not_in_the_plan_is_not_there(signed_in: Open, agency: Agency, path: str) -> None:
    assert signed_in(Role.LEADER).get(path).status_code in (404, 422)


def test_tables_and_lists_are_taken_along_as_workbooks(signed_in: Open, make: Factory, agency: Agency) -> None:
    item = make.item(agency, state="published", task_number=3, title="=1+1")
    make.item(agency, state="stopped", task_number=3)
    browser = signed_in(Role.LEADER)
    table = rows(browser.get("/programme/export.xlsx").content)
    assert [(row[0], row[3]) for row in table if row[0] == 3] == [(3, 2), (3, 2)]
    listed = rows(browser.get("/records.xlsx?figure=published&task=3").content)
    assert len(listed) == 2
    assert listed[1][2] == item.title == "=1+1"
    quality = openpyxl.load_workbook(io.BytesIO(browser.get("/programme/export.xlsx").content)).worksheets[1]
    assert quality.max_row == 2


def test_quality_counts_lead_to_their_records(signed_in: Open, make: Factory, agency: Agency) -> None:
    make.item(agency, state="described", task_number=3, title="Không tên tệp")
    browser = signed_in(Role.CLERK)
    page = browser.get("/programme/quality?task=3").text
    assert "100% văn bản" in page
    link = html.unescape(re.findall(r'href="(/records\?figure=unnamed[^"]*)"', page)[0])
    assert "Không tên tệp" in browser.get(link).text
    assert "Chưa có văn bản nào" in browser.get("/programme/quality?task=9").text


def test_an_export_of_nothing_is_still_a_table() -> None:
    assert rows(write_xlsx({"a": [["x"]]})) == [("x",)]
