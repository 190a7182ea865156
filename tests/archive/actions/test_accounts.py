from __future__ import annotations

import uuid
from datetime import date

import pytest
from sqlalchemy import select

from archive.access.identity import SYSTEM, Actor, actor_of
from archive.access.permissions import Role
from archive.access.sessions import actor_of_token
from archive.actions import accounts
from archive.actions.agencies import create_agency
from archive.actions.api_tokens import make_api_token
from archive.bootstrap import App
from archive.db.accounts import Account, ApiToken, Assignment
from archive.db.holdings import Fond
from archive.db.trail import AuditEvent
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.conftest import SetClock
from tests.factories import Factory

TODAY = date(2026, 3, 2)


def tags(app: App) -> list[str]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)))


def test_a_new_account_holds_nothing_until_it_is_given_a_role(make: Factory, app: App, clock: SetClock) -> None:
    agency = make.agency()
    operator = make.actor(Role.OPERATOR, agency)
    with app.unit_of_work() as uow:
        account = accounts.create_account(
            uow, login="Lan.Nguyen", name="Nguyễn Thị Lan", password="đủ dài để dùng", actor=operator, now=clock()
        )
        assert account.login == "lan.nguyen"
        assert actor_of(uow.session, account.id, clock()).grants == ()
        accounts.assign_role(uow, account.id, Role.CLERK, agency.id, valid_from=TODAY, actor=operator, now=clock())
    with app.unit_of_work() as uow:
        assert actor_of(uow.session, account.id, clock()).agencies_of(Role.CLERK) == {agency.id}
    assert tags(app) == ["account.created", "assignment.given"]


@pytest.mark.parametrize("login", ["", "a", "có dấu", "a b", "-dau", "x" * 65, "../etc"])
def test_a_login_that_cannot_be_typed_everywhere_is_refused(app: App, clock: SetClock, login: str) -> None:
    with app.unit_of_work() as uow, pytest.raises(InvalidInput):
        accounts.create_account(uow, login=login, name="x", actor=SYSTEM, now=clock())


def test_a_login_is_given_once(make: Factory, app: App, clock: SetClock) -> None:
    make.account("lan")
    with app.unit_of_work() as uow, pytest.raises(Conflict, match="lan"):
        accounts.create_account(uow, login="LAN", name="x", actor=SYSTEM, now=clock())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_only_operators_manage_accounts(make: Factory, app: App, clock: SetClock, role: Role) -> None:
    agency = make.agency()
    actor, other = make.actor(role, agency), make.account()
    with app.unit_of_work() as uow:
        with pytest.raises(NotAllowed):
            accounts.create_account(uow, login="lan", name="x", actor=actor, now=clock())
        with pytest.raises(NotAllowed):
            accounts.assign_role(uow, other.id, Role.CLERK, agency.id, valid_from=TODAY, actor=actor, now=clock())
        with pytest.raises(NotAllowed):
            accounts.set_password(uow, other.id, "đủ dài để dùng", actor=actor, now=clock())
    assert tags(app) == []


def test_nobody_promotes_himself_not_even_on_behalf_of_another(make: Factory, app: App, clock: SetClock) -> None:
    agency = make.agency()
    operator, second = make.actor(Role.OPERATOR, agency), make.actor(Role.OPERATOR, agency)
    with app.unit_of_work() as uow:
        acting = actor_of(uow.session, second.account_id, clock(), by=operator)
        for actor, account_id in (
            (operator, operator.account_id),
            (acting, operator.account_id),
            (acting, second.account_id),
        ):
            with pytest.raises(NotAllowed, match="chính mình"):
                accounts.assign_role(
                    uow, account_id, Role.RECORDS_MANAGER, agency.id, valid_from=TODAY, actor=actor, now=clock()
                )


def test_an_operator_gives_no_role_outside_his_subtree(make: Factory, app: App, clock: SetClock) -> None:
    city = make.agency()
    department = make.agency(parent=city)
    operator, account = make.actor(Role.OPERATOR, department), make.account()
    with app.unit_of_work() as uow, pytest.raises(NotAllowed):
        accounts.assign_role(uow, account.id, Role.CLERK, city.id, valid_from=TODAY, actor=operator, now=clock())


def test_an_operator_takes_over_no_account_that_works_for_another_agency(
    make: Factory, app: App, clock: SetClock
) -> None:
    own, other = make.agency(), make.agency()
    operator = make.actor(Role.OPERATOR, own)
    shared = make.actor(Role.CLERK, own, (Role.CLERK, other))
    with app.unit_of_work() as uow:
        for act in (accounts.disable_account, accounts.reset_totp):
            with pytest.raises(NotAllowed):
                act(uow, shared.account_id, actor=operator, now=clock())
        with pytest.raises(NotAllowed):
            accounts.set_password(uow, shared.account_id, "đủ dài để dùng", actor=operator, now=clock())
        with pytest.raises(NotAllowed):
            accounts.set_password(uow, SYSTEM.account_id, "đủ dài để dùng", actor=SYSTEM, now=clock())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"role": "vua"}, InvalidInput),
        ({"valid_to": date(2026, 3, 1)}, InvalidInput),
        ({"account_id": uuid.UUID(int=7)}, NotFound),
    ],
)
def test_an_assignment_that_makes_no_sense_is_refused(
    make: Factory, app: App, clock: SetClock, changes: dict[str, object], error: type[Exception]
) -> None:
    given = {"account_id": make.account().id, "role": Role.CLERK, "agency_id": make.agency().id, "valid_from": TODAY}
    with app.unit_of_work() as uow, pytest.raises(error):
        accounts.assign_role(uow, **{**given, **changes}, actor=SYSTEM, now=clock())  # type: ignore[arg-type]


