from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from archive.access.permissions import Role
from archive.actions import describe as actions
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Task
from archive.db.holdings import Item
from archive.db.states import ItemState
from archive.errors import NotFound
from archive.queries.dossiers import dossier, dossiers
from archive.queries.overview import overview
from archive.queries.review import next_in_queue, publish_queue, review_queue
from archive.queries.tasks import targets, task, tasks
from tests.archive.queries.records import describe, read, statements
from tests.conftest import SetClock
from tests.factories import Factory


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


def test_a_dossier_counts_and_lists_only_what_the_actor_may_see(app: App, make: Factory, agency: Agency) -> None:
    held = make.dossier(agency)
    shown = [make.item(agency, dossier=held, state=state) for state in (ItemState.DESCRIBED, ItemState.PUBLISHED)]
    for state in (ItemState.WITHDRAWN, ItemState.REPLACED, ItemState.RECEIVED):
        make.item(agency, dossier=held, state=state)
    with Session(app.engine) as session:
        view = dossier(session, held.code, actor=make.actor(Role.OFFICIAL, agency))
    assert [line.id for line in view.items] == [item.id for item in shown]
    assert (view.line.items, view.line.published, view.line.doubtful) == (2, 1, 0)


def test_a_line_shows_corrected_values(app: App, make: Factory, agency: Agency) -> None:
    held = make.dossier(agency)
    item = make.item(agency, dossier=held)
    fields = {"type_name": read("Quyet dinh", 0.5), "code_number": read("15"), "issued_date": read("2024-03-15")}
    describe(app, make, item, fields)
    clerk = make.actor(Role.CLERK, agency)
    with app.unit_of_work() as uow:
        actions.correct_field(uow, item.id, "type_name", "Quyết định", actor=clerk, now=app.clock())
        (line,) = dossier(uow.session, held.code, actor=clerk).items
    assert (line.type_name, line.notation, line.issued_date) == ("Quyết định", "15", "2024-03-15")
    assert (line.title, line.doubtful_fields) == ("Quyết định số 15", 0)


def test_dossiers_of_others_are_in_no_list(app: App, make: Factory, agency: Agency) -> None:
    own = [make.dossier(agency, code=f"SXD.2025.{n}") for n in range(3)]
    foreign = make.dossier(make.agency("UBND"), task_number=2)
    clerk = make.actor(Role.CLERK, agency)
    with Session(app.engine) as session:
        first = dossiers(session, actor=clerk, limit=2)
        rest = dossiers(session, actor=clerk, limit=2, cursor=first.following)
        assert [line.code for line in (*first, *rest)] == [held.code for held in own]
        assert dossiers(session, actor=clerk, task_number=2).lines == ()
        assert dossiers(session, actor=clerk, agency_code="UBND").lines == ()
        errors = []
        for code in (foreign.code, "UBND.2025.X"):
            with pytest.raises(NotFound) as unknown:
                dossier(session, code, actor=clerk)
            errors.append(str(unknown.value).replace(code, "…"))
    assert errors[0] == errors[1]


def test_the_most_doubtful_and_least_sure_item_is_reviewed_first(app: App, make: Factory, agency: Agency) -> None:
    figures = [(0, 0.5), (2, 0.9), (1, 0.9), (2, 0.7)]
    items = [make.item(agency, doubtful_fields=count, confidence=sure) for count, sure in figures]
    make.item(agency, state=ItemState.REVIEWED, doubtful_fields=9)
    make.item(make.agency("UBND"), doubtful_fields=9)
    clerk = make.actor(Role.CLERK, agency)
    order = [items[at].id for at in (3, 1, 2, 0)]
    with Session(app.engine) as session:
        assert [line.id for line in review_queue(session, actor=clerk)] == order
        assert [line.id for line in review_queue(session, actor=clerk, only_doubtful=True)] == order[:3]
        assert [line.id for line in review_queue(session, actor=clerk, limit=2)] == order[:2]
        assert not review_queue(session, actor=make.actor(Role.OFFICIAL, agency))


def test_the_next_item_is_the_one_behind_and_after_the_last_the_first(app: App, make: Factory, agency: Agency) -> None:
    items = [make.item(agency, doubtful_fields=count, confidence=None) for count in (3, 2, 1)]
    done = make.item(agency, state=ItemState.REVIEWED)
    clerk = make.actor(Role.CLERK, agency)
    first, second, third = (item.id for item in items)
    with Session(app.engine) as session:
        steps = [next_in_queue(session, here, actor=clerk) for here in (None, first, second, third, done.id)]
    assert steps == [first, second, third, first, first]


