"""Retention over the API: rules and events of a dossier, what becomes due, notices, lists for disposal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from archive.access.permissions import Role
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from tests.archive.schedules import Schedules
from tests.archive.web.conftest import Program
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Program]


@pytest.fixture
def rules(make: Factory, clock: SetClock) -> Schedules:
    return Schedules(make, clock)


@pytest.fixture
def dossier(rules: Schedules, agency: Agency) -> Dossier:
    return rules.closed(agency, date(2015, 6, 30), title="Hồ sơ thanh tra đất đai")


def rule(ordinal: int = 1, **more: str) -> dict[str, object]:
    return {"schedule": "BTH", "version": 1, "ordinal": ordinal, **more}


def test_a_proposal_is_confirmed_and_taken_back(program: Open, rules: Schedules, dossier: Dossier) -> None:
    rules.propose(dossier, rules.years(5))
    manager = program(Role.RECORDS_MANAGER)
    (waiting,) = manager.get("/retention/proposals").json()["items"]
    assert (waiting["dossier"], waiting["ordinal"], "01/01/2021" in waiting["then"]) == (dossier.code, 1, True)
    assert manager.get("/retention/figures").json() == {"waiting": 1, "unseen": 0, "without_rule": 1}
    path = f"/dossiers/{dossier.code}/rules"
    done = manager.post(path, rule(), key="duyet")
    assert (done.status_code, done.json()["verdict"], done.json()["due_on"]) == (201, "due", "2021-01-01")
    assert manager.post(path, rule(), key="duyet").json() == done.json()
    assert manager.post(path, rule()).status_code == 409
    assert manager.post(f"{path}/endings", rule(reason=" ")).status_code == 422
    ended = manager.post(f"{path}/endings", rule(reason="nhầm nhóm"))
    assert [(each["state"], each["end_reason"]) for each in ended.json()["rules"]] == [("ended", "nhầm nhóm")]
    assert manager.post(f"{path}/endings", rule(reason="lại")).status_code == 409
    assert manager.post(path, rule(ordinal=99, reason="không có")).status_code == 404
    assert manager.post(path, rule(ordinal=0)).status_code == 422


def test_an_event_moves_the_day_and_is_withdrawn(program: Open, rules: Schedules, dossier: Dossier) -> None:
    rules.confirm(dossier, rules.event("chấm dứt hợp đồng", 10))
    manager = program(Role.RECORDS_MANAGER)
    path = f"/dossiers/{dossier.code}/events"
    event = {"event": "chấm dứt hợp đồng", "happened_on": "2018-05-01", "document": "BB 12"}
    assert manager.get(f"/dossiers/{dossier.code}/retention").json()["waits_for"] == ["chấm dứt hợp đồng"]
    assert manager.post(path, {**event, "happened_on": "2026-03-03"}).status_code == 422
    assert manager.post(path, {**event, "event": "khác"}).status_code == 422
    told = manager.post(path, event)
    assert (told.status_code, told.json()["due_on"]) == (201, "2029-01-01")
    assert any("2018 + 10 năm" in step for step in told.json()["steps"])
    named = {"event": event["event"], "happened_on": "2018-05-01", "reason": "nhầm"}
    assert manager.post(f"{path}/withdrawals", {**named, "happened_on": "2018-05-02"}).status_code == 404
    back = manager.post(f"{path}/withdrawals", named)
    assert (back.status_code, back.json()["due_on"]) == (201, None)
    assert manager.post(f"{path}/withdrawals", named).status_code == 409


def test_from_notice_to_a_list_for_disposal_and_back(
    program: Open, rules: Schedules, dossier: Dossier, clock: SetClock
) -> None:
    rules.confirm(dossier, rules.years(5))
    manager = program(Role.RECORDS_MANAGER)
    assert manager.post("/dispositions", {"agency": "TD01"}).status_code == 409
    given = manager.post("/retention/notices", {"agency": "TD01"}, key="bao")
    assert [each["dossier"] for each in given.json()["given"]] == [dossier.code]
    assert manager.post("/retention/notices", {"agency": "TD01"}).json()["given"] == []
    (notice,) = manager.get("/retention/notices").json()["items"]
    named = [{"dossier": notice["dossier"], "due_on": notice["due_on"]}]
    assert manager.post("/retention/notices/seen", {"notices": named}).json() == {"seen": 1}
    assert manager.post("/retention/notices/seen", {"notices": named}).json() == {"seen": 0}
    unknown = [{"dossier": dossier.code, "due_on": "2030-01-01"}]
    assert manager.post("/retention/notices/seen", {"notices": unknown}).status_code == 404
    assert manager.get("/retention/due").json()["items"][0]["standing"] == "noticed"
    clock.advance(days=31)
    assert manager.get("/retention/ready").json() == {"agencies": ["TD01"]}
    made = manager.post("/dispositions", {"agency": "TD01"}, key="de-xuat")
    assert made.status_code == 201, made.text
    number = made.json()["number"]
    assert [entry["dossier"] for entry in made.json()["entries"]] == [dossier.code]
    assert manager.post("/dispositions", {"agency": "TD01"}, key="de-xuat").json()["number"] == number
    assert manager.get("/retention/due").json()["items"][0]["disposition"] == number
    assert manager.get(f"/dispositions/{number}").json()["may_withdraw"] is True
    assert [line["number"] for line in manager.get("/dispositions?state=proposed").json()["items"]] == [number]
    withdrawn = manager.post(f"/dispositions/{number}/withdrawals", {"reason": "còn cần"})
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (201, "refused")
    assert manager.post(f"/dispositions/{number}/withdrawals", {"reason": "lại"}).status_code == 409


def test_the_list_of_what_is_due_is_turned(program: Open, rules: Schedules, agency: Agency) -> None:
    kept = rules.years(5)
    dossiers = [rules.closed(agency, date(2010 + n, 1, 1)) for n in range(5)]
    for dossier in dossiers:
        rules.confirm(dossier, kept)
    manager = program(Role.RECORDS_MANAGER)
    seen, cursor = [], None
    while True:
        page = manager.get("/retention/due", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [line["dossier"] for line in page["items"]]
        assert page["total"] == 5
        if (cursor := page["next"]) is None:
            break
    assert seen == [dossier.code for dossier in dossiers]
    assert manager.get("/retention/due?until=2016-06-01").json()["total"] == 1
    assert manager.get("/retention/due?until=mai").status_code == 422


def test_another_agency_finds_nothing_of_it(
    program: Open, make: Factory, rules: Schedules, dossier: Dossier, clock: SetClock
) -> None:
    rules.confirm(dossier, rules.years(5))
    manager = program(Role.RECORDS_MANAGER)
    manager.post("/retention/notices", {})
    clock.advance(days=31)
    number = manager.post("/dispositions", {"agency": "TD01"}).json()["number"]
    stranger = program(Role.RECORDS_MANAGER, login="xa", over=make.agency("XA"))
    path = f"/dossiers/{dossier.code}"
    named = {"notices": [{"dossier": dossier.code, "due_on": "2021-01-01"}]}
    event = {"event": "a", "happened_on": "2018-05-01"}
    asked = [
        stranger.get(f"{path}/retention"),
        stranger.get(f"/dispositions/{number}"),
        stranger.post(f"{path}/rules", rule(reason="a")),
        stranger.post(f"{path}/rules/endings", rule(reason="a")),
        stranger.post(f"{path}/events", {**event, "document": "b"}),
        stranger.post(f"{path}/events/withdrawals", {**event, "reason": "b"}),
        stranger.post("/retention/notices/seen", named),
        stranger.post("/dispositions", {"agency": "TD01"}),
        stranger.post(f"/dispositions/{number}/withdrawals", {"reason": "a"}),
    ]
    assert [answer.status_code for answer in asked] == [404] * len(asked)
    assert stranger.get("/retention/due").json()["total"] == 0
    assert stranger.get("/retention/notices").json()["items"] == []
    clerk = program(Role.CLERK, login="hoa")
    assert clerk.get(f"{path}/retention").status_code == 200
    assert clerk.post(f"{path}/rules", rule(reason="a")).status_code in {403, 404}
