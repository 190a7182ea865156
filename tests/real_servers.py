"""Fixtures of the real servers, for every test of a production profile: one set a run, whoever asks first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.production.profile import Profile, Servers
from tests.servers import SERVERS, ElasticsearchServer, MinioServer, PostgresServer, Server, programs


@pytest.fixture(scope="session")
def own_servers() -> Iterator[Servers]:
    """Where `.ci/services stop` finds them should this run be killed."""
    found = programs()
    place = Path(os.environ.get("TEST_SERVERS_DIRECTORY") or tempfile.mkdtemp(prefix="archive-test-"))
    place.mkdir(parents=True, exist_ok=True)
    made = [kind(place / f"{kind.name}-{os.getpid()}", found) for kind in SERVERS]
    try:
        _side_by_side(Server.start, made)
        postgres, minio, elasticsearch = made
        assert isinstance(postgres, PostgresServer)
        assert isinstance(minio, MinioServer)
        assert isinstance(elasticsearch, ElasticsearchServer)
        yield Servers(postgres, minio, elasticsearch)
    finally:
        _side_by_side(Server.remove, made)
        with suppress(OSError):
            place.rmdir()


@pytest.fixture
def servers(own_servers: Servers) -> Iterator[Servers]:
    """All three run; whichever a test leaves killed is started again after it."""
    yield own_servers
    _side_by_side(Server.start, [own_servers.postgres, own_servers.minio, own_servers.elasticsearch])


@pytest.fixture
def make_profile(servers: Servers) -> Iterator[Callable[..., Profile]]:
    """`make_profile(engine="tesseract")` is one that is set up unless told otherwise, with no process running yet."""
    with tempfile.TemporaryDirectory(prefix="archive-production-") as folder:
        made: list[Profile] = []

        def make(*, engine: str = "null", set_up: bool = True) -> Profile:
            root = Path(folder) / str(len(made))
            root.mkdir()
            made.append(Profile(root, servers, engine=engine))
            if set_up:
                made[-1].set_up()
            return made[-1]

        yield make
        for profile in made:
            profile.close()


def _side_by_side(what: Callable[[Server], None], servers: list[Server]) -> None:
    with ThreadPoolExecutor() as threads:
        list(threads.map(what, servers))
