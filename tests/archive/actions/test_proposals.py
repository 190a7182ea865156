from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Role
from archive.actions.proposals import Proposed, propose_rules, propose_waiting
from archive.actions.rules import confirm_rule, end_rule
from archive.actions.schedules import ScheduleHead, import_schedule
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.db.retention import DossierRule, RuleRow
from archive.db.trail import AuditEvent
from archive.errors import NotAllowed, NotFound
from archive.intake.sheets import Sheet, SheetRow
from archive.queries.proposals import candidates
from tests.conftest import SetClock
from tests.factories import Factory

ROWS = (
    ("Hồ sơ về việc bổ nhiệm, điều động, luân chuyển cán bộ", "70 năm"),
    ("Hồ sơ kỷ luật cán bộ", "50 năm"),
    ("Hồ sơ nâng lương của cán bộ, công chức", "20 năm"),
    ("Hồ sơ hội nghị tổng kết, sơ kết - Tổng kết năm", "Vĩnh viễn"),
    ("Hồ sơ hội nghị tổng kết, sơ kết - Sơ kết tháng, quý, 6 tháng", "5 năm"),
    ("Công văn trao đổi về công tác cán bộ", "10 năm"),
)
APPOINTED, DISCIPLINED, RAISED = 1, 2, 3


def schedule(
    app: App, *rows: tuple[str, str], code: str = "CHUNG", since: date = date(2020, 1, 1), until: date | None = None
) -> None:
    columns = ("title", "term")
    lines = (SheetRow(line, dict(zip(columns, row, strict=True))) for line, row in enumerate(rows or ROWS, 2))
    head = ScheduleHead(code, "Bảng thử", "Thông tư thử", "phép thử", since, until)
    with app.unit_of_work() as uow:
        import_schedule(uow, head, Sheet(columns, tuple(lines)), actor=SYSTEM, now=app.clock())


def propose(app: App, dossier: Dossier, actor: Actor = SYSTEM) -> Proposed:
    with app.unit_of_work() as uow:
        return propose_rules(uow, dossier.code, actor=actor, now=app.clock())


def proposals(app: App, dossier: Dossier) -> list[int]:
    """Places in the schedule of what waits for a person."""
    with app.unit_of_work() as uow:
        rows = select(RuleRow.ordinal).join(DossierRule, DossierRule.rule_id == RuleRow.id).where(
            DossierRule.dossier_id == dossier.id, DossierRule.ended_at.is_(None), DossierRule.confirmed_at.is_(None)
        )  # fmt: skip
        return sorted(uow.session.scalars(rows))


def rename(app: App, dossier: Dossier, title: str) -> None:
    with app.unit_of_work() as uow:
        uow.session.get_one(Dossier, dossier.id).title = title


def events(app: App) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == "rule.proposed")
        ) or 0  # fmt: skip


def agency_of(app: App, dossier: Dossier) -> Agency:
    with app.unit_of_work() as uow:
        return uow.session.get_one(Agency, dossier.agency_id)


@pytest.fixture
def dossier(app: App, make: Factory) -> Dossier:
    return make.dossier(make.agency("TP"), title="Hồ sơ bổ nhiệm Trưởng phòng Nội vụ năm 2024")


def test_without_a_schedule_nothing_is_proposed_and_it_is_said_why(app: App, dossier: Dossier) -> None:
    found = propose(app, dossier)
    assert (found.rows, found.proposal.silence) == ((), "no_rules")
    assert propose_waiting(app) == 0
    assert events(app) == 0


def test_a_rule_is_proposed_with_reasons_and_counts_only_when_a_person_says_so(app: App, dossier: Dossier) -> None:
    schedule(app)
    (row,) = propose(app, dossier).rows
    assert proposals(app, dossier) == [APPOINTED]
    assert (row.proposed_by, row.confirmed_at) == (None, None)
    assert row.reasons[0] == {"kind": "words", "text": "Có các từ: bổ nhiệm"}
    assert 0.4 < (row.score or 0) <= 1


def test_looking_again_changes_nothing(app: App, dossier: Dossier) -> None:
    schedule(app)
    before = propose(app, dossier).rows
    again = propose(app, dossier)
    assert ([row.id for row in again.rows], again.changed) == ([row.id for row in before], False)
    assert events(app) == 1


def test_a_proposal_that_nobody_confirmed_gives_way(app: App, dossier: Dossier) -> None:
    schedule(app)
    propose(app, dossier)
    rename(app, dossier, "Hồ sơ kỷ luật cán bộ vi phạm năm 2024")
    propose(app, dossier)
    assert proposals(app, dossier) == [DISCIPLINED]
    with app.unit_of_work() as uow:
        ended = uow.session.scalars(select(DossierRule).where(DossierRule.ended_at.is_not(None))).one()
    assert (ended.ended_by, ended.end_reason) == (None, "Hệ thống xem lại hồ sơ và thay bằng kết quả mới.")


