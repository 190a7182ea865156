from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from archive.access.permissions import Role
from archive.actions.folder_work import profiles
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from archive.integrations.watch_folder import look_at
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]
MAILBOX = {
    "code": "HT-01", "agency": "TD01", "task": "3", "host": "imap.coquan.gov.vn", "login": "quet",
    "password": "mật khẩu thư", "senders": "vanthu@coquan.gov.vn\n@so.gov.vn",
}  # fmt: skip


@pytest.fixture
def root(app: App, tmp_path: Path) -> Path:
    root = tmp_path / "scans"
    (root / "may-1").mkdir(parents=True)
    app.settings = dataclasses.replace(app.settings, folders=(root,))
    return root


@pytest.fixture
def folder(root: Path) -> dict[str, str]:
    return {"code": "tm-01", "agency": "TD01", "task": "3", "path": str(root / "may-1")}


def look(app: App) -> None:
    with app.unit_of_work() as uow:
        (profile,) = profiles(uow.session)
    look_at(app, profile)


def test_an_operator_sets_up_a_folder_and_pauses_it(signed_in: Open, folder: dict[str, str]) -> None:
    operator = signed_in(Role.OPERATOR)
    assert "Chưa có thư mục hay hộp thư nào" in operator.get("/doors").text
    assert operator.post("/doors/folders", folder).headers["location"] == "/doors/folders/TM-01?done=door_opened"
    page = operator.get("/doors/folders/TM-01").text
    assert folder["path"] in page
    assert operator.post("/doors/folders/TM-01/pause", {"paused": "yes"}).status_code == 303
    assert "tạm dừng" in operator.get("/doors").text
    assert operator.post("/doors/folders/TM-01/pause", {"paused": "no"}).status_code == 303
    assert "hoạt động" in operator.get("/doors").text


def test_who_delivers_sees_what_waits_and_who_operates_sees_no_names(
    app: App, signed_in: Open, folder: dict[str, str]
) -> None:
    operator, clerk = signed_in(Role.OPERATOR, login="an"), signed_in(Role.CLERK, login="binh")
    operator.get("/doors")
    operator.post("/doors/folders", folder)
    Path(folder["path"], "tờ trình.pdf").write_bytes(b"%PDF-1.7 cut off")
    look(app)
    look(app)
    page = clerk.get("/doors/folders/TM-01").text
    assert "tờ trình.pdf" in page
    assert "Tệp chưa có phần cuối" in page
    assert "/doors/folders/TM-01/pause" not in page
    page = operator.get("/doors/folders/TM-01").text
    assert "tờ trình" not in page
    assert "Tệp chưa có phần cuối" in page
    assert "/doors" in clerk.get("/").text


def test_what_is_wrong_with_a_folder_is_said_on_the_page(app: App, signed_in: Open, folder: dict[str, str]) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/doors")
    operator.post("/doors/folders", folder)
    os.rmdir(folder["path"])  # noqa: PTH106
    look(app)
    assert "Không thấy thư mục" in operator.get("/doors").text
    assert "Không thấy thư mục" in operator.get("/doors/folders/TM-01").text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"path": "/etc"}, "nằm trong nơi được phép"),
        ({"path": "{root}/../.."}, "nằm trong nơi được phép"),
        ({"quiet_s": "1"}, "từ 2 đến 3600"),
        ({"done_suffix": "done"}, "bắt đầu bằng dấu chấm"),
        ({"code": "mã số"}, "Mã phải có"),
        ({"agency": "KHAC"}, "Không tìm thấy"),
        ({"scanner": "MQ-9"}, "MQ-9"),
    ],
)
def test_a_form_that_is_not_taken_says_why_and_keeps_what_was_written(
    signed_in: Open, make: Factory, root: Path, folder: dict[str, str], wrong: dict[str, str], told: str
) -> None:
    make.agency("KHAC")
    operator = signed_in(Role.OPERATOR)
    operator.get("/doors")
    wrong = {name: value.replace("{root}", str(root)) for name, value in wrong.items()}
    answer = operator.post("/doors/folders", folder | wrong)
    assert answer.status_code in (409, 422)
    assert told in answer.text
    assert f'value="{(folder | wrong)["path"]}"' in answer.text


def test_folders_do_not_lie_in_each_other_and_codes_are_one_series(
    signed_in: Open, root: Path, folder: dict[str, str]
) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/doors")
    operator.post("/doors/folders", folder)
    assert operator.post("/doors/folders", folder | {"code": "TM-02", "path": str(root)}).status_code == 409
    assert operator.post("/doors/mailboxes", MAILBOX | {"code": "TM-01"}).status_code == 409


def test_a_mailbox_is_set_up_and_its_password_is_never_shown(signed_in: Open, app: App, agency: Agency) -> None:
    operator, clerk = signed_in(Role.OPERATOR, login="an"), signed_in(Role.CLERK, login="binh")
    operator.get("/doors")
    refused = operator.post("/doors/mailboxes", MAILBOX | {"security": "none"})
    assert refused.status_code == 422
    assert MAILBOX["password"] not in refused.text
    assert operator.post("/doors/mailboxes", MAILBOX).status_code == 303
    page = operator.get("/doors/mailboxes/HT-01").text
    assert MAILBOX["password"] not in page
    assert "@so.gov.vn" in page
    seen = clerk.get("/doors/mailboxes/HT-01").text
    assert "imap.coquan.gov.vn" not in seen
    assert "@so.gov.vn" not in seen
    with app.engine.connect() as connection:
        rows = connection.exec_driver_sql("select t::text from mailbox t union all select t::text from audit_details t")
        assert not [row for row in rows.scalars() if MAILBOX["password"] in row]


def test_another_server_needs_the_password_again(signed_in: Open) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/doors")
    operator.post("/doors/mailboxes", MAILBOX)
    changed = MAILBOX | {"password": "", "version": "1"}
    elsewhere = operator.post("/doors/mailboxes/HT-01", changed | {"host": "imap.khac.vn"})
    assert elsewhere.status_code == 422
    assert operator.post("/doors/mailboxes/HT-01", changed | {"folder": "Quét"}).status_code == 303
    assert operator.post("/doors/mailboxes/HT-01", changed).status_code == 409  # somebody changed it meanwhile


def test_doors_of_another_agency_are_not_there(signed_in: Open, make: Factory, folder: dict[str, str]) -> None:
    operator = signed_in(Role.OPERATOR, login="an")
    operator.get("/doors")
    operator.post("/doors/folders", folder)
    other, official = make.agency("KHAC"), signed_in(Role.OFFICIAL, login="chi")
    assert official.get("/doors").status_code == 404
    stranger = signed_in(login="dung")
    make.assignment(_account(make, "dung"), Role.OPERATOR, other)
    assert stranger.get("/doors/folders/TM-01").status_code == 404
    assert "TM-01" not in stranger.get("/doors").text
    assert stranger.post("/doors/folders/TM-01/pause").status_code == 404


def _account(make: Factory, login: str) -> Account:
    with make._app.unit_of_work() as uow:
        return uow.session.scalars(select(Account).where(Account.login == login)).one()
