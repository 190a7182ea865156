"""archive setup, then pages and work in processes of their own."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.service_socket import NAME
from tests.cli.running import SAMPLES, archive, end, own_directory, processes_of, start

pytestmark = pytest.mark.slow

WITHIN_S = 240
LETTER = SAMPLES / "td01-van-ban-chi-dao" / "010_cong_van.pdf"


@pytest.fixture(scope="module")
def first() -> Iterator[tuple[Path, dict[str, Any]]]:
    with own_directory() as folder:
        done = archive(folder / "data", "setup", "--login", "van.hanh", "--agency", "CQ", "--json")
        assert done.code == 0, done.stderr
        assert done.document["password"] not in done.stderr
        assert done.document["token"] not in done.stderr
        yield folder / "data", done.document


def test_secrets_are_printed_once_and_a_second_run_changes_nothing_and_says_so(
    first: tuple[Path, dict[str, Any]],
) -> None:
    data, document = first
    assert (document["created"], document["login"], document["agency"]) == (True, "van.hanh", "CQ")
    again = archive(data, "setup")
    assert again.code == 0
    assert "không có gì thay đổi" in again.stdout
    assert document["password"] not in again.stdout
    told = archive(data, "setup", "--json").document
    assert (told["created"], told["password"], told["token"]) == (False, None, None)
    assert archive(data, "audit", "verify").code == 0
    assert archive(data, "doctor", "--json").code in {0, 1}, "only a full disk is a warning"


def test_no_secret_lies_in_any_file(first: tuple[Path, dict[str, Any]]) -> None:
    data, document = first
    for secret in (document["password"], document["token"]):
        found = subprocess.run(["grep", "-rlF", secret, data], capture_output=True, text=True, check=False)
        assert found.stdout == ""


def test_a_worker_does_the_work_while_the_pages_are_served_without_one(first: tuple[Path, dict[str, Any]]) -> None:
    data, _ = first
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    pages = start(data, "serve", "--no-worker", "--port", str(port))
    worker = start(data, "worker")
    try:
        for process in (pages, worker):
            assert process.stdout is not None
            assert process.stdout.readline(), (data.parent / "stderr").read_text()
        assert not (data / NAME).exists(), "who does no work takes no commands"
        done = archive(data, "ingest", LETTER, "--agency", "CQ", "--task", "5", "--json")
        assert done.document["stored"] == 1, done.stderr
        deadline = time.monotonic() + WITHIN_S
        while done.document["items"] != {"review": 1}:
            assert time.monotonic() < deadline, (data.parent / "stderr").read_text()
            done = archive(data, "batch", done.document["batch"], "--json")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
    finally:
        codes = [end(process, signal.SIGTERM) for process in (pages, worker)]
    assert codes == [0, 0]
    assert processes_of(data) == []
    assert archive(data, "reconcile").code == 0
