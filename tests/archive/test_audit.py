from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from archive import audit, audit_events, i18n
from archive.access.identity import SYSTEM
from archive.bootstrap import App
from archive.db.trail import AuditDetails, AuditEvent, AuditLink, AuditTail
from tests.conftest import SetClock

EVENTS = 6


def append(app: App, clock: SetClock, number: int, **details: Any) -> None:
    with app.unit_of_work() as uow:
        uow.record(
            audit.EventTag.ITEM_MOVED,
            actor=SYSTEM,
            now=clock.advance(seconds=1),
            subject_kind="item",
            subject_id=f"văn bản {number}",
            details={"lý do": "xếp nhầm", "n": number, **details},
        )


def seal(app: App, clock: SetClock, limit: int = audit.BLOCK) -> int:
    with app.unit_of_work() as uow:
        return audit.seal(uow.session, clock(), limit=limit)


def report(app: App) -> audit.AuditReport:
    with Session(app.engine) as session:
        return audit.verify(session)


@pytest.fixture
def sealed(app: App, clock: SetClock) -> App:
    for number in range(EVENTS):
        append(app, clock, number)
    assert seal(app, clock) == EVENTS
    return app


@contextmanager
def behind_the_guard(app: App) -> Iterator[Connection]:
    """As somebody who may write to the database past its triggers and keys."""
    with app.engine.connect() as connection:
        connection.execute(text("set session_replication_role = replica"))
        yield connection
        connection.rollback()


def rules_after(app: App, connection: Connection) -> set[str]:
    with Session(bind=connection) as session:
        return {finding.rule for finding in audit.verify(session).findings}


def test_waiting_events_are_counted_and_are_no_finding(sealed: App, clock: SetClock) -> None:
    append(sealed, clock, 99)
    found = report(sealed)
    assert (found.sealed, found.unsealed, found.findings) == (EVENTS, 1, ())
    assert seal(sealed, clock) == 1
    assert seal(sealed, clock) == 0
    assert (report(sealed).sealed, report(sealed).unsealed) == (EVENTS + 1, 0)


def test_an_empty_trail_is_whole(app: App) -> None:
    assert report(app) == audit.AuditReport(0, 0, audit.GENESIS, ())


def test_sealing_goes_on_where_it_stopped(app: App, clock: SetClock) -> None:
    for number in range(5):
        append(app, clock, number)
    assert [seal(app, clock, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    with app.unit_of_work() as uow:
        assert uow.session.scalars(select(AuditLink.sequence).order_by(AuditLink.sequence)).all() == [1, 2, 3, 4, 5]
    assert report(app).findings == ()


def test_links_follow_the_time_of_the_events(app: App, clock: SetClock) -> None:
    append(app, clock, 1)
    clock.now -= timedelta(hours=1)
    append(app, clock, 0)
    seal(app, clock)
    with app.unit_of_work() as uow:
        order = uow.session.scalars(
            select(AuditEvent.subject_id)
            .join(AuditLink, AuditLink.event_id == AuditEvent.id)
            .order_by(AuditLink.sequence)
        ).all()
    assert order == ["văn bản 0", "văn bản 1"]


def test_a_second_sealer_waits_its_turn(sealed: App, clock: SetClock) -> None:
    append(sealed, clock, 7)
    with sealed.unit_of_work() as first:
        assert audit.seal(first.session, clock()) == 1
        with sealed.unit_of_work() as second:
            assert audit.seal(second.session, clock()) == 0
    assert report(sealed).findings == ()


COLUMN_CHANGES = {
    "audit_event": {
        "at": "at + interval '1 microsecond'",
        "tag": "tag || ' '",
        "actor_id": "case when actor_id is null then gen_random_uuid() end",
        "acting_as_id": "gen_random_uuid()",
        "os_user": "coalesce(os_user, '') || 'x'",
        "agency_id": "gen_random_uuid()",
        "subject_kind": "'dossier'",
        "subject_id": "subject_id || '!'",
        "details_digest": "md5(details_digest)",
        "reading_key": "'k'",
        "id": "gen_random_uuid()",
    },
    "audit_link": {
        "hash": "md5(hash)",
        "sequence": "sequence + 1000000",
        "event_id": "gen_random_uuid()",
        "sealed_at": "sealed_at - interval '1 microsecond'",
    },
    "audit_details": {
        "salt": "md5(salt)",
        "details": "details || '{\"n\": -1}'",
        "event_id": "gen_random_uuid()",
    },
}
KEY = {"audit_event": "id", "audit_link": "event_id", "audit_details": "event_id"}


def test_the_changes_tried_cover_every_column() -> None:
    for row in (AuditEvent, AuditLink, AuditDetails):
        assert set(COLUMN_CHANGES[row.__tablename__]) == {column.name for column in row.__table__.columns}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    change=st.sampled_from([(table, column) for table, columns in COLUMN_CHANGES.items() for column in columns]),
    place=st.integers(0, EVENTS - 1),
)
def test_any_changed_column_of_any_sealed_row_is_found(sealed: App, change: tuple[str, str], place: int) -> None:
    table, column = change
    with behind_the_guard(sealed) as connection:
        event_id = connection.scalars(text("select event_id from audit_link order by sequence")).all()[place]
        statement = f"update {table} set {column} = {COLUMN_CHANGES[table][column]} where {KEY[table]} = :id"
        assert connection.execute(text(statement), {"id": event_id}).rowcount == 1
        assert rules_after(sealed, connection)
    assert report(sealed).findings == ()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.sampled_from(sorted(KEY)), place=st.integers(0, EVENTS - 1))
