"""Review states in a real browser: its own people find what is described, others only what is published and open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from archive.access.identity import SYSTEM
from archive.access.permissions import Role
from archive.actions.accounts import assign_role, create_account
from archive.actions.agencies import create_agency
from archive.actions.describe import accept_all
from archive.actions.review import publish_item, review_item
from archive.bootstrap import App
from archive.db.accounts import Account
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from tests.e2e import world

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]
QUESTION = "giấy phép xây dựng"
TRIES = 100


@pytest.fixture
def outsider(service: world.Service) -> Iterator[App]:
    """Somebody who searches for another agency."""
    with world.open_holdings(service.data) as app:
        with app.unit_of_work() as uow:
            if uow.session.scalar(select(Account.id).where(Account.login == "ngoai")) is None:
                other = create_agency(uow, code="NGOAI", name="Cơ quan khác", actor=SYSTEM, now=app.clock())
                account = create_account(
                    uow, login="ngoai", name="Người ngoài", password=world.PASSWORD, actor=SYSTEM, now=app.clock()
                )
                uow.session.flush()
                assign_role(
                    uow, account.id, Role.OFFICIAL, other.id, valid_from=date(2020, 1, 1), actor=SYSTEM, now=app.clock()
                )
        yield app


def test_a_described_paper_is_its_agencys_until_a_second_person_publishes_it(
    visit: Visit, service: world.Service, outsider: App
) -> None:
    own = visit("lan", f"/search?q={QUESTION}")
    expect(own.locator(".hits > li").first).to_contain_text("chờ duyệt", ignore_case=True)
    link = (own.locator(".hits > li h2 a").first.get_attribute("href") or "").partition("?")[0]
    other = visit("ngoai", f"/search?q={QUESTION}")
    hit = other.locator(f".hits h2 a[href^='{link}?']")
    expect(hit).to_have_count(0)
    assert other.request.get(link).status == 404
    publish(outsider, link.rpartition("/")[2])
    for _ in range(TRIES):  # until the service has told its index
        other.goto(f"/search?q={QUESTION}")
        if hit.count():
            break
    expect(hit).to_have_count(1)
    assert other.request.get(link).status == 200


def publish(app: App, reference: str) -> None:
    """Reviewed by one, published by another, open to all."""
    lan, minh = world.person(app, "lan"), world.person(app, "minh")
    with app.unit_of_work() as uow:
        named = select(Item).join(Receipt, Receipt.id == Item.receipt_id)
        item = uow.session.scalars(named.where((Item.code == reference) | (Receipt.number == reference))).one()
    if item.state == ItemState.DESCRIBED:
        with app.unit_of_work() as uow:
            accept_all(uow, item.id, actor=lan, now=app.clock())
        with app.unit_of_work() as uow:
            review_item(uow, item.id, actor=lan, now=app.clock())
    with app.unit_of_work() as uow:
        publish_item(uow, item.id, level="open", actor=minh, now=app.clock())
