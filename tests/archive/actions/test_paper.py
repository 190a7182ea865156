from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import paper
from archive.actions.paper_import import PlacesPlan, import_places, plan_places
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, PaperLoan, PhysicalLocation
from archive.db.trail import AuditEvent
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.intake.sheets import Sheet, SheetRow
from archive.queries import paper as queries
from tests.conftest import SetClock
from tests.factories import Factory

TODAY, LATER = date(2026, 3, 2), date(2026, 3, 20)


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def keeper(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.CLERK, agency)


@pytest.fixture
def dossier(make: Factory, agency: Agency) -> Dossier:
    return make.dossier(agency, code="SXD.2025.0001")


def place(app: App, actor: Actor, code: str, **given: Any) -> None:
    with app.unit_of_work() as uow:
        where = {"place": "Kho 2", "shelf": "G3", "box": "H12", **given}
        paper.place_paper(uow, code, **where, actor=actor, now=app.clock())


def lend(app: App, actor: Actor, code: str, **given: Any) -> None:
    with app.unit_of_work() as uow:
        how = {"borrower": "Lê Thị Hoa", "purpose": "thanh tra", "sheets": 12, "due_back_on": LATER, **given}
        paper.check_out(uow, code, **how, actor=actor, now=app.clock())


def take_back(app: App, actor: Actor, code: str, sheets: int) -> None:
    with app.unit_of_work() as uow:
        paper.return_paper(uow, code, sheets=sheets, actor=actor, now=app.clock())


def seen(app: App, actor: Actor, dossier: Dossier) -> queries.PaperView:
    with app.unit_of_work() as uow:
        return queries.paper_of(uow.session, dossier.id, actor=actor)


def tags(app: App) -> list[str]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(AuditEvent.tag).order_by(AuditEvent.at, AuditEvent.id)))


def test_paper_moves_from_place_to_place_and_its_way_is_kept(
    app: App, keeper: Actor, dossier: Dossier, clock: SetClock
) -> None:
    place(app, keeper, dossier.code, sheets=12)
    clock.advance(days=1)
    place(app, keeper, dossier.code, box="H13")
    place(app, keeper, dossier.code, box="H13")
    view = seen(app, keeper, dossier)
    assert view.place is not None
    assert (view.place.box, view.place.sheets) == ("H13", 12), "without a new count the last one stays"
    assert [(line.box, line.valid_to is None) for line in view.history] == [("H13", True), ("H12", False)]
    assert tags(app) == ["paper.placed", "paper.placed"], "the same place again is no change"


def test_another_count_needs_a_reason(app: App, keeper: Actor, dossier: Dossier) -> None:
    place(app, keeper, dossier.code, sheets=12)
    with pytest.raises(InvalidInput) as refused:
        place(app, keeper, dossier.code, sheets=11)
    assert refused.value.reason == "paper.sheets_differ"
    place(app, keeper, dossier.code, sheets=11, note="Rút 01 tờ trùng, biên bản 03/BB")
    assert seen(app, keeper, dossier).history[0].sheets == 11


def test_what_is_out_is_neither_lent_nor_moved_until_it_is_back(app: App, keeper: Actor, dossier: Dossier) -> None:
    place(app, keeper, dossier.code, sheets=12)
    lend(app, keeper, dossier.code)
    for act in (lend, place):
        with pytest.raises(Conflict) as refused:
            act(app, keeper, dossier.code)
        assert refused.value.reason == "paper.is_out"
    take_back(app, keeper, dossier.code, 12)
    with pytest.raises(Conflict) as again:
        take_back(app, keeper, dossier.code, 12)
    assert again.value.reason == "paper.not_out"
    lend(app, keeper, dossier.code)
    assert tags(app) == ["paper.placed", "paper.checked_out", "paper.returned", "paper.checked_out"]


