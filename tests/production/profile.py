"""The service as in production: three servers, one web process and two workers, each on a machine of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import func, select, text

from archive import audit
from archive.access.identity import SYSTEM
from archive.access.permissions import Role
from archive.actions.accounts import assign_role, create_account
from archive.actions.api_tokens import make_api_token
from archive.bootstrap import App, open_app
from archive.db.accounts import Agency
from archive.db.digitization import BatchEntry
from archive.db.holdings import Description, Item, Receipt, RecognitionRow, Rendition
from archive.errors import DatabaseUnavailable
from archive.reconcile import reconcile
from archive.settings import Settings
from tests.e2e import world
from tests.production.clerk import Clerk
from tests.servers import ElasticsearchServer, MinioServer, PostgresServer, Server, answers, free_port

ROOT = Path(__file__).parents[2]
WITHIN_S = 300.0
LOOK_S = 0.1
MACHINES = ("worker-1", "worker-2")


@dataclass(frozen=True)
class Servers:
    """Servers of the tests' own: they may be killed, and are started again on the same ports."""

    postgres: PostgresServer
    minio: MinioServer
    elasticsearch: ElasticsearchServer

    def __getitem__(self, name: str) -> Server:
        server: Server = getattr(self, name)
        return server


class Profile:
    """`web` and `workers` are processes of the product; `app` only looks on, from a machine of its own."""

    def __init__(self, root: Path, servers: Servers, *, engine: str = "null") -> None:
        self.root = root
        self.servers = servers
        self.engine = engine
        self.name = f"t{uuid.uuid4().hex[:12]}"
        self.port = free_port()
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self._administer("create database {}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return self.servers.postgres.url.rpartition("/")[0] + f"/{self.name}"

    @cached_property
    def app(self) -> App:
        return open_app(Settings.read(self._settings("onlooker")))

    def environment(self, machine: str, **more: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("ARCHIVE_", "TEST_"))}
        return own | self._settings(machine) | {"OMP_THREAD_LIMIT": "1"} | more

    def _settings(self, machine: str) -> dict[str, str]:
        return {
            "ARCHIVE_DATA": str(self.root / machine),
            "ARCHIVE_KEYS": str(self.root / "keys"),
            "ARCHIVE_DATABASE_URL": self.database_url,
            "ARCHIVE_OBJECT_STORE_URL": f"{self.servers.minio.url}/{self.name}",
            "ARCHIVE_SEARCH_URL": f"{self.servers.elasticsearch.url}/{self.name}",
            "ARCHIVE_ENGINE": self.engine,
            "ARCHIVE_JOBS": "2",
            "ARCHIVE_PORT": str(self.port),
        }

    def start(self, *words: str, machine: str = "terminal", **more: str) -> subprocess.Popen[str]:
        """A command of the product; what it says besides its document goes to a file named like the machine."""
        with (self.root / f"{machine}.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "archive.cli.main", *words],
                cwd=ROOT,
                env=self.environment(machine, **more),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def command(self, *words: str, **more: str) -> tuple[int, dict[str, Any]]:
        """(exit code, JSON document) of a command that ends by itself."""
        process = self.start(*words, "--json", **more)
        out, _ = process.communicate(timeout=WITHIN_S)
        return process.returncode, json.loads(out) if out.strip() else {}

    def ingest(self, *files: Path) -> tuple[int, dict[str, Any]]:
        """As a program's account hands in at a terminal, and waits."""
        words = ("--agency", world.AGENCY, "--task", "5", "--wait")
        return self.command("ingest", *map(str, files), *words, ARCHIVE_TOKEN=self.token_of_program(Role.CLERK))

    def set_up(self) -> None:
        """As an operator does it, and then the people of one agency."""
        code, document = self.command("setup")
        assert code == 0, f"{document} {self.log('terminal')}"
        world.settle(self.app)

    def token_of_program(self, role: Role, *, at_top: bool = False) -> str:
        """For commands: of a new account with that role over the agency, or over all."""
        now = self.app.clock()
        with self.app.unit_of_work() as uow:
            over = Agency.parent_id.is_(None) if at_top else Agency.code == world.AGENCY
            agencies = uow.session.scalars(select(Agency).where(over)).all()
            name = f"may-{role.replace('_', '-')}-{uuid.uuid4().hex[:6]}"
            account = create_account(uow, login=name, name=name, kind="service", actor=SYSTEM, now=now)
            uow.session.flush()
            for agency in agencies:
                assign_role(uow, account.id, role, agency.id, valid_from=date(2020, 1, 1), actor=SYSTEM, now=now)
            return make_api_token(uow, account.id, "test", expires_at=now + timedelta(days=1), actor=SYSTEM, now=now)

    def start_web(self) -> None:
        self.processes["web"] = self.start("serve", "--no-worker", machine="web")
        self.wait(lambda: answers(f"{self.url}/healthz"), "the web process answers")

    def start_worker(self, machine: str) -> None:
        self.processes[machine] = self.start("worker", machine=machine)

    def start_all(self) -> None:
        for machine in MACHINES:
            self.start_worker(machine)
        self.start_web()

    def kill(self, machine: str) -> None:
        """As a power cut: nothing of it can react, and its machine does not come back."""
        process = self.processes.pop(machine)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def stop(self, machine: str) -> int:
        process = self.processes.pop(machine)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WITHIN_S)
        return process.returncode

    def close(self) -> None:
        for machine in list(self.processes):
            self.kill(machine)
        if "app" in self.__dict__:
            self.app.close()
        self._administer("drop database if exists {} with (force)")

    def clerk(self, login: str = "lan") -> Clerk:
        return Clerk(self.url, login, world.PASSWORD)

    def wait(self, condition: Callable[[], object], what: str, *, alive: Sequence[str] | None = None) -> None:
        """Until it is so; fails at once when a process of the service (or of `alive`) ends, and when it takes too long.

        A database that is away makes nothing so.
        """
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                if condition():
                    return
            except DatabaseUnavailable:
                pass
            for machine in self.processes if alive is None else alive:
                ended = self.processes[machine].poll()
                assert ended is None, f"{machine} ended with {ended}\n{self.log(machine)}"
            if time.monotonic() > deadline:
                logs = "\n".join(f"{machine}:\n{self.log(machine)}" for machine in self.processes)
                raise AssertionError(f"not in {WITHIN_S:.0f} s: {what}\n{logs}")
            time.sleep(LOOK_S)

    def log(self, machine: str) -> str:
        return (self.root / f"{machine}.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def steps_done(self) -> int:
        return self._count("select count(*) from dbos.operation_outputs") if self._has("dbos.operation_outputs") else 0

    def receipts(self) -> dict[str, str]:
        """Digest to number."""
        with self.app.unit_of_work() as uow:
            return {row.digest: row.number for row in uow.session.execute(select(Receipt.digest, Receipt.number))}

    def described(self) -> int:
        return self._count("select count(*) from item where state = 'described'")

    def index_waits(self) -> int:
        return self._count("select count(*) from outbox where topic = 'index'")

    def finished(self) -> bool:
        """No item is under way, and the index knows them."""
        return not self._count("select count(*) from item where state = 'received'") and not self.index_waits()

    def _has(self, table: str) -> bool:
        with self.app.unit_of_work() as uow:
            return uow.session.scalar(text("select to_regclass(:table)"), {"table": table}) is not None

    def _count(self, question: str) -> int:
        with self.app.unit_of_work() as uow:
            return int(uow.session.scalar(text(question)) or 0)

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self.servers.postgres.url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.name)))


