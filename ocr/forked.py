"""The children that ocr.fork_server forks for this process: one server a process, started by whoever needs it first."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr import errors
from ocr.fork_server import PACKET_BYTES

_ANSWERS_WITHIN_S = 120.0  # it may load libraries first, on a busy machine
_ENDS_WITHIN_S = 5.0


class ServerGone(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Child:
    """A process group's leader. It lives no longer than `request` is open."""

    server: ForkServer
    pid: int
    handle: int  # of the process itself, whatever becomes of its number
    request: int  # where it reads
    answer: int  # where it writes
    inherited_bytes: int  # resident memory that it and its guard each have of the server's

    def await_exit(self, seconds: float | None) -> None:
        waiting = select.poll()  # select takes no descriptor beyond 1023, which a busy web process has
        waiting.register(self.handle, select.POLLIN)
        waiting.poll(None if seconds is None else 1000 * seconds)

    def end(self) -> int:
        """Kill it with all it started; returns its exit status, its own if it had ended by itself."""
        os.close(self.answer)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        self.await_exit(None)
        try:
            return self.server.reaped(self.pid)
        except ServerGone:
            return -signal.SIGKILL
        finally:
            os.close(self.request)  # without a server, the guard kills what is left
            os.close(self.handle)


class ForkServer:
    def __init__(self, environment: dict[str, str]) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(_ANSWERS_WITHIN_S)
        self._lock = threading.Lock()
        self.gone = False
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ocr.fork_server"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=environment,
                start_new_session=True,
            )

    def fork(self, function: str, folder: Path, environment: dict[str, str]) -> Child:
        """A child that waits for the request to call `function`. Raises ServerGone, OSError."""
        theirs_request, request = os.pipe()
        answer, theirs_answer = os.pipe()
        asked = {"fork": function, "folder": str(folder), "environment": environment}
        try:
            told = self._ask(asked, (theirs_request, theirs_answer))
            if "errno" in told:
                raise OSError(told["errno"], os.strerror(told["errno"]))
            handle = os.pidfd_open(told["pid"])
        except BaseException:
            os.close(request)
            os.close(answer)
            raise
        finally:
            os.close(theirs_request)
            os.close(theirs_answer)
        return Child(self, told["pid"], handle, request, answer, told["resident_bytes"])

    def reaped(self, pid: int) -> int:
        return int(self._ask({"end": pid})["status"])

    def end(self) -> None:
        """It kills its children; whoever waits for one of them sees it killed."""
        self.gone = True
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def leave(self) -> None:
        """In a forked copy of this process: the server is the other's."""
        self.gone = True
        self._channel.close()

    def _ask(self, asked: dict[str, Any], descriptors: Sequence[int] = ()) -> dict[str, int]:
        with self._lock:
            try:
                socket.send_fds(self._channel, [json.dumps(asked).encode()], descriptors)
                packet = self._channel.recv(PACKET_BYTES)
                if packet:
                    told: dict[str, int] = json.loads(packet)
                    return told
            except OSError:
                pass
            if not self.gone:
                self.gone = True
                self._process.kill()
                self._process.wait()
        raise ServerGone


def fork(function: str, folder: Path, environment: dict[str, str]) -> Child:
    """See ForkServer.fork; a server that was killed has a successor. Raises ChildFailed, OSError."""
    for _ in range(2):
        with suppress(ServerGone):
            return _server(environment).fork(function, folder, environment)
    raise errors.ChildFailed("file.reader_crashed", retry=True, detail="fork server")


def end_all() -> None:
    """Kill every child of this process; the calls that wait for them fail, and may be repeated."""
    with _starting:
        while _servers:
            _servers.pop().end()


_starting = threading.Lock()
_servers: list[ForkServer] = []  # the last is in use


def _server(environment: dict[str, str]) -> ForkServer:
    with _starting:
        if not _servers or _servers[-1].gone:
            _servers[:] = [ForkServer(environment)]
        return _servers[-1]


def _leave_servers() -> None:
    global _starting  # noqa: PLW0603 - another thread of the other process may have held it
    _starting = threading.Lock()
    while _servers:
        _servers.pop().leave()


os.register_at_fork(after_in_child=_leave_servers)
