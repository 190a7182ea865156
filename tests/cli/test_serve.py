"""archive serve: up, answering, and gone without a trace."""

from __future__ import annotations

import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import archive, end, own_directory, processes_of, start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with own_directory() as folder:
        done = archive(folder / "data", "demo", "--no-samples")
        assert done.code == 0, done.stderr
        yield folder / "data"


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("told_by", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_it_serves_says_where_and_leaves_no_process(data: Path, port: int, told_by: int) -> None:
    service = start(data, "serve", "--port", str(port))
    try:
        assert service.stdout is not None
        line = service.stdout.readline()
        assert f"http://127.0.0.1:{port}" in line, (data.parent / "stderr").read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        assert (data / "service.sock").stat().st_mode & 0o777 == 0o600
    finally:
        code = end(service, told_by)
    assert code == 0, (data.parent / "stderr").read_text()
    assert not (data / "service.sock").exists()
    assert processes_of(data) == []


def test_a_taken_port_is_told_in_a_sentence_and_nothing_is_started(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = archive(data, "serve", "--port", str(taken.getsockname()[1]))
    assert done.code == 2
    assert "--port" in done.stderr
    assert processes_of(data) == []


def test_a_second_service_over_the_same_directory_is_refused(data: Path, port: int) -> None:
    service = start(data, "serve", "--port", str(port))
    try:
        assert service.stdout is not None
        service.stdout.readline()
        refused = archive(data, "serve", "--port", "0", "--json")
        assert refused.document["error"]["reason"] == "service.already_runs"
    finally:
        code = end(service)
    assert code == 0, (data.parent / "stderr").read_text()
