"""Reuse over HTTP: a public service asks and takes, a records manager's program agrees and counts."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from archive.access.sessions import digest_of, new_token
from archive.bootstrap import App
from archive.db.accounts import ApiToken
from archive.db.holdings import Item, Rendition
from archive.ids import new_id
from tests.archive.reuse import BIRTH, MARRIAGE, PERMIT, PERSON, ReuseWorld
from tests.archive.web.conftest import Browser, Program
from tests.conftest import SetClock
from tests.factories import Factory

ASKED = {
    "owner": {"kind": "person", "value": PERSON},
    "paper": BIRTH,
    "procedure": MARRIAGE,
    "purpose": "Đăng ký kết hôn",
    "dossier_reference": "HS-26-0001",
}
TERMS = {
    "agency": "PX01",
    "procedure": MARRIAGE,
    "procedure_title": "Đăng ký kết hôn",
    "papers": [BIRTH],
    "purpose": "Xác định tình trạng nhân thân",
    "legal_basis": "Nghị định mẫu 01",
    "valid_from": "2026-03-01",
}


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> ReuseWorld:
    return ReuseWorld(app, make, clock)


@pytest.fixture
def service(world: ReuseWorld, browser: Callable[..., Browser]) -> Program:
    return program_of(world, browser, world.service.account_id)


@pytest.fixture
def manager(world: ReuseWorld, browser: Callable[..., Browser]) -> Program:
    return program_of(world, browser, world.manager.account_id)


def program_of(world: ReuseWorld, browser: Callable[..., Browser], account_id: Any) -> Program:
    token = new_token()
    world.make.save(
        ApiToken(
            id=new_id(), account_id=account_id, name="thử", token_digest=digest_of(token), created_at=world.clock()
        )
    )
    return Program(browser().client, token)


def sealed(world: ReuseWorld, item: Item, content: bytes, folder: Path) -> None:
    """Gives the item's sealed copy bytes in the store."""
    path = folder / "banh.pdf"
    path.write_bytes(content)
    digest = world.app.store.put(path).digest
    world.make.stored_object(digest, len(content))
    with world.app.unit_of_work() as uow:
        uow.session.execute(update(Rendition).where(Rendition.item_id == item.id).values(digest=digest))


def test_asked_taken_and_handed_out(world: ReuseWorld, service: Program, tmp_path: Path) -> None:
    world.agreement()
    item = world.paper(valid_until="2026-12-31")
    sealed(world, item, b"%PDF-1.7 ban sao", tmp_path)
    answer = service.post("/reuse/lookups", {**ASKED, "on": "2026-06-01"})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["on_file"], told["sandbox"], told["on"]) == (True, False, "2026-06-01")
    (paper,) = told["papers"]
    assert paper["reference"] == item.code
    assert paper["validity"] == {
        "state": "valid",
        "valid_from": None,
        "valid_until": "2026-12-31",
        "on": "2026-06-01",
    }
    assert paper["holder"] == {"name": "N. V. An", "identifier": "…123"}
    path = f"/reuse/lookups/{told['lookup']}/papers/{item.code}"
    assert service.get(f"{path}/pdf").status_code == 409
    used = service.post(f"{path}/uses", {"how": "form"})
    assert used.status_code == 201
    fields = {field["name"]: (field["label"], field["value"]) for field in used.json()["fields"]}
    assert fields["holder_name"] == ("Họ tên người được cấp", "Nguyễn Văn An")
    assert used.json() == service.post(f"{path}/uses", {"how": "form"}).json()
    assert used.json()["pdf"] == f"/api/v1{path}/pdf"
    copy = service.get(f"{path}/pdf")
    assert (copy.status_code, copy.content) == (200, b"%PDF-1.7 ban sao")
    assert copy.headers["content-type"] == "application/pdf"


def test_not_yours_and_nothing_are_the_same_bytes_but_for_the_lookups_name(
    world: ReuseWorld, service: Program, browser: Callable[..., Browser]
) -> None:
    world.paper()
    agreed = world.a_service(world.ward)
    world.agreement(service=agreed)
    nothing = program_of(world, browser, agreed.account_id).post(
        "/reuse/lookups", {**ASKED, "owner": {"kind": "person", "value": "001080000999"}}
    )
    refused = service.post("/reuse/lookups", ASKED)
    for answer in (nothing, refused):
        assert answer.status_code == 201
        assert len(answer.json()["lookup"]) == 22
        assert {**answer.json(), "lookup": ""} == {
            "lookup": "",
            "on_file": False,
            "sandbox": False,
            "on": "2026-03-02",
            "papers": [],
        }
    names = ("content-type", "content-length")
    assert [nothing.headers[name] for name in names] == [refused.headers[name] for name in names]
    assert set(nothing.headers) == set(refused.headers)


def test_the_identifier_stands_in_no_log_line(
    world: ReuseWorld, service: Program, caplog: pytest.LogCaptureFixture
) -> None:
    world.agreement()
    world.paper()
    with caplog.at_level(logging.DEBUG):
        assert service.post("/reuse/lookups", ASKED).json()["on_file"]
        assert service.post("/reuse/lookups", {**ASKED, "paper": "lạ"}).status_code == 422
    assert PERSON not in caplog.text


@pytest.mark.parametrize(
    "changed",
    [
        {"owner": {"kind": "person", "value": "12"}},
        {"owner": {"kind": "passport", "value": PERSON}},
        {"owner": {"kind": "person", "value": PERSON, "name": "An"}},
        {"owner": None},
        {"paper": "Giấy lạ"},
        {"paper": "Giấy\u0000khai sinh"},
        {"procedure": " "},
        {"purpose": "x" * 301},
        {"on": "mai"},
        {"on": "1800-01-01"},
        {"owner_name": "An"},
    ],
)
def test_a_question_that_cannot_be_read_is_explained_without_the_identifier(
    world: ReuseWorld, service: Program, changed: dict[str, Any]
) -> None:
    answer = service.post("/reuse/lookups", {**ASKED, **changed})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert PERSON not in answer.text


