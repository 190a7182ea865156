from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from archive.access.identity import SYSTEM, actor_of
from archive.bootstrap import open_app
from archive.errors import DatabaseUnavailable, NoHoldings
from archive.settings import Settings
from tests.conftest import DatabaseServer


def test_holdings_are_created_once_opened_again_and_leave_no_process(holdings_directory: Path) -> None:
    settings = Settings(data=holdings_directory / "data")
    with open_app(settings, create=True) as app, app.unit_of_work() as uow:
        assert actor_of(uow.session, SYSTEM.account_id, app.clock()).login == "system"
        assert uow.next_number("receipt:X:2026") == 1
    with open_app(settings) as app, app.unit_of_work() as uow:
        assert uow.next_number("receipt:X:2026") == 2
    app.close()
    assert not (settings.data / "postgres" / "postmaster.pid").exists()


def test_without_create_nothing_is_made_and_the_directory_is_named(holdings_directory: Path) -> None:
    settings = Settings(data=holdings_directory / "data")
    with pytest.raises(NoHoldings, match=str(settings.data)):
        open_app(settings)
    assert not settings.data.exists()
    settings.data.mkdir()
    with pytest.raises(NoHoldings, match=str(settings.data)):
        open_app(settings)
    assert list(settings.data.iterdir()) == []


def test_a_server_by_address_serves_the_same_application(
    database_server: DatabaseServer, holdings_directory: Path
) -> None:
    name = database_server.create()
    settings = Settings(data=holdings_directory / "data", database_url=database_server.url(name))
    with pytest.raises(NoHoldings):
        open_app(settings)
    settings.data.mkdir()
    with pytest.raises(NoHoldings):
        open_app(settings)
    with open_app(settings, create=True) as app:
        with app.engine.connect() as connection:
            assert connection.scalar(text("select count(*) from task")) == 24
            assert connection.scalar(text("show timezone")) == "UTC"
        assert not (settings.data / "postgres").exists()
    database_server.drop(name)


def test_a_server_that_does_not_answer_is_said_without_its_password(holdings_directory: Path) -> None:
    url = f"postgresql://u:bi-mat@/db?host={holdings_directory}"
    with pytest.raises(DatabaseUnavailable, match="Hãy kiểm tra máy chủ") as stopped:
        open_app(Settings(data=holdings_directory / "data", database_url=url), create=True)
    assert "bi-mat" not in str(stopped.value)
    assert stopped.value.retry


def test_parts_are_opened_when_they_are_used_and_closed_with_the_application(holdings_directory: Path) -> None:
    settings = Settings(data=holdings_directory / "data")
    with open_app(settings, create=True) as app:
        assert not (settings.data / "objects").exists()
        assert app.store is app.store
        assert app.quarantine is app.quarantine
        assert list(app.store.digests()) == []
        assert list(app.index.revisions()) == []
        assert {"objects", "quarantine"} <= {path.name for path in settings.data.iterdir()}
        assert stat.S_IMODE(settings.data.stat().st_mode) in {0o700, 0o701}
