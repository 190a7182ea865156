"""The whole of docker-compose.yml as processes of this machine, started once a run."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.composed.inside import Inside
from tests.composed.servers import NGINX, ComposedElasticsearch, ComposedMinio, ComposedPostgres, Proxy
from tests.composed.stack import Stack
from tests.servers import Server, programs


@pytest.fixture(scope="package")
def nginx() -> str:
    program = shutil.which("nginx") or (str(NGINX) if NGINX.exists() else None)
    if program is None:
        reason = "no nginx: run `scripts/setup dev`, which unpacks it on Debian"
        if os.environ.get("TEST_REQUIRE_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


@pytest.fixture(scope="package")
def stack(nginx: str) -> Iterator[Stack]:
    """Where `.ci/services stop` finds the servers should this run be killed."""
    found = programs()
    place = Path(os.environ.get("TEST_SERVERS_DIRECTORY") or tempfile.mkdtemp(prefix="archive-test-"))
    place.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="archive-composed-"))
    root.chmod(0o711)
    inside = Inside(root)
    servers: dict[str, Server] = {
        "postgres": ComposedPostgres(place / f"composed-postgres-{os.getpid()}", found, inside),
        "minio": ComposedMinio(place / f"composed-minio-{os.getpid()}", found, inside),
        "elasticsearch": ComposedElasticsearch(place / f"composed-elasticsearch-{os.getpid()}", found, inside),
    }
    proxy = Proxy(place / f"composed-proxy-{os.getpid()}", nginx, inside)
    made = Stack(inside, servers, proxy)
    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(Server.start, servers.values()))
        made.start()
        yield made
    finally:
        made.stop()
        for server in (proxy, *servers.values()):
            server.remove()
        shutil.rmtree(root, ignore_errors=True)
        with suppress(OSError):
            place.rmdir()


@pytest.fixture(scope="package")
def trusting(stack: Stack) -> ssl.SSLContext:
    """Knows the certificates that deploy/make-secrets made, and no others."""
    return ssl.create_default_context(cafile=str(stack.inside.ca_file))