def test_what_a_person_confirmed_or_declined_stays(app: App, make: Factory, dossier: Dossier) -> None:
    schedule(app)
    manager = make.actor(Role.RECORDS_MANAGER, agency_of(app, dossier))
    (row,) = propose(app, dossier).rows
    with app.unit_of_work() as uow:
        confirm_rule(uow, dossier.code, row.rule_id, actor=manager, now=app.clock())
    rename(
        app, dossier, "Hồ sơ nâng lương công chức năm 2024"
    )  # a shorter term: beside the confirmed one it says nothing
    assert propose(app, dossier).rows == ()
    with app.unit_of_work() as uow:
        end_rule(uow, dossier.code, row.id, reason="Nhầm", actor=manager, now=app.clock())
    (raised,) = propose(app, dossier).rows
    assert proposals(app, dossier) == [RAISED]
    with app.unit_of_work() as uow:
        end_rule(uow, dossier.code, raised.id, reason="Không phải", actor=manager, now=app.clock())
    assert propose(app, dossier).rows == ()


def test_a_document_that_asks_for_a_longer_term_is_proposed_beside_the_title(
    app: App, make: Factory, dossier: Dossier
) -> None:
    schedule(app)
    rename(app, dossier, "Hồ sơ nâng lương của công chức năm 2024")
    agency = agency_of(app, dossier)
    item = make.item(agency, dossier=dossier, title="Quyết định điều động cán bộ")
    make.item(agency, dossier=dossier, title="Quyết định nâng lương")
    rows = propose(app, dossier).rows
    assert proposals(app, dossier) == [APPOINTED, RAISED]
    longer = next(row for row in rows if row.reasons[0]["kind"] == "document")
    assert longer.reasons[0]["text"] == f"Theo văn bản {item.code} trong hồ sơ"


def test_the_schedule_of_the_day_on_which_the_work_ended_is_looked_at(app: App, make: Factory) -> None:
    schedule(app, ("Hồ sơ bổ nhiệm cán bộ", "20 năm"), since=date(2010, 1, 1), until=date(2019, 12, 31))
    schedule(app, *ROWS)
    agency = make.agency("TP")
    title = "Hồ sơ bổ nhiệm cán bộ"
    terms = []
    for ended in (date(2015, 5, 5), date(2021, 5, 5), None, date(2001, 1, 1)):
        found = make.dossier(agency, title=title, work_ended_on=ended, state="closed" if ended else "open")
        with app.unit_of_work() as uow:
            view = candidates(uow.session, found.code, actor=SYSTEM, today=date(2025, 1, 1))
        terms.append(next(line.term for line in view.candidates if line.proposed))
    assert terms == ["20 năm", "70 năm", "70 năm", "70 năm"]


def test_the_service_looks_at_what_is_new_or_changed_and_at_nothing_twice(
    app: App, make: Factory, clock: SetClock, dossier: Dossier
) -> None:
    schedule(app)
    agency = agency_of(app, dossier)
    others = [make.dossier(agency, title=f"Hồ sơ số {number}") for number in range(4)]
    assert [propose_waiting(app, portion=3) for _ in range(3)] == [3, 2, 0]
    assert proposals(app, dossier) == [APPOINTED]
    clock.now += timedelta(hours=1)
    make.item(agency, dossier=others[2], title="Quyết định điều động, luân chuyển cán bộ")
    clock.now += timedelta(hours=1)
    assert [propose_waiting(app) for _ in range(2)] == [1, 0]
    clock.now += timedelta(hours=1)
    schedule(app, ("Hồ sơ số hoá", "5 năm"), code="KHAC")
    clock.now += timedelta(hours=1)
    assert [propose_waiting(app) for _ in range(2)] == [5, 0]


def test_who_may_not_confirm_rules_has_none_proposed(app: App, make: Factory, dossier: Dossier) -> None:
    schedule(app)
    agency = agency_of(app, dossier)
    with pytest.raises(NotAllowed):
        propose(app, dossier, make.actor(Role.OFFICIAL, agency))
    stranger = make.actor(Role.RECORDS_MANAGER, make.agency("KHAC"))
    with pytest.raises(NotFound):
        propose(app, dossier, stranger)
    with pytest.raises(NotFound), app.unit_of_work() as uow:
        candidates(uow.session, dossier.code, actor=stranger, today=date(2025, 1, 1))
    assert propose_waiting(app, actor=stranger) == 0
    assert propose_waiting(app, actor=make.actor(Role.RECORDS_MANAGER, agency)) == 1
