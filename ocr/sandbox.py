"""Runs one function on foreign bytes in a child process of its own, within limits, and lets only that child die.

The child is forked by a process that has the libraries loaded (ocr.forked, ocr.fork_server). It gets its arguments as
JSON on stdin and answers with JSON; see ocr.sandbox_child for its side.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ocr import errors, forked
from ocr.scratch import scratch

_TICK_S = 0.1
_ANSWER_BYTES = 256 * 2**20
_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Limits:
    seconds: float = 120.0  # wall clock, for a page group
    cpu_seconds: int = 240
    resident_bytes: int = 1536 * 2**20  # the child and its descendants together
    address_bytes: int = 6 * 10**9  # each process, beyond what it begins with
    file_bytes: int = 4 * 2**30  # the largest file it may write


def call(function: str, arguments: dict[str, Any], *, limits: Limits | None = None) -> dict[str, Any]:
    """Call `function` ("module:name") with `arguments` in a child process and return what it returns.

    The child is a process group of its own that dies with this process, however this one ends.
    Raises the OcrError that the function raised, or ChildFailed (file.too_slow, file.too_much_memory,
    file.reader_crashed) for whatever else became of the child.
    """
    limits = limits or Limits()
    request = {"function": function, "arguments": arguments, "limits": asdict(limits)}
    with scratch() as folder:
        child = forked.fork(function, folder, _environment(folder))
        try:
            answer = _converse(child, json.dumps(request).encode() + b"\n", limits)
            child.await_exit(1.0)  # its answer has ended: its own status is to be seen
        finally:
            status = child.end()
    return _result(answer, status)


def _environment(folder: Path) -> dict[str, str]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return environment | {
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "TMPDIR": str(folder),
        "OMP_THREAD_LIMIT": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _converse(child: forked.Child, request: bytes, limits: Limits) -> bytes:
    """Hand over the request and collect the answer, watching clock and memory. stdin stays open: see sandbox_child."""
    resident_bytes = limits.resident_bytes + 2 * child.inherited_bytes  # which it and its guard have without asking
    deadline = time.monotonic() + limits.seconds
    rest = memoryview(request)
    answer = bytearray()
    os.set_blocking(child.request, False)
    with selectors.DefaultSelector() as selector:
        selector.register(child.answer, selectors.EVENT_READ)
        selector.register(child.request, selectors.EVENT_WRITE)
        while True:
            for key, _ in selector.select(_TICK_S):
                if key.fd == child.answer:
                    block = os.read(child.answer, 2**16)
                    if not block:
                        return bytes(answer)
                    answer += block
                else:
                    rest = _write(child.request, rest)
                    if not rest:
                        selector.unregister(child.request)
            if len(answer) > _ANSWER_BYTES:
                raise errors.ChildFailed("file.reader_crashed", detail="answer too long")
            if time.monotonic() > deadline:
                raise errors.ChildFailed("file.too_slow", retry=True, seconds=round(limits.seconds))
            if _resident_bytes(child.pid) > resident_bytes:
                raise errors.ChildFailed("file.too_much_memory", megabytes=limits.resident_bytes // 2**20)


def _write(descriptor: int, rest: memoryview) -> memoryview:
    try:
        return rest[os.write(descriptor, rest) :]
    except BlockingIOError:
        return rest
    except BrokenPipeError:
        return rest[:0]  # it died; its stdout ends next


def _resident_bytes(root: int) -> int:
    """Resident memory of a process and its descendants."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        folder = Path("/proc") / str(pid)
        try:
            total += int((folder / "statm").read_text().split()[1]) * _PAGE_SIZE
            for thread in (folder / "task").iterdir():
                waiting += [int(child) for child in (thread / "children").read_text().split()]
        except (OSError, IndexError):  # it has just ended
            continue
    return total


def _result(answer: bytes, status: int) -> dict[str, Any]:
    try:
        told = json.loads(answer)
        if "raised" in told:
            raise errors.from_wire(told["raised"])
        if "failed" in told:
            raise _failure(told["failed"])
        returned: dict[str, Any] = told["returned"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _death(status) from None
    return returned


def _failure(told: dict[str, str]) -> errors.ChildFailed:
    if told["class"] == "MemoryError":
        return errors.ChildFailed("file.too_much_memory")
    return errors.ChildFailed("file.reader_crashed", detail=f"{told['class']} {told['where']}")


def _death(status: int) -> errors.ChildFailed:
    if status == -signal.SIGXCPU:
        return errors.ChildFailed("file.too_slow")
    # SIGKILL that is not ours is the kernel's, for want of memory, or a person's
    if status == -signal.SIGKILL:
        return errors.ChildFailed("file.reader_crashed", retry=True, detail="SIGKILL")
    detail = signal.Signals(-status).name if status < 0 else f"exit {status}"
    return errors.ChildFailed("file.reader_crashed", detail=detail)
