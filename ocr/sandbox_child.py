"""The child's side of ocr.sandbox: one JSON line in, one JSON document out.

Two things end it with whoever called. The kernel kills it when the process that forked it ends, which ends with the
caller; and a second process, forked before anything foreign is touched, holds the caller's end of stdin in view and,
when that closes, kills the whole group, programs started by libraries included.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from ocr import errors

_PR_SET_PDEATHSIG = 1


def main() -> NoReturn:
    sys.setrecursionlimit(10_000)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    request = json.loads(_first_line(0))
    _guard_group(0)
    answer_to = _take_stdout()
    _limit(request["limits"])
    answer = json.dumps(_answer(request["function"], request["arguments"])).encode()
    with os.fdopen(answer_to, "wb") as out:
        out.write(answer)
    os._exit(0)  # libraries' threads and clean-up have no say any more


def _first_line(descriptor: int) -> bytes:
    """Reads no further than the line: what follows is the silence in which the parent lives."""
    line = bytearray()
    while not line.endswith(b"\n"):
        block = os.read(descriptor, 2**16)
        if not block:
            os._exit(1)
        line += block
    return bytes(line)


def _guard_group(descriptor: int) -> None:
    if os.fork():
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, descriptor)
        return
    os.closerange(1, 256)
    while os.read(descriptor, 2**16):
        pass
    os.killpg(0, signal.SIGKILL)


def _take_stdout() -> int:
    """Keep stdout for the answer; what libraries print goes nowhere."""
    answer_to = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    return answer_to


def _limit(limits: dict[str, Any]) -> None:
    cpu = int(limits["cpu_seconds"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    given = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (given + int(limits["address_bytes"]),) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limits["file_bytes"]),) * 2)
    _limit_open_files(1024)
    os.umask(0o077)


def _limit_open_files(count: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))


def _answer(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    module, name = function.split(":")
    try:
        return {"returned": getattr(importlib.import_module(module), name)(**arguments)}
    except errors.OcrError as error:
        return {"raised": errors.to_wire(error)}
    except Exception as error:
        return {"failed": {"class": type(error).__name__, "where": _where(error)}}


def _where(error: BaseException) -> str:
    """File and line only: the message of a foreign exception may quote the document."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/ocr/" in frame.filename]
    frame = (own or frames)[-1]
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119
