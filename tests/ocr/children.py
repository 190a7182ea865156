"""Functions for children of the sandbox that misbehave."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from ocr.errors import FileRefused


def echo(**arguments: Any) -> dict[str, Any]:
    return arguments


def parent() -> dict[str, Any]:
    return {"pid": os.getppid()}


def hang(pid_file: str | None = None) -> dict[str, Any]:
    program = subprocess.Popen(["sleep", "1000"])
    if pid_file:
        Path(pid_file + ".part").write_text(f"{os.getpid()} {program.pid}")
        Path(pid_file + ".part").rename(pid_file)
    program.wait()
    return {}


def grow() -> dict[str, Any]:
    held = []
    while True:
        held.append(b"x" * 2**24)


def grow_in_a_program() -> dict[str, Any]:
    subprocess.run([sys.executable, "-c", "import time\nx = b'x' * (300 * 2**20)\ntime.sleep(1000)"], check=True)
    return {}


def ask_for_too_much() -> dict[str, Any]:
    return {"size": len(bytearray(64 * 2**30))}


def segfault() -> dict[str, Any]:
    ctypes.string_at(0)
    return {}


def burn() -> dict[str, Any]:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        pass


def print_rubbish() -> dict[str, Any]:
    sys.stdout.write("}{ rubbish")
    sys.stdout.flush()
    os.write(1, b"more rubbish\n" * 10_000)
    os.write(2, b"and on stderr\n" * 10_000)
    return {"said": "sense"}


def answer_rubbish() -> dict[str, Any]:
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"not json")
        except OSError:
            continue
    os._exit(0)


def leave() -> dict[str, Any]:
    os._exit(7)


def refuse() -> dict[str, Any]:
    raise FileRefused("file.too_many_pages", pages=9, limit=5)


def fail() -> dict[str, Any]:
    raise ValueError("the text of a secret page")


def write_too_large(path: str) -> dict[str, Any]:
    with Path(path).open("wb") as stream:
        for _ in range(64):
            stream.write(b"x" * 2**20)
    return {}


def leave_a_file() -> dict[str, Any]:
    path = Path(os.environ["TMPDIR"]) / "left-over"
    path.write_text("words")
    return {"path": str(path)}


def see_environment() -> dict[str, Any]:
    return dict(os.environ)
