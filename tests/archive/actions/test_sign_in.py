from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from archive import i18n
from archive.access import passwords, totp
from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.access.sessions import actor_of_session
from archive.actions.accounts import change_password, enable_totp
from archive.actions.sign_in import Refused, SignedIn, is_loopback, sign_in, sign_out
from archive.bootstrap import App
from archive.db.accounts import Account, Session
from archive.db.trail import AuditDetails, AuditEvent
from tests.conftest import SetClock
from tests.factories import Factory

PASSWORD = "mật-khẩu-thử-nghiệm"


@pytest.fixture
def clerk(make: Factory, app: App) -> Actor:
    actor = make.actor(Role.CLERK, make.agency(), login="thu")
    with app.unit_of_work() as uow:
        uow.session.get_one(Account, actor.account_id).password_hash = passwords.hash_password(PASSWORD)
    return actor


def attempt(
    app: App,
    clock: SetClock,
    login: str = "thu",
    password: str = PASSWORD,
    code: str | None = None,
    address: str = "10.0.0.7",
) -> SignedIn | Refused:
    with app.unit_of_work() as uow:
        return sign_in(uow, login, password, code=code, address=address, settings=app.settings, now=clock())


def current(app: App, clock: SetClock, token: str) -> Actor | None:
    with app.unit_of_work() as uow:
        return actor_of_session(uow.session, token, now=clock(), settings=app.settings)


def events(app: App, tag: str) -> list[AuditEvent]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(AuditEvent).where(AuditEvent.tag == tag)))


def test_the_right_password_opens_a_session_for_the_account(clerk: Actor, app: App, clock: SetClock) -> None:
    outcome = attempt(app, clock, login=" Thu ")
    assert isinstance(outcome, SignedIn)
    assert outcome.actor == clerk
    assert current(app, clock, outcome.token) == clerk
    assert [event.actor_id for event in events(app, "session.opened")] == [clerk.account_id]


def test_the_database_holds_no_token(clerk: Actor, app: App, clock: SetClock) -> None:
    outcome = attempt(app, clock)
    assert isinstance(outcome, SignedIn)
    with app.unit_of_work() as uow:
        kept = uow.session.scalars(select(Session)).one()
    assert outcome.token not in {kept.token_digest, str(kept.id), kept.address}


def test_unknown_wrong_locked_and_disabled_look_alike(clerk: Actor, app: App, clock: SetClock, make: Factory) -> None:
    make.account("tat", password_hash=passwords.hash_password(PASSWORD), disabled_at=clock())
    make.account("may", password_hash=passwords.hash_password(PASSWORD), kind="service")
    outcomes = {attempt(app, clock, login="khong-co"), attempt(app, clock, password="sai mật khẩu")}
    outcomes |= {attempt(app, clock, login=login) for login in ("tat", "may", "system")}
    for _ in range(4):
        attempt(app, clock, password="sai mật khẩu")
    outcomes.add(attempt(app, clock))
    assert outcomes == {Refused("sign_in.refused")}
    assert "đợi" in i18n.text("sign_in.refused")


def test_an_unknown_login_costs_a_password_hash_too(app: App, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    verify = passwords.verify_password
    monkeypatch.setattr(
        passwords, "verify_password", lambda stored, given: asked.append(stored) or verify(stored, given)
    )
    attempt(app, clock, login="khong-co")
    assert asked == [None]


def test_what_was_typed_as_login_is_recorded_nowhere(clerk: Actor, app: App, clock: SetClock) -> None:
    attempt(app, clock, login=PASSWORD, password="x")
    [refused] = events(app, "sign_in.refused")
    assert refused.subject_id == "unknown"
    with app.unit_of_work() as uow:
        [details] = uow.session.scalars(select(AuditDetails.details))
    assert details == {"address": "10.0.0.7", "reason": "sign_in.refused"}


def test_the_fifth_failure_locks_and_each_further_one_locks_longer(clerk: Actor, app: App, clock: SetClock) -> None:
    def locked_for() -> timedelta:
        with app.unit_of_work() as uow:
            until = uow.session.get_one(Account, clerk.account_id).locked_until
        return (until or clock()) - clock()

    for _ in range(4):
        attempt(app, clock, password="sai mật khẩu")
    assert locked_for() == timedelta(0)
    lengths = []
    for _ in range(8):
        attempt(app, clock, password="sai mật khẩu")
        lengths.append(locked_for())
        clock.now += locked_for()
    assert lengths == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 32, 60, 60)]
    assert isinstance(attempt(app, clock), SignedIn)
    attempt(app, clock, password="sai mật khẩu")
    assert locked_for() == timedelta(0)


