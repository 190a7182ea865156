"""The programme over the API: read, changed in the version that was seen, imported from sheets."""

from __future__ import annotations

from collections.abc import Callable

from archive.access.permissions import Role
from archive.db.accounts import Agency
from tests.archive.web.conftest import Program
from tests.factories import Factory

Open = Callable[..., Program]
TASKS = "Số;Tên;Số lượng;Đơn vị;Hạn\n3;Số hoá sổ hộ tịch;1.000;văn bản;31/12/2027\n".encode()
CSV = {"Content-Type": "text/csv"}


def seen(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def test_a_task_is_changed_in_the_version_that_was_seen(program: Open) -> None:
    manager = program(Role.RECORDS_MANAGER)
    before = manager.get("/programme/tasks/3").json()
    given = {"title": "Sổ hộ tịch", "planned_quantity": 12.5, "unit": "văn bản", "due_on": "2027-12-31"}
    path, version = "/programme/tasks/3", before["version"]
    assert manager.ask("PATCH", path, json=given).status_code == 428
    done = manager.ask("PATCH", path, json=given, headers=seen(version), key="sua")
    assert done.status_code == 200, done.text
    told = done.json()
    assert (told["title"], told["progress"]["planned_quantity"], told["version"]) == ("Sổ hộ tịch", 12.5, version + 1)
    assert {change["field"] for change in told["revisions"][0]["changes"]} >= {"title", "unit"}
    assert manager.ask("PATCH", path, json=given, headers=seen(version), key="sua").json() == told
    stale = manager.ask("PATCH", path, json={"title": "Khác"}, headers=seen(version))
    assert stale.status_code == 412
    only = manager.ask("PATCH", path, json={"due_on": None}, headers=seen(version + 1)).json()
    assert (only["title"], only["progress"]["due_on"]) == ("Sổ hộ tịch", None)
    for wrong in ({"planned_quantity": -1}, {"planned_quantity": 1.234}, {"owner": "KHONG"}, {"target_number": 0}):
        answer = manager.ask("PATCH", path, json=wrong, headers=seen(version + 2))
        assert answer.status_code == 422, wrong
    assert manager.ask("PATCH", "/programme/tasks/999", json={}, headers=seen(0)).status_code == 404


def test_an_agency_gets_a_share_and_a_target_its_title(program: Open, make: Factory, agency: Agency) -> None:
    manager = program(Role.RECORDS_MANAGER)
    make.item(agency, state="published", task_number=3)
    path = "/programme/tasks/3/shares/TD01"
    share = manager.ask("PATCH", path, json={"planned_quantity": 4, "unit": "văn bản"}, headers=seen(0))
    assert share.status_code == 200, share.text
    progress = share.json()["progress"]
    assert (progress["version"], progress["percent"], progress["documents"]["published"]) == (1, 25, 1)
    assert manager.get(path).json() == share.json()
    assert manager.ask("PATCH", path, json={"planned_quantity": 5}, headers=seen(0)).status_code == 412
    assert manager.get("/programme/tasks/3/shares/XA").status_code == 404
    version = manager.get("/programme/targets/1").json()["version"]
    target = manager.ask("PATCH", "/programme/targets/1", json={"title": "Mục tiêu"}, headers=seen(version)).json()
    assert (target["title"], target["revisions"][0]["by"]) == ("Mục tiêu", "Nguyễn Văn may")
    shown = manager.get("/programme?agency=TD01").json()
    assert [task["number"] for task in shown["loose"] if task["agencies"]] == [3]
    (line,) = manager.get("/programme/quality?task=3").json()["lines"]
    assert (line["agency"], line["counts"]["recognised"]) == ("TD01", 1)


def test_who_stands_below_reads_and_does_not_change(program: Open, make: Factory, agency: Agency) -> None:
    below = make.agency("PHUONG", parent=agency)
    make.item(agency, state="published", task_number=3)
    manager = program(Role.RECORDS_MANAGER, over=below)
    assert manager.get("/programme/tasks/3").json()["progress"]["documents"]["published"] == 0
    answer = manager.ask("PATCH", "/programme/tasks/3", json={"title": "a"}, headers=seen(0))
    assert answer.status_code == 404
    assert manager.ask("POST", "/programme/imports/task", content=TASKS, headers=CSV).status_code == 404


def test_a_sheet_is_tried_then_taken_and_given_back(program: Open) -> None:
    manager = program(Role.RECORDS_MANAGER)
    tried = manager.ask("POST", "/programme/imports/task?dry_run=true", content=TASKS, headers=CSV).json()
    assert (tried["taken"], tried["changes"][0]["number"], tried["findings"]) == (False, 3, [])
    assert manager.get("/programme/tasks/3").json()["title"] is None
    done = manager.ask("POST", "/programme/imports/task", content=TASKS, headers=CSV, key="bang")
    assert done.json()["taken"] is True
    assert manager.ask("POST", "/programme/imports/task", content=TASKS, headers=CSV, key="bang").json() == done.json()
    assert manager.get("/programme/tasks/3").json()["title"] == "Số hoá sổ hộ tịch"
    filled_in = manager.get("/programme/sheets/task")
    headers = {"Content-Type": filled_in.headers["content-type"]}
    again = manager.ask("POST", "/programme/imports/task?dry_run=true", content=filled_in.content, headers=headers)
    assert (again.json()["changes"], again.json()["unchanged"]) == ([], 24)
    wrong = "Số;Tên\n99;Không có\n".encode()
    assert manager.ask("POST", "/programme/imports/task", content=wrong, headers=CSV).status_code == 422
    assert manager.ask("POST", "/programme/imports/nothing", content=TASKS, headers=CSV).status_code == 422
