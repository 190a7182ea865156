from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from archive.db import postgres_user
from archive.db.embedded import EmbeddedServer
from archive.db.server_processes import server_processes
from archive.errors import DatabaseUnavailable

HOLD = """
import sys
from pathlib import Path
from archive.db.embedded import EmbeddedServer
import psycopg
server = EmbeddedServer(Path(sys.argv[1]))
server.attach()
try:
    with psycopg.connect(server.url("postgres")) as connection:
        started_at = connection.execute("select pg_postmaster_start_time()").fetchone()[0]
    print(started_at, flush=True)
    sys.stdin.read()
finally:
    server.release()
"""


@pytest.fixture
def data(holdings_directory: Path) -> Iterator[Path]:
    data = holdings_directory / "data"
    yield data
    for pid in server_processes(data / "postgres"):
        os.kill(pid, signal.SIGKILL)


class Holder:
    """A process that is attached until it is told to leave, or killed."""

    def __init__(self, data: Path, *through: str) -> None:
        self._process = subprocess.Popen(
            [*through, sys.executable, "-c", HOLD, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def started_at(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def leave(self) -> None:
        self._process.communicate("")
        assert self._process.returncode == 0

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.communicate()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def keep(server: EmbeddedServer, value: int) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("create table if not exists kept (value int)")
        connection.execute("insert into kept values (%s)", [value])


def kept(server: EmbeddedServer) -> list[int]:
    with psycopg.connect(server.url("postgres")) as connection:
        return [row[0] for row in connection.execute("select value from kept order by value")]


def running(data: Path) -> bool:
    return bool(server_processes(data / "postgres"))


def test_processes_that_start_it_at_once_share_one_server(data: Path) -> None:
    holders = [Holder(data) for _ in range(4)]
    assert len({holder.started_at() for holder in holders}) == 1
    for holder in holders:
        assert running(data)
        holder.leave()
    assert not running(data)


def test_it_survives_the_kill_of_its_starter_and_the_last_to_leave_stops_it(data: Path) -> None:
    starter = Holder(data)
    started_at = starter.started_at()
    starter.kill()
    assert running(data)
    first, second = Holder(data), Holder(data)
    assert first.started_at() == second.started_at() == started_at
    first.leave()
    assert running(data)
    second.leave()
    assert not running(data)


def test_ctrl_c_leaves_no_process(data: Path) -> None:
    holder = Holder(data)
    holder.started_at()
    holder.interrupt()
    assert not running(data)


def test_what_was_committed_survives_the_kill_of_the_server(data: Path) -> None:
    server = EmbeddedServer(data)
    server.attach()
    keep(server, 1)
    os.kill(postmaster(data), signal.SIGKILL)
    server.release()
    again = EmbeddedServer(data)
    again.attach()
    assert kept(again) == [1]
    again.release()
    assert not running(data)


def test_a_pid_file_that_names_somebody_elses_process_is_no_server(data: Path) -> None:
    server = EmbeddedServer(data)
    server.attach()
    keep(server, 7)
    owner = (data / "postgres").stat().st_uid
    lock_files = [data / "postgres" / name for name in ("postmaster.pid", ".s.PGSQL.5432.lock")]
    left = {path: path.read_text().split("\n")[1:] for path in lock_files}
    server.release()
    for path, lines in left.items():
        path.write_text("\n".join([str(os.getpid()), *lines]))
        os.chown(path, owner, -1)
    server.attach()
    assert kept(server) == [7]
    assert postmaster(data) != os.getpid()
    server.release()


def test_a_cluster_that_was_never_finished_is_made_again(data: Path) -> None:
    (data / "postgres.unfinished" / "base").mkdir(parents=True)
    (data / "postgres.unfinished" / "PG_VERSION").write_text("18\n")
    server = EmbeddedServer(data)
    assert not server.exists
    server.attach()
    keep(server, 1)
    assert not (data / "postgres.unfinished").exists()
    server.release()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(holdings_directory: Path) -> None:
    data = holdings_directory / ("rất-dài-" * 12) / "data"
    server = EmbeddedServer(data)
    server.attach()
    keep(server, 1)
    assert server.url("x").split("host=")[1].startswith(tempfile.gettempdir().replace("/", "%2F") + "%2Farchive-")
    [socket_dir] = [entry for entry in Path(tempfile.gettempdir()).glob("archive-*") if entry.name in server.url("x")]
    assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    server.release()
    assert not socket_dir.exists()


def test_a_socket_directory_that_others_can_enter_is_refused(holdings_directory: Path) -> None:
    server = EmbeddedServer(holdings_directory / ("rất-dài-" * 12) / "data")
    socket_dir = Path(server.url("x").split("host=")[1].replace("%2F", "/"))
    socket_dir.mkdir(mode=0o755)
    socket_dir.chmod(0o755)
    try:
        with pytest.raises(DatabaseUnavailable, match="0700"):
            server.attach()
    finally:
        socket_dir.rmdir()


def test_any_name_of_a_directory_will_do(holdings_directory: Path) -> None:
    data = holdings_directory / "dữ liệu 100%'s"
    server = EmbeddedServer(data)
    server.attach()
    keep(server, 1)
    assert kept(server) == [1]
    server.release()
    assert not running(data)


def test_it_listens_on_no_network_and_keeps_what_it_commits(data: Path) -> None:
    server = EmbeddedServer(data)
    server.attach()
    with psycopg.connect(server.url("postgres")) as connection:
        rows = dict(connection.execute("select name, setting from pg_settings").fetchall())
    server.release()
    expected = {"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    assert expected.items() <= rows.items()
    assert (rows["max_connections"], rows["data_checksums"], rows["server_encoding"]) == ("60", "on", "UTF8")


def test_threads_of_one_process_may_attach_too(data: Path) -> None:
    servers = [EmbeddedServer(data) for _ in range(3)]
    threads = [threading.Thread(target=server.attach) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    servers[0].release()
    servers[1].release()
    keep(servers[2], 1)
    servers[2].release()
    servers[2].release()
    assert not running(data)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give the server another user")
def test_root_opens_the_way_for_the_system_user_and_says_so(
    holdings_directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = holdings_directory / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "data"
    server = EmbeddedServer(data)
    server.attach()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (closed, data)] == [0o701, 0o701 | 0o700]
    cluster = (data / "postgres").stat()
    assert stat.S_IMODE(cluster.st_mode) == 0o700
    assert cluster.st_uid != 0
    server.release()
    said = capsys.readouterr().err
    assert f"{closed}," in said
    assert postgres_user.SYSTEM_USER in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a server of another user")
def test_root_of_a_container_knows_its_server_too(data: Path) -> None:
    may_not_look = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace")
    starter = Holder(data, *may_not_look)
    started_at = starter.started_at()
    other = Holder(data, *may_not_look)
    assert other.started_at() == started_at
    other.leave()
    assert running(data)
    starter.leave()
    assert not running(data)


def test_a_start_that_fails_names_the_log(data: Path) -> None:
    server = EmbeddedServer(data)
    server.attach()
    server.release()
    with (data / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(DatabaseUnavailable, match=r"start\.log"):
        server.attach()
    assert not running(data)
