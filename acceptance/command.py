"""Runs `archive …` as a user would, and watches how much memory it and its children take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance import corpus

ENGINE_SETTING = "ARCHIVE_ENGINE"  # the one that is passed on: hostile files go quicker without reading words
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def engine() -> str:
    return os.environ.get(ENGINE_SETTING, "tesseract")


@dataclass(frozen=True, slots=True)
class Ran:
    exit_code: int
    document: Any
    stderr: str
    seconds: float
    largest_process_bytes: int
    all_processes_bytes: int


def archive(*arguments: str | Path, data: Path | None = None, progress: bool = False) -> Ran:
    """Run a command with --json. progress: its stderr goes to ours as it comes."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_") or name == ENGINE_SETTING
    }
    if data is not None:
        environment["ARCHIVE_DATA"] = str(data)
    command = [sys.executable, "-m", "archive.cli.main", *map(str, arguments), "--json"]
    started = time.monotonic()
    child = subprocess.Popen(
        command,
        cwd=corpus.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if progress else subprocess.PIPE,
        text=True,
    )
    watch = _Watch(child.pid)
    watch.start()
    stdout, stderr = child.communicate()
    watch.ended.set()
    watch.join()
    try:
        document = json.loads(stdout)
    except ValueError:
        document = None
    seconds = time.monotonic() - started
    return Ran(child.returncode, document, stderr or "", seconds, watch.largest, watch.together)


class _Watch(threading.Thread):
    """Samples the resident memory of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.ended = threading.Event()
        self.largest = self.together = 0

    def run(self) -> None:
        while not self.ended.wait(0.2):
            sizes = list(_resident_sizes(self.pid))
            self.largest = max([self.largest, *sizes])
            self.together = max(self.together, sum(sizes))


def _resident_sizes(pid: int) -> Iterator[int]:
    folder = Path("/proc") / str(pid)
    try:
        yield int((folder / "statm").read_text().split()[1]) * PAGE_BYTES
        children = [child for task in (folder / "task").iterdir() for child in (task / "children").read_text().split()]
    except (OSError, IndexError):  # it has ended
        return
    for child in children:
        yield from _resident_sizes(int(child))
