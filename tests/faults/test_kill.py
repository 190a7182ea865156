"""SIGKILL to the real processes: between any two steps, and at seeded instants anywhere."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults import holdings as real
from tests.faults.holdings import Holdings, assert_whole, finish, kill, recover, wait_until

STEPS_OF_AN_ITEM = 7
FILES = 2
SEED = 20260302
INSTANTS = 6


def test_an_undisturbed_delivery_is_whole(holdings: Holdings) -> None:
    code, document, told = finish(holdings.ingest("--wait"))
    assert code == 0, told
    assert (document["expected"], document["stored"], document["unexplained"]) == (FILES, FILES, 0)
    assert_whole(holdings)


@pytest.mark.slow
@pytest.mark.parametrize("done", range(1, STEPS_OF_AN_ITEM * FILES, 2))
def test_killed_between_two_steps_the_next_process_goes_on(holdings: Holdings, done: int) -> None:
    process = holdings.ingest("--wait")
    assert wait_until(lambda: holdings.steps_done() >= done, process)
    kill(process)
    recorded = holdings.steps_done()
    recover(holdings)
    assert recorded >= done
    assert holdings.steps_done() == STEPS_OF_AN_ITEM * FILES, "a step that had been recorded was run again"
    assert_whole(holdings)


@pytest.mark.slow
def test_killed_at_seeded_instants_again_and_again(holdings: Holdings) -> None:
    """The same delivery is begun and killed at instants spread over the time that it takes."""
    began = time.monotonic()
    whole = real.copy(holdings.delivery.parent, holdings.delivery.parent.parent / "measured")
    try:
        finish(whole.ingest("--wait"))
    finally:
        whole.close()
    takes_s = time.monotonic() - began
    chance = random.Random(SEED)
    for _ in range(INSTANTS):
        process = holdings.ingest("--wait")
        try:
            process.wait(timeout=chance.uniform(0.2, takes_s))
        except subprocess.TimeoutExpired:
            kill(process)
        process.communicate()
    recover(holdings)
    assert_whole(holdings)


@pytest.mark.slow
def test_a_killed_service_loses_nothing_and_its_client_is_told(holdings: Holdings, tmp_path: Path) -> None:
    service = holdings.start("serve", "--port", str(_free_port()))
    assert wait_until((holdings.data / "service.sock").exists, service)
    client = holdings.ingest("--wait")
    assert wait_until(lambda: len(holdings.receipts()) == FILES, client)
    kill(service)
    code, _, told = finish(client)
    assert code == 3, told
    recover(holdings)
    assert_whole(holdings)


@pytest.mark.slow
def test_a_client_that_is_killed_leaves_the_service_at_its_work(holdings: Holdings) -> None:
    service = holdings.start("serve", "--port", str(_free_port()))
    assert wait_until((holdings.data / "service.sock").exists, service)
    client = holdings.ingest("--wait")
    assert wait_until(lambda: len(holdings.receipts()) >= 1, client)
    kill(client)
    document = recover(holdings)
    assert document["unexplained"] == 0
    assert_whole(holdings)
    service.terminate()
    _, told = service.communicate(timeout=real.ENDS_WITHIN_S)
    assert service.returncode == 0, told
    assert not (holdings.data / "service.sock").exists()


@pytest.mark.slow
def test_killed_while_the_real_engine_reads(template: Path, tmp_path: Path) -> None:
    holdings = real.copy(template, tmp_path / "here", engine="tesseract")
    try:
        process = holdings.ingest("--wait")
        assert wait_until(lambda: holdings.steps_done() >= 2, process)
        kill(process)
        recover(holdings)
        assert_whole(holdings)
    finally:
        holdings.close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
