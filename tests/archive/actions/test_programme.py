"""The programme is changed by whoever may, in one place after the other, and what was said before stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.programme import change_programme, import_programme, plan_import
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import ProgrammeRevision, Target, Task, TaskPlan
from archive.db.trail import AuditEvent
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.intake.programme_sheet import Kind
from archive.intake.sheets import Sheet, SheetRow
from archive.queries.programme import revisions
from tests.factories import Factory

TASKS = {"Số": "3", "Tên": "Số hoá hồ sơ đất đai", "Mục tiêu": "2", "Mã cơ quan chủ trì": "SXD", "Số lượng": "12.000",
         "Đơn vị": "Trang", "Hạn": "31/12/2027", "Căn cứ": "Phụ lục"}  # fmt: skip


@pytest.fixture
def top(make: Factory) -> Agency:
    return make.agency("TP")


@pytest.fixture
def agency(make: Factory, top: Agency) -> Agency:
    return make.agency("SXD", parent=top)


@pytest.fixture
def manager(make: Factory, top: Agency, agency: Agency) -> Actor:
    return make.actor(Role.RECORDS_MANAGER, top)


def sheet(*rows: Mapping[str, str]) -> Sheet:
    return Sheet(tuple(rows[0]), tuple(SheetRow(line, row) for line, row in enumerate(rows, start=2)))


def change(app: App, actor: Actor, kind: Kind, key: tuple[int | str, ...], version: int, **given: str) -> object:
    with app.unit_of_work() as uow:
        return change_programme(uow, kind, key, given, version=version, actor=actor, now=app.clock())


def count(app: App, row: type) -> int:
    with Session(app.engine) as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


def test_a_sheet_of_tasks_fills_them_in_and_once_more_changes_nothing(app: App, manager: Actor, agency: Agency) -> None:
    for changed in (1, 0):
        with app.unit_of_work() as uow:
            plan = import_programme(uow, Kind.TASK, sheet(TASKS), actor=manager, now=app.clock())
            assert (len(plan.changes), plan.unchanged) == (changed, 1 - changed)
    with Session(app.engine) as session:
        task = session.get_one(Task, 3)
        assert (task.title, task.target_number, task.owner_agency_id) == ("Số hoá hồ sơ đất đai", 2, agency.id)
        assert (task.planned_quantity, task.unit, task.due_on) == (Decimal(12000), "trang", date(2027, 12, 31))
        assert task.version == 2
        tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag.like("programme.%"))).all()
        assert tags == ["programme.imported"]
    assert count(app, ProgrammeRevision) == 1


def test_the_dry_run_tells_every_change_and_writes_nothing(app: App, manager: Actor) -> None:
    with app.unit_of_work() as uow:
        plan = plan_import(uow, Kind.TASK, sheet({"Số": "3", "Tên": "Mới"}), actor=manager, now=app.clock())
    (told,) = plan.changes
    assert [(field.name, field.before, field.after) for field in told.fields] == [("title", None, "Mới")]
    assert (told.line, count(app, ProgrammeRevision)) == (2, 0)


def test_with_one_finding_nothing_of_the_sheet_is_imported(app: App, manager: Actor) -> None:
    wrong = (
        {"Số": "25"},
        {"Số": "4", "Mã cơ quan chủ trì": "LẠ"},
        {"Số": "5", "Mục tiêu": "8"},
        {"Số": "6", "Đơn vị": ""},
    )
    rows = sheet(TASKS, *({**TASKS, **each} for each in wrong))
    with app.unit_of_work() as uow:
        plan = plan_import(uow, Kind.TASK, rows, actor=manager, now=app.clock())
    assert [(found.line, found.column, found.rule) for found in plan.findings] == [
        (3, "Số", "programme.task_unknown"),
        (4, "Mã cơ quan chủ trì", "programme.agency_unknown"),
        (5, "Mục tiêu", "programme.target_unknown"),
        (6, "Đơn vị", "programme.unit_missing"),
    ]
    with pytest.raises(InvalidInput), app.unit_of_work() as uow:
        import_programme(uow, Kind.TASK, rows, actor=manager, now=app.clock())
    with Session(app.engine) as session:
        assert session.get_one(Task, 3).title is None


def test_shares_of_agencies_are_imported_and_each_has_its_versions(app: App, manager: Actor, agency: Agency) -> None:
    row = {"Nhiệm vụ": "3", "Mã cơ quan": "SXD", "Số lượng": "100", "Đơn vị": "hồ sơ"}
    with app.unit_of_work() as uow:
        import_programme(uow, Kind.PLAN, sheet(row), actor=manager, now=app.clock())
    with app.unit_of_work() as uow:
        import_programme(uow, Kind.PLAN, sheet({**row, "Số lượng": "120"}), actor=manager, now=app.clock())
        told = revisions(uow.session, "plan", "3:SXD")
        assert uow.session.scalars(select(TaskPlan)).one().agency_id == agency.id
    assert [(each.version, each.content["planned_quantity"]) for each in told] == [(2, "120"), (1, "100")]


def test_a_person_changes_one_task_and_the_second_who_saw_the_same_is_told(app: App, manager: Actor) -> None:
    assert change(app, manager, Kind.TASK, (3,), 1, title="Tên một")
    with pytest.raises(Conflict):
        change(app, manager, Kind.TASK, (3,), 1, title="Tên hai")
    assert change(app, manager, Kind.TASK, (3,), 2, title="Tên một") is None, "what is so already is no change"
    assert change(app, manager, Kind.TASK, (3,), 2, title="")
    with Session(app.engine) as session:
        assert [told.content["title"] for told in revisions(session, "task", "3")] == [None, "Tên một"]
        tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag.like("programme.%"))).all()
        assert tags == ["programme.changed"] * 2


def test_a_share_is_written_where_there_was_none_and_a_target_has_a_title(
    app: App, manager: Actor, agency: Agency
) -> None:
    assert change(app, manager, Kind.PLAN, (3, "SXD"), 0, planned_quantity="40", unit="văn bản")
    with pytest.raises(Conflict):
        change(app, manager, Kind.PLAN, (3, "SXD"), 0, planned_quantity="50", unit="văn bản")
    assert change(app, manager, Kind.TARGET, (7,), 1, title="Mục tiêu bảy")
    with Session(app.engine) as session:
        assert session.get_one(Target, 7).title == "Mục tiêu bảy"


@pytest.mark.parametrize(
    ("kind", "key", "error"),
    [(Kind.TASK, (25,), NotFound), (Kind.TARGET, (8,), NotFound), (Kind.PLAN, (3, "LẠ"), InvalidInput)],
)
def test_what_is_not_there_is_not_made_up(
    app: App, manager: Actor, kind: Kind, key: tuple[int | str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        change(app, manager, kind, key, 0, source="x")


def test_a_quantity_needs_its_unit_on_the_page_too(app: App, manager: Actor) -> None:
    with pytest.raises(InvalidInput) as refused:
        change(app, manager, Kind.TASK, (3,), 1, planned_quantity="5")
    assert refused.value.field == "unit"
    change(app, manager, Kind.TASK, (3,), 1, planned_quantity="5", unit="trang")
    with pytest.raises(InvalidInput):
        change(app, manager, Kind.TASK, (3,), 2, unit="")


@pytest.mark.parametrize("role", [Role.CLERK, Role.LEADER, Role.OPERATOR, Role.AUDITOR])
def test_only_who_manages_the_programme_changes_it(app: App, make: Factory, top: Agency, role: Role) -> None:
    actor = make.actor(role, top)
    with pytest.raises(NotAllowed):
        change(app, actor, Kind.TASK, (3,), 1, title="x")
    with pytest.raises(NotAllowed), app.unit_of_work() as uow:
        plan_import(uow, Kind.TASK, sheet({"Số": "3"}), actor=actor, now=app.clock())


def test_the_programme_is_changed_from_the_top_alone(app: App, make: Factory, agency: Agency) -> None:
    with pytest.raises(NotAllowed):
        change(app, make.actor(Role.RECORDS_MANAGER, agency), Kind.TASK, (3,), 1, title="x")
