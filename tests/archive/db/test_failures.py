"""PostgreSQL that is away, or takes nobody in, is told in a sentence, and comes back by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text

from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.database import engine_of, with_authorities
from archive.db.failures import as_ours, is_away
from archive.db.unit_of_work import UnitOfWork
from archive.errors import DatabaseRefuses, DatabaseUnavailable
from tests.away import database_away
from tests.conftest import DatabaseServer
from tests.factories import Factory


@pytest.fixture
def nobody_listens() -> Iterator[int]:
    """A port that is taken, and answers nothing."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_away_in_the_middle_of_a_change_is_said_as_such_and_nothing_was_changed(
    app: App, make: Factory, database_server: DatabaseServer
) -> None:
    agency = make.agency()
    with pytest.raises(DatabaseUnavailable) as away, app.unit_of_work() as uow:  # noqa: PT012
        uow.session.get_one(Agency, agency.id).name = "Tên mới"
        with database_away(app, database_server):
            uow.session.flush()
    assert away.value.retry
    with app.unit_of_work() as uow:
        assert uow.session.scalar(select(Agency.name)) == agency.name


def test_away_at_the_commit_is_said_too_and_afterwards_all_is_as_before(
    app: App, make: Factory, database_server: DatabaseServer
) -> None:
    agency = make.agency()
    with pytest.raises(DatabaseUnavailable), database_away(app, database_server), app.unit_of_work() as uow:
        uow.session.add(Agency(id=agency.id, code="X", name="X"))
    with app.unit_of_work() as uow:
        assert uow.session.scalars(select(Agency.code)).all() == [agency.code]


def test_a_mistake_in_a_statement_is_no_absence(app: App) -> None:
    with pytest.raises(Exception, match="no_such_table") as wrong, app.unit_of_work() as uow:
        uow.session.execute(text("select * from no_such_table"))
    assert not isinstance(wrong.value, DatabaseUnavailable)


def test_nobody_who_listens_is_told_with_the_address_and_without_the_password(app: App, nobody_listens: int) -> None:
    engine = engine_of(f"postgresql://u:bi-mat@127.0.0.1:{nobody_listens}/kho")
    told = pytest.raises(DatabaseUnavailable, match=f"127.0.0.1:{nobody_listens}")
    with told as away, UnitOfWork(engine, app.keys) as uow:
        uow.session.execute(text("select 1"))
    assert "bi-mat" not in str(away.value)
    assert not isinstance(away.value, DatabaseRefuses)


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        ('FATAL:  password authentication failed for user "u"', DatabaseRefuses, "“u” hoặc mật khẩu"),
        ('FATAL:  role "u" does not exist', DatabaseRefuses, "“u” hoặc mật khẩu"),
        ('FATAL:  database "kho" does not exist', DatabaseRefuses, "không có cơ sở dữ liệu “kho”"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', DatabaseRefuses, "pg_hba.conf"),
        ("connection timeout expired", DatabaseUnavailable, "không trả lời"),
        ("FATAL:  the database system is starting up", DatabaseUnavailable, "đang khởi động"),
        ("FATAL:  sorry, too many clients already", DatabaseUnavailable, "hết kết nối"),
        ("something\n  else.", DatabaseUnavailable, "something else"),
    ],
)
def test_what_the_server_says_is_told_in_one_sentence(
    app: App, told: str, kind: type[DatabaseUnavailable], words: str
) -> None:
    failure = psycopg.OperationalError(told)
    assert is_away(failure)
    ours = as_ours(failure, engine_of("postgresql://u:bi-mat@h:5433/kho").url)
    assert type(ours) is kind
    assert words in str(ours)
    assert "\n" not in str(ours)
    assert "Hãy" in str(ours)


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        (
            "postgresql://u:s@h/kho?sslmode=verify-full",
            "postgresql://u:s@h/kho?sslmode=verify-full&sslrootcert=%2Fetc%2Fca",
        ),
        ("postgresql://u:s@h/kho?sslmode=verify-full&sslrootcert=/x", None),
        ("postgresql://u:s@h/kho", None),
        ("postgresql://u:s@h/kho?sslmode=disable", None),
    ],
)
def test_the_authorities_of_the_settings_are_those_of_the_database_unless_it_names_its_own(
    given: str, becomes: str | None
) -> None:
    assert with_authorities(given, Path("/etc/ca")) == (becomes or given)
    assert with_authorities(given, None) == given
