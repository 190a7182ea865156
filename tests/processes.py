"""What the kernel tells of the processes of this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def started_at(pid: int) -> str | None:
    """The start time of a living process in the kernel's clock ticks, None if there is none."""
    with suppress(OSError):
        fields = fields_of(pid)
        return None if fields[0] in "ZX" else fields[19]
    return None


def processes() -> list[tuple[int, list[str]]]:
    """(number, fields) of all that run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it ended meanwhile
                found.append((int(entry.name), fields_of(int(entry.name))))
    return found


def fields_of(pid: int) -> list[str]:
    """/proc/PID/stat from the state on: the name before it may hold blanks and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def reap(pid: int) -> None:
    """Take an ended child out of the table of processes, whichever object of this process started it; else nothing."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
