from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM, Actor
from archive.access.permissions import Role
from archive.actions import agencies, dossiers, identifiers, successions
from archive.actions.successions import Part
from archive.bootstrap import App
from archive.db.accounts import Agency, AgencyIdentifier, AgencySuccession
from archive.db.holdings import Custody, Fond
from archive.db.trail import AuditDetails, AuditEvent
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from tests.factories import Factory

BASIS = "Nghị quyết 1656/NQ-UBTVQH15 ngày 16/06/2025"
DAY, LAST = date(2025, 7, 1), date(2025, 6, 30)


@pytest.fixture
def city(make: Factory) -> Agency:
    return make.agency("HN")


@pytest.fixture
def operator(make: Factory, city: Agency) -> Actor:
    return make.actor(Role.OPERATOR, city)


def found(app: App, code: str) -> Agency:
    with Session(app.engine) as session:
        return session.scalars(select(Agency).where(Agency.code == code)).one()


def create(app: App, actor: Actor, code: str, **columns: Any) -> Agency:
    with app.unit_of_work() as uow:
        given = {"name": f"Phường {code}", "parent_code": "HN", **columns}
        return agencies.create_agency(uow, code=code, **given, actor=actor, now=app.clock())


def succeed(app: App, actor: Actor, *parts: Part, kind: str = "merger", on: date = DAY, basis: str = BASIS) -> None:
    with app.unit_of_work() as uow:
        successions.record_succession(
            uow, kind=kind, effective_on=on, legal_basis=basis, parts=parts, actor=actor, now=app.clock()
        )


def change(app: App, actor: Actor, code: str, **columns: Any) -> Agency:
    was = found(app, code)
    given: dict[str, Any] = {
        "name": was.name,
        "kind": was.kind,
        "parent_code": "HN",
        "valid_from": was.valid_from,
        "second_person_publishes": was.second_person_publishes,
        **columns,
    }
    with app.unit_of_work() as uow:
        return agencies.change_agency(uow, code, **given, actor=actor, now=app.clock())


def give(app: App, actor: Actor, code: str, value: str, scheme: str = "unit", **period: Any) -> AgencyIdentifier:
    with app.unit_of_work() as uow:
        return identifiers.give_identifier(
            uow, code, scheme=scheme, value=value, **period, actor=actor, now=app.clock()
        )


def tags(app: App) -> list[str]:
    with Session(app.engine) as session:
        return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)))


def test_an_agency_begins_with_a_fond_that_it_holds(app: App, operator: Actor) -> None:
    made = create(app, operator, "P1", kind="ward", valid_from=DAY)
    with Session(app.engine) as session:
        fond = session.scalars(select(Fond).where(Fond.creator_id == made.id)).one()
        held = session.scalars(select(Custody).where(Custody.fond_id == fond.id)).one()
    assert (fond.code, fond.agency_id, fond.state) == ("P1", made.id, "open")
    assert (held.agency_id, held.valid_from, held.valid_to) == (made.id, app.clock(), None)


def test_old_wards_go_whole_or_in_parts_into_new_ones(app: App, operator: Actor) -> None:
    """Many to many, as on 1 July 2025: each row says what went where, the old ones end with their fonds."""
    for code in ("O1", "O2"):
        create(app, operator, code)
        give(app, operator, code, f"0000{code[1]}")
    for code in ("N1", "N2"):
        create(app, operator, code, valid_from=DAY)
    succeed(app, operator, Part("O1", "N1"), Part("O2", "N1", True, "phần phía bắc"), kind="merger")
    succeed(app, operator, Part("O2", "N2", True), kind="split")
    with Session(app.engine) as session:
        rows = session.execute(
            select(AgencySuccession.kind, AgencySuccession.partial, AgencySuccession.note).order_by(AgencySuccession.id)
        ).all()
        ended = session.scalars(select(Agency.code).where(Agency.valid_to == LAST).order_by(Agency.code)).all()
        closed = session.scalars(select(Fond.code).where(Fond.state == "closed", Fond.closed_on == LAST)).all()
        borne = session.scalars(select(AgencyIdentifier.valid_to)).all()
    assert [tuple(row) for row in rows] == [
        ("merger", False, ""),
        ("merger", True, "phần phía bắc"),
        ("split", True, ""),
    ]
    assert ended == ["O1", "O2"]
    assert sorted(closed) == ["O1", "O2"]
    assert borne == [LAST, LAST]
    assert tags(app).count("agency.succeeded") == 3
    assert tags(app).count("agency.closed") == tags(app).count("fond.closed") == 2


