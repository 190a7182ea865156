"""What a public service is told of papers on file, what it takes, and what it is never told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.actions.describe import correct_field, remove_field
from archive.actions.reuse import OwnerKind, Question, look_up, use_paper
from archive.bootstrap import App
from archive.db.holdings import OwnerIdentifier, StoredObject
from archive.db.reuse import ReuseAgreement, ReuseEvent, ReuseLookup
from archive.db.trail import AuditDetails, AuditEvent
from archive.errors import InvalidInput, NotAllowed
from archive.queries.reuse import Use, hidden_identifier, hidden_name
from tests.archive.reuse import BIRTH, MARRIAGE, PERMIT, PERSON, ReuseWorld, found, trail
from tests.conftest import SetClock
from tests.factories import Factory

NOBODY = "001080000999"


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> ReuseWorld:
    return ReuseWorld(app, make, clock)


def outcomes(world: ReuseWorld) -> list[str]:
    with Session(world.app.engine) as session:
        return list(session.scalars(select(ReuseLookup.outcome).order_by(ReuseLookup.at, ReuseLookup.id)))


# --- what is on file


def test_a_paper_on_file_is_told_with_its_trust_and_a_hidden_holder(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper(valid_from="2026-01-01", valid_until="2026-12-31", organ_name="UBND phường mẫu")
    (paper,) = world.ask(on=date(2026, 6, 1)).papers
    assert (paper.reference, paper.type_name, paper.level) == (item.code, BIRTH, "conditional")
    assert (paper.organ_name, paper.validity.state) == ("UBND phường mẫu", "valid")
    assert (paper.holder.name, paper.holder.identifier) == ("N. V. An", "…123")
    assert (paper.trust.second_person, paper.trust.doubtful_fields) == (True, 0)
    assert paper.trust.published_on == date(2026, 3, 2)
    assert paper.trust.master_sha256 == paper.trust.sealed_sha256 == item.master_digest
    assert paper.trust.verified_at is None
    assert PERSON not in str(asdict(paper))
    assert "Nguyễn" not in str(asdict(paper))


def test_when_its_bytes_were_last_compared_is_told(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    with world.app.unit_of_work() as uow:
        uow.session.execute(
            update(StoredObject).where(StoredObject.digest == item.master_digest).values(verified_at=world.clock())
        )
    assert world.ask().papers[0].trust.verified_at == world.clock()


def test_an_identifier_is_the_same_however_it_is_written(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper("001 080 000123")
    assert found(world, owner="001.080.000.123") == [item.code]


def test_a_title_that_goes_on_and_another_spelling_are_the_same_kind(world: ReuseWorld) -> None:
    world.agreement()
    names = ["Giấy khai sinh (bản sao)", "TRÍCH LỤC KHAI SINH", "giấy khai sinh"]
    assert set(found(world)) == set()
    papers = {world.paper(type_name=name).code for name in names}
    world.paper(type_name=PERMIT)
    assert set(found(world)) == papers


def test_the_newest_word_of_a_person_says_what_kind_it_is(world: ReuseWorld) -> None:
    world.agreement()
    renamed, removed = world.paper(), world.paper()
    with world.app.unit_of_work() as uow:
        how: dict[str, Any] = {"actor": world.manager, "now": world.clock()}
        correct_field(uow, renamed.id, "type_name", PERMIT, **how)
        remove_field(uow, removed.id, "type_name", **how)
    assert found(world) == []


def test_a_corrected_identifier_is_found_by_the_new_one_alone(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    with world.app.unit_of_work() as uow:
        correct_field(uow, item.id, "holder_identifier", NOBODY, actor=world.manager, now=world.clock())
    assert found(world) == []
    (paper,) = world.ask(NOBODY).papers
    assert (paper.reference, paper.trust.corrected_fields) == (item.code, ("holder_identifier",))


def test_what_one_person_changed_after_publication_was_approved_by_no_second(world: ReuseWorld) -> None:
    world.agreement()
    accepted, changed, removed = (world.paper(valid_until="2026-12-31") for _ in range(3))
    world.clock.advance(hours=1)
    with world.app.unit_of_work() as uow:
        how: dict[str, Any] = {"actor": world.manager, "now": world.clock()}
        correct_field(uow, accepted.id, "valid_until", "2026-12-31", **how)
        correct_field(uow, changed.id, "valid_until", "2036-12-31", **how)
        remove_field(uow, removed.id, "valid_until", **how)
    approved = {paper.reference: paper.trust.second_person for paper in world.ask().papers}
    assert approved == {accepted.code: True, changed.code: False, removed.code: False}


def test_after_the_keys_were_rotated_old_and_new_papers_are_found(world: ReuseWorld) -> None:
    world.agreement()
    old = world.paper()
    for purpose in ("lookup", "columns"):
        world.app.keys.rotate(purpose)
    new = world.paper()
    world.app.keys.rotate("lookup")
    assert set(found(world)) == {old.code, new.code}
    with Session(world.app.engine) as session:
        assert len(set(session.scalars(select(OwnerIdentifier.lookup)))) == 2


# --- what is not the asker's


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (None, "no_agreement"),
        ({"procedure": "2.000000"}, "other_procedure"),
        ({"papers": [PERMIT]}, "other_paper"),
        ({"valid_from": date(2026, 3, 3)}, "not_in_force"),
        ({"valid_to": date(2026, 3, 1)}, "not_in_force"),
        ({"ended_at": SetClock().now, "end_reason": "thôi"}, "not_in_force"),
    ],
)
def test_without_an_agreement_in_force_nothing_is_on_file_and_the_trail_knows_why(
    world: ReuseWorld, terms: dict[str, Any] | None, reason: str
) -> None:
    world.paper()
    if terms is not None:
        world.agreement(**terms)
    answer = world.ask()
    assert (answer.on_file, answer.papers) == (False, ())
    assert outcomes(world) == ["not_yours"]
    (told,) = trail(world, "reuse.refused")
    assert told["reason"] == reason
    assert trail(world, "reuse.looked_up") == []


def test_another_accounts_agreement_is_not_ones_own(world: ReuseWorld) -> None:
    world.agreement()
    world.paper()
    assert found(world, by=world.a_service(world.ward)) == []


def test_papers_of_another_agency_are_not_there(world: ReuseWorld) -> None:
    other = world.make.agency("PX02", parent=world.city)
    world.paper(agency=other, level="open")
    wide = world.a_service(world.city)
    world.agreement(agency=world.ward, service=wide)  # the role reaches the other ward, the agreement does not
    assert found(world, by=wide) == []
    world.agreement(agency=world.city)  # the agreement reaches it, the role does not
    assert found(world) == []
    world.agreement(agency=world.city, service=wide)
    assert len(found(world, by=wide)) == 1
    assert outcomes(world) == ["nothing", "nothing", "on_file"]


def test_a_role_that_has_ended_closes_the_question_itself(world: ReuseWorld) -> None:
    world.agreement()
    world.paper()
    nobody = world.make.account(kind="service")
    world.agreement(service=Actor(nobody.id, nobody.login, nobody.name))
    with pytest.raises(NotAllowed):
        found(world, by=Actor(nobody.id, nobody.login, nobody.name))


@pytest.mark.parametrize("state", ["described", "reviewed", "withdrawn", "replaced"])
def test_what_is_not_published_is_not_there(world: ReuseWorld, state: str) -> None:
    world.agreement()
    world.paper(state=state)
    assert found(world) == []


@contextmanager
def statements(app: App) -> Iterator[list[str]]:
    """Every statement that is sent meanwhile, without its values and without which columns are null."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(re.sub(r"INTO reuse_lookup .*?\) VALUES \(.*?\)\)", "INTO reuse_lookup", statement))

    event.listen(app.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(app.engine, "before_cursor_execute", note)


def rows(app: App) -> dict[str, int]:
    """How many rows each table has, of those that an answer writes to."""
    with Session(app.engine) as session:
        return {row.__tablename__: session.query(row).count() for row in (ReuseLookup, ReuseEvent, AuditEvent)}


OWNERS = st.sampled_from([PERSON, NOBODY, "001080000124"])
LEVELS, STATES = st.sampled_from(["open", "conditional"]), st.sampled_from(["published", "described", "withdrawn"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=OWNERS,
    owned=st.lists(st.tuples(OWNERS, LEVELS, STATES), max_size=2),
    agreed=st.booleans(),
)
def test_not_yours_looks_like_nothing_in_answer_statements_and_rows(
    world: ReuseWorld, asked: str, owned: list[tuple[str, str, str]], agreed: bool
) -> None:
    """Whatever is on file, and for whomever: without an agreement the answer is that of an archive with nothing."""
    service, elsewhere = world.a_service(world.ward), world.make.agency(parent=world.city)
    if agreed:  # of another ward: nothing of what there is may be told
        world.agreement(agency=elsewhere, service=service)
    for owner, level, state in owned:
        world.paper(owner, state=state, level=level)
    blank = world.a_service(world.ward)
    world.agreement(agency=world.make.agency(), service=blank)
    seen = []
    for actor, owner in ((service, asked), (blank, "001080000777")):
        before = rows(world.app)
        with statements(world.app) as sent:
            answer = world.ask(owner, by=actor)
        after = rows(world.app)
        shape = {**asdict(answer), "lookup": len(answer.lookup)}
        seen.append((shape, sent, {name: after[name] - before[name] for name in after}))
    assert seen[0] == seen[1]


def test_of_what_is_out_of_reach_no_row_is_touched(world: ReuseWorld) -> None:
    """The index is asked for owner and agency together: PostgreSQL reads no paper that is not the asker's."""
    world.paper()
    stranger = world.a_service(world.make.agency("PX02", parent=world.city))
    world.agreement(agency=world.city, service=stranger)

    def fetched(owner: str) -> tuple[int, int]:
        with world.app.unit_of_work() as uow:
            uow.session.connection().exec_driver_sql("set local enable_seqscan = off")
            actor = world.again(stranger)
            counted = "select pg_stat_get_xact_tuples_fetched('{}'::regclass)"
            asked = Question(OwnerKind.PERSON, owner, BIRTH, MARRIAGE, "Thử", "HS")
            look_up(uow, asked, actor=actor, now=world.clock())
            connection = uow.session.connection()
            tables = ("owner_identifier", "item")
            return tuple(connection.exec_driver_sql(counted.format(table)).scalar_one() for table in tables)  # type: ignore[return-value]

    with world.app.engine.connect() as connection:
        by_both = int(connection.exec_driver_sql("show server_version_num").scalar_one()) >= 170000
    (owners, items), nobody = fetched(PERSON), fetched(NOBODY)
    assert (items, nobody) == (0, (0, 0))
    assert owners == 0 or not by_both, "earlier versions look up the digest, and then the agency in the row that has it"


# --- the question


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"owner": "00108000012"}, "reuse.owner_person"),
        ({"owner": "không phải số"}, "reuse.owner_person"),
        ({"owner_kind": OwnerKind.ENTERPRISE, "owner": "012345678"}, "reuse.owner_enterprise"),
        ({"owner_kind": OwnerKind.OTHER, "owner": "B1"}, "reuse.owner_other"),
        ({"paper": "Giấy lạ"}, "reuse.paper_unknown"),
        ({"procedure": " "}, "reuse.procedure_missing"),
        ({"purpose": ""}, "reuse.purpose_missing"),
        ({"dossier_reference": "x" * 61}, "reuse.text_too_long"),
        ({"on": date(1800, 1, 1)}, "reuse.day_invalid"),
    ],
)
def test_what_cannot_be_asked_is_refused_whoever_asks(world: ReuseWorld, changed: dict[str, Any], reason: str) -> None:
    whole = {"owner_kind": OwnerKind.PERSON, "owner": PERSON, "paper": BIRTH, "procedure": MARRIAGE}
    whole |= {"purpose": "Đăng ký", "dossier_reference": "HS-1", "on": None}
    asked = Question(**{**whole, **changed})
    tester = world.make.account(kind="service", sandbox=True)
    for actor in (world.service, Actor(tester.id, tester.login, tester.name)):
        with pytest.raises(InvalidInput) as refused, world.app.unit_of_work() as uow:
            look_up(uow, asked, actor=actor, now=world.clock())
        assert refused.value.reason == reason
    assert outcomes(world) == []


