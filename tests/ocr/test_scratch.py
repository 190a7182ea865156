from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ocr.scratch import PREFIX, _sweep, scratch

HOLDER = """
import sys, time
from ocr.scratch import scratch
with scratch() as folder:
    (folder / "page.png").write_bytes(b"a page")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    _sweep.cache_clear()
    return tmp_path


@pytest.fixture
def holder(temporary: Path) -> subprocess.Popen[str]:
    """Another process that is using its directory."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
        cwd=Path(__file__).parents[2],
    )


def folder_of(holder: subprocess.Popen[str]) -> Path:
    assert holder.stdout is not None
    return Path(holder.stdout.readline().strip())


def test_a_directory_is_empty_and_gone_on_leaving(temporary: Path) -> None:
    with scratch() as folder:
        assert folder.parent == temporary
        assert list(folder.iterdir()) == []
        (folder / "page.png").write_bytes(b"a page")
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_one(temporary: Path, holder: subprocess.Popen[str]) -> None:
    left = folder_of(holder)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert (left / "page.png").exists()
    with scratch() as folder:
        assert list(temporary.iterdir()) == [folder]


def test_what_a_living_process_uses_and_what_is_not_ours_stays(temporary: Path, holder: subprocess.Popen[str]) -> None:
    used = folder_of(holder)
    (temporary / "somebody-elses").mkdir()
    (temporary / f"{PREFIX}link").symlink_to(temporary / "somebody-elses")
    with scratch():
        assert (used / "page.png").exists()
    holder.communicate("")
    assert not used.exists()
    assert (temporary / "somebody-elses").is_dir()
