"""One's own account: password, second factor, open sign-ins."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import cv2
import numpy as np
import pyotp
import pytest

from archive.access.permissions import Role
from archive.db.accounts import Account
from archive.web import qr
from tests.archive.web.conftest import PASSWORD, Browser
from tests.conftest import SetClock

Open = Callable[..., Browser]
NEW = "mật khẩu mới rất dài"


def picture_of(svg: str) -> np.ndarray:
    """The dark modules of the drawn path, as a camera would see them."""
    side = int(re.search(r'class="qr"[^>]*viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
    modules = np.full((side, side), 255, np.uint8)
    for column, row in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg):
        modules[int(row), int(column)] = 0
    return cv2.resize(modules, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)


def read_code(svg: str) -> str:
    """One in two hundred codes is not found by OpenCV in a picture of one size, and is in another."""
    picture = picture_of(svg)
    sizes = (picture, cv2.resize(picture, None, fx=0.5, fy=0.5), cv2.resize(picture, None, fx=1.5, fy=1.5))
    return next(filter(None, (cv2.QRCodeDetector().detectAndDecode(each)[0] for each in sizes)), "")


def secret_in(page: str) -> str:
    return re.search(r'name="secret" value="([A-Z2-7]+)"', page)[1]  # type: ignore[index]


def test_what_the_code_says_is_what_was_given() -> None:
    text = "otpauth://totp/Kho:lan?secret=ABCDEFGH&issuer=Kho"
    found, *_ = cv2.QRCodeDetector().detectAndDecode(picture_of(qr.svg(text, "mã")))
    assert found == text


def test_a_second_factor_is_enrolled_from_the_page_and_asked_for_afterwards(
    signed_in: Open, browser: Open, clock: SetClock
) -> None:
    lan = signed_in(Role.CLERK)
    assert "Chưa bật" in lan.get("/account").text
    page = lan.get("/account/second-factor").text
    secret = secret_in(page)
    drawn = read_code(page)
    assert pyotp.parse_uri(drawn).secret == secret
    assert " ".join(re.findall("....", secret)) in page, "for who cannot scan"
    assert secret_in(lan.get("/account/second-factor").text) != secret
    given = {"secret": secret, "code": pyotp.TOTP(secret).at(clock.now), "password": PASSWORD}
    assert lan.post("/account/second-factor", given).headers["location"] == "/account?done=totp_enabled"
    assert "Đang bật" in lan.get("/account").text
    clock.advance(minutes=1)
    assert browser().sign_in("lan").status_code == 401
    assert browser().sign_in("lan", code=pyotp.TOTP(secret).at(clock.now)).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "said"), [({"code": "000000"}, "Mã xác thực không đúng"), ({"password": "sai"}, "không đúng")]
)
def test_a_mistake_keeps_the_same_code_so_that_it_need_not_be_scanned_again(
    signed_in: Open, browser: Open, clock: SetClock, wrong: dict[str, str], said: str
) -> None:
    lan = signed_in(Role.CLERK)
    secret = secret_in(lan.get("/account/second-factor").text)
    given = {"secret": secret, "code": pyotp.TOTP(secret).at(clock.now), "password": PASSWORD, **wrong}
    answer = lan.post("/account/second-factor", given)
    assert answer.status_code == 422
    assert said in answer.text
    assert secret_in(answer.text) == secret
    assert browser().sign_in("lan").status_code == 303


def test_a_secret_of_somebody_elses_making_is_not_taken(signed_in: Open, clock: SetClock) -> None:
    lan = signed_in(Role.CLERK)
    for secret in ("A", "a b c", "ABCDEFGH" * 20):
        answer = lan.post("/account/second-factor", {"secret": secret, "code": "000000", "password": PASSWORD})
        assert answer.status_code == 422
        assert secret_in(answer.text) != secret


@pytest.mark.parametrize(
    "wrong", [{"old": "sai"}, {"again": "mật khẩu khác hẳn"}, {"new": "ngắn", "again": "ngắn"}, {"new": PASSWORD}]
)
def test_a_password_is_not_changed_by_mistake(signed_in: Open, browser: Open, wrong: dict[str, str]) -> None:
    lan = signed_in(Role.CLERK)
    answer = lan.post("/account/password", {"old": PASSWORD, "new": NEW, "again": NEW, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert browser().sign_in("lan").status_code == 303


def test_a_changed_password_ends_the_other_sign_ins(signed_in: Open, browser: Open) -> None:
    lan = signed_in(Role.CLERK)
    elsewhere = browser()
    elsewhere.sign_in("lan")
    changed = lan.post("/account/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    assert changed.status_code == 303
    assert lan.get("/account").status_code == 200
    assert elsewhere.client.get("/account", follow_redirects=False).status_code == 303
    assert browser().sign_in("lan").status_code == 401
    assert browser().sign_in("lan", NEW).status_code == 303


def test_signing_out_everywhere_ends_this_one_too(signed_in: Open, browser: Open) -> None:
    lan = signed_in(Role.CLERK)
    elsewhere = browser()
    elsewhere.sign_in("lan")
    assert lan.post("/account/sign-out-everywhere").headers["location"] == "/sign-in"
    for each in (lan, elsewhere):
        assert each.client.get("/account", follow_redirects=False).status_code == 303


def test_the_page_tells_what_somebody_may_do_and_what_not(
    signed_in: Open, browser: Open, account: Callable[..., Account]
) -> None:
    assert "Văn thư" in signed_in(Role.CLERK).get("/account").text
    account("moi")
    new = browser()
    new.sign_in("moi")
    assert "chưa có vai trò" in unescape(new.get("/account").text)


def test_who_was_given_a_password_for_one_time_is_told_until_it_is_changed(
    browser: Open, account: Callable[..., Account], clock: SetClock
) -> None:
    account("moi", password_expires_at=clock.now + timedelta(hours=24))
    new = browser()
    new.sign_in("moi")
    for path in ("/", "/account"):
        assert "hết hạn lúc 03/03/2026 08:00" in new.get(path).text
    new.post("/account/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    for path in ("/", "/account"):
        assert "hết hạn lúc" not in new.get(path).text
