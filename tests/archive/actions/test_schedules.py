from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Role
from archive.actions.schedules import ClosedBefore, ScheduleHead, SchedulePlan, import_schedule, plan_schedule
from archive.bootstrap import App
from archive.db.retention import RuleRow, ScheduleRow
from archive.db.trail import AuditEvent
from archive.errors import InvalidInput, NotAllowed
from archive.intake.sheets import Sheet, SheetRow
from archive.queries import schedules as queries
from tests.factories import Factory

HEAD = ScheduleHead("CHUNG", "Bảng thử", "Thông tư thử 1/2020", "viết cho phép thử", date(2020, 1, 1))
ROWS = (("Hồ sơ bổ nhiệm", "70 năm"), ("Hợp đồng", "5 năm sau khi chấm dứt hợp đồng"), ("Quy chế", "Vĩnh viễn"))


def sheet(*rows: tuple[str, str]) -> Sheet:
    columns = ("title", "term")
    lines = (SheetRow(line, dict(zip(columns, row, strict=True))) for line, row in enumerate(rows or ROWS, 2))
    return Sheet(columns, tuple(lines))


def take(
    app: App, head: ScheduleHead, given: Sheet | None = None, *, actor: Actor = SYSTEM, close: bool = False
) -> SchedulePlan:
    with app.unit_of_work() as uow:
        return import_schedule(uow, head, given or sheet(), close_previous=close, actor=actor, now=app.clock())


def plan(app: App, head: ScheduleHead, given: Sheet | None = None, *, close: bool = False) -> SchedulePlan:
    with app.unit_of_work() as uow:
        return plan_schedule(uow, head, given or sheet(), close_previous=close, actor=SYSTEM, now=app.clock())


def rules_of(found: SchedulePlan) -> list[str]:
    return [finding.rule for finding in found.findings]


def versions(app: App) -> list[tuple[str, int, date, date | None]]:
    with app.unit_of_work() as uow:
        rows = uow.session.scalars(select(ScheduleRow).order_by(ScheduleRow.code, ScheduleRow.version))
        return [(row.code, row.version, row.valid_from, row.valid_to) for row in rows]


def events(app: App) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == "schedule.imported")
        ) or 0  # fmt: skip


def test_new_holdings_have_no_schedule(app: App) -> None:
    assert versions(app) == []


def test_a_dry_run_tells_every_row_and_changes_nothing(app: App) -> None:
    found = plan(app, HEAD)
    assert (found.version, len(found.rules), found.findings) == (1, 3, ())
    assert versions(app) == []
    assert events(app) == 0


def test_an_import_is_a_version_with_its_rules_basis_and_dates(app: App, make: Factory) -> None:
    manager = make.actor(Role.RECORDS_MANAGER, make.agency("TP"))
    take(app, replace(HEAD, sector="y tế"), actor=manager)
    with app.unit_of_work() as uow:
        (line,) = queries.schedules(uow.session, actor=manager)
        rules = queries.rules(uow.session, line.id)
    assert (line.code, line.version, line.legal_basis, line.sector, line.rules) == (
        "CHUNG", 1, "Thông tư thử 1/2020", "y tế", 3,
    )  # fmt: skip
    assert [(rule.ordinal, rule.kind, rule.years, rule.event, rule.term) for rule in rules] == [
        (1, "years", 70, None, "70 năm"),
        (2, "event", 5, "chấm dứt hợp đồng", "5 năm sau khi chấm dứt hợp đồng"),
        (3, "permanent", None, None, "Vĩnh viễn"),
    ]
    assert events(app) == 1


def test_importing_the_same_again_changes_nothing(app: App) -> None:
    take(app, HEAD)
    take(app, replace(HEAD, valid_from=date(2022, 1, 1)), close=True)
    before = versions(app)
    assert take(app, HEAD).known_as == 1
    assert take(app, replace(HEAD, valid_from=date(2022, 1, 1))).known_as == 2
    assert (versions(app), events(app)) == (before, 2)


