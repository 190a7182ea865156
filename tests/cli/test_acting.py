"""Whom a command acts as: the machine's own account, or the account of a token where records lie on servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.access.identity import LOCAL_LOGIN, SYSTEM
from archive.access.permissions import Permission, Role
from archive.actions.accounts import create_account
from archive.actions.api_tokens import make_api_token
from archive.audit import EventTag
from archive.bootstrap import App
from archive.cli.holdings import acting, caller
from archive.db.accounts import Account, Agency
from archive.db.trail import AuditEvent
from archive.errors import InvalidSetting, NotAllowed, SignInRefused
from tests.conftest import SetClock
from tests.factories import Factory

Token = Callable[[Account], str]


@pytest.fixture
def on_servers(app: App) -> App:
    app.settings = replace(app.settings, object_store_url="http://u:s@127.0.0.1:1/kho")
    return app


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("TD01")


@pytest.fixture
def local(make: Factory, agency: Agency) -> Account:
    """As it is after the demo."""
    account = make.account(LOCAL_LOGIN)
    make.assignment(account, Role.RECORDS_MANAGER, agency)
    make.assignment(account, Role.OPERATOR, agency)
    return account


@pytest.fixture
def token(app: App, clock: SetClock) -> Token:
    def token_of(account: Account) -> str:
        with app.unit_of_work() as uow:
            expires_at = clock() + timedelta(hours=1)
            return make_api_token(uow, account.id, "x", expires_at=expires_at, actor=SYSTEM, now=clock())

    return token_of


def test_on_one_machine_the_account_of_the_machine_acts(app: App, local: Account) -> None:
    actor = caller(app)
    assert (actor.account_id, bool(actor.os_user)) == (local.id, True)


def test_on_servers_the_account_of_the_token_acts(on_servers: App, make: Factory, agency: Agency, token: Token) -> None:
    clerk = make.account("lan")
    make.assignment(clerk, Role.CLERK, agency)
    on_servers.settings = replace(on_servers.settings, token=token(clerk))
    actor = caller(on_servers)
    assert (actor.account_id, bool(actor.os_user)) == (clerk.id, True)
    assert actor.agencies_of(Role.CLERK) == {agency.id}


def test_on_servers_without_a_living_token_nobody_acts_least_of_all_the_machines_own_account(
    on_servers: App, local: Account, make: Factory, token: Token, clock: SetClock
) -> None:
    with pytest.raises(InvalidSetting, match="ARCHIVE_TOKEN"):
        acting(on_servers)
    for wrong in ("x", token(local)):
        with pytest.raises(SignInRefused, match="ARCHIVE_TOKEN"):
            acting(on_servers, token=wrong)
    given = token(make.account("lan"))
    clock.advance(hours=2)
    with pytest.raises(SignInRefused):
        acting(on_servers, token=given)


def test_the_token_of_the_process_that_answers_is_nobody_elses(on_servers: App, make: Factory, token: Token) -> None:
    on_servers.settings = replace(on_servers.settings, token=token(make.account("lan")))
    with pytest.raises(InvalidSetting):
        acting(on_servers, token=None)


def test_on_behalf_of_another_both_are_in_the_trail_and_only_who_may_does_it(
    on_servers: App, make: Factory, agency: Agency, token: Token, clock: SetClock, local: Account
) -> None:
    operator, clerk = make.account("quan.tri"), make.account("lan")
    make.assignment(operator, Role.OPERATOR, agency)
    make.assignment(clerk, Role.CLERK, agency)
    actor = acting(on_servers, "lan", token=token(operator))
    with on_servers.unit_of_work() as uow:
        uow.record(EventTag.SEARCH_RUN, actor=actor, now=clock(), subject_kind="search", subject_id="x")
        uow.session.flush()
        event = uow.session.query(AuditEvent).filter_by(subject_id="x").one()
        assert (event.actor_id, event.acting_as_id) == (operator.id, clerk.id)
    with pytest.raises(NotAllowed):
        acting(on_servers, "quan.tri", token=token(clerk))
    with pytest.raises(NotAllowed, match="local"):
        acting(on_servers, LOCAL_LOGIN, token=token(operator))


def test_an_operator_of_one_agency_acts_for_nobody_of_another(
    on_servers: App, make: Factory, agency: Agency, token: Token
) -> None:
    operator, stranger = make.account("quan.tri"), make.account("minh")
    make.assignment(operator, Role.OPERATOR, agency)
    make.assignment(stranger, Role.CLERK, make.agency("TD02"))
    with pytest.raises(NotAllowed):
        acting(on_servers, "minh", token=token(operator))


def test_a_new_account_without_a_role_may_nothing(on_servers: App, token: Token, clock: SetClock) -> None:
    with on_servers.unit_of_work() as uow:
        account = create_account(uow, login="moi", name="Mới", actor=SYSTEM, now=clock())
    actor = acting(on_servers, token=token(account))
    assert not actor.grants
    assert Permission.ITEM_READ not in actor.everywhere