def test_an_ended_assignment_ends_at_once_and_is_kept(make: Factory, app: App, clock: SetClock) -> None:
    agency = make.agency()
    operator = make.actor(Role.OPERATOR, agency)
    account = make.account()
    with app.unit_of_work() as uow:
        given = accounts.assign_role(
            uow, account.id, Role.CLERK, agency.id, valid_from=TODAY, actor=operator, now=clock()
        )
    with app.unit_of_work() as uow:
        accounts.end_assignment(uow, given.id, actor=operator, now=clock())
        accounts.end_assignment(uow, given.id, actor=operator, now=clock.advance(minutes=1))
    with app.unit_of_work() as uow:
        assert actor_of(uow.session, account.id, clock()).grants == ()
        assert uow.session.get_one(Assignment, given.id).ended_at is not None
    assert tags(app) == ["assignment.given", "assignment.ended"]


def test_an_assignment_of_another_agency_cannot_be_told_from_none(make: Factory, app: App, clock: SetClock) -> None:
    operator = make.actor(Role.OPERATOR, make.agency())
    foreign = make.assignment(make.account(), Role.CLERK, make.agency())
    with app.unit_of_work() as uow, pytest.raises(NotFound):
        accounts.end_assignment(uow, foreign.id, actor=operator, now=clock())


def test_a_programs_token_acts_until_it_expires_and_is_kept_as_digest(make: Factory, app: App, clock: SetClock) -> None:
    agency = make.agency()
    operator = make.actor(Role.OPERATOR, agency)
    service = make.account("cong-dvc", kind="service")
    make.assignment(service, Role.SERVICE, agency)
    with app.unit_of_work() as uow:
        token = make_api_token(
            uow, service.id, "cổng", expires_at=clock.now.replace(hour=2), actor=operator, now=clock()
        )
    with app.unit_of_work() as uow:
        actor = actor_of_token(uow.session, token, now=clock())
        assert actor is not None
        assert actor.agencies_of(Role.SERVICE) == {agency.id}
        assert uow.session.scalars(select(ApiToken.token_digest)).one() != token
        assert actor_of_token(uow.session, token + "x", now=clock()) is None
        assert actor_of_token(uow.session, token, now=clock.advance(hours=1)) is None


def test_a_person_gets_a_token_for_the_command_line_and_the_services_own_account_none(
    make: Factory, app: App, clock: SetClock
) -> None:
    clerk = make.account()
    with app.unit_of_work() as uow:
        token = make_api_token(uow, clerk.id, "x", actor=SYSTEM, now=clock())
    with app.unit_of_work() as uow:
        actor = actor_of_token(uow.session, token, now=clock())
        assert actor is not None
        assert actor.account_id == clerk.id
    with app.unit_of_work() as uow, pytest.raises(NotAllowed):
        make_api_token(uow, SYSTEM.account_id, "x", actor=SYSTEM, now=clock())


def test_a_wrong_old_password_changes_nothing(make: Factory, app: App, clock: SetClock) -> None:
    clerk = make.actor(Role.CLERK, make.agency())
    with app.unit_of_work() as uow, pytest.raises(InvalidInput, match="không đúng"):
        accounts.change_password(uow, "đoán thử", "mật khẩu mới dài", actor=clerk, now=clock())
    with app.unit_of_work() as uow:
        assert uow.session.get_one(Account, clerk.account_id).password_hash is None


def test_an_agency_begins_with_its_fond(app: App, clock: SetClock) -> None:
    with app.unit_of_work() as uow:
        city = create_agency(uow, code="HN", name="UBND thành phố Hà Nội", actor=SYSTEM, now=clock())
        below = create_agency(uow, code="HN.01", name="Sở Nội vụ", parent_code="HN", actor=SYSTEM, now=clock())
    assert below.parent_id == city.id
    with app.unit_of_work() as uow:
        fond = uow.session.scalars(select(Fond).where(Fond.code == "HN.01")).one()
    assert (fond.creator_id, fond.agency_id, fond.state) == (below.id, below.id, "open")
    assert tags(app) == ["agency.created", "agency.created"]


def test_an_operator_adds_agencies_below_his_own_only(make: Factory, app: App, clock: SetClock) -> None:
    own, other = make.agency("A"), make.agency("B")
    operator: Actor = make.actor(Role.OPERATOR, own)
    with app.unit_of_work() as uow:
        create_agency(uow, code="A.1", name="Phòng", parent_code=own.code, actor=operator, now=clock())
        for parent in (other.code, None):
            with pytest.raises(NotAllowed):
                create_agency(uow, code="X", name="Phòng", parent_code=parent, actor=operator, now=clock())


@pytest.mark.parametrize("code", ["", "có dấu", "a", "A/B", "../A", "X" * 33])
def test_an_agency_code_can_stand_in_a_file_name(app: App, clock: SetClock, code: str) -> None:
    with app.unit_of_work() as uow, pytest.raises(InvalidInput):
        create_agency(uow, code=code, name="x", actor=SYSTEM, now=clock())
