from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from archive.access.permissions import Role
from archive.bootstrap import App
from tests.archive.web.conftest import Program

Open = Callable[..., Program]
MAILBOX = {
    "code": "HT-01", "agency_code": "TD01", "task_number": 3, "host": "imap.coquan.gov.vn", "login": "quet",
    "password": "mật khẩu thư", "senders": ["vanthu@coquan.gov.vn"],
}  # fmt: skip


@pytest.fixture
def folder(app: App, tmp_path: Path) -> dict[str, object]:
    (tmp_path / "scans").mkdir()
    app.settings = dataclasses.replace(app.settings, folders=(tmp_path / "scans",))
    return {"code": "TM-01", "agency_code": "TD01", "task_number": 3, "path": str(tmp_path / "scans" / "may-1")}


def put(program: Program, path: str, given: object, seen: str | None = None) -> httpx.Response:
    return program.ask("PUT", path, json=given, headers={"If-Match": seen} if seen else {})


def test_a_folder_is_set_up_changed_and_paused(program: Open, folder: dict[str, object]) -> None:
    operator = program(Role.OPERATOR)
    made = operator.post("/doors/folders", folder, key="moi")
    assert made.status_code == 201, made.text
    assert operator.post("/doors/folders", folder, key="moi").json() == made.json()
    assert made.json()["door"]["state"] == "active"
    assert operator.get("/doors/folders/TM-01/files").json()["items"] == []
    change = {name: value for name, value in folder.items() if name != "code"} | {"quiet_s": 60}
    stale = put(operator, "/doors/folders/TM-01", change, '"7"')
    assert stale.status_code == 412
    changed = put(operator, "/doors/folders/TM-01", change, '"1"')
    assert (changed.status_code, changed.json()["quiet_s"]) == (200, 60), changed.text
    paused = put(operator, "/doors/TM-01/pause", {"paused": True})
    assert (paused.status_code, paused.json()["state"]) == (200, "paused"), paused.text
    assert [door["code"] for door in operator.get("/doors").json()["doors"]] == ["TM-01"]


def test_a_mailbox_is_set_up_and_its_password_never_told(program: Open) -> None:
    operator = program(Role.OPERATOR)
    made = operator.post("/doors/mailboxes", MAILBOX, key="moi")
    assert made.status_code == 201, made.text
    assert "mật khẩu" not in made.text
    assert "mật khẩu" not in operator.get("/doors/mailboxes/HT-01").text
    assert operator.get("/doors/mailboxes/HT-01/mails").json()["items"] == []
    change = {name: value for name, value in MAILBOX.items() if name not in ("code", "password")}
    elsewhere = put(operator, "/doors/mailboxes/HT-01", change | {"host": "khac.vn"}, '"1"')
    assert elsewhere.status_code == 422
    assert put(operator, "/doors/mailboxes/HT-01", change, '"1"').status_code == 200


def test_who_only_delivers_sees_doors_and_sets_none_up(program: Open, folder: dict[str, object]) -> None:
    operator, clerk = program(Role.OPERATOR, login="an"), program(Role.CLERK, login="binh")
    operator.post("/doors/folders", folder)
    operator.post("/doors/mailboxes", MAILBOX)
    assert clerk.get("/doors/folders/TM-01").status_code == 200
    seen = clerk.get("/doors/mailboxes/HT-01").json()
    assert (seen["host"], seen["login"], seen["senders"]) == (None, None, [])
    assert clerk.post("/doors/folders", folder | {"code": "TM-02"}).status_code == 404
    assert put(clerk, "/doors/TM-01/pause", {"paused": True}).status_code == 404
    assert clerk.get("/doors/folders/KHAC").status_code == 404
