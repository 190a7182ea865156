"""Commands as a user runs them: a process of their own, over a data directory of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


@dataclass(frozen=True)
class Done:
    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """stdout as exactly one JSON document."""
        return json.loads(self.stdout)


@contextmanager
def own_directory() -> Iterator[Path]:
    """Not below pytest's folder: another run of pytest closes that to the embedded server's user."""
    with tempfile.TemporaryDirectory(prefix="archive-test-") as folder:
        yield Path(folder)


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    return kept | {"ARCHIVE_DATA": str(data), "OMP_THREAD_LIMIT": "1"}


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "archive.cli.main", *map(str, words)]


def archive(data: Path, *words: str | Path) -> Done:
    done = subprocess.run(
        command(*words),
        cwd=ROOT,
        env=environment(data),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def start(data: Path, *words: str | Path) -> subprocess.Popen[str]:
    """Its stderr goes to a file beside the data directory."""
    with (data.parent / "stderr").open("w") as stderr:
        return subprocess.Popen(
            command(*words),
            cwd=ROOT,
            env=environment(data),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )


def end(process: subprocess.Popen[str], with_signal: int = signal.SIGINT) -> int:
    process.send_signal(with_signal)
    process.communicate(timeout=60)
    return process.returncode


def processes_of(data: Path) -> list[str]:
    """Command lines of running processes that name the directory."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(data) in line:
                found.append(line)
    return found