def assert_whole(profile: Profile, delivered: dict[str, Path]) -> None:
    """Nothing lost, doubled or half-recorded. delivered: digest to file."""
    app = profile.app
    with app.unit_of_work() as uow:
        found = uow.session.execute(select(Receipt.digest, Item).join(Item, Item.receipt_id == Receipt.id)).all()
        assert sorted(row.digest for row in found) == sorted(delivered)
        for row in found:
            file = delivered[row.digest]
            assert (row.Item.state, row.Item.master_digest) == ("described", row.digest)
            assert row.Item.file_name == file.name
            with app.store.open(row.digest) as master:
                assert master.read() == file.read_bytes()
            for kind in (RecognitionRow, Description):
                assert uow.session.scalar(select(func.count()).where(kind.item_id == row.Item.id)) == 1
            assert set(uow.session.scalars(select(Rendition.version).where(Rendition.item_id == row.Item.id))) == {1}
        stored = select(func.count()).where(BatchEntry.outcome == "stored")
        assert uow.session.scalar(stored) == len(delivered)
    profile.wait(lambda: _sealed(app), "the trail is sealed")
    # the last thing that a finished item leaves
    profile.wait(lambda: not list(app.quarantine.keys()), "the quarantine is empty")
    report = reconcile(app)
    assert (report.findings, report.waiting) == ((), 0)


def _sealed(app: App) -> bool:
    """Every event is in the chain, and the chain is unbroken."""
    with app.unit_of_work() as uow:
        report = audit.verify(uow.session)
    assert report.findings == ()
    return report.unsealed == 0