def test_an_agency_from_which_something_is_separated_goes_on(app: App, operator: Actor) -> None:
    create(app, operator, "S1")
    create(app, operator, "S2", valid_from=DAY)
    succeed(app, operator, Part("S1", "S2", partial=True), kind="separation")
    assert found(app, "S1").valid_to is None


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"kind": "annexation"}, "agency.succession_unknown"),
        ({"on": date(2026, 3, 3)}, "agency.effective_in_future"),
        ({"basis": "  "}, "agency.basis_missing"),
        ({"parts": ()}, "agency.succession_empty"),
        ({"parts": (Part("O1", "O1"),)}, "agency.succession_circle"),
        ({"kind": "closure", "parts": (Part("O1", "N1", True),)}, "agency.succession_whole"),
        ({"kind": "separation"}, "agency.separation_partial"),
        ({"kind": "renaming", "parts": (Part("O1", "N1"), Part("O1", "O2"))}, "agency.one_successor"),
        ({"on": date(2025, 6, 1)}, "agency.not_yet_there"),
        ({"parts": (Part("N1", "O1"),)}, "agency.not_yet_there"),
    ],
)
def test_a_succession_that_cannot_be_is_refused_and_leaves_nothing(
    app: App, operator: Actor, how: dict[str, Any], reason: str
) -> None:
    create(app, operator, "O1")
    create(app, operator, "O2")
    create(app, operator, "N1", valid_from=DAY)
    before = tags(app)
    parts = how.pop("parts", (Part("O1", "N1"),))
    with pytest.raises(InvalidInput) as refused:
        succeed(app, operator, *parts, **how)
    assert refused.value.reason == reason
    assert tags(app) == before
    assert found(app, "O1").valid_to is None


def test_no_agency_follows_itself_by_way_of_others(app: App, operator: Actor) -> None:
    for code in ("A1", "A2", "A3"):
        create(app, operator, code)
    succeed(app, operator, Part("A1", "A2", True), kind="separation", on=date(2020, 1, 1))
    succeed(app, operator, Part("A2", "A3", True), kind="separation", on=date(2021, 1, 1))
    with pytest.raises(InvalidInput) as refused:
        succeed(app, operator, Part("A3", "A1", True), kind="separation", on=date(2022, 1, 1))
    assert refused.value.reason == "agency.succession_circle"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_whatever_is_entered_time_runs_one_way(app: App, pairs: list[tuple[int, int]]) -> None:
    """After any series of attempts nobody is reached from himself."""
    prefix = f"G{len(tags(app))}"
    for number in range(5):
        with app.unit_of_work() as uow:
            code = f"{prefix}-{number}"
            agencies.create_agency(uow, code=code, name=code, actor=SYSTEM, now=app.clock())
    followed: dict[int, set[int]] = {number: set() for number in range(5)}

    def reached(start: int) -> set[int]:
        seen: set[int] = set()
        ahead = set(followed[start])
        while ahead - seen:
            seen |= ahead
            ahead = {further for each in ahead for further in followed[each]}
        return seen

    for number, (old, new) in enumerate(pairs):
        lawful = old != new and old not in reached(new)
        part = Part(f"{prefix}-{old}", f"{prefix}-{new}", True)
        try:
            succeed(app, SYSTEM, part, kind="separation", on=date(2000 + number, 1, 1))
        except ArchiveError:
            assert not lawful
        else:
            assert lawful
            followed[old].add(new)
    assert not any(number in reached(number) for number in followed)