def test_any_removed_row_is_found(sealed: App, table: str, place: int) -> None:
    expected = {
        "audit_event": "audit.event_missing",
        "audit_link": "audit.link_missing",
        "audit_details": "audit.details_missing",
    }
    with behind_the_guard(sealed) as connection:
        event_id = connection.scalars(text("select event_id from audit_link order by sequence")).all()[place]
        connection.execute(text(f"delete from {table} where {KEY[table]} = :id"), {"id": event_id})
        assert expected[table] in rules_after(sealed, connection)


def test_an_event_taken_out_with_its_link_leaves_a_gap(sealed: App) -> None:
    with behind_the_guard(sealed) as connection:
        event_id = connection.scalar(text("select event_id from audit_link where sequence = 3"))
        for table, key in KEY.items():
            connection.execute(text(f"delete from {table} where {key} = :id"), {"id": event_id})
        assert rules_after(sealed, connection) == {"audit.gap", "audit.event_changed"}


def test_two_events_that_changed_places_are_found(sealed: App) -> None:
    with behind_the_guard(sealed) as connection:
        second, fourth = (
            connection.scalar(text("select event_id from audit_link where sequence = :n"), {"n": n}) for n in (2, 4)
        )
        swap = "update audit_link set event_id = :id where sequence = :n"
        connection.execute(text("alter table audit_link drop constraint uq_audit_link_event_id"))
        connection.execute(text(swap), [{"id": fourth, "n": 2}, {"id": second, "n": 4}])
        assert rules_after(sealed, connection) == {"audit.event_changed"}


def test_one_change_is_one_finding_that_names_its_place(sealed: App) -> None:
    with behind_the_guard(sealed) as connection:
        fourth = connection.scalar(text("select event_id from audit_link where sequence = 4"))
        connection.execute(text("update audit_event set subject_id = 'x' where id = :id"), {"id": fourth})
        with Session(bind=connection) as session:
            [finding] = audit.verify(session).findings
    assert (finding.rule, finding.place) == ("audit.event_changed", "4")
    told = i18n.text(finding.rule, place=finding.place, expected=finding.expected, found=finding.found)
    assert "4" in told


def test_an_export_is_verified_without_the_database(sealed: App) -> None:
    with Session(sealed.engine) as session:
        lines = list(audit.export(session))
        assert audit.compare(session, lines) == ()
        assert audit.verify_export(lines).head == audit.verify(session).head
    assert audit.verify_export(lines).findings == ()
    assert "xếp nhầm" not in "".join(lines)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_value_in_an_export_is_found(sealed: App, data: st.DataObject) -> None:
    with Session(sealed.engine) as session:
        lines = list(audit.export(session))
    place = data.draw(st.integers(0, EVENTS - 1))
    link = json.loads(lines[place])
    part = data.draw(st.sampled_from([link, link["event"]]))
    key = data.draw(st.sampled_from(sorted(part)))
    part[key] = data.draw(st.none() | st.integers() | st.text())
    changed = json.dumps(link)
    if json.loads(changed) != json.loads(lines[place]):
        assert audit.verify_export([*lines[:place], changed, *lines[place + 1 :]]).findings


def test_a_chain_written_anew_differs_from_an_earlier_export(sealed: App) -> None:
    with Session(sealed.engine) as session:
        lines = list(audit.export(session))
    with behind_the_guard(sealed) as connection:
        connection.execute(text("update audit_event set os_user = 'ai đó'"))
        with Session(bind=connection) as session:
            session.execute(text("insert into audit_tail select event_id from audit_link"))
            session.execute(text("delete from audit_link"))
            audit.seal(session, sealed.clock())
            assert audit.verify(session).findings == ()
            differences = audit.compare(session, lines)
            assert [finding.place for finding in differences] == [str(n) for n in range(1, EVENTS + 1)]


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=True)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(details=st.dictionaries(st.sampled_from(["a", "b", "ghi chú"]), plain_values))
def test_details_come_back_from_the_database_with_the_digest_they_went_in_with(
    app: App, clock: SetClock, details: dict[str, Any]
) -> None:
    with Session(app.engine) as session:
        event = audit_events.NewEvent(audit.EventTag.ITEM_MOVED, SYSTEM, clock(), "item", "x", None, details)
        audit_events.append(session, event)
        audit.seal(session, clock())
        assert audit.verify(session).findings == ()
        session.rollback()


def test_equal_details_have_different_digests(app: App, clock: SetClock) -> None:
    for _ in range(2):
        append(app, clock, 1)
    with app.unit_of_work() as uow:
        assert len(set(uow.session.scalars(select(AuditEvent.details_digest)))) == 2
        assert len(uow.session.scalars(select(AuditTail)).all()) == 2


IRREGULAR = {
    "checked_out",
    "given",
    "given_up",
    "left",
    "looked_up",
    "read",
    "reset",
    "run",
    "seen",
    "taken",
    "withdrawn",
}


def test_event_tags_follow_their_grammar() -> None:
    for tag in audit.EventTag:
        subject, _, verb = tag.value.partition(".")
        assert subject.replace("_", "").isalpha()
        assert verb.endswith("d") or verb in IRREGULAR, tag
