from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape

from archive.access.identity import actor_of
from archive.access.permissions import Role
from archive.access.totp import new_secret
from archive.actions.accounts import enable_totp
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from tests.archive.web.conftest import PASSWORD, Browser
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Browser]
NEW = "một mật khẩu dài"


def token_in(page: str) -> str:
    shown = re.search(r'id="token-made".*?<code[^>]*>([^<]+)</code>', page, flags=re.DOTALL)
    assert shown
    return unescape(shown[1])


def field_in(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found
    return found[1]


def get_with(browser: Browser, token: str, path: str = "/api/v1/batches/x") -> int:
    """The status of a program's request."""
    answer = browser.client.get(path, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)
    return answer.status_code


def test_the_operator_makes_an_account_that_signs_in(signed_in: Open, browser: Open, agency: Agency) -> None:
    operator = signed_in(Role.OPERATOR)
    operator.get("/accounts")
    made = operator.post("/accounts", {"login": "thu", "name": "Thư", "password": NEW})
    assert made.headers["location"].startswith("/accounts/thu")
    again = operator.post("/accounts", {"login": "thu", "name": "Thư Hai", "password": "x" * 20})
    assert again.status_code == 409
    assert "Thư Hai" in again.text, "what was typed is still there"
    given = operator.post("/accounts/thu/assignments", {"role": "clerk", "agency": agency.code})
    assert given.status_code == 303
    thu = browser()
    assert thu.sign_in("thu", NEW).status_code == 303
    assert thu.get("/batches/new").status_code == 200


def test_nobody_gives_or_ends_a_role_of_his_own(signed_in: Open, agency: Agency) -> None:
    operator = signed_in(Role.OPERATOR)
    page = operator.get("/accounts/lan").text
    assert "/accounts/lan/assignments" not in page
    assert operator.post("/accounts/lan/assignments", {"role": "clerk", "agency": agency.code}).status_code == 403
    assert operator.post("/accounts/lan/disable").status_code == 403


def test_a_role_that_is_ended_ends_at_the_next_request(
    signed_in: Open, browser: Open, account: Callable[..., Account], agency: Agency
) -> None:
    account("thu", (Role.CLERK, agency))
    operator = signed_in(Role.OPERATOR)
    thu = browser()
    thu.sign_in("thu")
    assert thu.get("/batches/new").status_code == 200
    page = operator.get("/accounts/thu").text
    ended = operator.post("/accounts/thu/assignments/end", {"assignment": field_in(page, "assignment")})
    assert ended.status_code == 303
    assert thu.get("/batches/new").status_code == 404
    after = operator.get("/accounts/thu").text
    assert "đã thôi lúc" in after
    assert 'name="assignment"' not in after
    assert "chưa có vai trò" in operator.get("/accounts").text


def test_an_assignment_elsewhere_is_not_ended_by_guessing_it(signed_in: Open, make: Factory, agency: Agency) -> None:
    other = make.agency("KHAC")
    held = make.assignment(make.account("xa"), Role.CLERK, other)
    make.account("thu")
    operator = signed_in(Role.OPERATOR)
    operator.get("/accounts/thu")
    assert operator.post("/accounts/thu/assignments/end", {"assignment": str(held.id)}).status_code == 404
    assert operator.get("/accounts/xa").status_code == 404


def test_a_programs_token_is_shown_once_and_opens_the_interface_until_it_is_revoked(
    signed_in: Open, browser: Open, make: Factory, agency: Agency
) -> None:
    batch = make.batch(agency)
    operator = signed_in(Role.OPERATOR)
    operator.get("/accounts")
    operator.post("/accounts", {"login": "cong-dvc", "name": "Cổng dịch vụ công", "kind": "service"})
    operator.post("/accounts/cong-dvc/assignments", {"role": "clerk", "agency": agency.code})
    operator.get("/accounts/cong-dvc")
    made = operator.post("/accounts/cong-dvc/tokens", {"name": "máy chủ một cửa"})
    token = token_in(made.text)
    assert made.headers["cache-control"] == "no-store"
    page = operator.get("/accounts/cong-dvc").text
    assert token not in page
    assert "máy chủ một cửa" in page
    program = browser()
    path = f"/api/v1/batches/{batch.number}"
    assert get_with(program, token, path) == 200
    assert get_with(program, token + "x", path) == 401
    pages = program.client.get("/batches", headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)
    assert pages.headers["location"].startswith("/sign-in"), "a token is for programs, pages are for people"
    revoked = operator.post("/accounts/cong-dvc/tokens/revoke", {"token": field_in(page, "token")})
    assert revoked.status_code == 303
    assert get_with(program, token, path) == 401
    assert "đã thu hồi lúc" in operator.get("/accounts/cong-dvc").text


def test_a_token_ends_with_its_day_and_none_is_made_for_a_day_that_is_over(
    signed_in: Open, browser: Open, make: Factory, agency: Agency, clock: SetClock
) -> None:
    batch = make.batch(agency)
    make.assignment(make.account("may", kind="service"), Role.CLERK, agency)
    operator = signed_in(Role.OPERATOR)
    operator.get("/accounts/may")
    today = date(2026, 3, 2)
    assert operator.post("/accounts/may/tokens", {"name": "a", "until": "2026-03-01"}).status_code == 422
    assert operator.post("/accounts/may/tokens", {"name": " "}).status_code == 422
    token = token_in(operator.post("/accounts/may/tokens", {"name": "a", "until": today.isoformat()}).text)
    program, path = browser(), f"/api/v1/batches/{batch.number}"
    clock.advance(hours=15)
    assert get_with(program, token, path) == 200
    clock.advance(hours=2)
    assert get_with(program, token, path) == 401


def test_of_an_account_with_roles_elsewhere_only_the_roles_here_are_managed(
    signed_in: Open, make: Factory, agency: Agency
) -> None:
    shared = make.account("thu")
    make.assignment(shared, Role.CLERK, agency)
    make.assignment(shared, Role.CLERK, make.agency("KHAC", name="Cơ quan khác"))
    operator = signed_in(Role.OPERATOR)
    page = operator.get("/accounts/thu").text
    assert "Cơ quan khác" not in page
    assert 'name="assignment"' in page
    for part in ("tokens", "password", "disable"):
        assert f'action="/accounts/thu/{part}"' not in page
    assert operator.post("/accounts/thu/password", {"password": NEW}).status_code in {403, 404}
    assert operator.post("/accounts/thu/tokens", {"name": "a"}).status_code in {403, 404}


def test_the_operator_helps_who_forgot_the_password_or_lost_the_telephone(
    signed_in: Open, browser: Open, account: Callable[..., Account], agency: Agency, app: App, clock: SetClock
) -> None:
    import pyotp

    thu = account("thu", (Role.CLERK, agency))
    secret = new_secret()
    with app.unit_of_work() as uow:
        code = pyotp.TOTP(secret).at(clock.now)
        enable_totp(uow, secret, code, actor=actor_of(uow.session, thu.id, clock.now), now=clock.now)
    operator = signed_in(Role.OPERATOR)
    assert "xác thực hai bước" in operator.get("/accounts").text
    operator.get("/accounts/thu")
    assert operator.post("/accounts/thu/password", {"password": "ngắn"}).status_code == 422
    assert operator.post("/accounts/thu/password", {"password": NEW}).status_code == 303
    assert browser().sign_in("thu", NEW).status_code == 401
    assert operator.post("/accounts/thu/second-factor/reset").status_code == 303
    assert browser().sign_in("thu", NEW).status_code == 303
    assert operator.post("/accounts/thu/disable").status_code == 303
    assert browser().sign_in("thu", NEW).status_code == 401
    assert "đã khoá" in operator.get("/accounts/thu").text


def test_accounts_are_turned_by_pages_of_a_hundred(signed_in: Open, make: Factory, agency: Agency) -> None:
    for number in range(105):
        make.account(f"u{number:03}")
    operator = signed_in(Role.OPERATOR)
    first = operator.get("/accounts").text
    assert "u000" in first
    assert "u104" not in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = operator.get(unescape(following[1])).text
    assert "u104" in second
    assert 'rel="prev"' in second
    assert PASSWORD not in second
