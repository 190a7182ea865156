"""Webhooks and the inbox over the API: what the pages do, for a program of an operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archive.access.permissions import Role
from archive.actions.inbox import fill_inbox
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from archive.integrations.webhooks import tell_webhooks
from tests.archive.integrations.webhooks.receiver import receiving
from tests.archive.web.conftest import Program
from tests.archive.web.test_webhooks import happen
from tests.factories import Factory

Open = Callable[..., Program]
GIVEN = {
    "code": "MOT-CUA",
    "login": "mot-cua",
    "url": "http://127.0.0.1:9/hook",
    "events": ["dossier.created", "item.published"],
}


@pytest.fixture(autouse=True)
def told_account(app: App, account: Callable[..., Account], agency: Agency) -> Account:
    object.__setattr__(app.settings, "webhook_hosts", ("127.0.0.1",))
    return account("mot-cua", (Role.RECORDS_MANAGER, agency), kind="service")


def test_a_webhook_is_set_up_changed_replayed_and_its_secret_told_once(
    program: Open, app: App, make: Factory, agency: Agency
) -> None:
    happen(app, make, agency)
    operator = program(Role.OPERATOR)
    with receiving() as receiver:
        given = {**GIVEN, "url": receiver.url + "/hook"}
        made = operator.post("/webhooks", given, key="moi")
        assert made.status_code == 201, made.text
        secret = made.json()["secret"]
        again = operator.post("/webhooks", given, key="moi").json()
        assert again == {"webhook": made.json()["webhook"], "secret": None}
        assert "id" not in made.json()["webhook"]
        assert operator.post("/webhooks/MOT-CUA/replays", {"sequence": 1}).json() == {"sequence": 1}
        begun = operator.post("/webhooks/MOT-CUA/replays", {"since": "0001-01-01T00:00:00+14:00"})
        assert (begun.status_code, begun.json()) == (201, {"sequence": 1})
        assert tell_webhooks(app) == 1
        assert receiver.taken[0].is_signed_by(secret)
        shown = operator.get("/webhooks/MOT-CUA").json()
        assert (shown["state"], shown["problem"], shown["behind"]) == ("active", None, 0)
        (line,) = operator.get("/webhooks/MOT-CUA/deliveries").json()["items"]
        assert (line["outcome"], line["status"], line["sequence"]) == ("delivered", 204, receiver.sequences[0])
    renewed = operator.post("/webhooks/MOT-CUA/secrets")
    assert (renewed.status_code, renewed.json()["secret"] == secret) == (201, False)
    assert operator.post("/webhooks/MOT-CUA/resendings", {}).json() == {"number": 0}
    assert [line["code"] for line in operator.get("/webhooks").json()["items"]] == ["MOT-CUA"]


def test_a_change_names_the_version_that_was_seen(program: Open) -> None:
    operator = program(Role.OPERATOR)
    version = operator.post("/webhooks", GIVEN).json()["webhook"]["version"]

    def change(given: dict[str, Any], seen: int | None) -> Any:
        headers = {} if seen is None else {"If-Match": f'"{seen}"'}
        return operator.ask("PATCH", "/webhooks/MOT-CUA", json=given, headers=headers)

    assert change({"state": "paused"}, None).status_code == 428
    paused = change({"state": "paused"}, version)
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert change({"state": "active"}, version).status_code == 412
    for wrong in ({"events": ["session.opened"]}, {"state": "gone"}, {"url": "https://10.0.0.1/"}, {"thừa": 1}):
        assert change(wrong, paused.json()["version"]).status_code == 422, wrong


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"login": "khong-co"}, 422),
        ({"url": "http://motcua.vn/"}, 422),
        ({"events": []}, 422),
        ({"events": ["item.read"]}, 422),
        ({"code": "một cửa"}, 422),
    ],
)
def test_what_cannot_be_is_refused(program: Open, given: dict[str, Any], status: int) -> None:
    assert program(Role.OPERATOR).post("/webhooks", {**GIVEN, **given}).status_code == status


def test_nobody_else_finds_it(program: Open, make: Factory) -> None:
    program(Role.OPERATOR).post("/webhooks", GIVEN)
    stranger = program(Role.OPERATOR, login="xa", over=make.agency("XA"))
    manager = program(Role.RECORDS_MANAGER, login="hoa")
    for asking in (stranger, manager):
        assert asking.get("/webhooks/MOT-CUA").json() == asking.get("/webhooks/KHONG-CO").json()
        assert asking.get("/webhooks/MOT-CUA/deliveries").status_code == 404
        assert asking.post("/webhooks/MOT-CUA/secrets").status_code == 404
        assert asking.post("/webhooks/MOT-CUA/replays", {"sequence": 1}).status_code == 404
        assert asking.post("/webhooks", {**GIVEN, "code": "KHAC"}).status_code in {404, 422}
    assert stranger.get("/webhooks").json()["items"] == []


def test_an_account_reads_its_notices_and_chooses_its_mail(
    program: Open, app: App, make: Factory, agency: Agency
) -> None:
    officer = program(Role.SECURITY_OFFICER)
    make.item(agency, state="stopped")
    fill_inbox(app)
    (line,) = officer.get("/inbox").json()["items"]
    assert (line["reference"], line["seen_at"], line["link"]) == ("stopped:TD01:2026-03-02", None, "/stopped")
    assert line["message"] == "Cơ quan TD01: 1 tệp bị dừng đang chờ quyết định."
    assert officer.post("/inbox/sightings", {"references": ["stopped:XA:2026-03-02"]}).status_code == 404
    assert officer.post("/inbox/sightings", {"references": [line["reference"]]}).json() == {"number": 1}
    assert officer.post("/inbox/sightings", {}).json() == {"number": 0}
    assert officer.get("/inbox?only_unseen=true").json()["items"] == []
    assert program(Role.SECURITY_OFFICER, login="hoa").get("/inbox").json()["items"] == []
    chosen = {"email": "canbo@td01.gov.vn", "by_mail": True}
    assert officer.ask("PUT", "/inbox/mail", json=chosen).json() == chosen
    assert officer.get("/inbox/mail").json() == chosen
    assert officer.ask("PUT", "/inbox/mail", json={"email": "", "by_mail": True}).status_code == 422
