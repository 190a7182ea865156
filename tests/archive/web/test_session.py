from collections.abc import Callable

import pyotp

from archive.access.identity import actor_of
from archive.access.permissions import Role
from archive.actions.accounts import enable_totp
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from tests.archive.web.conftest import PASSWORD, Browser
from tests.conftest import SetClock

Open = Callable[..., Browser]


def test_a_page_sends_who_is_not_signed_in_to_the_form_and_back_again(
    browser: Open, account: Callable[..., Account], agency: Agency
) -> None:
    account("lan", (Role.CLERK, agency))
    nobody = browser()
    asked = nobody.client.get("/batches?before=x", follow_redirects=False)
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Fbatches%3Fbefore%3Dx"
    nobody.get(asked.headers["location"])
    entered = nobody.post("/sign-in", {"login": "lan", "password": PASSWORD, "next": "/batches?before=x"})
    assert entered.headers["location"] == "/batches?before=x"


def test_the_form_sends_nobody_to_another_host(browser: Open, account: Callable[..., Account]) -> None:
    account("lan")
    for target in ("https://evil.test/", "//evil.test/", "/\\evil.test", "/\t/evil.test", "evil"):
        somebody = browser()
        somebody.get("/sign-in")
        entered = somebody.post("/sign-in", {"login": "lan", "password": PASSWORD, "next": target})
        assert entered.headers["location"] == "/", target


def test_a_refusal_does_not_tell_whether_the_login_exists(browser: Open, account: Callable[..., Account]) -> None:
    account("lan")
    known, unknown = browser().sign_in("lan", "sai"), browser().sign_in("khong-co", "sai")
    assert known.status_code == unknown.status_code == 401

    def message(text: str) -> str:
        return text.split('id="problem"')[1].split("</div>", maxsplit=1)[0]

    assert message(known.text) == message(unknown.text)


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    browser: Open, account: Callable[..., Account]
) -> None:
    account("lan")
    plain = browser().sign_in("lan").headers["set-cookie"]
    assert "archive_session=" in plain
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert "Secure" not in plain
    encrypted = browser(scheme="https").sign_in("lan")
    session = next(cookie for cookie in encrypted.headers.get_list("set-cookie") if "archive_session" in cookie)
    assert "Secure" in session


def test_after_sign_out_the_old_cookie_opens_nothing(signed_in: Open) -> None:
    lan = signed_in(Role.CLERK)
    cookie = lan.client.cookies["archive_session"]
    assert lan.post("/sign-out").status_code == 303
    lan.client.cookies.set("archive_session", cookie)
    assert lan.client.get("/", follow_redirects=False).headers["location"].startswith("/sign-in")


def test_a_sign_in_ends_when_nothing_was_opened_for_long(signed_in: Open, clock: SetClock) -> None:
    lan = signed_in(Role.CLERK)
    clock.advance(minutes=31)
    assert lan.client.get("/", follow_redirects=False).status_code == 303


def test_a_demo_account_signs_in_on_this_machine_only(browser: Open, account: Callable[..., Account]) -> None:
    account("thu", loopback_only=True)
    assert browser("10.1.2.3").sign_in("thu").status_code == 401
    assert browser("127.0.0.1").sign_in("thu").status_code == 303


def test_a_second_factor_is_asked_for_where_the_account_has_one(
    browser: Open, account: Callable[..., Account], app: App, clock: SetClock
) -> None:
    lan = account("lan")
    secret = pyotp.random_base32()
    with app.unit_of_work() as uow:
        actor = actor_of(uow.session, lan.id, clock.now)
        enable_totp(uow, secret, pyotp.TOTP(secret).at(clock.now), actor=actor, now=clock.now)
    clock.advance(minutes=2)
    without = browser().sign_in("lan")
    assert without.status_code == 401
    assert "mã xác thực" in without.text
    assert browser().sign_in("lan", code=pyotp.TOTP(secret).at(clock.now)).status_code == 303


def test_a_locked_account_is_told_to_wait_and_opens_later(
    browser: Open, account: Callable[..., Account], clock: SetClock
) -> None:
    account("lan")
    somebody = browser()
    for _ in range(6):
        refused = somebody.sign_in("lan", "sai")
    assert "khoá" in refused.text
    assert somebody.sign_in("lan").status_code == 401
    clock.advance(minutes=10)
    assert somebody.sign_in("lan").status_code == 303