def test_while_locked_neither_password_counts(clerk: Actor, app: App, clock: SetClock) -> None:
    for _ in range(5):
        attempt(app, clock, password="sai mật khẩu")
    for _ in range(20):
        attempt(app, clock, password="sai mật khẩu")
    assert isinstance(attempt(app, clock), Refused)
    clock.advance(minutes=1)
    assert isinstance(attempt(app, clock), SignedIn)


def test_a_demo_account_signs_in_on_this_machine_only(clerk: Actor, app: App, clock: SetClock) -> None:
    with app.unit_of_work() as uow:
        uow.session.get_one(Account, clerk.account_id).loopback_only = True
    assert attempt(app, clock, address="10.0.0.7") == Refused("sign_in.loopback_only")
    assert isinstance(attempt(app, clock, address="::1"), SignedIn)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.7", False), ("0.0.0.0", False), ("10.0.0.7", False), ("localhost", False), ("", False),
    ],
)  # fmt: skip
def test_loopback_is_an_address_not_a_name(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


def test_the_second_factor_is_asked_for_and_each_code_works_once(clerk: Actor, app: App, clock: SetClock) -> None:
    secret = totp.new_secret()
    with app.unit_of_work() as uow:
        enable_totp(uow, secret, pyotp.TOTP(secret).at(clock()), actor=clerk, now=clock())
    assert attempt(app, clock) == Refused("sign_in.code_needed")
    assert attempt(app, clock, code=pyotp.TOTP(secret).at(clock())) == Refused("account.totp_wrong")
    clock.advance(seconds=30)
    code = pyotp.TOTP(secret).at(clock())
    assert isinstance(attempt(app, clock, code=code), SignedIn)
    assert attempt(app, clock, code=code) == Refused("account.totp_wrong")


def test_the_secret_of_the_second_factor_lies_encrypted(clerk: Actor, app: App, clock: SetClock) -> None:
    secret = totp.new_secret()
    with app.unit_of_work() as uow:
        enable_totp(uow, secret, pyotp.TOTP(secret).at(clock()), actor=clerk, now=clock())
    with app.unit_of_work() as uow:
        account = uow.session.get_one(Account, clerk.account_id)
    assert account.totp_secret is not None
    assert secret.encode() not in account.totp_secret
    assert account.totp_key == "columns-0001"


def test_guessing_codes_locks_as_guessing_passwords_does(clerk: Actor, app: App, clock: SetClock) -> None:
    secret = totp.new_secret()
    with app.unit_of_work() as uow:
        enable_totp(uow, secret, pyotp.TOTP(secret).at(clock()), actor=clerk, now=clock())
    clock.advance(seconds=30)
    for _ in range(5):
        assert attempt(app, clock, code="abcdef") == Refused("account.totp_wrong")
    assert attempt(app, clock, code=pyotp.TOTP(secret).at(clock())) == Refused("sign_in.refused")


def test_a_session_ends_when_idle_when_old_and_when_signed_out(clerk: Actor, app: App, clock: SetClock) -> None:
    idle, old, left = (attempt(app, clock) for _ in range(3))
    assert isinstance(idle, SignedIn)
    assert isinstance(old, SignedIn)
    assert isinstance(left, SignedIn)
    with app.unit_of_work() as uow:
        sign_out(uow, left.token, actor=left.actor, settings=app.settings, now=clock())
    assert current(app, clock, left.token) is None
    for _ in range(app.settings.session_minutes // 25):
        clock.advance(minutes=25)
        assert current(app, clock, old.token) is not None
    assert current(app, clock, idle.token) is None
    clock.advance(minutes=25)
    assert current(app, clock, old.token) is None


def test_rights_and_disabling_hold_from_the_next_request(clerk: Actor, app: App, clock: SetClock) -> None:
    outcome = attempt(app, clock)
    assert isinstance(outcome, SignedIn)
    with app.unit_of_work() as uow:
        uow.session.get_one(Account, clerk.account_id).disabled_at = clock()
    assert current(app, clock, outcome.token) is None


def test_changing_the_password_ends_the_other_sessions(clerk: Actor, app: App, clock: SetClock) -> None:
    here, elsewhere = attempt(app, clock), attempt(app, clock)
    assert isinstance(here, SignedIn)
    assert isinstance(elsewhere, SignedIn)
    with app.unit_of_work() as uow:
        change_password(uow, PASSWORD, "mật khẩu hoàn toàn mới", token=here.token, actor=clerk, now=clock())
    assert current(app, clock, here.token) == clerk
    assert current(app, clock, elsewhere.token) is None
    assert isinstance(attempt(app, clock), Refused)
    assert isinstance(attempt(app, clock, password="mật khẩu hoàn toàn mới"), SignedIn)