def test_what_has_ended_neither_ends_again_nor_takes_over(app: App, operator: Actor) -> None:
    for code in ("O1", "N1", "N2"):
        create(app, operator, code)
    succeed(app, operator, Part("O1", "N1"))
    with pytest.raises(Conflict):
        succeed(app, operator, Part("O1", "N1"))
    with pytest.raises(Conflict):
        succeed(app, operator, Part("O1", "N2"), on=date(2025, 8, 1))
    with pytest.raises(Conflict):
        succeed(app, operator, Part("N2", "O1"), on=date(2025, 8, 1))
    succeed(app, operator, Part("O1", "N2", True), kind="split")  # another share of the same day


def test_a_renamed_agency_is_followed_by_its_new_name_and_keeps_its_units(app: App, operator: Actor) -> None:
    create(app, operator, "STTTT", name="Sở Thông tin và Truyền thông", kind="department")
    create(app, operator, "TT1", parent_code="STTTT")
    with app.unit_of_work() as uow:
        successions.rename_agency(
            uow,
            "STTTT",
            new_code="SKHCN",
            new_name="Sở Khoa học và Công nghệ",
            effective_on=date(2025, 3, 1),
            legal_basis="Nghị quyết 1",
            actor=operator,
            now=app.clock(),
        )
    old, new, unit = (found(app, code) for code in ("STTTT", "SKHCN", "TT1"))
    assert (old.name, old.valid_to) == ("Sở Thông tin và Truyền thông", date(2025, 2, 28))
    assert (new.valid_from, new.kind, new.parent_id) == (date(2025, 3, 1), "department", old.parent_id)
    assert unit.parent_id == new.id


def test_a_name_is_put_right_only_while_no_record_bears_it(app: App, make: Factory, operator: Actor) -> None:
    agency = create(app, operator, "P1", name="Phưng 1")
    assert change(app, operator, "P1", name="Phường 1").name == "Phường 1"
    make.dossier(agency)
    with pytest.raises(InvalidInput) as refused:
        change(app, operator, "P1", name="Phường Một")
    assert refused.value.reason == "agency.rename_instead"


def test_settings_are_changed_and_the_trail_says_what_was_before(app: App, operator: Actor) -> None:
    create(app, operator, "P1")
    change(app, operator, "P1", second_person_publishes=False, kind="ward")
    assert found(app, "P1").second_person_publishes is False
    with Session(app.engine) as session:
        newest = select(AuditEvent.tag, AuditDetails.details).join(AuditDetails, AuditDetails.event_id == AuditEvent.id)
        event = session.execute(newest.order_by(AuditEvent.id.desc()).limit(1)).one()
    assert event.tag == "agency.changed"
    assert event.details == {"second_person_publishes": [True, False], "kind": [None, "ward"]}
    before = tags(app)
    change(app, operator, "P1")
    assert tags(app) == before, "the same again changes nothing"


def test_no_agency_stands_below_itself(app: App, operator: Actor) -> None:
    create(app, operator, "P1")
    create(app, operator, "P2", parent_code="P1")
    create(app, operator, "P3", parent_code="P2")
    for parent in ("P1", "P3"):
        with pytest.raises(InvalidInput) as refused:
            change(app, operator, "P1", parent_code=parent)
        assert refused.value.reason == "agency.parent_circle"
    assert change(app, operator, "P3", parent_code="P1").parent_id == found(app, "P1").id


def test_an_agency_does_not_end_before_its_units(app: App, operator: Actor) -> None:
    create(app, operator, "Q1", kind="district")
    create(app, operator, "P1", parent_code="Q1")

    def close(code: str, last_day: date = LAST, basis: str = BASIS) -> None:
        with app.unit_of_work() as uow:
            agencies.close_agency(uow, code, last_day=last_day, legal_basis=basis, actor=operator, now=app.clock())

    with pytest.raises(Conflict, match="P1"):
        close("Q1")
    with pytest.raises(InvalidInput):
        close("P1", last_day=date(2026, 3, 3))
    with pytest.raises(InvalidInput):
        close("P1", basis="")
    close("P1")
    close("Q1")
    with pytest.raises(Conflict):
        close("Q1")


