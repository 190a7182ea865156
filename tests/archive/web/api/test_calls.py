"""What every operation of the API shares: keys of repetition, revisions, pages, ETags, limits, problems."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, MutableMapping
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.actions.repetition import forget_keys
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.trail import AuditEvent, IdempotencyKey
from archive.web.app import create_app
from archive.web.limits import CallLimits, TooManyCalls
from tests.archive.web.conftest import Browser, Program
from tests.archive.web.read_item import ReadItem
from tests.conftest import SetClock
from tests.factories import Factory

BATCH = {"agency": "TD01", "task": 3}


def count(app: App, kind: Any) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(kind)) or 0


def test_the_same_key_again_is_answered_as_before_and_nothing_is_done(
    app: App, program: Callable[..., Program]
) -> None:
    clerk = program(Role.CLERK)
    first, again = (clerk.post("/batches", BATCH, key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert count(app, Batch) == 1


def test_the_same_key_with_something_else_is_refused_and_nothing_is_done(
    app: App, program: Callable[..., Program]
) -> None:
    clerk = program(Role.CLERK)
    assert clerk.post("/batches", BATCH, key="k-1").status_code == 201
    other = clerk.post("/batches", BATCH | {"task": 4}, key="k-1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:archive:problem:api.key_used")
    assert count(app, Batch) == 1


def test_a_key_is_its_accounts_own(app: App, program: Callable[..., Program]) -> None:
    for login in ("mot", "hai"):
        assert program(Role.CLERK, login=login).post("/batches", BATCH, key="k-1").status_code == 201
    assert count(app, Batch) == 2


def test_what_failed_can_be_tried_again_under_its_key(app: App, program: Callable[..., Program]) -> None:
    clerk = program(Role.CLERK)
    assert clerk.post("/batches", BATCH | {"task": 99}, key="k-1").status_code == 422
    assert count(app, IdempotencyKey) == 0
    assert clerk.post("/batches", BATCH, key="k-1").status_code == 201


def test_calls_with_one_key_at_the_same_time_are_one(app: App, program: Callable[..., Program]) -> None:
    clerk, answers = program(Role.CLERK), list[httpx.Response]()
    threads = [
        threading.Thread(target=lambda: answers.append(clerk.post("/batches", BATCH, key="k-1"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["batch"] for answer in answers}) == 1
    assert count(app, Batch) == 1


def test_a_token_is_told_once_and_never_kept(app: App, program: Callable[..., Program]) -> None:
    operator = program(Role.OPERATOR)
    made = operator.post("/accounts", {"login": "cong", "name": "Cổng", "kind": "service"}, key="k-1")
    assert made.status_code == 201, made.text
    operator.post("/accounts/cong/assignments", {"role": "service", "agency": "TD01"}, key="k-2")
    token = operator.post("/accounts/cong/tokens", {"name": "thử"}, key="k-3")
    assert token.status_code == 201, token.text
    secret = token.json()["token"]
    again = operator.post("/accounts/cong/tokens", {"name": "thử"}, key="k-3")
    assert again.json() == token.json() | {"token": None}
    with app.unit_of_work() as uow:
        kept = " ".join(str(row.answer) for row in uow.session.scalars(select(IdempotencyKey)))
    assert secret not in kept


def test_a_cookie_alone_writes_nothing(app: App, signed_in: Callable[..., Browser]) -> None:
    answer = signed_in(Role.CLERK).client.post("/api/v1/batches", json=BATCH)
    assert answer.status_code == 401
    assert count(app, Batch) == 0


def test_who_has_the_answer_is_told_so(program: Callable[..., Program], read: ReadItem) -> None:
    clerk = program(Role.CLERK)
    first = clerk.get(read.path)
    again = clerk.get(read.path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert clerk.get(read.path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(("seen", "status"), [({}, 428), ({"If-Match": '"999"'}, 412), ({"If-Match": "x"}, 412)])
def test_a_change_names_the_revision_that_was_seen(
    program: Callable[..., Program], read: ReadItem, seen: dict[str, str], status: int
) -> None:
    answer = program(Role.CLERK).ask("PUT", f"{read.path}/fields/code_number", json={"value": "16"}, headers=seen)
    assert answer.status_code == status, answer.text


def test_a_list_is_walked_by_its_cursors_without_a_gap(program: Callable[..., Program]) -> None:
    clerk = program(Role.CLERK)
    opened = [clerk.post("/batches", BATCH).json()["batch"] for _ in range(5)]
    seen, cursor = list[str](), ""
    while True:
        page = clerk.get("/batches", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [line["batch"] for line in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == opened[::-1]
    assert clerk.get("/batches?cursor=nonsense").status_code == 422


@pytest.mark.parametrize(
    ("asked", "language"), [("", "vi"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("vi,en;q=0.5", "vi"), ("fr", "vi")]
)
def test_problems_are_told_in_the_language_that_was_asked_for(
    program: Callable[..., Program], asked: str, language: str
) -> None:
    answer = program(Role.CLERK).post("/batches", BATCH | {"task": 99}, headers={"Accept-Language": asked})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == language
    assert answer.json()["type"] == "urn:archive:problem:ingest.task_unknown"
    assert ("nhiệm vụ" in answer.json()["detail"]) == (language == "vi")


def test_what_is_wrong_is_named_by_its_field(program: Callable[..., Program]) -> None:
    answer = program(Role.CLERK).post("/batches", {"agency": "TD01", "task": "ba"})
    assert (answer.status_code, answer.json()["fields"]) == (422, ["body.task"])


@pytest.mark.parametrize("token", ["", "x", "arc_" + "0" * 40, "\x7f"])
def test_a_forged_token_opens_nothing(program: Callable[..., Program], token: str) -> None:
    clerk = program(Role.CLERK)
    answer = Program(clerk.client, token).get("/me")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_agencys_records_look_like_none(
    app: App, program: Callable[..., Program], make: Factory, read: ReadItem
) -> None:
    other: Agency = make.agency("TD02")
    stranger = program(Role.RECORDS_MANAGER, login="la", over=other)
    events = count(app, AuditEvent)
    theirs, none = (stranger.get(path) for path in (read.path, "/items/BN-TD01-2026-9999999"))
    assert (theirs.status_code, theirs.json()) == (none.status_code, none.json()) == (404, theirs.json())
    assert stranger.post("/batches", BATCH).status_code == 404
    assert refusals(app) == [("web.not_here", True)]
    assert count(app, AuditEvent) == events + 1
    assert count(app, Batch) == 1  # the one that was there


def test_me_is_the_account_of_the_token(program: Callable[..., Program]) -> None:
    told = program(Role.CLERK, login="may-quet").get("/me").json()
    assert told["login"] == "may-quet"
    assert [(each["role"], each["agency"]) for each in told["assignments"]] == [("clerk", "TD01")]


def test_too_many_calls_wait_for_the_bucket_to_fill(make: Factory) -> None:
    now = 0.0
    limits = CallLimits(60, monotonic=lambda: now)
    one, other = make.account("mot").id, make.account("hai").id
    for _ in range(60):
        limits.take(one)
    with pytest.raises(TooManyCalls) as refused:
        limits.take(one)
    assert refused.value.wait_s == 1
    limits.take(other)
    now = 1.0
    limits.take(one)
    with pytest.raises(TooManyCalls):
        limits.take(one)


def test_a_key_is_forgotten_after_a_month(app: App, clock: SetClock, program: Callable[..., Program]) -> None:
    program(Role.CLERK).post("/batches", BATCH, key="k-1")
    clock.advance(days=29)
    assert forget_keys(app) == 0
    clock.advance(days=2)
    assert forget_keys(app) == 1
    assert count(app, IdempotencyKey) == 0


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream"])
def test_a_big_body_is_not_read_whole_before_anybody_knows_who_sent_it(app: App, kind: str, announced: bool) -> None:
    block, blocks, taken, told = b" " * (256 << 10), 64, 0, []
    headers = [(b"content-type", kind.encode())]
    if announced:
        headers.append((b"content-length", str(blocks * len(block)).encode()))
    scope = {"type": "http", "method": "POST", "scheme": "http", "http_version": "1.1", "path": "/api/v1/batches"}

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": block, "more_body": taken < blocks}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    asyncio.run(create_app(app)({**scope, "query_string": b"", "headers": headers}, receive, send))
    assert told[0]["status"] == 413
    assert (b"content-type", b"application/problem+json") in told[0]["headers"]
    assert taken <= (0 if announced else 5)


def test_a_file_bigger_than_any_other_body_is_taken(app: App, program: Callable[..., Program]) -> None:
    clerk = program(Role.CLERK)
    number = clerk.post("/batches", BATCH).json()["batch"]
    big = b"%PDF-1.7\n" + b" " * (3 << 20)
    answer = clerk.ask("POST", f"/batches/{number}/files", content=big, headers={"File-Name": "to.pdf"})
    assert answer.status_code != 413
    assert count(app, BatchEntry) == 1


def refusals(app: App) -> list[tuple[str, bool]]:
    """(reason, whether somebody is known by name) of each, oldest first."""
    with app.unit_of_work() as uow:
        found = select(AuditEvent).where(AuditEvent.tag == "call.refused").order_by(AuditEvent.id)
        return [(row.subject_id, row.actor_id is not None) for row in uow.session.scalars(found)]


def test_what_was_tried_and_refused_is_in_the_trail_once(app: App, program: Callable[..., Program]) -> None:
    clerk = program(Role.CLERK)
    stranger = Program(clerk.client, "arc_" + "0" * 40)
    for _ in range(3):
        stranger.post("/batches", BATCH)
        stranger.get("/me")
        clerk.post("/batches/LO-TD02-2026-00001/closures", {})
    clerk.post("/batches", BATCH, key="k-1")
    clerk.post("/batches", BATCH | {"task": 4}, key="k-1")
    assert refusals(app) == [("web.sign_in_needed", False), ("web.not_here", True), ("api.key_used", True)]


def test_reading_what_is_not_there_is_no_refused_change(app: App, program: Callable[..., Program]) -> None:
    program(Role.CLERK).get("/batches/LO-TD02-2026-00001")
    assert refusals(app) == []


def test_a_form_is_not_read_whole_before_anybody_knows_who_sent_it(browser: Callable[..., Browser]) -> None:
    answer = browser().client.post("/sign-in", content=b"login=" + b"x" * (2 << 20), headers={
        "Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 413
