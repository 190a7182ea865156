"""A start that cannot be: exit code 3, one sentence that says what to do, and nothing that stays."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.bootstrap import App
from archive.cli.holdings import tell_away
from archive.cli.main import main
from archive.cli.output import Output
from tests.conftest import DatabaseServer
from tests.servers import server_url

NOBODY = "127.0.0.1:1"
STARTS = (["serve", "--port", "1"], ["serve", "--no-worker", "--port", "1"], ["worker"], ["setup"])


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHIVE_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """(exit code, reason, the one sentence)."""
    threads = threading.active_count()
    code = main([*words, "--json"])
    captured = capsys.readouterr()
    assert threading.active_count() <= threads
    assert captured.err.count("\n") == 1
    assert "hãy" in captured.err.lower()
    return code, json.loads(captured.out)["error"]["reason"], captured.err


@pytest.mark.parametrize("words", STARTS, ids=" ".join)
def test_without_its_database_nothing_starts(
    words: list[str], data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARCHIVE_DATABASE_URL", f"postgresql://u:bi-mat@{NOBODY}/kho")
    code, reason, told = refused(words, capsys)
    assert (code, reason) == (3, "error.database_unavailable")
    assert NOBODY in told
    assert "bi-mat" not in told
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("words", STARTS, ids=" ".join)
def test_with_a_refused_account_of_a_server_nothing_starts(
    words: list[str],
    data: Path,
    database_server: DatabaseServer,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    minio = urlsplit(server_url("MINIO"))
    name = database_server.create(template)
    monkeypatch.setenv("ARCHIVE_DATABASE_URL", database_server.url(name))
    monkeypatch.setenv("ARCHIVE_OBJECT_STORE_URL", f"http://{minio.username}:bi-mat@{minio.hostname}:{minio.port}/kho")
    code, _, told = refused(words, capsys)
    assert code == 3
    assert "bi-mat" not in told
    database_server.drop(name)  # nobody is connected to it any more


def test_a_command_that_acts_for_somebody_needs_a_token_on_servers(
    data: Path,
    database_server: DatabaseServer,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = database_server.create(template)
    monkeypatch.setenv("ARCHIVE_DATABASE_URL", database_server.url(name))
    monkeypatch.setenv("ARCHIVE_OBJECT_STORE_URL", f"http://u:s@{NOBODY}/kho")
    assert refused(["batch"], capsys)[:2] == (2, "cli.token_needed")
    monkeypatch.setenv("ARCHIVE_TOKEN", "x")
    assert refused(["batch"], capsys)[:2] == (1, "cli.token_refused")
    database_server.drop(name)


def test_doctor_looks_at_every_part_though_others_are_away(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARCHIVE_DATABASE_URL", f"postgresql://u:bi-mat@{NOBODY}/kho")
    monkeypatch.setenv("ARCHIVE_OBJECT_STORE_URL", f"http://u:bi-mat@{NOBODY}/kho")
    monkeypatch.setenv("ARCHIVE_SEARCH_URL", f"http://u:bi-mat@{NOBODY}/kho")
    assert main(["doctor", "--json"]) == 3
    captured = capsys.readouterr()
    checks = {check["name"]: check for check in json.loads(captured.out)["checks"]}
    for part in ("database", "store", "index"):
        assert checks[part]["state"] == "missing"
        assert NOBODY in checks[part]["advice"]
        assert "hãy" in checks[part]["advice"].lower()
    assert "bi-mat" not in captured.out


def test_a_server_that_is_away_is_told_at_the_start_which_goes_on(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    app.settings = replace(
        app.settings, object_store_url=f"http://u:bi-mat@{NOBODY}/kho", search_url=f"http://u:bi-mat@{NOBODY}/kho"
    )
    tell_away(app, Output(json_mode=False))
    told = capsys.readouterr().err
    assert told.count("\n") == 2
    assert "Kho tệp" in told
    assert "Chỉ mục tìm kiếm" in told
    assert "bi-mat" not in told
