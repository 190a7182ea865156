"""Death and failing disks between write, fsync, rename and link, injected by strace into the real processes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.holdings import (
    Holdings,
    assert_received,
    assert_whole,
    finish,
    recover,
    recover_receiving,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt install strace"),
]

RENAMES = "rename,renameat,renameat2"
LINKS = "link,linkat"
UNLINKS = "unlink,unlinkat,rmdir"


class Strace:
    """Runs a command under strace; `struck` tells whether what was to be injected was."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def injecting(self, calls: str, what: str) -> Sequence[str]:
        log = ("strace", "-f", "-q", "-o", str(self._log))
        return (*log, "-e", f"trace={calls}", "-e", f"inject={calls}:{what}")

    def struck(self) -> bool:
        told = self._log.read_text(errors="replace")
        return "killed by SIGKILL" in told or "(INJECTED)" in told


@pytest.fixture
def strace(tmp_path: Path) -> Strace:
    return Strace(tmp_path / "strace.log")


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 6, 8])
def test_killed_at_a_sync_while_receiving(holdings: Holdings, strace: Strace, nth: int) -> None:
    """Bytes, sidecar, entry and directory of a received file are each synced: death at each of them."""
    code, *_ = finish(holdings.ingest(under=strace.injecting("fsync", f"signal=SIGKILL:when={nth}")))
    assert code != 0
    assert strace.struck()
    recover_receiving(holdings)
    assert_received(holdings)


@pytest.mark.parametrize("nth", [1, 2])
def test_killed_at_a_rename_while_receiving(holdings: Holdings, strace: Strace, nth: int) -> None:
    code, *_ = finish(holdings.ingest(under=strace.injecting(RENAMES, f"signal=SIGKILL:when={nth}")))
    assert code != 0
    assert strace.struck()
    recover_receiving(holdings)
    assert_received(holdings)


@pytest.mark.parametrize(
    ("calls", "nth"),
    [("fsync", 4), ("fsync", 7), ("fsync", 11), (RENAMES, 2), (RENAMES, 5), (LINKS, 1), (LINKS, 2), (UNLINKS, 3)],
)
def test_killed_at_a_call_while_items_are_worked_on(holdings: Holdings, strace: Strace, calls: str, nth: int) -> None:
    """The files are received already: what dies is the work on them. A reader may be what is hit; it is tried again."""
    finish(holdings.ingest())
    finish(holdings.ingest("--wait", under=strace.injecting(calls, f"signal=SIGKILL:when={nth}")))
    assert strace.struck()
    recover(holdings)
    assert_whole(holdings)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("calls", ["fsync", RENAMES])
def test_a_full_or_failing_disk_while_receiving_promises_nothing(
    holdings: Holdings, strace: Strace, calls: str, error: str
) -> None:
    code, document, told = finish(holdings.ingest(under=strace.injecting(calls, f"error={error}:when=2+")))
    assert code == 3, told
    assert document["error"]["reason"] == "error.store_unavailable"
    recover_receiving(holdings)
    assert_received(holdings)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_fails_for_a_while_is_waited_for(holdings: Holdings, strace: Strace, error: str) -> None:
    """The second link of every thread fails: the object is put into the store at the next try."""
    finish(holdings.ingest())
    code, _, told = finish(holdings.ingest("--wait", under=strace.injecting(LINKS, f"error={error}:when=2")))
    assert code == 0, told
    assert strace.struck()
    assert_whole(holdings)
