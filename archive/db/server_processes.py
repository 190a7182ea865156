"""Which processes are the server of one data directory: its postmaster and children change into it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def server_processes(cluster: Path) -> frozenset[int]:
    """Their pids. A pid alone proves nothing: after a reboot or a kill it may be somebody else's."""
    place = os.path.realpath(cluster)
    try:
        return frozenset(pid for pid, cwd, exe in _own_view() if cwd == place and exe.startswith("postgres"))
    except PermissionError:
        return frozenset(
            pid for pid, cwd, exe in _view_of(cluster.stat()) if cwd == place and exe.startswith("postgres")
        )


def _own_view() -> list[tuple[int, str, str]]:
    """(pid, working directory, name of the program). Raises PermissionError as a root that may not look at others,
    which is how containers run."""
    seen = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                seen.append((int(entry.name), str((entry / "cwd").readlink()), (entry / "exe").readlink().name))
            except PermissionError:
                if os.geteuid() == 0:
                    raise
            except OSError:
                continue  # it ended meanwhile, or is a thread of the kernel
    return seen


def _view_of(owner: os.stat_result) -> list[tuple[int, str, str]]:
    """The same, looked at by the user whose server it is."""
    arguments = ["-maxdepth", "2", "(", "-name", "cwd", "-o", "-name", "exe", ")", "-printf", r"%h\0%f\0%l\0"]
    found = subprocess.run(  # noqa: S603
        ["/usr/bin/find", "/proc", *arguments],
        user=owner.st_uid, group=owner.st_gid, extra_groups=[],
        cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
    ).stdout.split(b"\0")  # fmt: skip
    links: dict[str, dict[str, str]] = {}
    for place, name, target in zip(found[0::3], found[1::3], found[2::3], strict=False):
        links.setdefault(os.fsdecode(place), {})[os.fsdecode(name)] = os.fsdecode(target)
    return [
        (int(Path(place).name), link.get("cwd", ""), Path(link.get("exe", "")).name)
        for place, link in links.items()
        if Path(place).name.isdigit()
    ]
