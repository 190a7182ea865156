"""How a command reaches the running service of its data directory: JSON lines over a Unix socket, mode 0600.

The client sends one line {"command", "arguments", "token"}. The service answers with any number of {"progress":
[done, of], "subject": text} and one last line: {"document": …} or {"raised": {"class", "reason", "values"}}.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import logging
import os
import pwd
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from archive import errors, i18n
from archive.access.identity import Actor
from archive.bootstrap import App

log = logging.getLogger("archive.service")

NAME = "service.sock"
LOCK = "service.lock"
REQUEST_BYTES = 1 << 20
Progress = Callable[[str, int, int], None]
"""(what it is about, done, of)"""
Handler = Callable[[App, Actor, dict[str, Any], Progress], dict[str, Any]]
"""Does what a command asks for and returns the command's document."""


class Acting(Protocol):
    def __call__(self, app: App, as_user: str | None, *, token: str | None) -> Actor:
        """Who a caller acts as: the command's `--as`, or the account of the command line or of the caller's token."""
        ...


def ask(
    data: Path, command: str, arguments: dict[str, Any], progress: Progress, *, token: str | None = None
) -> dict[str, Any] | None:
    """Let the running service do it; None where none runs.

    Raises what the service raised. Leaving early (Ctrl-C) leaves the service at its work.
    """
    connection = _connect(data)
    if connection is None:
        return None
    with connection, connection.makefile("rwb") as stream:
        _send(stream, {"command": command, "arguments": arguments, "token": token})
        for line in stream:
            answer = json.loads(line)
            if "progress" in answer:
                progress(answer["subject"], *answer["progress"])
            elif "raised" in answer:
                raise _from_wire(answer["raised"])
            else:
                document: dict[str, Any] = answer["document"]
                return document
    raise errors.PartUnavailable(detail=i18n.text("service.went_away"))


@contextlib.contextmanager
def serve_socket(app: App, handlers: Mapping[str, Handler], acting: Acting) -> Iterator[None]:
    """Answer commands until the block is left. Raises Conflict where another service has this data directory."""
    data = app.settings.data
    with _only_one(data), contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as listener:
        with _reachable(data) as path:
            Path(path).unlink(missing_ok=True)  # we hold the lock: whoever left it is gone
            os.fchmod(listener.fileno(), 0o600)
            listener.bind(path)
            os.chmod(path, 0o600)  # noqa: PTH101
        listener.listen()
        threading.Thread(target=_accept, args=(listener, app, handlers, acting), daemon=True, name="socket").start()
        try:
            yield
        finally:
            (data / NAME).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, app: App, handlers: Mapping[str, Handler], acting: Acting) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # closed: the service ends
        threading.Thread(
            target=_answer, args=(connection, app, handlers, acting), daemon=True, name="socket-command"
        ).start()


def _answer(connection: socket.socket, app: App, handlers: Mapping[str, Handler], acting: Acting) -> None:
    # closing flushes: also that may find the client gone
    with contextlib.suppress(OSError), connection, connection.makefile("rwb") as stream:

        def tell(answer: dict[str, Any]) -> None:
            with contextlib.suppress(OSError, ValueError):  # the client went away; the work goes on
                _send(stream, answer)

        def progress(subject: str, done: int, of: int) -> None:
            tell({"progress": [done, of], "subject": subject})

        try:
            request = json.loads(stream.readline(REQUEST_BYTES))
            arguments = request["arguments"]
            actor = acting(app, arguments.get("as_user"), token=request.get("token"))
            actor = replace(actor, os_user=_peer(connection))
            tell({"document": handlers[request["command"]](app, actor, arguments, progress)})
        except errors.ArchiveError as error:
            tell({"raised": {"class": type(error).__name__, "reason": error.reason, "values": _plain(error.values)}})
        except Exception as error:
            log.warning("command failed: %s", type(error).__name__)
            tell({"raised": {"class": "ArchiveError", "reason": "error.unexpected", "values": {}}})


def _connect(data: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _reachable(data) as path:
            connection.connect(path)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        connection.close()
        return None
    return connection


@contextlib.contextmanager
def _reachable(data: Path) -> Iterator[str]:
    """A name for the socket that is short enough for the system, however long the directory's is."""
    directory = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{NAME}"
    finally:
        os.close(directory)


@contextlib.contextmanager
def _only_one(data: Path) -> Iterator[None]:
    lock = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise errors.Conflict("service.already_runs", directory=data) from None
    try:
        yield
    finally:
        os.close(lock)


def _peer(connection: socket.socket) -> str:
    """The person at the other end, as the kernel knows them."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid = struct.unpack("3i", credentials)[1]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _send(stream: io.BufferedRWPair, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
    stream.flush()


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | float | None) else str(value) for name, value in values.items()}


def _from_wire(told: dict[str, Any]) -> errors.ArchiveError:
    kind = getattr(errors, told["class"], errors.ArchiveError)
    error: errors.ArchiveError = kind(told["reason"], **told["values"])
    return error