def test_gone_is_told_as_gone(world: ReuseWorld, service: Program, clock: SetClock) -> None:
    world.agreement()
    item = world.paper()
    lookup = service.post("/reuse/lookups", ASKED).json()["lookup"]
    clock.advance(days=2)
    answer = service.post(f"/reuse/lookups/{lookup}/papers/{item.code}/uses", {"how": "check"})
    assert answer.status_code == 410
    assert "Hãy tra cứu lại" in answer.json()["detail"]


def test_what_is_not_there_is_not_found(world: ReuseWorld, service: Program) -> None:
    world.agreement()
    world.paper()
    lookup = service.post("/reuse/lookups", ASKED).json()["lookup"]
    for path in (f"/reuse/lookups/{lookup}/papers/khong-co", "/reuse/lookups/khong-co/papers/khong-co"):
        assert service.post(f"{path}/uses", {"how": "check"}).status_code == 404
        assert service.get(f"{path}/pdf").status_code == 404
    assert service.post(f"/reuse/lookups/{lookup}/papers/x/uses", {"how": "else"}).status_code == 422


def test_people_do_not_ask_and_services_do_not_count(world: ReuseWorld, service: Program, manager: Program) -> None:
    assert manager.post("/reuse/lookups", ASKED).status_code == 404
    for path in ("/reuse/events", "/reuse/counts", "/agreements"):
        assert service.get(path).status_code == 404
    assert service.post("/agreements", {**TERMS, "account": world.service.login}).status_code == 404


def test_a_program_under_test_is_answered_of_invented_people(
    world: ReuseWorld, browser: Callable[..., Browser]
) -> None:
    account = world.make.account(kind="service", sandbox=True)
    tester = program_of(world, browser, account.id)
    asked = {**ASKED, "owner": {"kind": "person", "value": "000000000001"}, "paper": PERMIT}
    told = tester.post("/reuse/lookups", asked).json()
    assert (told["sandbox"], told["on_file"]) == (True, True)
    path = f"/reuse/lookups/{told['lookup']}/papers/{told['papers'][0]['reference']}"
    assert tester.get(f"{path}/pdf").status_code == 409
    used = tester.post(f"{path}/uses", {"how": "replacement"}).json()
    assert used["sandbox"]
    copy = tester.get(f"{path}/pdf")
    assert hashlib.sha256(copy.content).hexdigest() == told["papers"][0]["trust"]["sealed_sha256"]
    assert tester.get("/me").status_code in {200, 404}
    assert tester.get("/search?q=giấy").json().get("total", 0) == 0


def test_agreements_are_made_listed_and_ended(world: ReuseWorld, manager: Program, service: Program) -> None:
    world.paper()
    given = {**TERMS, "account": world.service.login}
    made = manager.post("/agreements", given, key="k1")
    assert made.status_code == 201
    number = made.json()["number"]
    assert (made.json()["standing"], made.json()["account"]) == ("in_force", world.service.login)
    assert manager.post("/agreements", given, key="k1").json() == made.json()
    assert manager.post("/agreements", given, key="k2").status_code == 409
    assert manager.post("/agreements", {**given, "papers": []}).status_code == 422
    assert service.post("/reuse/lookups", ASKED).json()["on_file"]
    assert [each["number"] for each in manager.get("/agreements?in_force=true").json()["items"]] == [number]
    ended = manager.post(f"/agreements/{number}/endings", {"reason": "Dịch vụ dừng"})
    assert (ended.status_code, ended.json()["standing"]) == (201, "ended")
    assert not service.post("/reuse/lookups", ASKED).json()["on_file"]
    assert manager.get("/agreements?in_force=true").json()["items"] == []
    assert manager.get(f"/agreements/{number}").json()["end_reason"] == "Dịch vụ dừng"
    assert manager.get("/agreements/TT-KHONG-CO").status_code == 404


def test_what_was_reused_is_listed_and_counted(world: ReuseWorld, manager: Program, service: Program) -> None:
    world.agreement()
    item = world.paper()
    lookup = service.post("/reuse/lookups", ASKED).json()["lookup"]
    for how in ("form", "replacement", "form"):
        service.post(f"/reuse/lookups/{lookup}/papers/{item.code}/uses", {"how": how})
    counts = manager.get("/reuse/counts").json()
    assert [counts[name] for name in ("uses", "papers", "dossiers", "asked", "on_file")] == [2, 1, 1, 1, 1]
    assert counts["by_agency"] == [{"key": "PX01", "name": "Cơ quan PX01", "uses": 2}]
    first = manager.get("/reuse/events?limit=1").json()
    second = manager.get(f"/reuse/events?limit=1&cursor={first['next']}").json()
    assert {first["items"][0]["how"], second["items"][0]["how"]} == {"form", "replacement"}
    assert second["next"] is None
    assert first["items"][0]["paper"] == item.code
    assert manager.get("/reuse/counts?task=2").json()["uses"] == 0
    assert manager.get("/reuse/counts?first=2026-03-02&last=2026-03-02").json()["uses"] == 2
    for wrong in ("first=2026-03-02", "first=2026-03-03&last=2026-03-02", "task=0", "first=hôm nay"):
        assert manager.get(f"/reuse/events?{wrong}").status_code == 422
