from __future__ import annotations

import io

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Role
from archive.actions import stopped
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from archive.db.trail import AuditEvent
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.queries.items import receipt as receipt_view
from archive.queries.review import stopped as stopped_queue
from tests.archive.queries.records import current, tags
from tests.factories import Factory

DECISION = "Quyết định 12/QĐ-BMNN: chuyển bản giấy, xoá bản quét"


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def officer(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.SECURITY_OFFICER, agency)


@pytest.fixture
def item(app: App, make: Factory, agency: Agency) -> Item:
    """Stopped by the gate, with its bytes in the quarantine."""
    item = make.item(agency, state=ItemState.STOPPED, stop_reason="gate.secret_mark", stop_values={"page": 2})
    app.quarantine.receive(str(item.receipt_id), io.BytesIO(b"scan"), "mat.pdf", limit_bytes=100)
    app.quarantine.release(str(item.receipt_id))
    return item


def number(app: App, item: Item) -> str:
    with Session(app.engine) as session:
        return session.get_one(Receipt, item.receipt_id).number


def remove(app: App, item: Item, actor: Actor, decision: str = DECISION) -> None:
    with app.unit_of_work() as uow:
        stopped.remove_stopped(uow, number(app, item), decision=decision, actor=actor, now=app.clock())


def release(app: App, item: Item, actor: Actor, decision: str = "Không phải dấu mật") -> None:
    with app.unit_of_work() as uow:
        stopped.release_stopped(uow, number(app, item), decision=decision, actor=actor, now=app.clock())


def test_the_bytes_go_by_a_decision_and_the_receipt_stays(app: App, item: Item, officer: Actor) -> None:
    remove(app, item, officer)
    assert list(app.quarantine.keys()) == [str(item.receipt_id)]  # till the decision is committed nothing is touched
    assert stopped.remove_bytes(app) == 1
    assert list(app.quarantine.keys()) == []
    with Session(app.engine) as session:
        view = receipt_view(session, number(app, item), actor=officer)
    assert (view.state, view.reason.id if view.reason else None) == (ItemState.DESTROYED, "gate.removed")
    assert tags(app, item) == ["stopped.decided", "stopped.removed"]


def test_removing_bytes_again_does_nothing_more(app: App, item: Item, officer: Actor) -> None:
    remove(app, item, officer)
    app.quarantine.remove(str(item.receipt_id))  # as a process that was killed before it could say so
    assert stopped.remove_bytes(app) == 1
    assert stopped.remove_bytes(app) == 0
    assert tags(app, item).count("stopped.removed") == 1
    with Session(app.engine) as session:
        done = session.scalars(select(AuditEvent).where(AuditEvent.tag == "stopped.removed")).one()
    assert done.actor_id == SYSTEM.account_id


def test_bytes_that_nobody_decided_about_stay(app: App, item: Item) -> None:
    assert stopped.remove_bytes(app) == 0
    assert list(app.quarantine.keys()) == [str(item.receipt_id)]


def test_a_false_stop_goes_on_and_the_decision_lets_it_through_the_gate(app: App, item: Item, officer: Actor) -> None:
    release(app, item, officer)
    released = current(app, item)
    assert (released.state, released.stop_reason) == (ItemState.RECEIVED, None)
    assert released.stop_values == {"released": 1, "gate_overridden": True}
    assert tags(app, item) == ["stopped.decided"]


def test_a_file_that_is_tried_again_gets_no_way_round_the_gate(
    app: App, make: Factory, agency: Agency, officer: Actor
) -> None:
    item = make.item(agency, state=ItemState.STOPPED, stop_reason="file.too_slow")
    release(app, item, officer)
    assert current(app, item).stop_values == {"released": 1, "gate_overridden": False}


def test_bytes_that_passed_the_gate_are_not_removed_here(
    app: App, make: Factory, agency: Agency, officer: Actor
) -> None:
    digest = make.stored_object("ab" * 32, 10).digest
    item = make.item(agency, state=ItemState.STOPPED, stop_reason="workflow.step_failed", master_digest=digest)
    with pytest.raises(Conflict):
        remove(app, item, officer)
    release(app, item, officer, "Thử lại sau khi nâng cấp")
    assert current(app, item).state == ItemState.RECEIVED


def test_what_was_decided_is_not_decided_again(app: App, item: Item, officer: Actor) -> None:
    remove(app, item, officer)
    for act in (remove, release):
        with pytest.raises(Conflict):
            act(app, item, officer)
    assert tags(app, item) == ["stopped.decided"]


@pytest.mark.parametrize("act", [remove, release])
def test_who_sees_the_receipt_but_does_not_decide_is_told_so(
    app: App, make: Factory, agency: Agency, item: Item, act: object
) -> None:
    for role in (Role.CLERK, Role.RECORDS_MANAGER, Role.LEADER):
        with pytest.raises(NotAllowed):
            act(app, item, make.actor(role, agency))  # type: ignore[operator]
    assert current(app, item).state == ItemState.STOPPED


@pytest.mark.parametrize("act", [stopped.remove_stopped, stopped.release_stopped])
def test_to_everybody_else_the_receipt_is_unknown(app: App, make: Factory, item: Item, act: object) -> None:
    foreign = make.actor(Role.SECURITY_OFFICER, make.agency("UBND"))
    errors = []
    for receipt in (number(app, item), "BN-SXD-2026-9999999"):
        with pytest.raises(NotFound) as unknown, app.unit_of_work() as uow:
            act(uow, receipt, decision=DECISION, actor=foreign, now=app.clock())  # type: ignore[operator]
        errors.append(str(unknown.value).replace(receipt, "RECEIPT"))
    assert errors[0] == errors[1]


def test_a_decision_is_written_down(app: App, item: Item, officer: Actor) -> None:
    with pytest.raises(InvalidInput):
        remove(app, item, officer, decision=" ")


def test_the_officer_reads_the_mark_and_others_only_whom_to_ask(
    app: App, make: Factory, agency: Agency, item: Item, officer: Actor
) -> None:
    clerk = make.actor(Role.CLERK, agency)
    with Session(app.engine) as session:
        (line,) = stopped_queue(session, actor=officer)
        assert line.reason is not None
        assert (line.reason.id, line.reason.values) == ("gate.secret_mark", {"page": 2})
        assert stopped_queue(session, actor=clerk).lines == ()
        seen = receipt_view(session, line.number, actor=clerk)
    assert seen.reason is not None
    assert (seen.reason.id, seen.reason.values) == ("gate.stopped", {})
