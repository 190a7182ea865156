"""Real servers: how a PostgreSQL, a MinIO and an Elasticsearch are started on loopback, and what tests ask for.

`.ci/services` starts one of each for a whole run and tells their URLs as TEST_*_URL; a test that kills servers starts
its own with the classes here. Nothing but the standard library is needed to start one.
"""

from __future__ import annotations

import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from tests.processes import processes, reap, started_at

READY_WITHIN_S = 600.0
ENDS_WITHIN_S = 60.0
POLL_S = 0.05
UNPRIVILEGED = "nobody"  # PostgreSQL and Elasticsearch refuse to run as root
FIRST_PORT = 10_000
USER = "archive"


class NotStartedError(Exception):
    """Its text names the log."""


def server_url(name: str) -> str:
    """The URL of the run's own server: name is POSTGRES, MINIO or SEARCH. Skips the test where there is none."""
    return _told(f"TEST_{name}_URL")


def programs() -> Mapping[str, str]:
    """Where the servers' programs lie, for a test that starts its own. Skips the test where they are not."""
    names = ("TEST_POSTGRES_BIN", "TEST_MINIO_BINARY", "TEST_ELASTICSEARCH_HOME", "TEST_JAVA_HOME")
    return {name: _told(name) for name in names}


def _told(variable: str) -> str:
    import pytest

    if value := os.environ.get(variable):
        return value
    reason = f'no {variable}: run `.ci/services start` and `eval "$(.ci/services env)"` first'
    if os.environ.get("TEST_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Server(ABC):
    """One server in one directory, on a port of its own, with a password of its own.

    What `server.json` in the directory tells (port, password, process) outlives whoever started it, so that another
    process can stop it: a pid counts only together with the start time of its process.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, directory: Path, programs: Mapping[str, str]) -> None:
        self.directory = directory
        self._programs = programs
        self._record = directory / "server.json"
        if not self._record.exists():
            directory.mkdir(parents=True, exist_ok=True)
            _give(directory)
            self._write({"port": free_port(), "password": secrets.token_hex(16)})

    @property
    def port(self) -> int:
        return int(self._read()["port"])

    @property
    def password(self) -> str:
        return str(self._read()["password"])

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    def running(self) -> bool:
        told = self._read()
        return "pid" in told and started_at(told["pid"]) == told["started"]

    def start(self) -> None:
        """Start it on the same port with what it had stored, and wait until it answers. Nothing to do if it runs."""
        if self.running:
            return
        for needed in self._needed():
            _let_through(needed)
        _let_through(self.directory / "log")
        self._prepare()
        with (self.directory / "log").open("ab") as log:
            process = subprocess.Popen(
                self._command(),
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_unprivileged(),
            )
        self._write(self._read() | {"pid": process.pid, "started": started_at(process.pid)})
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NotStartedError(f"{self.name}: {self.directory / 'log'}\n{self._end_of_log()}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """As an operator stops it. May be repeated, and by another process than the one that started it."""
        if not self.running:
            return
        pid = self._read()["pid"]
        os.kill(pid, self.stop_signal)
        if not self._gone(ENDS_WITHIN_S):
            self.kill()
        with suppress(ProcessLookupError):  # told before it was up, a script ends and leaves what it was starting
            os.killpg(pid, signal.SIGKILL)

    def kill(self) -> None:
        """As a power cut ends it: all of its processes at once, none of which can react."""
        if not self.running:
            return
        pid = self._read()["pid"]
        for child in self._sessions_of_their_own(pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if not self._gone(ENDS_WITHIN_S):
            raise NotStartedError(f"{self.name}: process {pid} does not end")

    def remove(self) -> None:
        """May be repeated, and by another object."""
        if self._record.exists():
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _needed(self) -> tuple[Path, ...]:
        """Programs that the server's user must be able to reach."""
        return ()

    def _prepare(self) -> None:  # noqa: B027  most have nothing to make
        """What is to be made in the directory before each start."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TZ"}}
        return kept | {"HOME": str(self.directory), "LC_ALL": "C.UTF-8"}

    @abstractmethod
    def _answers(self) -> bool: ...

    def _sessions_of_their_own(self, pid: int) -> list[int]:
        """Children that a signal to the process group does not reach."""
        return []

    def _gone(self, within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        while self.running:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        reap(self._read()["pid"])
        return True

    def _end_of_log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")[-2000:]

    def _read(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._record.read_text())
        return told

    def _write(self, told: dict[str, Any]) -> None:
        beside = self._record.with_suffix(".new")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(told))
        beside.rename(self._record)


class PostgresServer(Server):
    name = "postgres"
    stop_signal = signal.SIGINT  # ends the sessions; SIGTERM would wait for them

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def _prepare(self) -> None:
        cluster = self.directory / "cluster"
        if (cluster / "PG_VERSION").exists():
            self._wait_for_its_number(cluster / "postmaster.pid")
            return
        told = self.directory / "password"
        told.touch(mode=0o600)
        told.write_text(self.password)
        _give(told)
        subprocess.run(
            [
                self._program("initdb"),
                f"--pgdata={cluster}",
                f"--username={USER}",
                f"--pwfile={told}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--data-checksums",
            ],
            cwd=self.directory,
            env=self._environment(),
            check=True,
            stdout=subprocess.DEVNULL,
            **as_unprivileged(),
        )
        told.unlink()

    def _wait_for_its_number(self, lock: Path) -> None:
        """A killed server leaves its lock, and PostgreSQL takes whatever process still has its number for alive."""
        if not lock.exists():
            return
        pid = int(lock.read_text().split()[0])
        deadline = time.monotonic() + ENDS_WITHIN_S
        while Path(f"/proc/{pid}").exists():
            reap(pid)
            if time.monotonic() > deadline:
                raise NotStartedError(f"postgres: process {pid} stays: {Path(f'/proc/{pid}/status').read_text()}")
            time.sleep(POLL_S)

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "timezone": "UTC",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self._program("postgres"), "-D", str(self.directory / "cluster"), *words]

    def _answers(self) -> bool:
        asked = [self._program("pg_isready"), "--host=127.0.0.1", f"--port={self.port}", "--quiet"]
        return subprocess.run(asked, check=False, env=self._environment()).returncode == 0

    def _sessions_of_their_own(self, pid: int) -> list[int]:
        return [child for child, fields in processes() if int(fields[1]) == pid]

    def _program(self, name: str) -> str:
        return str(Path(self._programs["TEST_POSTGRES_BIN"]) / name)


class MinioServer(Server):
    name = "minio"

    @property
    def url(self) -> str:
        return f"http://{USER}:{self.password}@127.0.0.1:{self.port}"

    def _needed(self) -> tuple[Path, ...]:
        return (Path(self._programs["TEST_MINIO_BINARY"]),)

    def _command(self) -> list[str]:
        address = f"127.0.0.1:{self.port}"
        return [self._programs["TEST_MINIO_BINARY"], "server", "--address", address, str(self.directory / "objects")]

    def _environment(self) -> dict[str, str]:
        secret = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": self.password}
        return super()._environment() | secret | {"MINIO_BROWSER": "off", "MINIO_UPDATE": "off"}

    def _answers(self) -> bool:
        return answers(f"http://127.0.0.1:{self.port}/minio/health/ready")


class ElasticsearchServer(Server):
    """Without accounts and TLS, which would make every start slower: tests/composed runs it with both."""

    name = "elasticsearch"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _needed(self) -> tuple[Path, ...]:
        return (Path(self._programs["TEST_ELASTICSEARCH_HOME"]) / "bin" / "elasticsearch",)

    def _prepare(self) -> None:
        settings = self.directory / "config"
        if not settings.exists():
            shutil.copytree(Path(self._programs["TEST_ELASTICSEARCH_HOME"]) / "config", settings)
        temporary = self.directory / "tmp"
        temporary.mkdir(exist_ok=True)
        (settings / "elasticsearch.yml").write_text(
            "discovery.type: single-node\n"
            "network.host: 127.0.0.1\n"
            f"http.port: {self.port}\n"
            f"transport.port: {free_port()}\n"
            f"path.data: {self.directory / 'indices'}\n"
            f"path.logs: {self.directory / 'logs'}\n"
            "cluster.routing.allocation.disk.threshold_enabled: false\n"
            "xpack.security.enabled: false\n"
            "xpack.security.autoconfiguration.enabled: false\n"
        )
        for made in (settings, temporary, *settings.rglob("*")):
            _give(made)

    def _command(self) -> list[str]:
        return [str(Path(self._programs["TEST_ELASTICSEARCH_HOME"]) / "bin" / "elasticsearch")]

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {
            "ES_JAVA_HOME": self._programs["TEST_JAVA_HOME"],
            "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
            "ES_PATH_CONF": str(self.directory / "config"),
            "ES_TMPDIR": str(self.directory / "tmp"),
        }

    def _answers(self) -> bool:
        return answers(f"http://127.0.0.1:{self.port}/_cluster/health")


SERVERS: tuple[type[Server], ...] = (PostgresServer, MinioServer, ElasticsearchServer)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status) == 200
    except (OSError, urllib.error.URLError):
        return False


def free_port() -> int:
    """A loopback port below those that outgoing connections get: a server that is away for a while must find its port
    free, and whoever calls it meanwhile must not meet itself there."""
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    while True:
        port = random.randrange(FIRST_PORT, int(limits[0]))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def as_unprivileged() -> dict[str, Any]:
    """For subprocess: root's servers run as a user that may nothing."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(UNPRIVILEGED)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        entry = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _let_through(path: Path) -> None:
    """As root: give parents that the servers' user cannot pass o+x and nothing more, said aloud."""
    if os.geteuid() != 0:
        return
    uid = pwd.getpwnam(UNPRIVILEGED).pw_uid
    for parent in path.resolve().parents:
        status = parent.stat()
        if status.st_uid != uid and not status.st_mode & 0o001:
            parent.chmod(status.st_mode & 0o7777 | 0o001)
            os.write(2, f"== chmod o+x {parent}: các máy chủ thử chạy bằng người dùng {UNPRIVILEGED}\n".encode())
