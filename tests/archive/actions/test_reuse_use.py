"""Papers on file are taken, once each way and for a day; programs under test take those of invented people."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.agreements import end_agreement
from archive.actions.filing import move_item, withdraw_item
from archive.actions.reuse import open_copy, use_paper
from archive.bootstrap import App
from archive.db.holdings import Item
from archive.db.reuse import ReuseEvent
from archive.errors import Conflict, Gone, NotFound
from archive.queries.reuse import LookupAnswer, PaperUse, Use
from archive.queries.views import RenditionView
from archive.sandbox.papers import SampleCopy
from tests.archive.reuse import BIRTH, MARRIAGE, PERMIT, PERSON, ReuseWorld, found, trail
from tests.conftest import SetClock
from tests.factories import Factory

NOBODY = "001080000999"


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> ReuseWorld:
    return ReuseWorld(app, make, clock)


def take(
    world: ReuseWorld, answer: LookupAnswer, reference: str | None, how: Use = Use.FORM, by: Actor | None = None
) -> PaperUse:
    with world.app.unit_of_work() as uow:
        actor = world.again(by or world.service)
        return use_paper(uow, answer.lookup, str(reference), how, actor=actor, now=world.clock())


def copy(
    world: ReuseWorld, answer: LookupAnswer, reference: str | None, by: Actor | None = None
) -> RenditionView | SampleCopy:
    with world.app.unit_of_work() as uow:
        return open_copy(uow, answer.lookup, str(reference), actor=world.again(by or world.service), now=world.clock())


def withdraw(world: ReuseWorld, item: Item) -> None:
    with world.app.unit_of_work() as uow:
        withdraw_item(uow, item.id, reason="Ban hành nhầm", actor=world.manager, now=world.clock())


# --- taking it


def test_a_paper_is_taken_once_for_each_way_and_counted(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer = world.ask()
    first = take(world, answer, item.code)
    world.clock.advance(minutes=5)  # type: ignore[attr-defined]
    again = take(world, answer, item.code)
    assert first == again
    assert {field.name: field.value for field in first.fields}["holder_identifier"] == PERSON
    take(world, answer, item.code, Use.REPLACEMENT)
    with Session(world.app.engine) as session:
        events = session.execute(select(ReuseEvent.how, ReuseEvent.agency_id, ReuseEvent.procedure)).all()
    assert sorted(tuple(event) for event in events) == [
        ("form", world.ward.id, MARRIAGE),
        ("replacement", world.ward.id, MARRIAGE),
    ]
    assert [told["how"] for told in trail(world, "paper.reused")] == ["form", "replacement"]


def test_taken_by_two_at_once_it_counts_once(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer, failures = world.ask(), []
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        try:
            take(world, answer, item.code)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(trail(world, "paper.reused")) == 1


def test_its_copy_is_had_after_it_was_taken_and_not_before(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer = world.ask()
    with pytest.raises(Conflict) as early:
        copy(world, answer, item.code)
    assert early.value.reason == "reuse.not_taken"
    take(world, answer, item.code, Use.CHECK)
    got = copy(world, answer, item.code)
    assert isinstance(got, RenditionView)
    assert got.digest == item.master_digest
    assert len(trail(world, "item.read")) == 1


def test_a_lookup_is_its_askers_own(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer, other = world.ask(), world.a_service(world.ward)
    world.agreement(service=other)
    with pytest.raises(NotFound):
        take(world, answer, item.code, by=other)
    take(world, answer, item.code)
    with pytest.raises(NotFound):
        copy(world, answer, item.code, by=other)


def test_what_was_not_offered_is_not_there(world: ReuseWorld) -> None:
    world.agreement()
    item, other = world.paper(), world.paper(NOBODY)
    answer = world.ask()
    for reference in (other.code, "PX01.2025.9.0000001", "", str(item.id)):
        with pytest.raises(NotFound):
            take(world, answer, reference)


def test_for_a_day_and_no_longer(world: ReuseWorld, clock: SetClock) -> None:
    world.agreement()
    item = world.paper()
    answer = world.ask()
    take(world, answer, item.code)
    clock.advance(days=1)
    copy(world, answer, item.code)
    clock.advance(seconds=1)
    for act in (take, copy):
        with pytest.raises(Gone) as over:
            act(world, answer, item.code)
        assert over.value.reason == "reuse.lookup_over"


def test_withdrawn_meanwhile_it_is_gone(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer = world.ask()
    take(world, answer, item.code)
    withdraw(world, item)
    for act in (take, copy):
        with pytest.raises(Gone) as gone:
            act(world, answer, item.code)
        assert gone.value.reason == "reuse.paper_gone"


def test_an_agreement_that_is_ended_closes_what_was_offered_under_it(world: ReuseWorld) -> None:
    row = world.agreement()
    item = world.paper()
    answer = world.ask()
    take(world, answer, item.code)
    with world.app.unit_of_work() as uow:
        end_agreement(uow, row.number, reason="Dịch vụ dừng", actor=world.manager, now=world.clock())
    for act in (take, copy):
        with pytest.raises(Gone):
            act(world, answer, item.code)
    assert found(world) == []


def test_a_role_that_is_ended_closes_what_was_offered(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer = world.ask()
    with world.app.unit_of_work() as uow, pytest.raises(Gone):
        use_paper(
            uow,
            answer.lookup,
            str(item.code),
            Use.FORM,
            actor=Actor(world.service.account_id, world.service.login, world.service.name),
            now=world.clock(),
        )


def test_moved_meanwhile_it_is_found_by_the_code_it_was_offered_by(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer = world.ask()
    dossier = world.make.dossier(world.ward, fond_id=item.fond_id)
    with world.app.unit_of_work() as uow:
        move_item(uow, item.id, dossier.code, reason="Xếp nhầm", actor=world.manager, now=world.clock())
    assert take(world, answer, item.code).reference == item.code


def test_a_paper_without_a_sealed_copy_says_so(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    with world.app.unit_of_work() as uow:
        uow.session.connection().exec_driver_sql("delete from rendition")
    answer = world.ask()
    assert answer.papers[0].trust.sealed_sha256 is None
    assert not take(world, answer, item.code).has_copy
    with pytest.raises(NotFound):
        copy(world, answer, item.code)


# --- programs under test


def a_tester(world: ReuseWorld, **columns: Any) -> Actor:
    account = world.make.account(kind="service", sandbox=True, **columns)
    return Actor(account.id, account.login, account.name)


def test_a_program_under_test_meets_invented_people_only(world: ReuseWorld) -> None:
    world.paper()
    actor = a_tester(world)
    world.agreement(service=actor)
    world.make.assignment(world.make.account(), Role.SERVICE, world.ward)
    assert not world.ask(by=actor).on_file
    answer = world.ask("000000000001", by=actor, paper=PERMIT, procedure="bất kỳ")
    (paper,) = answer.papers
    assert answer.sandbox
    assert (paper.validity.state, paper.holder.identifier) == ("valid", "…001")
    with pytest.raises(Conflict):
        copy(world, answer, paper.reference, by=actor)
    used = take(world, answer, paper.reference, by=actor)
    assert used.sandbox
    assert {field.name: field.value for field in used.fields}["holder_name"] == "Lê Văn Huỳnh"
    got = copy(world, answer, paper.reference, by=actor)
    assert isinstance(got, SampleCopy)
    assert got.content.startswith(b"%PDF")
    with Session(world.app.engine) as session:
        assert session.scalars(select(ReuseEvent)).all() == []
    assert trail(world, "paper.reused") == []


@pytest.mark.parametrize(
    ("owner", "paper", "state"),
    [("2", PERMIT, "expired"), ("3", PERMIT, "not_yet"), ("5", BIRTH, "not_stated"), ("9", BIRTH, None)],
)
def test_invented_people_show_every_answer(world: ReuseWorld, owner: str, paper: str, state: str | None) -> None:
    papers = world.ask(owner.zfill(12), by=a_tester(world), paper=paper).papers
    assert [str(each.validity.state) for each in papers] == ([state] if state else [])


def test_an_invented_paper_may_be_gone_too(world: ReuseWorld) -> None:
    actor = a_tester(world)
    answer = world.ask("000000000004", by=actor)
    with pytest.raises(Gone):
        take(world, answer, answer.papers[0].reference, by=actor)
