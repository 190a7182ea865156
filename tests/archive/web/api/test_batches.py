"""Deliveries over the API: opened, filled, closed, reconciled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Receipt
from tests.archive.web.conftest import Program
from tests.factories import Factory

Programs = Callable[..., Program]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
OTHER = PDF.replace(b"<<>>", b"<< >>")


def opened(lan: Program, **given: object) -> str:
    answer = lan.post("/batches", {"agency": "TD01", "task": 5, **given})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["batch"])


def deliver(
    lan: Program,
    number: str,
    content: bytes = PDF,
    name: str = "quyết định.pdf",
    key: str | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    headers = {"File-Name": quote(name), "Content-Type": "application/octet-stream", **(headers or {})}
    return lan.ask("POST", f"/batches/{number}/files", content=content, headers=headers, key=key)


def count(app: App, rows: type) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(rows)) or 0


def test_a_delivery_is_reconciled(program: Programs, agency: Agency) -> None:
    lan = program(Role.CLERK)
    number = opened(lan, expected=3)
    stored = deliver(lan, number)
    assert (stored.status_code, stored.json()["outcome"], stored.json()["batch"]) == (201, "stored", number)
    again = deliver(lan, number, name="bản sao.pdf")
    assert (again.status_code, again.json()) == (200, {**stored.json(), "outcome": "duplicate"})
    refused = deliver(lan, number, b"MZ\x90\x00", "hai.pdf")
    assert (refused.status_code, refused.headers["content-type"]) == (415, "application/problem+json")
    assert "chương trình" in refused.json()["detail"]
    told = lan.get(f"/batches/{number}").json()
    assert (told["batch"], told["agency"], told["task"], told["expected"]) == (number, "TD01", 5, 3)
    assert (told["stored"], told["unexplained"], told["under_way"]) == (1, 0, 1)
    assert told["duplicates"] == [{"name": None, "receipt": stored.json()["receipt"]}]
    assert told["refused"] == [{"name": "hai.pdf", "reason": refused.json()["detail"]}]
    closed = lan.post(f"/batches/{number}/closures", {})
    assert (closed.status_code, bool(closed.json()["closed_at"])) == (201, True)
    late = deliver(lan, number, OTHER)
    assert late.status_code == 409


def test_what_has_not_passed_the_gate_has_no_name(program: Programs, agency: Agency) -> None:
    lan = program(Role.CLERK)
    number = opened(lan)
    deliver(lan, number, name="hồ sơ của ông A.pdf")
    for path in (f"/batches/{number}", f"/batches/{number}/files"):
        assert "ông A" not in lan.get(path).text


def test_files_are_listed_page_by_page_forwards_and_back(program: Programs, agency: Agency) -> None:
    lan = program(Role.CLERK)
    number = opened(lan)
    for ordinal in range(3):
        deliver(lan, number, PDF + bytes([65 + ordinal]))
    path = f"/batches/{number}/files?limit=2"
    first = lan.get(path).json()
    second = lan.get(f"{path}&cursor={first['next']}").json()
    assert [line["ordinal"] for line in (*first["items"], *second["items"])] == [1, 2, 3]
    assert second["next"] is None
    assert lan.get(f"{path}&cursor={second['previous']}").json()["items"] == first["items"]
    assert lan.get(f"{path}&cursor=x").status_code == 422
    assert lan.get(f"/batches/{number}/files?limit=201").status_code == 422


def test_deliveries_are_listed_newest_first_for_those_who_may_see_them(
    program: Programs, agency: Agency, make: Factory
) -> None:
    lan = program(Role.CLERK)
    numbers = [opened(lan), opened(lan)]
    make.batch(make.agency("XA"))
    lan.post(f"/batches/{numbers[0]}/closures", {})
    assert [line["batch"] for line in lan.get("/batches").json()["items"]] == numbers[::-1]
    assert [line["batch"] for line in lan.get("/batches?open_only=true").json()["items"]] == numbers[1:]
    assert program(Role.OFFICIAL, login="xem").get("/batches").status_code == 404


def test_bytes_that_differ_from_their_digest_are_refused(program: Programs, agency: Agency, app: App) -> None:
    lan = program(Role.CLERK)
    number = opened(lan)
    digest = hashlib.sha256(PDF).hexdigest()
    broken = deliver(lan, number, PDF[:-1], headers={"File-SHA256": digest})
    assert broken.status_code == 422
    assert count(app, Receipt) == 0
    assert list(app.quarantine.keys()) == []
    whole = deliver(lan, number, headers={"File-SHA256": digest})
    assert whole.status_code == 201
    assert lan.get(f"/receipts/{whole.json()['receipt']}").json()["digest"] == digest


def test_a_file_that_is_sent_again_with_its_key_is_taken_once(program: Programs, agency: Agency, app: App) -> None:
    lan, minh = program(Role.CLERK), program(Role.CLERK, login="minh")
    number, another = opened(lan), opened(lan)
    first = deliver(lan, number, key="f1")
    again = deliver(lan, number, key="f1")
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert count(app, BatchEntry) == 1
    assert deliver(lan, number, OTHER, key="f1").status_code == 422, "the key belongs to other bytes"
    assert deliver(lan, another, key="f1").status_code == 422, "the key belongs to another delivery"
    assert count(app, BatchEntry) == 1
    assert deliver(minh, number, key="f1").json()["outcome"] == "duplicate", "a key is its account's own"


def test_a_key_that_is_under_way_twice_is_taken_once(program: Programs, agency: Agency, app: App) -> None:
    lan = program(Role.CLERK)
    number = opened(lan)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: deliver(lan, number, key="f1"), range(4)))
        made = list(pool.map(lambda _: lan.post("/batches", {"agency": "TD01", "task": 5}, key="b1"), range(4)))
    assert len({answer.text for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["batch"] for answer in made}) == 1
    assert (count(app, BatchEntry), count(app, Batch)) == (1, 2)


def test_a_file_over_the_limit_is_refused_announced_or_not(program: Programs, agency: Agency, app: App) -> None:
    lan = program(Role.CLERK)
    number = opened(lan)
    limit = 1000
    object.__setattr__(app.settings, "max_file_bytes", limit)
    announced = lan.ask(
        "POST",
        f"/batches/{number}/files",
        content=b"",
        headers={"File-Name": "a.pdf", "Content-Length": str(limit + 1)},
    )
    assert announced.status_code == 413
    assert count(app, BatchEntry) == 0, "not a byte of it was read"

    def blocks() -> Iterator[bytes]:
        yield PDF
        yield bytes(limit)

    unannounced = lan.ask("POST", f"/batches/{number}/files", content=blocks(), headers={"File-Name": "a.pdf"})
    assert unannounced.status_code == 413
    assert (count(app, Receipt), list(app.quarantine.keys())) == (0, [])


@pytest.mark.parametrize(
    ("name", "status"),
    [("%ff.pdf", 422), ("..%2Fa.pdf", 422), ("a%00.pdf", 422), ("", 422), ("th%C6%B0%20m%E1%BB%A5c%2Fa.pdf", 201)],
)
def test_a_name_is_taken_as_it_is_or_refused(program: Programs, agency: Agency, name: str, status: int) -> None:
    lan = program(Role.CLERK)
    answer = lan.ask("POST", f"/batches/{opened(lan)}/files", content=PDF, headers={"File-Name": name})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"agency": "XA", "task": 5}, 404),
        ({"agency": "KHONG-CO", "task": 5}, 422),
        ({"agency": "TD01", "task": 999}, 422),
        ({"agency": "TD01", "task": 5, "dossier": "TD01.2020.1"}, 422),
        ({"agency": "TD01", "task": 5, "scanner": "MQ9"}, 422),
        ({"agency": "TD01", "task": "năm"}, 422),
        ({"task": 5}, 422),
    ],
)
def test_what_no_delivery_is_made_of_is_refused(
    program: Programs, agency: Agency, make: Factory, app: App, given: dict[str, object], status: int
) -> None:
    make.agency("XA")
    assert program(Role.CLERK).post("/batches", given).status_code == status
    assert count(app, Batch) == 0


def test_nobody_delivers_to_others(program: Programs, agency: Agency, make: Factory, app: App) -> None:
    number = opened(program(Role.CLERK))
    stranger = program(Role.CLERK, login="la", over=make.agency("XA"))
    for answer in (
        stranger.get(f"/batches/{number}"),
        stranger.get(f"/batches/{number}/files"),
        stranger.post(f"/batches/{number}/closures", {}),
        deliver(stranger, number),
    ):
        assert answer.status_code == 404
    assert deliver(program(Role.LEADER, login="xem"), number).status_code in {403, 404}
    assert count(app, BatchEntry) == 0
