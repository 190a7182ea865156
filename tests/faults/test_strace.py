"""Death and failing disks between write, fsync, rename and link, injected by strace into the real processes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import pytest

from tests.faults.holdings import Holdings, assert_whole, finish, recover

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt install strace"),
]

RENAMES = "rename,renameat,renameat2"
LINKS = "link,linkat"
UNLINKS = "unlink,unlinkat,rmdir"


def injecting(calls: str, what: str) -> Sequence[str]:
    return ("strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{what}")


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 8, 13])
def test_killed_at_a_sync_while_receiving(holdings: Holdings, nth: int) -> None:
    """Bytes, sidecar, entry and directory of a received file are each synced: death at each of them."""
    code, *_ = finish(holdings.ingest(under=injecting("fsync", f"signal=SIGKILL:when={nth}")))
    assert code != 0
    recover(holdings)
    assert_whole(holdings)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_killed_at_a_rename_while_receiving(holdings: Holdings, nth: int) -> None:
    code, *_ = finish(holdings.ingest(under=injecting(RENAMES, f"signal=SIGKILL:when={nth}")))
    assert code != 0
    recover(holdings)
    assert_whole(holdings)


@pytest.mark.parametrize(
    ("calls", "nth"),
    [("fsync", 4), ("fsync", 7), ("fsync", 11), (RENAMES, 2), (RENAMES, 5), (LINKS, 1), (LINKS, 2), (UNLINKS, 3)],
)
def test_killed_at_a_call_while_items_are_worked_on(holdings: Holdings, calls: str, nth: int) -> None:
    """The files are received already: what dies is the work on them. A reader may be what is hit; it is tried again."""
    finish(holdings.ingest())
    finish(holdings.ingest("--wait", under=injecting(calls, f"signal=SIGKILL:when={nth}")))
    recover(holdings)
    assert_whole(holdings)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("calls", ["fsync", RENAMES])
def test_a_full_or_failing_disk_while_receiving_promises_nothing(holdings: Holdings, calls: str, error: str) -> None:
    code, document, told = finish(holdings.ingest(under=injecting(calls, f"error={error}:when=2+")))
    assert code == 3, told
    assert document["error"]["reason"] == "error.store_unavailable"
    recover(holdings)
    assert_whole(holdings)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_fails_for_a_while_is_waited_for(holdings: Holdings, error: str) -> None:
    """The second link of every thread fails: the object is put into the store at the next try."""
    finish(holdings.ingest())
    code, _, told = finish(holdings.ingest("--wait", under=injecting(LINKS, f"error={error}:when=2")))
    assert code == 0, told
    assert_whole(holdings)
