from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from archive.access.identity import actor_named, actor_of
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.errors import NotFound
from tests.conftest import SetClock
from tests.factories import Factory


def roles(app: App, account_id: object, now: datetime) -> set[Role]:
    with Session(app.engine) as session:
        return {grant.role for grant in actor_of(session, account_id, now).grants}  # type: ignore[arg-type]


def test_an_assignment_holds_from_its_first_day_to_its_last_in_hanoi(make: Factory, app: App) -> None:
    account, agency = make.account(), make.agency()
    make.assignment(account, Role.CLERK, agency, valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 3))
    midnight_in_hanoi = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)
    assert roles(app, account.id, datetime(2026, 3, 1, 16, 59, tzinfo=UTC)) == set()
    assert roles(app, account.id, midnight_in_hanoi) == {Role.CLERK}
    assert roles(app, account.id, datetime(2026, 3, 3, 16, 59, tzinfo=UTC)) == {Role.CLERK}
    assert roles(app, account.id, datetime(2026, 3, 3, 17, 0, tzinfo=UTC)) == set()


def test_several_agencies_of_one_role_are_one_grant(make: Factory) -> None:
    first, second = make.agency(), make.agency()
    below = make.agency(parent=second)
    actor = make.actor(Role.CLERK, first, (Role.CLERK, second), (Role.LEADER, below))
    assert actor.agencies_of(Role.CLERK) == {first.id, second.id, below.id}
    assert actor.agencies_of(Role.LEADER) == {below.id}


def test_a_loop_in_the_tree_of_agencies_ends(make: Factory, app: App) -> None:
    top = make.agency()
    bottom = make.agency(parent=top)
    with app.unit_of_work() as uow:
        uow.session.get_one(type(top), top.id).parent_id = bottom.id
    assert make.actor(Role.CLERK, top).agencies_of(Role.CLERK) == {top.id, bottom.id}


def test_a_disabled_account_is_nobody(make: Factory, app: App, clock: SetClock) -> None:
    account = make.account(disabled_at=clock())
    with Session(app.engine) as session, pytest.raises(NotFound):
        actor_of(session, account.id, clock())


def test_acting_for_somebody_has_their_rights_and_both_names(make: Factory, app: App, clock: SetClock) -> None:
    agency = make.agency()
    operator = make.actor(Role.OPERATOR, agency)
    clerk = make.actor(Role.CLERK, agency, login="thu")
    with Session(app.engine) as session:
        acting = actor_named(session, "thu", clock(), by=operator, os_user="root")
    assert (acting.account_id, acting.on_behalf_of, acting.os_user) == (operator.account_id, clerk.account_id, "root")
    assert acting.grants == clerk.grants