def test_of_two_who_hand_out_the_same_paper_at_once_one_does(app: App, keeper: Actor, dossier: Dossier) -> None:
    place(app, keeper, dossier.code, sheets=12)

    def attempt(borrower: str) -> bool:
        try:
            lend(app, keeper, dossier.code, borrower=borrower)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, ["An", "Bình", "Chi", "Dũng"]))
    assert sorted(outcomes) == [False, False, False, True]
    with app.unit_of_work() as uow:
        assert len(uow.session.scalars(select(PaperLoan)).all()) == 1


@pytest.mark.parametrize(("back", "difference"), [(10, -2), (0, -12), (13, 1)])
def test_a_count_that_differs_stays_listed_until_it_is_explained(
    app: App, keeper: Actor, dossier: Dossier, back: int, difference: int
) -> None:
    place(app, keeper, dossier.code, sheets=12)
    lend(app, keeper, dossier.code)
    take_back(app, keeper, dossier.code, back)
    view = seen(app, keeper, dossier)
    assert view.unexplained is not None
    assert view.unexplained.difference == difference
    assert listed(app, keeper, "unexplained") == [dossier.code]
    for act in (lend, place):
        with pytest.raises(Conflict) as refused:
            act(app, keeper, dossier.code)
        assert refused.value.reason == "paper.unexplained"
    with app.unit_of_work() as uow:
        paper.explain_difference(uow, dossier.code, explanation="Đã lập biên bản 05/BB", actor=keeper, now=app.clock())
    assert listed(app, keeper, "unexplained") == []
    place_now = seen(app, keeper, dossier).place
    assert place_now is not None
    assert (place_now.sheets, place_now.box) == (back, "H12")


def test_a_count_that_agrees_leaves_nothing_to_explain(app: App, keeper: Actor, dossier: Dossier) -> None:
    place(app, keeper, dossier.code, sheets=12)
    lend(app, keeper, dossier.code)
    take_back(app, keeper, dossier.code, 12)
    assert seen(app, keeper, dossier).unexplained is None
    with pytest.raises(Conflict), app.unit_of_work() as uow:
        paper.explain_difference(uow, dossier.code, explanation="gì đó", actor=keeper, now=app.clock())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"sheets": 11}, "paper.count_differs"),
        ({"borrower": "  "}, "paper.borrower_missing"),
        ({"purpose": ""}, "paper.purpose_missing"),
        ({"due_back_on": date(2026, 3, 1)}, "paper.due_back_past"),
    ],
)
def test_paper_leaves_only_counted_to_somebody_for_something_until_a_day(
    app: App, keeper: Actor, dossier: Dossier, given: dict[str, Any], reason: str
) -> None:
    place(app, keeper, dossier.code, sheets=12)
    with pytest.raises(InvalidInput) as refused:
        lend(app, keeper, dossier.code, **given)
    assert refused.value.reason == reason
    assert listed(app, keeper, "") == []


def test_paper_without_a_place_is_not_lent(app: App, keeper: Actor, dossier: Dossier) -> None:
    with pytest.raises(Conflict) as refused:
        lend(app, keeper, dossier.code)
    assert refused.value.reason == "paper.no_place"


def test_the_first_count_at_a_check_out_is_kept(app: App, keeper: Actor, dossier: Dossier) -> None:
    place(app, keeper, dossier.code)
    lend(app, keeper, dossier.code, sheets=30)
    view = seen(app, keeper, dossier)
    assert view.place is not None
    assert view.place.sheets == 30


def test_it_is_overdue_from_the_day_after(app: App, keeper: Actor, dossier: Dossier, clock: SetClock) -> None:
    place(app, keeper, dossier.code, sheets=12)
    lend(app, keeper, dossier.code, due_back_on=TODAY)
    assert listed(app, keeper, "overdue") == []
    assert listed(app, keeper, "overdue", today=date(2026, 3, 3)) == [dossier.code]
    take_back(app, keeper, dossier.code, 12)
    assert listed(app, keeper, "overdue", today=date(2026, 3, 3)) == []


