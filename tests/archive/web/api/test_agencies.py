"""Agencies and custody over the API: entered, followed, imported, handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.trail import AuditEvent
from tests.archive.web.conftest import Program
from tests.factories import Factory

Open = Callable[..., Program]
BASIS = "Nghị quyết 1656/NQ-UBTVQH15"
MERGER = {
    "kind": "merger",
    "effective_on": "2025-07-01",
    "legal_basis": BASIS,
    "parts": [{"predecessor": "CU", "successor": "MOI"}],
}
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def wards(make: Factory, agency: Agency) -> tuple[Agency, Agency]:
    old = make.agency("CU", name="Phường Cửa Đông", parent=agency)
    return old, make.agency("MOI", name="Phường Hoàn Kiếm", parent=agency, valid_from=date(2025, 7, 1))


def events(app: App, tag: str) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == tag)) or 0


def test_an_agency_is_entered_once_however_often_the_answer_was_lost(program: Open, agency: Agency, app: App) -> None:
    operator = program(Role.OPERATOR)
    given = {"code": "td01.02", "name": "Phòng Hộ tịch", "parent": "TD01", "kind": "unit"}
    first = operator.post("/agencies", given, key="mot")
    again = operator.post("/agencies", given, key="mot")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["code"] == "TD01.02"
    assert first.json()["parent"]["code"] == "TD01"
    assert events(app, "agency.created") == 1
    other = operator.post("/agencies", {**given, "name": "Phòng khác"}, key="mot")
    assert other.status_code == 422
    assert operator.post("/agencies", given, key="hai").status_code == 409
    unit = operator.get("/agencies/TD01.02")
    assert unit.json()["name"] == "Phòng Hộ tịch"


def test_who_took_over_is_entered_and_the_keeper_hands_the_fond_over(
    program: Open, make: Factory, wards: tuple[Agency, Agency]
) -> None:
    fond = make.fond(wards[0], code="CU")
    make.dossier(wards[0], fond_id=fond.id, code="CU.2019.0001", year=2019)
    make.fond(wards[1], code="MOI")
    operator, keeper = program(Role.OPERATOR), program(Role.RECORDS_MANAGER, login="minh")
    followed = operator.post("/agencies/successions", MERGER)
    assert followed.status_code == 201, followed.text
    assert [line["successor"]["code"] for line in followed.json()] == ["MOI"]
    assert operator.get("/agencies/CU").json()["valid_to"] == "2025-06-30"
    assert keeper.get("/fonds/CU").json()["waits"] is True
    minutes = {"to": "MOI", "legal_basis": BASIS, "document": "BB 12", "handed_over_on": "2026-03-02"}
    assert operator.post("/fonds/CU/hand-overs", minutes).status_code == 404
    moved = keeper.post("/fonds/CU/hand-overs", minutes, key="giao")
    assert moved.status_code == 201, moved.text
    assert moved.json()["holder"]["code"] == "MOI"
    assert [period["holder"]["code"] for period in moved.json()["periods"]] == ["CU", "MOI"]
    assert keeper.post("/fonds/CU/hand-overs", minutes, key="giao").json() == moved.json()
    for asked in ("cua dong", "CU", "CU.2019.0001"):
        (found,) = keeper.get("/holders", params={"q": asked}).json()["holdings"]
        assert found["fonds"][0]["holder"]["name"] == "Phường Hoàn Kiếm", asked


def test_names_identifiers_and_the_end_of_an_agency(program: Open, wards: tuple[Agency, Agency]) -> None:
    operator = program(Role.OPERATOR)
    changes = {"name": "Phường Cửa Đông", "kind": "ward", "parent": "TD01", "second_person_publishes": True}
    changed = operator.ask("PUT", "/agencies/CU", json=changes).json()
    assert (changed["kind"], changed["second_person_publishes"]) == ("ward", True)
    borne = operator.post("/agencies/CU/identifiers", {"scheme": "organ", "value": "h26.18"})
    assert [each["value"] for each in borne.json()["identifiers"]] == ["H26.18"]
    ending = {"scheme": "organ", "value": "h26.18", "last_day": "2025-06-30"}
    assert operator.post("/agencies/MOI/identifiers/endings", ending).status_code == 404
    ended = operator.post("/agencies/CU/identifiers/endings", ending)
    assert ended.json()["identifiers"][0]["valid_to"] == "2025-06-30"
    assert operator.post("/agencies/CU/identifiers/endings", ending).status_code == 409
    bad = operator.post("/agencies/CU/identifiers", {"scheme": "unit", "value": "12"})
    assert (bad.status_code, "5 chữ số" in bad.json()["detail"]) == (422, True)
    new = {"new_code": "CD2", "new_name": "Phường Đông", "effective_on": "2025-10-01", "legal_basis": BASIS}
    renamed = operator.post("/agencies/CU/renamings", new)
    assert (renamed.status_code, renamed.json()["code"]) == (201, "CD2")
    assert [each["predecessor"]["code"] for each in renamed.json()["predecessors"]] == ["CU"]
    closed = operator.post("/agencies/CD2/closings", {"last_day": "2025-12-31", "legal_basis": BASIS})
    assert closed.json()["valid_to"] == "2025-12-31"
    codes = [each["code"] for each in operator.get("/agencies").json()["items"]]
    assert codes == ["MOI", "TD01"]
    ended_too = operator.get("/agencies?ended=true&limit=2").json()
    assert [each["code"] for each in ended_too["items"]] == ["CD2", "CU"]
    rest = operator.get("/agencies", params={"ended": True, "limit": 2, "cursor": ended_too["next"]}).json()
    assert ([each["code"] for each in rest["items"]], rest["next"]) == (["MOI", "TD01"], None)


def test_another_subtree_is_out_of_reach(program: Open, make: Factory, wards: tuple[Agency, Agency], app: App) -> None:
    far = make.agency("XA", name="Sở khác")
    operator = program(Role.OPERATOR, login="xa", over=far)
    changes = {"name": "Chiếm", "second_person_publishes": False}
    assert operator.ask("PUT", "/agencies/CU", json=changes).status_code in {403, 404}
    assert operator.post("/agencies/successions", MERGER).status_code in {403, 404}
    closing = {"last_day": "2025-12-31", "legal_basis": BASIS}
    assert operator.post("/agencies/CU/closings", closing).status_code in {403, 404}
    below = {"code": "M1", "name": "Mới", "parent": "CU"}
    assert operator.post("/agencies", below).status_code in {403, 404}
    assert sum(events(app, f"agency.{what}") for what in ("created", "changed", "closed", "succeeded")) == 0


def test_a_sheet_is_tried_first_and_its_findings_are_data(program: Open, agency: Agency, app: App) -> None:
    operator = program(Role.OPERATOR)
    wrong = "Mã;Tên;Trực thuộc\nA1;Đơn vị A;TD01\nA2;Đơn vị B;KHONGCO\n".encode()
    tried = operator.ask("POST", "/agencies/imports?dry_run=true", content=wrong, headers=CSV)
    assert tried.status_code == 200, tried.text
    (finding,) = tried.json()["findings"]
    assert (finding["line"], tried.json()["taken"]) == (3, False)
    assert "KHONGCO" in finding["text"]
    refused = operator.ask("POST", "/agencies/imports", content=wrong, headers=CSV)
    assert (refused.status_code, "1 chỗ cần sửa" in refused.json()["detail"]) == (422, True)
    right = "Mã;Tên;Trực thuộc\nA1;Đơn vị A;TD01\nA2;Đơn vị B;A1\n".encode()
    tried = operator.ask("POST", "/agencies/imports?dry_run=true", content=right, headers=CSV)
    assert [change["code"] for change in tried.json()["changes"]] == ["A1", "A2"]
    assert operator.get("/agencies/A1").status_code == 404
    done = operator.ask("POST", "/agencies/imports", content=right, headers=CSV, key="bang")
    assert (done.status_code, done.json()["taken"]) == (200, True)
    assert operator.get("/agencies/A2").json()["parent"]["code"] == "A1"
    assert operator.ask("POST", "/agencies/imports", content=right, headers=CSV, key="bang").json() == done.json()
    assert operator.ask("POST", "/agencies/imports", content=wrong, headers=CSV, key="bang").status_code == 422
    assert events(app, "agency.created") == 2


@pytest.mark.parametrize("body", [b"", b"\0\0", "cột\ngiá trị\n".encode("utf-16"), b"\xd0\xcf\x11\xe0", b"PK\x03\x04"])
def test_what_is_no_sheet_is_refused_and_explained(program: Open, body: bytes) -> None:
    answer = program(Role.OPERATOR).ask("POST", "/agencies/imports?dry_run=true", content=body, headers=CSV)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_sheet_is_not_even_read_for_who_may_not_import(program: Open) -> None:
    answer = program(Role.CLERK).ask("POST", "/agencies/imports", content=b"PK\x03\x04", headers=CSV)
    assert answer.status_code == 404
