"""What stands before a search server: asks for a password and speaks TLS, or fails as a test wants."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LOSE_ANSWER = "the request is done, its answer is lost"
Answer = tuple[int, dict[str, Any]]
Intervene = Callable[[str, str], "Answer | str | None"]  # method and path -> what is answered instead, if anything


class Proxy:
    """`url` has no name of an index; `intervene` may be set at any time."""

    def __init__(self, server_url: str, credentials: str | None, tls: ssl.SSLContext | None) -> None:
        self.target = urlsplit(server_url).netloc
        self.credentials = credentials
        self.product = "Elasticsearch"
        self.intervene: Intervene = lambda method, path: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def proxy(server_url: str, *, credentials: str | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    standing = Proxy(server_url, credentials, tls)
    standing.start()
    try:
        yield standing
    finally:
        standing.stop()


def failure(status: int, kind: str) -> Answer:
    return status, {"error": {"type": kind, "reason": kind}, "status": status}


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if proxy.credentials is not None and self.headers.get("authorization") != _basic(proxy.credentials):
                return self._answer(*failure(401, "security_exception"))
            instead = proxy.intervene(self.command, self.path)
            if isinstance(instead, tuple):
                return self._answer(*instead)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "authorization"}
            connection = http.client.HTTPConnection(proxy.target)
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            told = answer.read()
            if instead == LOSE_ANSWER:
                self.close_connection = True
                return None
            return self._send(answer.status, told, answer.getheader("content-type", "application/json"))

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on  # noqa: N815 (the names that http.server calls)

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            self._send(status, json.dumps(body).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("x-elastic-product", proxy.product)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()