def test_readers_see_where_it_is_and_not_who_has_it(
    app: App, make: Factory, keeper: Actor, dossier: Dossier, agency: Agency
) -> None:
    place(app, keeper, dossier.code, sheets=12)
    lend(app, keeper, dossier.code)
    reader = make.actor(Role.OFFICIAL, agency)
    view = seen(app, reader, dossier)
    assert view.place is not None
    assert not view.may_manage
    assert view.loans == () == view.history
    with pytest.raises(NotAllowed):
        take_back(app, reader, dossier.code, 12)


def test_to_other_agencies_the_paper_is_not_there(app: App, make: Factory, keeper: Actor, dossier: Dossier) -> None:
    place(app, keeper, dossier.code, sheets=12)
    lend(app, keeper, dossier.code)
    stranger = make.actor(Role.RECORDS_MANAGER, make.agency("UBND"))
    with pytest.raises(NotFound):
        take_back(app, stranger, dossier.code, 12)
    assert listed(app, stranger, "") == []
    with app.unit_of_work() as uow:
        assert queries.boxes(uow.session, actor=stranger).lines == ()
        assert queries.figures(uow.session, actor=stranger, today=TODAY) == queries.PaperFigures(0, 0, 0, 0, 0)
        with pytest.raises(NotFound):
            queries.box(uow.session, agency_code="SXD", place="Kho 2", shelf="G3", box="H12", actor=stranger)


def test_a_box_is_found_by_its_number_and_by_what_lies_in_it(
    app: App, make: Factory, keeper: Actor, dossier: Dossier, agency: Agency
) -> None:
    other = make.dossier(agency, fond_id=dossier.fond_id)
    place(app, keeper, dossier.code, sheets=12)
    place(app, keeper, other.code, sheets=5)
    third = make.dossier(agency, fond_id=dossier.fond_id)
    place(app, keeper, third.code, shelf="", box="", place="Kho 9")
    lend(app, keeper, dossier.code)
    with app.unit_of_work() as uow:
        for words in ("H12", "h1", "kho 2", dossier.code):
            (line,) = queries.boxes(uow.session, actor=keeper, words=words)
            assert (line.box, line.dossiers, line.sheets, line.out) == ("H12", 2, 17, 1), words
        assert len(queries.boxes(uow.session, actor=keeper)) == 2
        assert queries.boxes(uow.session, actor=keeper, words="100%").lines == ()
        _, inside = queries.box(uow.session, agency_code="SXD", place="Kho 2", shelf="G3", box="H12", actor=keeper)
        assert {each.code: each.is_out for each in inside} == {dossier.code: True, other.code: False}
        figures = queries.figures(uow.session, actor=keeper, today=TODAY)
        assert figures == queries.PaperFigures(placed=3, unplaced=0, out=1, overdue=0, unexplained=0)


def test_boxes_are_turned_page_by_page(
    app: App, make: Factory, keeper: Actor, dossier: Dossier, agency: Agency
) -> None:
    for number in range(5):
        each = make.dossier(agency, fond_id=dossier.fond_id)
        place(app, keeper, each.code, shelf="" if number == 0 else f"G{number}", box=f"H{number}")
    shown: list[str] = []
    cursor: str | None = None
    with app.unit_of_work() as uow:
        while True:
            page = queries.boxes(uow.session, actor=keeper, cursor=cursor, limit=2)
            shown += [line.box for line in page]
            cursor = page.following
            if cursor is None:
                break
    assert shown == ["H0", "H1", "H2", "H3", "H4"]


# --- a sheet of places


def sheet(*rows: tuple[str, str, str, str]) -> Sheet:
    columns = ("Mã hồ sơ", "Kho", "Hộp", "Số tờ")
    return Sheet(
        columns, tuple(SheetRow(line, dict(zip(columns, row, strict=True))) for line, row in enumerate(rows, 2))
    )


