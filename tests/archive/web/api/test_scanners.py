"""Scanners over the API: entered, checked, wiped, let go."""

from __future__ import annotations

from collections.abc import Callable

from archive.access.permissions import Role
from tests.archive.web.conftest import Program
from tests.factories import Factory

Open = Callable[..., Program]
GIVEN = {"agency": "TD01", "code": "MQ1", "name": "Máy quét phòng 3", "serial": "SN-2201"}
CHECK = {"on": "2026-03-01", "until": "2026-12-31", "done_by": "Phòng An ninh", "document": "Biên bản 07/BB-KT"}
ACT = {"on": "2026-03-02", "done_by": "Tổ công nghệ", "document": "Biên bản 08/BB"}


def test_a_scanner_goes_through_its_log(program: Open) -> None:
    clerk = program(Role.CLERK)
    made = clerk.post("/scanners", GIVEN, key="may")
    assert (made.status_code, made.json()["state"], made.json()["usable"]) == (201, "registered", False)
    assert clerk.post("/scanners", GIVEN, key="may").json() == made.json()
    assert clerk.post("/scanners", GIVEN).status_code == 409
    assert clerk.post("/scanners/TD01/MQ1/departures", ACT).status_code == 409
    assert clerk.post("/scanners/TD01/MQ1/clearances", CHECK).json()["usable"] is True
    wiped = clerk.post("/scanners/TD01/MQ1/wipings", ACT).json()
    assert [line["kind"] for line in wiped["log"]] == ["wiped", "cleared"]
    assert clerk.post("/scanners/TD01/MQ1/departures", ACT).json()["state"] == "gone"
    assert [each["code"] for each in clerk.get("/scanners").json()] == ["MQ1"]


def test_days_that_cannot_be_are_refused(program: Open) -> None:
    clerk = program(Role.CLERK)
    clerk.post("/scanners", GIVEN)
    for wrong in ({"until": "2026-02-01"}, {"on": "2027-01-01"}, {"document": " "}, {"on": "hôm qua"}):
        assert clerk.post("/scanners/TD01/MQ1/clearances", {**CHECK, **wrong}).status_code == 422, wrong
    assert clerk.get("/scanners/TD01/MQ1").json()["log"] == []


def test_another_agency_finds_no_scanner(program: Open, make: Factory) -> None:
    program(Role.CLERK).post("/scanners", GIVEN)
    stranger = program(Role.CLERK, login="xa", over=make.agency("XA"))
    assert stranger.get("/scanners").json() == []
    assert stranger.get("/scanners/TD01/MQ1").status_code == 404
    assert stranger.post("/scanners/TD01/MQ1/clearances", CHECK).status_code == 404
    assert stranger.post("/scanners", {**GIVEN, "code": "MQ2"}).status_code == 404
