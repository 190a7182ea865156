"""Dossiers, queues, search, figures, stopped items and receipts over the API."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.states import ItemState
from archive.indexing import drain
from search.adapters.memory import MemoryIndex
from tests.archive.queries.records import describe, page, read
from tests.archive.web.conftest import Program
from tests.factories import Factory

Programs = Callable[..., Program]
EVERYBODY = frozenset(Role)
RECORDS = EVERYBODY - {Role.AUDITOR, Role.SECURITY_OFFICER, Role.OPERATOR}
BATCHES = {Role.CLERK, Role.REVIEWER, Role.RECORDS_MANAGER, Role.LEADER, Role.SECURITY_OFFICER}
REVIEWERS = {Role.CLERK, Role.REVIEWER, Role.RECORDS_MANAGER}
READERS = {
    "/overview": EVERYBODY,
    "/batches": BATCHES,
    "/dossiers": RECORDS - {Role.SERVICE},
    "/search?q=a": RECORDS,
    "/queues/review": REVIEWERS,
    "/queues/publication": REVIEWERS - {Role.CLERK},
    "/stopped": {Role.SECURITY_OFFICER},
    "/records": (RECORDS | {Role.AUDITOR}) - {Role.SERVICE},
}


@pytest.fixture(autouse=True)
def _index(app: App) -> None:
    app.__dict__["index"] = MemoryIndex()


@pytest.mark.parametrize("role", Role)
def test_a_role_reads_what_its_pages_show_and_nothing_else(program: Programs, agency: Agency, role: Role) -> None:
    asking = program(role)
    answers = {path: asking.get(path).status_code for path in READERS}
    assert answers == {path: 200 if role in readers else 404 for path, readers in READERS.items()}


def test_a_dossier_is_opened_closed_and_opened_again(program: Programs, agency: Agency) -> None:
    thu, lan = program(Role.CLERK, login="thu"), program(Role.RECORDS_MANAGER)
    given = {"title": "Hồ sơ cấp giấy phép", "agency": "TD01", "year": 2025, "task": 3}
    opened = thu.post("/dossiers", given, key="d1")
    assert (opened.status_code, opened.json()["state"], opened.json()["task_number"]) == (201, "open", 3)
    assert thu.post("/dossiers", given, key="d1").json() == opened.json()
    path = f"/dossiers/{opened.json()['code']}"
    assert thu.post(f"{path}/closures", {"work_ended_on": "2025-12-01"}).status_code == 404
    assert lan.post(f"{path}/closures", {"work_ended_on": "2024-12-01"}).status_code == 422
    closed = lan.post(f"{path}/closures", {"work_ended_on": "2025-12-01"})
    assert (closed.status_code, closed.json()["state"], closed.json()["work_ended_on"]) == (201, "closed", "2025-12-01")
    assert lan.post(f"{path}/closures", {"work_ended_on": "2025-12-01"}).status_code == 409
    assert lan.post(f"{path}/reopenings", {"reason": "còn việc"}).json()["state"] == "open"
    assert lan.get("/dossiers").json()["items"][0]["code"] == opened.json()["code"]


def test_the_items_of_a_dossier_are_listed_page_by_page(program: Programs, agency: Agency, make: Factory) -> None:
    dossier = make.dossier(agency)
    codes = [make.item(agency, dossier=dossier).code for _ in range(3)]
    make.item(agency, dossier=dossier, state=ItemState.WITHDRAWN)
    lan = program(Role.OFFICIAL)
    path = f"/dossiers/{dossier.code}/items?limit=2"
    first = lan.get(path).json()
    second = lan.get(f"{path}&cursor={first['next']}").json()
    assert [line["code"] for line in (*first["items"], *second["items"])] == codes
    assert lan.get(f"/dossiers/{dossier.code}").json()["items"] == 3


def test_a_dossier_of_others_is_unknown(program: Programs, agency: Agency, make: Factory) -> None:
    dossier = make.dossier(agency)
    stranger = program(Role.RECORDS_MANAGER, over=make.agency("XA"))
    asked = {"work_ended_on": "2025-12-01"}
    for answer in (
        stranger.get(f"/dossiers/{dossier.code}"),
        stranger.get(f"/dossiers/{dossier.code}/items"),
        stranger.post(f"/dossiers/{dossier.code}/closures", asked),
        stranger.post(f"/dossiers/{dossier.code}/reopenings", {"reason": "x"}),
    ):
        assert answer.status_code == 404
    assert stranger.post("/dossiers", {"title": "A", "agency": "TD01", "year": 2025}).status_code == 404


def test_the_review_queue_begins_with_what_is_doubtful(program: Programs, agency: Agency, make: Factory) -> None:
    for number, fields in (("BN-plain", 0), ("BN-doubtful", 2)):
        make.item(agency, receipt=make.receipt(make.batch(agency), number=number), doubtful_fields=fields)
    make.item(make.agency("XA"), doubtful_fields=9)
    lan = program(Role.REVIEWER)
    assert [line["receipt"] for line in lan.get("/queues/review").json()["items"]] == ["BN-doubtful", "BN-plain"]
    only = lan.get("/queues/review?only_doubtful=true").json()["items"]
    assert [line["receipt"] for line in only] == ["BN-doubtful"]
    assert lan.get("/overview").json()["to_review"] == 2


def test_a_search_finds_with_filters_and_tells_no_more_than_may_be_seen(
    program: Programs, app: App, agency: Agency, make: Factory
) -> None:
    for number, over in (("BN-1", agency), ("BN-2", make.agency("XA"))):
        item = make.item(over, receipt=make.receipt(make.batch(over), number=number))
        fields = {"type_name": read("Quyết định"), "issued_date": read("2025-03-15")}
        describe(app, make, item, fields, page(1, "Giấy phép xây dựng số 15"))
    drain(app)
    lan = program(Role.OFFICIAL)
    told = lan.get("/search?q=giay phep").json()
    assert (told["total"], told["eased"], [hit["id"] for hit in told["hits"]]) == (1, False, ["BN-1"])
    hit = told["hits"][0]
    start, end = hit["pages"][0]["marks"][0]
    assert hit["pages"][0]["snippet"][start:end] == "Giấy"
    assert (hit["agency"], hit["type_name"], hit["issued_date"]) == ("TD01", "Quyết định", "2025-03-15")
    for filters, total in {
        "type=Quyết định": 1,
        "type=Công văn": 0,
        "year=2025": 1,
        "from=2025-04-01": 0,
        "to=2025-04-01": 1,
        "agency=XA": 0,
        "state=published": 0,
    }.items():
        assert lan.get(f"/search?q=phép&{filters}").json()["total"] == total, filters
    assert lan.get("/search?limit=101").status_code == 422
    assert lan.get("/search?state=stopped").status_code == 422


def test_a_figure_has_its_records(program: Programs, agency: Agency, make: Factory) -> None:
    dossier = make.dossier(agency)
    make.item(agency, dossier=dossier, state=ItemState.PUBLISHED)
    make.item(agency)
    lan = program(Role.LEADER)
    told = lan.get("/records?figure=received&task=1").json()
    assert (told["counted"], told["seen"], len(told["items"])) == (2, 2, 2)
    published = lan.get("/records?figure=published&measure=dossiers").json()
    assert [each["code"] for each in published["items"]] == [dossier.code]
    assert lan.get("/records?figure=burnt").status_code == 422
    assert lan.get("/records?first=2026-01-01").status_code == 422
    hidden = program(Role.AUDITOR, login="kiem").get("/records").json()
    assert (hidden["counted"], hidden["seen"], hidden["items"]) == (2, 0, [])


def test_the_security_officer_decides_on_what_was_stopped(
    program: Programs, app: App, agency: Agency, make: Factory
) -> None:
    stopped = [make.item(agency, state=ItemState.STOPPED, file_name="bí mật.pdf") for _ in range(2)]
    for item in stopped:
        app.quarantine.receive(str(item.receipt_id), io.BytesIO(b"scan"), "bí mật.pdf", limit_bytes=100)
        app.quarantine.release(str(item.receipt_id))
    officer = program(Role.SECURITY_OFFICER)
    answer = officer.get("/stopped")
    first, second = (line["number"] for line in answer.json()["items"])
    assert "bí mật" not in answer.text
    remove = {"act": "remove", "decision": "Quyết định 12"}
    assert program(Role.CLERK, login="thu").post(f"/stopped/{first}/decisions", remove).status_code == 404
    stranger = program(Role.SECURITY_OFFICER, login="la", over=make.agency("XA"))
    assert stranger.post(f"/stopped/{first}/decisions", remove).status_code == 404
    assert len(list(app.quarantine.keys())) == 2
    assert officer.post(f"/stopped/{first}/decisions", {"act": "remove", "decision": " "}).status_code == 422
    removed = officer.post(f"/stopped/{first}/decisions", remove)
    assert (removed.status_code, removed.json()["state"]) == (201, "destroyed")
    assert len(list(app.quarantine.keys())) == 1
    released = officer.post(f"/stopped/{second}/decisions", {"act": "release", "decision": "Không phải dấu mật"})
    assert released.json()["state"] == "received"
    assert officer.post(f"/stopped/{first}/decisions", remove).status_code == 409
    assert officer.get(f"/receipts/{first}").json()["state"] == "destroyed", "the receipt stays"


def test_a_receipt_is_for_those_who_may_see_the_delivery(program: Programs, agency: Agency, make: Factory) -> None:
    receipt = make.receipt(make.batch(agency))
    make.item(agency, receipt=receipt)
    told = program(Role.CLERK).get(f"/receipts/{receipt.number}").json()
    assert (told["digest"], told["size_bytes"]) == (receipt.digest, receipt.size_bytes)
    assert program(Role.OFFICIAL, login="xem").get(f"/receipts/{receipt.number}").status_code == 404
