"""The service of docker-compose.yml over its servers: set up, one web process, one worker, the proxy before them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from archive.bootstrap import App, open_app
from archive.settings import Settings
from tests.composed.inside import ROOT, Inside
from tests.composed.servers import Proxy
from tests.e2e import world
from tests.servers import Server

WITHIN_S = 180.0
LOOK_S = 0.1


class Stack:
    def __init__(self, inside: Inside, servers: Mapping[str, Server], proxy: Proxy) -> None:
        self.inside = inside
        self.servers = servers
        self.proxy = proxy
        self.operator: dict[str, Any] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._app: App | None = None

    @property
    def app(self) -> App:
        """Looks on with the settings of the web process, from a directory of its own."""
        if self._app is None:
            self._app = open_app(Settings.read(self.settings("web", "onlooker")))
        return self._app

    def settings(self, service: str, machine: str | None = None) -> dict[str, str]:
        told = self.inside.environment(service, machine)
        return {name: value for name, value in told.items() if name.startswith("ARCHIVE_")}

    def start(self) -> None:
        with psycopg.connect(self.servers["postgres"].url, autocommit=True) as connection:
            connection.execute("create database archive")  # POSTGRES_DB of the image
        self.run("object-store-account")
        self.operator = json.loads(self.run("setup", "--json"))
        world.settle(self.app)
        self.start_service("web")
        self.start_service("worker")
        self.proxy.start()

    def run(self, service: str, *words: str) -> str:
        """A container that ends by itself: what it says. Its command may be given instead of the one written."""
        done = subprocess.run(
            [*self.inside.command(service), *words],
            cwd=ROOT, env=self._environment(service), capture_output=True, text=True, check=False, timeout=WITHIN_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{service}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start_service(self, service: str) -> None:
        with (self.inside.root / f"{service}.log").open("ab") as log:
            self._processes[service] = subprocess.Popen(
                self.inside.command(service), cwd=ROOT, env=self._environment(service), stdout=log, stderr=log
            )
        self.wait(lambda: self.healthy(service), f"{service} is healthy")

    def stop_service(self, service: str) -> int:
        process = self._processes.pop(service)
        process.terminate()
        return process.wait(WITHIN_S)

    def healthy(self, service: str) -> bool:
        more = {"127.0.0.1:8000": self.inside.at["web:8000"]}
        return self.inside.healthy(service, more, **self.settings(service))

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        if self._app is not None:
            self._app.close()

    def wait(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            ended = {name: process.poll() for name, process in self._processes.items() if process.poll() is not None}
            assert not ended, f"{ended}\n{self.logs()}"
            assert time.monotonic() < deadline, f"not in {WITHIN_S:.0f} s: {what}\n{self.logs()}"
            time.sleep(LOOK_S)

    def logs(self) -> str:
        return "\n".join(
            f"{path}\n{path.read_text('utf-8', 'replace')[-2000:]}" for path in self.inside.root.glob("*.log")
        )

    def _environment(self, service: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARCHIVE_", "TEST_"))}
        return kept | self.inside.environment(service) | {"OMP_THREAD_LIMIT": "1"}
