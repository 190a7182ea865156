"""Items over the API: one that was read as "Quyết định số 15", whose number is doubtful."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Correction
from archive.db.trail import AuditEvent
from tests.archive.web.conftest import Browser, Program
from tests.archive.web.read_item import ReadItem
from tests.factories import Factory

Programs = Callable[..., Program]


def seen(read: ReadItem) -> dict[str, str]:
    return {"If-Match": f'"{read.now().revision}"'}


def events(app: App, tag: str) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).where(AuditEvent.tag == tag)) or 0


def test_an_item_is_answered_whole_and_without_inner_ids(program: Programs, read: ReadItem, app: App) -> None:
    lan = program(Role.OFFICIAL)
    answer = lan.get(read.path)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert {field["name"]: field["value"] for field in told["fields"]} == {
        "type_name": "Quyết định",
        "code_number": "15",
    }
    assert (told["code"], told["revision"], told["digest"]) == (
        read.item.code,
        read.now().revision,
        read.item.master_digest,
    )
    for inner in (read.item.id, read.item.receipt_id, read.dossier.id):
        assert str(inner) not in answer.text
    lan.get(f"{read.path}/pages")
    assert events(app, "item.read") == 1


def test_while_an_item_is_under_way_its_receipt_is_answered(program: Programs, make: Factory, agency: Agency) -> None:
    receipt = make.receipt(make.batch(agency))
    make.item(agency, receipt=receipt, state="stopped", file_name="bí mật.pdf")
    told = program(Role.CLERK).get(f"/items/{receipt.number}").json()
    assert (told["number"], told["state"]) == (receipt.number, "stopped")
    assert "cán bộ" in told["reason"], "words, not a message id"
    assert "bí mật" not in str(told)


@pytest.mark.parametrize("part", ["", "/fields", "/fields/code_number", "/findings", "/pages", "/pages/1/image",
                                  "/pages/1/words", "/marks?q=a", "/pdf", "/master"])  # fmt: skip
def test_what_belongs_to_another_agency_is_as_unknown_as_what_is_not_there(
    program: Programs, make: Factory, read: ReadItem, part: str
) -> None:
    stranger = program(Role.RECORDS_MANAGER, over=make.agency("XA"))
    there, nowhere = stranger.get(read.path + part), stranger.get("/items/BN-khong-co" + part)
    assert (there.status_code, there.json()) == (404, nowhere.json())


CHANGES: list[tuple[str, str, Any]] = [
    ("PUT", "/fields/code_number", {"value": "16"}),
    ("DELETE", "/fields/code_number", None),
    ("POST", "/fields/code_number/acceptances", None),
    ("POST", "/reviews", {"accept_doubtful": True}),
    ("POST", "/returns", {"reason": "thiếu ngày"}),
    ("POST", "/publications", {"level": "open"}),
    ("POST", "/filings", {"dossier": "TD01.2025.0001", "reason": "nhầm"}),
    ("POST", "/moves", {"dossier": "TD01.2025.0001", "reason": "nhầm"}),
    ("POST", "/replacements", {"item": "BN-1", "reason": "rõ hơn"}),
    ("POST", "/supplements", {"item": "BN-1", "reason": "phụ lục"}),
    ("POST", "/withdrawals", {"reason": "nộp nhầm"}),
    ("POST", "/restorations", {"reason": "rút nhầm"}),
]


@pytest.mark.parametrize(("method", "part", "given"), CHANGES)
def test_nobody_changes_what_is_not_his(
    program: Programs, browser: Callable[..., Browser], make: Factory, read: ReadItem, app: App, *,
    method: str, part: str, given: Any,
) -> None:  # fmt: skip
    how = {"json": given, "headers": seen(read)}
    before = read.now().revision
    stranger = program(Role.RECORDS_MANAGER, login="la", over=make.agency("XA"))
    assert stranger.ask(method, read.path + part, **how).status_code == 404
    assert program(Role.OFFICIAL).ask(method, read.path + part, **how).status_code == 404, "who reads it does no more"
    nobody = Program(browser().client, "gia-mao")
    assert nobody.ask(method, read.path + part, **how).status_code == 401
    assert read.now().revision == before
    assert not [tag for tag in ("field.corrected", "item.reviewed", "item.withdrawn") if events(app, tag)]


def test_a_cookie_alone_changes_nothing(signed_in: Callable[..., Browser], read: ReadItem) -> None:
    lan = signed_in(Role.RECORDS_MANAGER)
    path = f"/api/v1{read.path}"
    assert lan.get(path).status_code == 200
    answer = lan.client.post(f"{path}/withdrawals", json={"reason": "nộp nhầm"})
    assert answer.status_code == 401
    assert read.now().state == "described"


def test_a_correction_is_laid_over_what_was_read(program: Programs, read: ReadItem) -> None:
    lan = program(Role.CLERK)
    path = f"{read.path}/fields/code_number"
    box = [0.4, 0.1, 0.5, 0.13]
    put = lan.ask("PUT", path, json={"value": "16", "page": 1, "box": box}, headers=seen(read))
    assert put.status_code == 200, put.text
    assert (put.json()["doubtful_fields"], put.json()["revision"]) == (0, read.now().revision)
    field = lan.get(path).json()
    assert (field["value"], field["read_as"], field["given_by"], field["box"]) == ("16", "15", "person", box)
    gone = lan.ask("DELETE", path, headers=seen(read))
    assert gone.status_code == 200, gone.text
    assert lan.get(path).status_code == 404


def test_a_list_and_a_date_are_taken_and_what_is_none_is_refused(program: Programs, read: ReadItem) -> None:
    lan = program(Role.CLERK)
    path = f"{read.path}/fields"
    given = {"value": ["Như Điều 3", "Lưu: VT"]}
    assert lan.ask("PUT", f"{path}/recipients", json=given, headers=seen(read)).status_code == 200
    assert lan.get(f"{path}/recipients").json()["value"] == given["value"]
    for name, value in (("issued_date", "hôm qua"), ("code_number", ["1"]), ("code_number", "a\0b")):
        answer = lan.ask("PUT", f"{path}/{name}", json={"value": value}, headers=seen(read))
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), name
    assert lan.ask("PUT", f"{path}/no_such", json={"value": "1"}, headers=seen(read)).status_code == 422


def test_a_change_says_which_revision_it_saw(program: Programs, read: ReadItem, app: App) -> None:
    lan = program(Role.CLERK)
    path = f"{read.path}/fields/code_number"
    assert lan.post(f"{path}/acceptances").status_code == 428
    before = seen(read)
    assert lan.post(f"{path}/acceptances", headers=before).status_code == 201
    late = lan.ask("PUT", path, json={"value": "17"}, headers=before)
    assert late.status_code == 412
    assert read.now().doubtful_fields == 0
    assert events(app, "field.corrected") == 0


def test_a_change_that_is_sent_again_with_its_key_is_done_once(program: Programs, read: ReadItem, app: App) -> None:
    lan = program(Role.CLERK)
    path, first = f"{read.path}/fields/code_number", seen(read)
    one = lan.ask("PUT", path, json={"value": "16"}, headers=first, key="a1")
    again = lan.ask("PUT", path, json={"value": "16"}, headers=first, key="a1")
    assert (one.status_code, one.json()) == (again.status_code, again.json()) == (200, one.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = lan.ask("PUT", path, json={"value": "17"}, headers=first, key="a1")
    assert other.status_code == 422
    with app.unit_of_work() as uow:
        assert uow.session.scalar(select(func.count(Correction.id))) == 1


def test_one_reviews_and_another_publishes(program: Programs, read: ReadItem) -> None:
    lan, minh = program(Role.RECORDS_MANAGER), program(Role.RECORDS_MANAGER, login="minh")
    doubtful = lan.post(f"{read.path}/reviews", {}, headers=seen(read))
    assert doubtful.status_code == 409
    reviewed = lan.post(f"{read.path}/reviews", {"accept_doubtful": True}, headers=seen(read))
    assert (reviewed.status_code, reviewed.json()["state"]) == (201, "reviewed")
    own = lan.post(f"{read.path}/publications", {"level": "open"}, headers=seen(read))
    assert own.status_code == 403
    assert "người thứ hai" in own.json()["detail"]
    queued = minh.get("/queues/publication").json()["items"]
    assert [line["receipt"] for line in queued] == [reviewed.json()["receipt"]]
    published = minh.post(f"{read.path}/publications", {"level": "open"}, headers=seen(read))
    assert (published.status_code, published.json()["level"]) == (201, "open")
    assert (read.now().state, read.now().level) == ("published", "open")


def test_a_reviewed_item_is_returned_for_a_reason(program: Programs, read: ReadItem) -> None:
    lan = program(Role.RECORDS_MANAGER)
    lan.post(f"{read.path}/reviews", {"accept_doubtful": True}, headers=seen(read))
    assert lan.post(f"{read.path}/returns", {"reason": "  "}, headers=seen(read)).status_code == 422
    returned = lan.post(f"{read.path}/returns", {"reason": "thiếu ngày"}, headers=seen(read))
    assert (returned.status_code, returned.json()["state"]) == (201, "described")


def test_filing_is_put_right_and_a_withdrawn_item_comes_back(
    program: Programs, read: ReadItem, make: Factory, agency: Agency
) -> None:
    lan, other = program(Role.RECORDS_MANAGER), make.dossier(agency)
    assert lan.post(f"{read.path}/filings", {"dossier": other.code, "reason": "x"}).status_code == 409
    moved = lan.post(f"{read.path}/moves", {"dossier": other.code, "reason": "nhầm hồ sơ"}).json()
    assert (moved["dossier_code"], moved["code"]) == (other.code, read.now().code)
    assert lan.get(f"/items/{read.item.code}").json()["code"] == moved["code"], "the old code still leads here"
    withdrawn = lan.post(f"{read.path}/withdrawals", {"reason": "nộp nhầm"})
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (201, "withdrawn")
    assert "fields" not in lan.get(read.path).json(), "only its receipt is left to be seen"
    clerk = program(Role.CLERK, login="thu")
    assert clerk.post(f"{read.path}/restorations", {"reason": "rút nhầm"}).status_code == 404
    restored = lan.post(f"{read.path}/restorations", {"reason": "rút nhầm"})
    assert (restored.status_code, restored.json()["state"]) == (201, "described")
    assert lan.post(f"{read.path}/restorations", {"reason": "rút nhầm"}).status_code == 409


def test_another_item_takes_its_place_or_is_completed_by_it(
    program: Programs, read: ReadItem, make: Factory, agency: Agency
) -> None:
    lan = program(Role.RECORDS_MANAGER)
    better, annex = make.receipt(make.batch(agency)), make.receipt(make.batch(agency))
    make.item(agency, receipt=better, title="Bản quét rõ hơn")
    make.item(agency, receipt=annex)
    foreign = make.item(make.agency("XA"))
    with_foreign = {"item": str(foreign.id), "reason": "x"}
    assert lan.post(f"{read.path}/replacements", with_foreign).status_code == 404
    completed = lan.post(f"/items/{annex.number}/supplements", {"item": read.path[7:], "reason": "phụ lục"})
    assert (completed.status_code, completed.json()["dossier_code"]) == (201, read.dossier.code)
    replaced = lan.post(f"{read.path}/replacements", {"item": better.number, "reason": "quét lại"})
    assert (replaced.status_code, replaced.json()["state"]) == (201, "replaced")
    assert lan.get(read.path).json()["receipt"] == better.number, "what replaced it is answered in its place"


def test_findings_are_for_those_who_correct(program: Programs, read: ReadItem) -> None:
    found = program(Role.CLERK).get(f"{read.path}/findings").json()
    assert found
    assert all(each["text"] and not each["text"].startswith("finding.") for each in found)
    assert program(Role.OFFICIAL, login="xem").get(f"{read.path}/findings").status_code == 404


def test_a_misspelt_name_in_a_body_is_refused(program: Programs, read: ReadItem) -> None:
    answer = program(Role.RECORDS_MANAGER).post(f"{read.path}/withdrawals", {"reason": "nhầm", "resaon": "?"})
    assert answer.status_code == 422
    assert read.now().state == "described"