def test_an_identifier_belongs_to_one_agency_at_a_time(app: App, operator: Actor) -> None:
    """The same number passed to a new ward in 2025: its days decide."""
    create(app, operator, "O1")
    create(app, operator, "N1", valid_from=DAY)
    give(app, operator, "O1", "00004")
    with pytest.raises(Conflict, match="O1"):
        give(app, operator, "N1", "00004", valid_from=DAY)
    succeed(app, operator, Part("O1", "N1"))
    first = give(app, operator, "N1", "00004", valid_from=DAY)
    assert give(app, operator, "N1", "00004", valid_from=DAY).id == first.id, "repeating changes nothing"


def test_both_forms_of_an_identifier_are_one(app: App, operator: Actor) -> None:
    create(app, operator, "P1")
    create(app, operator, "P2")
    assert give(app, operator, "P1", "h26.18", "organ").value == "H26.18"
    with pytest.raises(Conflict):
        give(app, operator, "P2", "000.00.18.H26", "old_organ")
    give(app, operator, "P2", "000.00.19.H26", "old_organ")
    with pytest.raises(Conflict):
        give(app, operator, "P1", "H26.19", "organ")


def test_two_who_give_the_same_identifier_at_once_do_not_both_succeed(app: App, operator: Actor) -> None:
    for code in ("P1", "P2"):
        create(app, operator, code)

    def attempt(code: str) -> bool:
        try:
            give(app, operator, code, "00004")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, ("P1", "P2"))) == [False, True]


days = st.dates(date(2020, 1, 1), date(2020, 1, 9))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(periods=st.lists(st.tuples(st.none() | days, st.none() | days), min_size=2, max_size=5))
def test_on_no_day_has_an_identifier_two_bearers(app: App, periods: list[tuple[date | None, date | None]]) -> None:
    prefix = f"I{len(tags(app))}"
    value = f"{len(tags(app)):05}"
    kept: list[tuple[date, date]] = []
    for number, (start, end) in enumerate(periods):
        with app.unit_of_work() as uow:
            code = f"{prefix}-{number}"
            agencies.create_agency(uow, code=code, name=code, actor=SYSTEM, now=app.clock())
        first, last = start or date.min, end or date.max
        lawful = first <= last and not any(first <= b and a <= last for a, b in kept)
        try:
            give(app, SYSTEM, code, value, valid_from=start, valid_to=end)
        except ArchiveError:
            assert not lawful
        else:
            assert lawful
            kept.append((first, last))


def test_a_closed_fond_takes_dossiers_of_its_time_only(app: App, make: Factory, operator: Actor, city: Agency) -> None:
    create(app, operator, "O1")
    create(app, operator, "N1")
    succeed(app, operator, Part("O1", "N1"))
    keeper = make.actor(Role.RECORDS_MANAGER, city)

    def open_dossier(year: int) -> object:
        with app.unit_of_work() as uow:
            return dossiers.create_dossier(
                uow, title="Hồ sơ cũ", agency_code="O1", year=year, actor=keeper, now=app.clock()
            )

    open_dossier(2019)
    open_dossier(2025)
    with pytest.raises(Conflict) as refused:
        open_dossier(2026)
    assert refused.value.reason == "agency.fond_closed"


def test_who_may_not_reorganise_is_told_of_no_such_agency(app: App, make: Factory, operator: Actor) -> None:
    create(app, operator, "P1")
    create(app, operator, "P2")
    for actor in (make.actor(Role.OPERATOR, make.agency("DN")), make.actor(Role.RECORDS_MANAGER, found(app, "P1"))):
        for attempt in (
            lambda actor=actor: succeed(app, actor, Part("P1", "P2")),
            lambda actor=actor: change(app, actor, "P1", kind="ward"),
            lambda actor=actor: give(app, actor, "P1", "00004"),
        ):
            with pytest.raises(NotFound):
                attempt()
