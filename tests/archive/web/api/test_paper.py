"""Paper over the API: placed, lent, counted back, explained; places imported from a sheet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archive.access.permissions import Role
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from tests.archive.web.conftest import Program
from tests.factories import Factory

Open = Callable[..., Program]
LOAN = {"borrower": "Lê Thị Hoa", "purpose": "thanh tra", "sheets": 12, "due_back_on": "2026-03-20"}
PLACE = {"place": "Kho 2", "shelf": "G3", "box": "H12", "sheets": 12}
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def dossier(make: Factory, agency: Agency) -> Dossier:
    return make.dossier(agency, code="TD01.2025.0001")


def test_paper_is_placed_lent_counted_back_and_explained(program: Open, dossier: Dossier) -> None:
    clerk = program(Role.CLERK)
    path = f"/dossiers/{dossier.code}/paper"
    assert clerk.post(f"{path}/loans", LOAN).status_code == 409
    assert clerk.ask("PUT", f"{path}/place", json=PLACE).json()["place"]["box"] == "H12"
    out = clerk.post(f"{path}/loans", LOAN, key="muon")
    assert (out.status_code, out.json()["out"]["borrower"]) == (201, "Lê Thị Hoa")
    assert clerk.post(f"{path}/loans", LOAN, key="muon").json() == out.json()
    assert clerk.post(f"{path}/loans", LOAN).status_code == 409
    assert clerk.get("/paper/figures").json()["out"] == 1
    (loan,) = clerk.get("/paper/loans").json()["items"]
    assert (loan["dossier"], loan["overdue"]) == (dossier.code, False)
    back = clerk.post(f"{path}/returns", {"sheets": 10, "condition": "rách trang cuối"}).json()
    assert back["unexplained"]["difference"] == -2
    assert [each["dossier"] for each in clerk.get("/paper/loans?only=unexplained").json()["items"]] == [dossier.code]
    told = clerk.post(f"{path}/explanations", {"explanation": "Biên bản 05: hai tờ trùng"}).json()
    assert (told["unexplained"], told["place"]["sheets"]) == (None, 10)
    box = {"agency": "TD01", "place": "Kho 2", "shelf": "G3", "box": "H12"}
    inside = clerk.get("/paper/box", params=box).json()
    assert (inside["box"]["sheets"], [each["code"] for each in inside["dossiers"]]) == (10, [dossier.code])
    assert clerk.get("/paper/boxes?q=H12").json()["items"][0]["dossiers"] == 1


def test_what_cannot_be_is_refused(program: Open, dossier: Dossier) -> None:
    clerk = program(Role.CLERK)
    path = f"/dossiers/{dossier.code}/paper"
    clerk.ask("PUT", f"{path}/place", json=PLACE)
    differs = clerk.post(f"{path}/loans", {**LOAN, "sheets": 11})
    assert (differs.status_code, "đếm được 11 tờ" in differs.json()["detail"]) == (422, True)
    for wrong in ({"sheets": -1}, {"sheets": 10**9}, {"due_back_on": "mai"}, {"borrower": ""}):
        assert clerk.post(f"{path}/loans", {**LOAN, **wrong}).status_code == 422, wrong
    assert clerk.post(f"{path}/returns", {"sheets": 12}).status_code == 409
    assert clerk.get("/dossiers/KHONG/paper").status_code == 404


def test_another_agency_finds_no_paper(program: Open, make: Factory, dossier: Dossier) -> None:
    clerk, stranger = program(Role.CLERK), program(Role.CLERK, login="xa", over=make.agency("XA"))
    path = f"/dossiers/{dossier.code}/paper"
    clerk.ask("PUT", f"{path}/place", json=PLACE)
    assert stranger.get(path).status_code == 404
    assert stranger.ask("PUT", f"{path}/place", json=PLACE).status_code == 404
    assert stranger.get("/paper/boxes").json()["items"] == []
    box = {"agency": "TD01", "place": "Kho 2", "shelf": "G3", "box": "H12"}
    assert stranger.get("/paper/box", params=box).status_code == 404


def test_a_sheet_of_places_is_tried_then_taken(program: Open, dossier: Dossier) -> None:
    clerk = program(Role.CLERK)
    wrong = "Mã hồ sơ;Kho\nTD01.2025.0001;Kho 1\nKHONG;Kho 1\n".encode()
    tried = clerk.ask("POST", "/paper/imports?dry_run=true", content=wrong, headers=CSV).json()
    assert [(each["line"], each["rule"]) for each in tried["findings"]] == [(3, "paper.dossier_unknown")]
    assert clerk.ask("POST", "/paper/imports", content=wrong, headers=CSV).status_code == 409
    right = "Mã hồ sơ;Kho\nTD01.2025.0001;Kho 1\n".encode()
    done = clerk.ask("POST", "/paper/imports", content=right, headers=CSV, key="kho")
    assert done.json()["changes"][0]["after"] == "Kho 1"
    assert clerk.get(f"/dossiers/{dossier.code}/paper").json()["place"]["place"] == "Kho 1"
    again = clerk.ask("POST", "/paper/imports", content=right, headers=CSV)
    assert (again.json()["changes"], again.json()["unchanged"]) == ([], 1)