def test_when_nothing_else_waits_there_is_no_next_item(app: App, make: Factory, agency: Agency) -> None:
    only = make.item(agency)
    clerk = make.actor(Role.CLERK, agency)
    with Session(app.engine) as session:
        assert next_in_queue(session, only.id, actor=clerk) is None
        assert next_in_queue(session, None, actor=make.actor(Role.CLERK, make.agency("UBND"))) is None


def test_the_first_page_counts_what_waits_for_this_actor(app: App, make: Factory, agency: Agency) -> None:
    clerk = make.actor(Role.CLERK, agency)
    manager = make.actor(Role.RECORDS_MANAGER, agency)
    officer = make.actor(Role.SECURITY_OFFICER, agency)
    make.item(agency, doubtful_fields=2)
    make.item(agency)
    make.item(agency, state=ItemState.REVIEWED, reviewed_by=clerk.account_id)
    make.item(agency, state=ItemState.REVIEWED, reviewed_by=manager.account_id)
    make.item(agency, state=ItemState.STOPPED)
    make.item(make.agency("UBND"), doubtful_fields=5)
    with Session(app.engine) as session:
        seen = {
            actor.login: (view.doubtful, view.to_review, view.to_publish, view.stopped)
            for actor in (clerk, manager, officer)
            for view in [overview(session, actor=actor)]
        }
    assert seen == {clerk.login: (1, 2, 0, 0), manager.login: (1, 2, 1, 0), officer.login: (0, 0, 0, 1)}


def test_progress_counts_each_step_as_part_of_the_one_before(app: App, make: Factory, agency: Agency) -> None:
    states = [ItemState.RECEIVED, ItemState.STOPPED, ItemState.DESCRIBED, ItemState.REVIEWED, ItemState.PUBLISHED]
    for state in [*states, ItemState.WITHDRAWN, ItemState.REPLACED]:
        described = {"described_at": None} if state in {ItemState.RECEIVED, ItemState.STOPPED} else {}
        make.item(agency, state=state, task_number=5, **described)
    make.item(make.agency("UBND"), task_number=5)
    leader = make.actor(Role.LEADER, agency)
    with Session(app.engine) as session:
        progress = task(session, 5, actor=leader)
        assert (progress.received, progress.recognised, progress.reviewed, progress.published, progress.stopped) == (
            5, 3, 2, 1, 1,
        )  # fmt: skip
        assert progress.percent is None
        assert [line.number for line in tasks(session, actor=leader)] == list(range(1, 25))
        assert len(targets(session)) == 7
        assert task(session, 5, actor=make.actor(Role.SECURITY_OFFICER, agency)).received == 0
        with pytest.raises(NotFound):
            task(session, 25, actor=leader)


def test_a_share_is_told_only_of_a_plan(app: App, make: Factory, agency: Agency) -> None:
    with app.unit_of_work() as uow:
        task_row = uow.session.get_one(Task, 5)
        task_row.planned_quantity, task_row.unit = Decimal(8), "văn bản"
    make.item(agency, state=ItemState.PUBLISHED, task_number=5)
    leader = make.actor(Role.LEADER, agency)
    with Session(app.engine) as session:
        assert task(session, 5, actor=leader).percent == 12


def test_the_number_of_statements_does_not_grow_with_the_lists(
    app: App, make: Factory, agency: Agency, clock: SetClock
) -> None:
    manager, other = (make.actor(Role.RECORDS_MANAGER, agency) for _ in range(2))
    held = make.dossier(agency)
    counts = []
    for more in (1, 10):
        for _ in range(more):
            item: Item = make.item(agency, dossier=held)
            describe(app, make, item, {"type_name": read("Quyết định", 0.5)})
            make.item(agency, dossier=make.dossier(agency), state=ItemState.REVIEWED, reviewed_by=other.account_id)
            make.batch(agency)
        seen = []
        for query in (
            lambda session: dossier(session, held.code, actor=manager),
            lambda session: dossiers(session, actor=manager),
            lambda session: review_queue(session, actor=manager),
            lambda session: publish_queue(session, actor=manager),
            lambda session: overview(session, actor=manager),
        ):
            with statements(app) as ran, Session(app.engine) as session:
                query(session)
            seen.append(len(ran))
        counts.append(seen)
    assert counts[0] == counts[1] == [6, 2, 3, 3, 5]
