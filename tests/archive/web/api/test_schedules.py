"""Retention schedules over the API: imported whole or not at all, read by rule, proposed for a dossier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.retention import ScheduleRow
from tests.archive.web.conftest import Program
from tests.factories import Factory

Open = Callable[..., Program]
SHEET = (Path(__file__).parents[3] / "resources/retention-schedule.csv").read_bytes()
HEAD = {
    "code": "CHUNG",
    "title": "Bảng thử",
    "legal_basis": "Thông tư thử 1/2020",
    "source": "viết cho phép thử",
    "valid_from": "2020-01-01",
}


def bring(asking: Program, sheet: bytes, key: str | None = None, **head: Any) -> httpx.Response:
    headers = {"Content-Type": "text/csv"}
    return asking.ask("POST", "/schedules/imports", content=sheet, params={**HEAD, **head}, headers=headers, key=key)


def versions(app: App) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(ScheduleRow)) or 0


def test_a_schedule_is_tried_then_imported_and_read(program: Open, app: App) -> None:
    manager = program(Role.RECORDS_MANAGER)
    tried = bring(manager, SHEET, dry_run=True)
    assert tried.status_code == 200, tried.text
    assert (tried.json()["taken"], len(tried.json()["rules"]), versions(app)) == (False, 12, 0)
    done = bring(manager, SHEET, key="bang")
    assert (done.json()["taken"], done.json()["version"], done.json()["known"]) == (True, 1, False)
    assert bring(manager, SHEET, key="bang").json() == done.json()
    assert bring(manager, SHEET).json()["known"] is True
    assert versions(app) == 1
    (line,) = manager.get("/schedules").json()
    assert (line["code"], line["rules"], line["in_force"]) == ("CHUNG", 12, True)
    assert manager.get("/schedules/CHUNG/versions/1").json() == line
    found = manager.get("/schedules/CHUNG/versions/1/rules", params={"q": "KY LUAT"}).json()["items"]
    assert found
    assert all("kỷ luật" in rule["title"].lower() for rule in found)
    first = manager.get("/schedules/CHUNG/versions/1/rules?limit=5").json()
    second = manager.get("/schedules/CHUNG/versions/1/rules", params={"limit": 5, "cursor": first["next"]}).json()
    assert [rule["ordinal"] for rule in (*first["items"], *second["items"])] == list(range(1, 11))
    assert manager.get("/schedules/CHUNG/versions/2").status_code == 404


def test_findings_keep_all_of_it_out(program: Open, app: App) -> None:
    manager = program(Role.RECORDS_MANAGER)
    wrong = "title,term\nHồ sơ A,5 năm\nHồ sơ B,lâu dài\n".encode()
    tried = bring(manager, wrong, dry_run=True).json()
    assert [finding["line"] for finding in tried["findings"]] == [3]
    assert bring(manager, wrong).status_code == 422
    for head in ({"valid_from": "mai"}, {"title": ""}, {"code": "x" * 65}):
        assert bring(manager, SHEET, **head).status_code == 422, head
    assert bring(program(Role.CLERK, login="hoa"), SHEET).status_code == 404
    assert versions(app) == 0


def test_only_over_the_agency_at_the_top(program: Open, make: Factory, agency: Agency, app: App) -> None:
    below = make.agency("PHUONG", parent=agency)
    assert bring(program(Role.RECORDS_MANAGER, over=below), SHEET).status_code == 404
    assert versions(app) == 0


def test_what_fits_a_dossier_is_looked_for_and_proposed(program: Open, make: Factory, agency: Agency) -> None:
    manager = program(Role.RECORDS_MANAGER)
    bring(manager, SHEET)
    title = manager.get("/schedules/CHUNG/versions/1/rules").json()["items"][0]["title"]
    dossier = make.dossier(agency, title=title)
    seen = manager.get(f"/dossiers/{dossier.code}/rule-candidates").json()
    assert seen["candidates"][0]["title"] == title
    proposed = manager.post(f"/dossiers/{dossier.code}/rule-proposals", key="de-xuat")
    assert (proposed.status_code, proposed.json()["code"]) == (201, dossier.code)
    waiting = manager.get("/retention/proposals").json()["items"]
    assert {line["dossier"] for line in waiting} == {dossier.code}
    stranger = program(Role.RECORDS_MANAGER, login="xa", over=make.agency("XA"))
    assert stranger.get(f"/dossiers/{dossier.code}/rule-candidates").status_code == 404
    assert stranger.post(f"/dossiers/{dossier.code}/rule-proposals").status_code == 404