def test_with_one_finding_nothing_is_imported(app: App) -> None:
    given = sheet(*ROWS, ("Hồ sơ khác", "lâu dài"))
    assert rules_of(plan(app, HEAD, given)) == ["schedule.term_unknown"]
    with pytest.raises(InvalidInput, match="1 chỗ"):
        take(app, HEAD, given)
    assert versions(app) == []
    with app.unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(RuleRow)) == 0


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (replace(HEAD, valid_to=date(2019, 12, 31)), "schedule.dates_reversed"),
        (replace(HEAD, code="chung có dấu"), "schedule.code_invalid"),
        (replace(HEAD, title=" "), "schedule.title_missing"),
        (replace(HEAD, legal_basis=""), "schedule.legal_basis_missing"),
        (replace(HEAD, source=""), "schedule.source_missing"),
        (replace(HEAD, sector=" "), "schedule.sector_missing"),
        (replace(HEAD, legal_basis="x" * 1001), "schedule.cell_too_long"),
        (replace(HEAD, valid_from=date(1902, 1, 1)), "schedule.too_early"),
    ],
)
def test_what_is_wrong_with_a_version_as_a_whole_is_a_finding(app: App, head: ScheduleHead, rule: str) -> None:
    found = plan(app, head)
    assert rules_of(found) == [rule]
    assert "…" not in found.findings[0].text
    with pytest.raises(InvalidInput):
        take(app, head)


def test_no_day_has_two_versions_of_one_code(app: App) -> None:
    take(app, replace(HEAD, valid_to=date(2021, 12, 31)))
    for overlapping in (
        replace(HEAD, valid_from=date(2021, 12, 31)),
        replace(HEAD, valid_from=date(2019, 1, 1)),
        replace(HEAD, valid_from=date(2020, 6, 1), valid_to=date(2020, 7, 1)),
    ):
        assert rules_of(plan(app, overlapping, close=True)) == ["schedule.overlaps_version"]
    take(app, replace(HEAD, valid_from=date(2022, 1, 1)))
    take(app, replace(HEAD, valid_from=date(2018, 1, 1), valid_to=date(2019, 12, 31)))
    take(app, replace(HEAD, code="KHAC"))
    assert [version for code, version, *_ in versions(app) if code == "CHUNG"] == [1, 2, 3]


def test_a_version_in_force_is_closed_only_when_the_importer_says_so(app: App) -> None:
    take(app, HEAD)
    following = replace(HEAD, valid_from=date(2023, 2, 3))
    assert rules_of(plan(app, following)) == ["schedule.overlaps_open_version"]
    with pytest.raises(InvalidInput):
        take(app, following)
    assert plan(app, following, close=True).closes == ClosedBefore(1, date(2023, 2, 2))
    assert versions(app) == [("CHUNG", 1, date(2020, 1, 1), None)]
    take(app, following, close=True)
    assert versions(app) == [
        ("CHUNG", 1, date(2020, 1, 1), date(2023, 2, 2)),
        ("CHUNG", 2, date(2023, 2, 3), None),
    ]


def test_only_who_holds_it_over_the_agency_at_the_top_imports_or_looks_ahead(app: App, make: Factory) -> None:
    city = make.agency("TP")
    ward = make.agency("TP.P1", parent=city)
    for actor in (make.actor(Role.RECORDS_MANAGER, ward), make.actor(Role.OPERATOR, city)):
        with pytest.raises(NotAllowed):
            take(app, HEAD, actor=actor)
        with pytest.raises(NotAllowed), app.unit_of_work() as uow:
            plan_schedule(uow, HEAD, sheet(), actor=actor, now=app.clock())
    take(app, HEAD, actor=make.actor(Role.RECORDS_MANAGER, city))


def test_rules_are_found_by_words_with_or_without_tones(app: App, make: Factory) -> None:
    official = make.actor(Role.OFFICIAL, make.agency("TP"))
    take(app, HEAD)
    with app.unit_of_work() as uow:
        (line,) = queries.schedules(uow.session, actor=official)
        found = {words: [rule.ordinal for rule in queries.rules(uow.session, line.id, words=words)]
                 for words in ("bo nhiem", "BỔ", "hop dong 5", "không có", "")}  # fmt: skip
        assert queries.schedules(uow.session, actor=make.actor(Role.AUDITOR, make.agency("KT"))) == ()
    assert found == {"bo nhiem": [1], "BỔ": [1], "hop dong 5": [2], "không có": [], "": [1, 2, 3]}
