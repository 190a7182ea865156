"""Accounts over the API: made, given roles and tokens, closed; secrets are told once and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from archive.db.trail import IdempotencyKey
from tests.archive.web.conftest import Browser, Program
from tests.factories import Factory

Open = Callable[..., Program]
GIVEN = {"login": "cong-dvc", "name": "Cổng dịch vụ công", "kind": "service"}


def kept(app: App) -> str:
    with app.unit_of_work() as uow:
        rows = uow.session.scalars(select(IdempotencyKey))
        return " ".join(f"{row.request_digest} {row.answer}" for row in rows)


def test_a_program_gets_an_account_a_role_and_a_token_that_is_told_once(program: Open, app: App) -> None:
    operator = program(Role.OPERATOR)
    assert operator.post("/accounts", GIVEN, key="tk").status_code == 201
    role = {"role": "clerk", "agency": "TD01"}
    assigned = operator.post("/accounts/cong-dvc/assignments", role)
    assert [each["role"] for each in assigned.json()["assignments"]] == ["clerk"]
    made = operator.post("/accounts/cong-dvc/tokens", {"name": "Cổng", "until": "2026-12-31"}, key="ma")
    token = made.json()["token"]
    again = operator.post("/accounts/cong-dvc/tokens", {"name": "Cổng", "until": "2026-12-31"}, key="ma")
    assert (again.status_code, again.json()["token"], again.json()["name"]) == (201, None, "Cổng")
    assert token not in kept(app)
    other = Program(operator.client, token)
    assert other.get("/scanners").status_code == 200
    assert len(operator.get("/accounts/cong-dvc").json()["tokens"]) == 1
    revoked = operator.post("/accounts/cong-dvc/tokens/revocations", {"name": "Cổng"})
    assert revoked.json()["tokens"][0]["revoked_at"] is not None
    assert other.get("/scanners").status_code == 401
    assert operator.post("/accounts/cong-dvc/tokens/revocations", {"name": "Khác"}).status_code == 404
    ended = operator.post("/accounts/cong-dvc/assignments/endings", role)
    assert ended.json()["assignments"][0]["ended_at"] is not None
    assert operator.post("/accounts/cong-dvc/assignments/endings", role).status_code == 404


def test_a_person_signs_in_with_the_password_that_was_set(
    program: Open, browser: Callable[..., Browser], app: App
) -> None:
    operator = program(Role.OPERATOR)
    person = {"login": "hoa", "name": "Lê Thị Hoa", "password": "mật khẩu đủ dài 1"}
    assert operator.post("/accounts", {**person, "password": None}).status_code == 422
    assert operator.post("/accounts", person, key="nguoi").status_code == 201
    assert operator.post("/accounts", person, key="nguoi").status_code == 201
    assert operator.post("/accounts", {**person, "password": "mật khẩu đủ dài 2"}, key="nguoi").status_code == 422
    assert browser().sign_in("hoa", "mật khẩu đủ dài 1").status_code == 303
    new = operator.ask("PUT", "/accounts/hoa/password", json={"password": "mật khẩu đủ dài 3"}, key="doi")
    assert new.status_code == 200
    assert browser().sign_in("hoa", "mật khẩu đủ dài 1").status_code == 401
    assert browser().sign_in("hoa", "mật khẩu đủ dài 3").status_code == 303
    assert "mật khẩu" not in kept(app)
    assert operator.post("/accounts/hoa/second-factor/resets").status_code == 201
    assert operator.post("/accounts/hoa/disablings").json()["disabled_at"] is not None
    assert browser().sign_in("hoa", "mật khẩu đủ dài 3").status_code == 401


def test_nobody_manages_accounts_of_another_agency_or_gives_himself_a_role(
    program: Open, make: Factory, account: Callable[..., Account], agency: Agency
) -> None:
    account("lan", (Role.CLERK, agency))
    stranger = program(Role.OPERATOR, login="xa", over=make.agency("XA"))
    assert stranger.get("/accounts/lan").json() == stranger.get("/accounts/khong-co").json()
    assert stranger.ask("PUT", "/accounts/lan/password", json={"password": "mật khẩu đủ dài 9"}).status_code == 404
    assert stranger.post("/accounts/lan/tokens", {"name": "trộm"}).status_code == 404
    assert stranger.post("/accounts/lan/disablings").status_code == 404
    operator = program(Role.OPERATOR)
    own = operator.post("/accounts/may/assignments", {"role": "records_manager", "agency": "TD01"})
    assert own.status_code == 403
    for wrong in ({"role": "vua"}, {"agency": ""}, {"until": "2020-01-01"}):
        given = {"role": "clerk", "agency": "TD01", **wrong}
        assert operator.post("/accounts/lan/assignments", given).status_code == 422, wrong
    assert not {"lan", "may"} & {line["login"] for line in stranger.get("/accounts").json()["items"]}