def planned(app: App, actor: Actor, given: Sheet) -> PlacesPlan:
    with app.unit_of_work() as uow:
        return plan_places(uow.session, given, actor=actor)


def test_a_sheet_is_shown_first_then_imported_and_a_second_time_changes_nothing(
    app: App, make: Factory, keeper: Actor, dossier: Dossier, agency: Agency
) -> None:
    other = make.dossier(agency, fond_id=dossier.fond_id)
    place(app, keeper, other.code, place="Kho 1", shelf="", box="H1", sheets=5)
    given = sheet((dossier.code, "Kho 1", "H2", "7"), (other.code, "Kho 1", "H3", ""))
    plan = planned(app, keeper, given)
    assert [(change.line, change.before, change.after) for change in plan.changes] == [
        (2, "", "Kho 1, H2, 7 tờ"),
        (3, "Kho 1, H1, 5 tờ", "Kho 1, H3, 5 tờ"),
    ]
    assert seen(app, keeper, dossier).place is None, "a dry run writes nothing"
    with app.unit_of_work() as uow:
        import_places(uow, given, actor=keeper, now=app.clock())
    assert tags(app) == ["paper.placed"] * 3
    again = planned(app, keeper, given)
    assert (again.changes, again.unchanged, again.findings) == ((), 2, ())
    with app.unit_of_work() as uow:
        import_places(uow, given, actor=keeper, now=app.clock())
    assert tags(app) == ["paper.placed"] * 3


def test_each_wrong_line_is_found_and_nothing_is_imported(
    app: App, make: Factory, keeper: Actor, dossier: Dossier, agency: Agency
) -> None:
    counted, lent, foreign = (make.dossier(each, fond_id=dossier.fond_id) for each in (agency, agency, make.agency()))
    place(app, keeper, counted.code, sheets=5)
    place(app, keeper, lent.code, sheets=12)
    lend(app, keeper, lent.code)
    given = sheet(
        (dossier.code, "Kho 1", "H2", "7"),
        (foreign.code, "Kho 1", "H2", "7"),
        (counted.code, "Kho 1", "H2", "4"),
        (lent.code, "Kho 1", "H2", ""),
        (dossier.code, "Kho 1", "H2", "7"),
        ("SXD.2025.0009", "", "H2", "7"),
        ("SXD.2025.0010", "Kho 1", "H2", "bảy"),
    )
    plan = planned(app, keeper, given)
    assert [(finding.line, finding.rule) for finding in plan.findings] == [
        (3, "paper.dossier_unknown"),
        (4, "paper.sheets_differ"),
        (5, "paper.is_out"),
        (6, "paper.dossier_twice"),
        (7, "paper.cell_empty"),
        (8, "paper.sheets_invalid"),
    ]
    before = tags(app)
    with pytest.raises(Conflict), app.unit_of_work() as uow:
        import_places(uow, given, actor=keeper, now=app.clock())
    assert tags(app) == before
    assert seen(app, keeper, dossier).place is None


def test_a_sheet_without_the_needed_columns_says_which(app: App, keeper: Actor) -> None:
    plan = planned(app, keeper, Sheet(("Tên", "Kho"), (SheetRow(2, {"Tên": "a", "Kho": "b"}),)))
    assert [(finding.column, finding.rule) for finding in plan.findings] == [("Mã hồ sơ", "paper.column_missing")]


def test_who_keeps_no_paper_imports_none(app: App, make: Factory, agency: Agency, dossier: Dossier) -> None:
    with pytest.raises(NotAllowed):
        planned(app, make.actor(Role.OFFICIAL, agency), sheet((dossier.code, "Kho 1", "H2", "7")))
    with app.unit_of_work() as uow:
        assert uow.session.scalars(select(PhysicalLocation)).all() == []


def listed(app: App, actor: Actor, only: str, *, today: date = TODAY) -> list[str]:
    with app.unit_of_work() as uow:
        return [loan.dossier_code for loan in queries.loans(uow.session, actor=actor, only=only, today=today)]
