"""The first operator: made once, told once, found again, renewed when lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from archive.access.identity import LOCAL_LOGIN, actor_named
from archive.access.permissions import Role
from archive.access.sessions import actor_of_token
from archive.actions.accounts import change_password
from archive.actions.set_up import FirstOperator, renew_operator, set_up_operator
from archive.actions.sign_in import SignedIn, sign_in
from archive.bootstrap import App
from archive.db.accounts import Account, Agency, ApiToken, Assignment
from archive.db.trail import AuditDetails, AuditEvent
from archive.errors import NotFound
from tests.conftest import SetClock
from tests.factories import Factory

ROWS = (Account, Agency, Assignment, ApiToken, AuditEvent)


@pytest.fixture
def set_up(app: App, clock: SetClock) -> Any:
    def act(login: str = "quan.tri", *, local: bool = False) -> FirstOperator:
        given = {"login": login, "name": "Người vận hành", "agency_code": "CQ", "agency_name": "Cơ quan"}
        with app.unit_of_work() as uow:
            return set_up_operator(uow, **given, local=local, now=clock())

    return act


def rows(app: App) -> list[int]:
    with app.unit_of_work() as uow:
        return [uow.session.execute(select(func.count()).select_from(row)).scalar_one() for row in ROWS]


def signs_in(app: App, clock: SetClock, login: str, password: str | None) -> bool:
    assert password is not None
    with app.unit_of_work() as uow:
        done = sign_in(uow, login, password, address="10.0.0.9", settings=app.settings, now=clock())
        return isinstance(done, SignedIn)


def token_acts(app: App, clock: SetClock, token: str | None) -> bool:
    assert token is not None
    with app.unit_of_work() as uow:
        actor = actor_of_token(uow.session, token, now=clock())
        return actor is not None and bool(actor.agencies_of(Role.OPERATOR))


def test_the_first_operator_signs_in_from_elsewhere_and_their_token_acts(
    app: App, clock: SetClock, set_up: Any
) -> None:
    made = set_up()
    assert (made.created, made.login, made.agency_code) == (True, "quan.tri", "CQ")
    assert signs_in(app, clock, "quan.tri", made.password)
    assert token_acts(app, clock, made.token)


def test_the_printed_password_ends_after_a_day_unless_its_owner_changes_it(
    app: App, clock: SetClock, set_up: Any
) -> None:
    made = set_up()
    with app.unit_of_work() as uow:
        operator = actor_named(uow.session, "quan.tri", clock())
        change_password(uow, made.password, "mật khẩu của riêng tôi", actor=operator, now=clock())
    clock.advance(hours=25)
    assert signs_in(app, clock, "quan.tri", "mật khẩu của riêng tôi")
    with app.unit_of_work() as uow:
        renewed = renew_operator(uow, "quan.tri", now=clock())
    assert signs_in(app, clock, "quan.tri", renewed.password)
    clock.advance(hours=25)
    assert not signs_in(app, clock, "quan.tri", renewed.password)
    assert token_acts(app, clock, renewed.token)


def test_a_second_time_changes_nothing_whatever_it_asks_for(app: App, set_up: Any) -> None:
    set_up()
    before = rows(app)
    again = set_up("nguoi.khac")
    assert (again.created, again.login, again.password, again.token) == (False, "quan.tri", None, None)
    assert rows(app) == before


def test_secrets_are_kept_nowhere(app: App, set_up: Any) -> None:
    made = set_up()
    with app.unit_of_work() as uow:
        told = [str(details) for details in uow.session.scalars(select(AuditDetails.details))]
        assert not [each for each in told if made.password in each or made.token in each]
        assert uow.session.scalars(select(ApiToken.token_digest)).one() != made.token
        assert uow.session.scalar(select(Account.password_hash).where(Account.login == "quan.tri")) != made.password


def test_on_one_machine_the_command_line_gets_its_account_too(app: App, set_up: Any) -> None:
    set_up(local=True)
    with app.unit_of_work() as uow:
        roles = select(Assignment.role).join(Account, Account.id == Assignment.account_id)
        held = set(uow.session.scalars(roles.where(Account.login == LOCAL_LOGIN)))
        assert held == {Role.RECORDS_MANAGER, Role.OPERATOR}
        local = uow.session.scalars(select(Account).where(Account.login == LOCAL_LOGIN)).one()
        assert local.password_hash is None
    before = rows(app)
    set_up(local=True)
    assert rows(app) == before


def test_agencies_that_are_there_stay_and_the_operator_stands_over_the_first(
    app: App, make: Factory, set_up: Any
) -> None:
    root = make.agency("UB")
    make.agency("UB.01", parent=root)
    assert set_up().agency_code == "UB"
    with app.unit_of_work() as uow:
        assert uow.session.scalars(select(Assignment.agency_id)).all() == [root.id]
        assert len(uow.session.scalars(select(Agency.code)).all()) == 2


def test_accounts_of_the_demo_and_ended_ones_are_no_operators(
    app: App, clock: SetClock, make: Factory, set_up: Any
) -> None:
    root = make.agency("TD")
    for login, columns in (("van.hanh", {"loopback_only": True}), ("nghi", {"disabled_at": clock()})):
        account = make.account(login, password_hash="x", **columns)
        make.assignment(account, Role.OPERATOR, root)
    assert set_up().created


def test_renewing_ends_the_old_password_and_token_of_an_operator_and_of_nobody_else(
    app: App, clock: SetClock, make: Factory, set_up: Any
) -> None:
    made = set_up()
    make.account("lan")
    with app.unit_of_work() as uow:
        renewed = renew_operator(uow, "quan.tri", now=clock())
    assert not signs_in(app, clock, "quan.tri", made.password)
    assert not token_acts(app, clock, made.token)
    assert signs_in(app, clock, "quan.tri", renewed.password)
    assert token_acts(app, clock, renewed.token)
    for login in ("lan", "khong.co"):
        with app.unit_of_work() as uow, pytest.raises(NotFound):
            renew_operator(uow, login, now=clock())
