"""The tests' own servers: they outlive a kill with what they had stored, and nothing else is ever ended for them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import open_directory
from tests.processes import started_at
from tests.servers import MinioServer, PostgresServer, Server, answers, programs


@pytest.fixture
def directory() -> Iterator[Path]:
    with open_directory() as made:
        made.chmod(0o755)
        yield made


@pytest.fixture
def minio(directory: Path) -> Iterator[MinioServer]:
    made = MinioServer(directory / "minio", programs())
    yield made
    made.remove()


def health(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/minio/health/live"


def test_a_killed_database_comes_back_on_its_port_with_what_was_committed(directory: Path) -> None:
    """Whoever started it: fixtures of two folders of tests may hold the same server."""
    starter = PostgresServer(directory / "postgres", programs())
    starter.start()
    server = PostgresServer(directory / "postgres", programs())
    url = server.url
    try:
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 1 as number")
            assert connection.execute("show fsync").fetchone() == ("on",)
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        server.start()
        assert server.url == url
        with psycopg.connect(url) as connection:
            assert connection.execute("select number from kept").fetchone() == (1,)
    finally:
        server.remove()
        starter.remove()


def test_starting_what_runs_changes_nothing(minio: MinioServer) -> None:
    minio.start()
    before = json.loads((minio.directory / "server.json").read_text())
    MinioServer(minio.directory, programs()).start()
    assert json.loads((minio.directory / "server.json").read_text()) == before
    assert answers(health(minio))


def test_it_is_stopped_by_another_process_than_the_one_that_started_it(minio: MinioServer) -> None:
    minio.start()
    MinioServer(minio.directory, {}).stop()
    assert not minio.running
    assert not answers(health(minio))


def test_a_process_that_only_got_the_number_of_a_dead_server_is_left_alone(minio: MinioServer) -> None:
    minio.start()
    minio.kill()
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        record = minio.directory / "server.json"
        record.write_text(json.dumps(json.loads(record.read_text()) | {"pid": stranger.pid}))
        assert not minio.running
        minio.stop()
        minio.kill()
        assert stranger.poll() is None
        assert started_at(stranger.pid) is not None
    finally:
        os.killpg(stranger.pid, signal.SIGKILL)
        stranger.wait()
