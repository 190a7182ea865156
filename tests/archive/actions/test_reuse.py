"""What a public service is told of papers on file, what it takes, and what it is never told."""

from __future__ import annotations

import re
import threading
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
from archive.access.permissions import Role
from archive.actions.agreements import end_agreement
from archive.actions.describe import correct_field, remove_field
from archive.actions.filing import move_item, withdraw_item
from archive.actions.reuse import OwnerKind, Question, look_up, open_copy, use_paper
from archive.bootstrap import App
from archive.db.holdings import Item, OwnerIdentifier, StoredObject
from archive.db.reuse import ReuseAgreement, ReuseEvent, ReuseLookup
from archive.db.trail import AuditDetails, AuditEvent
from archive.errors import Conflict, Gone, InvalidInput, NotAllowed, NotFound
from archive.queries.reuse import LookupAnswer, PaperUse, Use, hidden_identifier, hidden_name
from archive.queries.views import RenditionView
from archive.sandbox.papers import SampleCopy
from tests.archive.reuse import BIRTH, MARRIAGE, PERMIT, PERSON, ReuseWorld
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


def found(world: ReuseWorld, **asked: Any) -> list[str]:
    return [paper.reference for paper in world.ask(**asked).papers]


def trail(world: ReuseWorld, tag: str) -> list[dict[str, Any]]:
    with Session(world.app.engine) as session:
        rows = select(AuditDetails.details).join(AuditEvent, AuditEvent.id == AuditDetails.event_id)
        return list(session.scalars(rows.where(AuditEvent.tag == tag).order_by(AuditEvent.at)))


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
    """The index is asked for owner and agency together: PostgreSQL reads no row of a paper that is not the asker's."""
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

    assert fetched(PERSON) == fetched(NOBODY) == (0, 0)


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
    take(world, answer, item.code)
    with Session(world.app.engine) as session:
        told = [*session.scalars(select(AuditDetails.details))]
        kept = session.execute(select(ReuseLookup.purpose, ReuseLookup.dossier_reference)).one()
        events = session.execute(select(ReuseEvent.purpose, ReuseEvent.dossier_reference)).one()
    assert PERSON not in str(told)
    assert tuple(kept) == tuple(events) == ("Cho ông …123", "HS …123")


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
