from __future__ import annotations

from datetime import timedelta

import pytest

from archive.bootstrap import App
from archive.errors import DatabaseUnavailable, StoreUnavailable
from archive.readiness import Part, Readiness
from archive.storage.filesystem import FilesystemStore
from search.errors import IndexOutdated, IndexUnavailable
from tests.away import database_away
from tests.conftest import DatabaseServer, SetClock


@pytest.fixture
def readiness(app: App, monkeypatch: pytest.MonkeyPatch) -> Readiness:
    monkeypatch.setattr("archive.readiness.LOOK_EVERY_S", 0)
    return Readiness(app)


def test_where_all_answer_nothing_is_away(readiness: Readiness) -> None:
    assert readiness.look() == ()


def test_what_is_away_is_known_since_it_was_first_seen_and_no_longer_when_it_answers(
    readiness: Readiness, app: App, database_server: DatabaseServer, clock: SetClock
) -> None:
    first = clock()
    with database_away(app, database_server):
        assert [(away.part, away.since) for away in readiness.look()] == [(Part.CATALOGUE, first)]
        clock.advance(minutes=5)
        [still] = readiness.look()
        assert still.since == first
        assert "PostgreSQL" in still.what
        assert "Hãy" in still.advice
    assert readiness.look() == ()


def test_each_part_is_seen_beside_the_others(readiness: Readiness, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_store(*_: object) -> bool:
        raise StoreUnavailable(detail="x")

    def no_index(*_: object) -> bool:
        raise IndexUnavailable("search.index_away", retry=True, server="x")

    monkeypatch.setattr(FilesystemStore, "contains", no_store)
    monkeypatch.setattr(type(app.index), "is_current", no_index)
    assert [away.part for away in readiness.look()] == [Part.STORE, Part.INDEX]


def test_an_index_of_another_form_answers_while_it_is_built_anew(
    readiness: Readiness, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outdated(*_: object) -> bool:
        raise IndexOutdated("search.index_outdated", directory="x")

    monkeypatch.setattr(type(app.index), "is_current", outdated)
    assert readiness.look() == ()


def test_what_a_request_met_is_known_before_anybody_asks(app: App, clock: SetClock) -> None:
    readiness = Readiness(app)
    readiness.met(DatabaseUnavailable(detail="x"))
    met_at = clock()
    clock.advance(minutes=1)
    readiness._looked_at = float("inf")  # nobody looks now
    assert [(away.part, away.since) for away in readiness.look()] == [(Part.CATALOGUE, met_at)]
    assert clock() - met_at == timedelta(minutes=1)


def test_who_asks_often_makes_nobody_look_often(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def is_current(_: object) -> bool:
        asked.append(1)
        return True

    monkeypatch.setattr(type(app.index), "is_current", is_current)
    monkeypatch.setattr("archive.readiness.LOOK_EVERY_S", 3600)
    readiness = Readiness(app)
    for _ in range(3):
        readiness.look()
    assert len(asked) == 1
