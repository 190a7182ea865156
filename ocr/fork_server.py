"""A process with the libraries of reading in memory, which forks the children of ocr.sandbox.

To start Python and to load libraries takes longer than many a small file takes to be read. This process touches no
foreign bytes, has one thread, and knows no secret. A module whose functions are called in children names in
LOADED_AHEAD what most of the calls need. `python -m ocr.fork_server`: stdin is the socket of the process that started
it (ocr.forked); when that closes, it kills every child it has and ends.

One JSON document a packet, each answered:

    {"fork": "module:name", "folder", "environment"}, with two descriptors: where the child reads its request, and where
        it answers -> {"pid", "resident_bytes"}: what the child has of this process's memory
    {"end": pid} -> {"status"}: its group is killed, then it is reaped; its own status if it had ended by itself
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ocr import sandbox_child

PACKET_BYTES = 2**17
_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def main() -> NoReturn:
    channel = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    children: set[int] = set()
    with suppress(OSError):
        while True:
            packet, descriptors, _, _ = socket.recv_fds(channel, PACKET_BYTES, 2)
            if not packet:
                break
            channel.send(json.dumps(_answer(json.loads(packet), descriptors, children, channel)).encode())
    for pid in children:
        _kill(pid)
    os._exit(0)


def _answer(
    asked: dict[str, Any], descriptors: list[int], children: set[int], channel: socket.socket
) -> dict[str, int]:
    if "end" in asked:
        pid = int(asked["end"])
        _kill(pid)
        children.discard(pid)
        return {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}
    _load_ahead(asked["fork"].partition(":")[0])
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_SIZE
    try:
        pid = os.fork()
        if pid == 0:
            channel.close()
            request, answer = descriptors
            _become_child(request, answer, asked["folder"], asked["environment"])
        children.add(pid)
    except OSError as failure:
        return {"errno": failure.errno or 0}
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return {"pid": pid, "resident_bytes": resident}


def _load_ahead(module: str) -> None:
    """Once a module. What cannot be loaded here cannot be loaded in a child either, which tells why."""
    if module in _loaded:
        return
    _loaded.add(module)
    with suppress(Exception):
        for name in getattr(importlib.import_module(module), "LOADED_AHEAD", ()):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a child would copy all of it


_loaded: set[str] = set()


def _become_child(request: int, answer: int, folder: str, environment: dict[str, str]) -> NoReturn:
    try:
        os.setsid()
        os.dup2(request, 0)
        os.dup2(answer, 1)
        os.closerange(3, 256)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None  # of the parent's environment
        sandbox_child.main()
    finally:
        os._exit(1)


def _kill(pid: int) -> None:
    """Not yet reaped, its number is nobody else's. It may not be the leader of its group yet."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
