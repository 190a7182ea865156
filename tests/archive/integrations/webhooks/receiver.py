"""A real HTTP server on loopback that takes webhooks, and misbehaves as it is told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = int | str  # a status, or: stall, flood, redirect, drop
FLOOD_BYTES = 8 << 30


@dataclass
class Taken:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.body)
        return message

    @property
    def sequence(self) -> int:
        return int(self.message["data"]["sequence"])

    def is_signed_by(self, secret: str) -> bool:
        """As a receiver checks it: https://www.standardwebhooks.com"""
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in self.headers["webhook-signature"].split()


@dataclass
class Receiver:
    """behave: what to answer to a request; default 204."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    behave: Callable[[Taken], Behaviour] = lambda _: 204
    ended: threading.Event = field(default_factory=threading.Event)
    stalling: threading.Event = field(default_factory=threading.Event)
    flooded_bytes: int = 0

    @property
    def sequences(self) -> list[int]:
        return [taken.sequence for taken in self.taken]

    def always(self, behaviour: Behaviour) -> None:
        self.behave = lambda _: behaviour


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken = Taken(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.taken.append(taken)
            self._answer(receiver.behave(taken))

        def do_GET(self) -> None:
            receiver.taken.append(Taken(self.path, dict(self.headers.items()), b"{}"))
            self._status(200)

        def _answer(self, behaviour: Behaviour) -> None:
            match behaviour:
                case int():
                    self._status(behaviour)
                case "redirect":
                    self.send_response(307)
                    self.send_header("Location", receiver.url + "/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                case "stall":
                    receiver.stalling.set()
                    receiver.ended.wait(60)
                    self.close_connection = True
                case "flood":
                    self._flood()
                case _:
                    self.close_connection = True

        def _status(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _flood(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(FLOOD_BYTES))
            self.end_headers()
            block = bytes(1 << 20)
            try:
                while receiver.flooded_bytes < FLOOD_BYTES:
                    self.wfile.write(block)
                    receiver.flooded_bytes += len(block)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