def test_identifiers_are_in_no_row_and_no_event(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    asked = Question(OwnerKind.PERSON, PERSON, BIRTH, MARRIAGE, f"Cho ông {PERSON}", f"HS {PERSON}")
    with world.app.unit_of_work() as uow:
        answer = look_up(uow, asked, actor=world.service, now=world.clock())
    with world.app.unit_of_work() as uow:
        use_paper(uow, answer.lookup, str(item.code), Use.CHECK, actor=world.service, now=world.clock())
    with Session(world.app.engine) as session:
        told = [*session.scalars(select(AuditDetails.details))]
        kept = session.execute(select(ReuseLookup.purpose, ReuseLookup.dossier_reference)).one()
        events = session.execute(select(ReuseEvent.purpose, ReuseEvent.dossier_reference)).one()
    assert PERSON not in str(told)
    assert tuple(kept) == tuple(events) == ("Cho ông …123", "HS …123")


@pytest.mark.parametrize("code", ["H26.18-251122-0007", "000.00.18.H26-251122-0007"])
def test_the_dossier_of_the_procedure_is_kept_as_it_is(world: ReuseWorld, code: str) -> None:
    """Its parts are numbers, and two dossiers of a day differ by the last of them."""
    asked = Question(OwnerKind.PERSON, PERSON, BIRTH, MARRIAGE, "Đăng ký kết hôn", code)
    with world.app.unit_of_work() as uow:
        look_up(uow, asked, actor=world.service, now=world.clock())
    with Session(world.app.engine) as session:
        assert session.scalars(select(ReuseLookup.dossier_reference)).one() == code


# --- what is left of a person


@given(st.text(max_size=60))
def test_of_an_identifier_at_most_three_signs_are_told(value: str) -> None:
    shown = hidden_identifier(value)
    assert shown is None or len("".join(each for each in shown if each.isalnum())) <= 3


@pytest.mark.parametrize(("name", "shown"), [("Nguyễn Thị Lan", "N. T. Lan"), ("Lan", "Lan"), ("", None), (None, None)])
def test_of_a_name_the_last_word_is_told(name: str | None, shown: str | None) -> None:
    assert hidden_name(name) == shown


def test_agreements_name_what_they_are_given_for(world: ReuseWorld) -> None:
    """Two agreements of one service: each opens what it says, no mixture of them."""
    world.agreement(procedure="A", papers=[BIRTH])
    world.agreement(procedure="B", papers=[PERMIT])
    birth, permit = world.paper(), world.paper(type_name=PERMIT)
    assert found(world, procedure="A", paper=BIRTH) == [birth.code]
    assert found(world, procedure="B", paper=PERMIT) == [permit.code]
    assert found(world, procedure="A", paper=PERMIT) == found(world, procedure="B", paper=BIRTH) == []
    with Session(world.app.engine) as session:
        assert session.query(ReuseAgreement).count() == 2
