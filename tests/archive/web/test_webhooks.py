"""Pages of webhooks: set up, seen, paused, replayed, sent again; by an operator and by nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest

from archive import audit
from archive.access.permissions import Role
from archive.actions.dossiers import create_dossier
from archive.actions.webhook_answers import WAITS
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from archive.integrations.webhooks import tell_webhooks
from tests.archive.integrations.webhooks.receiver import Receiver, receiving
from tests.archive.web.conftest import Browser
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Browser]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def form(
    app: App, make: Factory, agency: Agency, receiver: Receiver, account: Callable[..., Account]
) -> dict[str, Any]:
    object.__setattr__(app.settings, "webhook_hosts", ("127.0.0.1",))
    account("mot-cua", (Role.RECORDS_MANAGER, agency), kind="service")
    return {
        "code": "MOT-CUA",
        "login": "mot-cua",
        "url": receiver.url + "/hook",
        "events": ["dossier.created", "item.published"],
    }


def happen(app: App, make: Factory, agency: Agency) -> None:
    manager = make.actor(Role.RECORDS_MANAGER, agency)
    with app.unit_of_work() as uow:
        create_dossier(uow, title="Hồ sơ", agency_code=agency.code, year=2025, actor=manager, now=app.clock())
    with app.unit_of_work() as uow:
        audit.seal(uow.session, app.clock())


def test_an_operator_sets_one_up_and_the_secret_is_shown_once(
    signed_in: Open, app: App, make: Factory, agency: Agency, form: dict[str, Any], receiver: Receiver
) -> None:
    operator = signed_in(Role.OPERATOR)
    assert "Chưa có nơi nào" in unescape(operator.get("/webhooks").text)
    made = operator.post("/webhooks", form)
    assert made.status_code == 200
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", unescape(made.text))
    page = unescape(operator.get("/webhooks/MOT-CUA").text)
    assert "whsec_" not in page
    assert form["url"] in page
    assert "MOT-CUA" in operator.get("/webhooks").text
    happen(app, make, agency)
    assert tell_webhooks(app) == 1
    assert receiver.taken[0].is_signed_by(secret)
    assert "đã nhận" in unescape(operator.get("/webhooks/MOT-CUA?outcome=delivered").text)
    renewed = operator.post("/webhooks/MOT-CUA/secrets")
    assert renewed.status_code == 200
    assert secret not in unescape(renewed.text)
    assert "whsec_" in renewed.text


def test_what_was_typed_stays_when_it_is_not_taken(signed_in: Open, form: dict[str, Any]) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/webhooks")
    refused = operator.post("/webhooks", {**form, "url": "http://motcua.example.vn/"})
    assert refused.status_code == 422
    page = unescape(refused.text)
    assert "phải bắt đầu bằng https" in page
    assert 'value="MOT-CUA"' in page
    assert re.search(r'value="item.published" checked', page)
    assert operator.post("/webhooks", {**form, "events": []}).status_code == 422
    assert operator.post("/webhooks", form).status_code == 200
    assert operator.post("/webhooks", form).status_code == 409


def test_what_failed_is_seen_and_sent_again(
    signed_in: Open, app: App, make: Factory, agency: Agency, form: dict[str, Any], receiver: Receiver, clock: SetClock
) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/webhooks")
    operator.post("/webhooks", form)
    happen(app, make, agency)
    receiver.always(500)
    tell_webhooks(app)
    page = unescape(operator.get("/webhooks/MOT-CUA").text)
    assert "Máy nhận trả lời 500" in page
    assert "Đã thử 1 lần" in page
    for wait in WAITS:
        clock.now += wait
        tell_webhooks(app)
    assert operator.sign_in("lan").status_code == 303
    assert "Máy nhận trả lời 500" in unescape(operator.get("/webhooks/MOT-CUA?outcome=dead").text)
    dead = receiver.sequences[0]
    assert operator.post("/webhooks/MOT-CUA/dead-letters", {"sequence": str(dead)}).status_code == 303
    assert "sắp gửi lại" in unescape(operator.get("/webhooks/MOT-CUA").text)
    receiver.always(204)
    assert tell_webhooks(app) == 1
    assert "Chưa có thông báo nào" in unescape(operator.get("/webhooks/MOT-CUA?outcome=dead").text)


def test_it_is_paused_changed_and_replayed(
    signed_in: Open, app: App, make: Factory, agency: Agency, form: dict[str, Any], receiver: Receiver
) -> None:
    happen(app, make, agency)
    operator = signed_in(Role.OPERATOR)
    operator.get("/webhooks")
    operator.post("/webhooks", form)
    path = "/webhooks/MOT-CUA"
    assert operator.post(f"{path}/pause").status_code == 303
    operator.post(f"{path}/replays", {"sequence": "1"})
    assert tell_webhooks(app) == 0
    assert operator.post(f"{path}/resume").status_code == 303
    assert tell_webhooks(app) == 1
    (version,) = re.findall(r'name="version" value="(\d+)"', operator.get(path).text)
    changed = {"version": version, "url": form["url"], "events": ["dossier.closed"]}
    assert operator.post(path, changed).status_code == 303
    assert operator.post(path, {**changed, "events": ["dossier.created"]}).status_code == 409
    assert operator.post(f"{path}/replays", {"since": "2026-03-01T00:00"}).status_code == 303
    assert operator.post(f"{path}/replays", {"since": "hôm qua"}).status_code == 422
    assert operator.post(f"{path}/replays", {}).status_code == 422
    assert operator.post(f"{path}/explode").status_code == 404


def test_nobody_else_finds_the_pages(signed_in: Open, form: dict[str, Any]) -> None:
    operator, clerk = signed_in(Role.OPERATOR), signed_in(Role.CLERK, login="tuan")
    operator.get("/webhooks")
    operator.post("/webhooks", form)
    for path in ("/webhooks", "/webhooks/MOT-CUA"):
        assert clerk.get(path).status_code == 404
    for path in ("/webhooks", "/webhooks/MOT-CUA", "/webhooks/MOT-CUA/secrets", "/webhooks/MOT-CUA/pause"):
        assert clerk.post(path, form).status_code == 404
    assert "Thông báo tự động" not in unescape(clerk.get("/").text)
