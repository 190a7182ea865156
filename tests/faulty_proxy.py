"""An HTTP proxy before a real server that answers some requests itself, or loses the server's answer on the way."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """Given instead of the server's; without a status the server is asked, but so much of its body is lost."""

    status: int
    body: bytes = b""
    lost: float = 0.0


CUT_OFF = Answer(0, lost=1.0)  # nothing comes, not even its first line
HALF = Answer(0, lost=0.5)


class FaultyProxy:
    """fault: (method, path with query) -> what goes wrong, None for nothing. `asked` tells what came."""

    def __init__(self, host: str, port: int, fault: Callable[[str, str], Answer | None]) -> None:
        self.asked: list[tuple[str, str]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                asked.append((self.command, self.path))
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                wrong = fault(self.command, self.path)
                if wrong is not None and wrong.status:
                    return self.tell(wrong.status, [("Content-Type", "application/xml")], wrong.body)
                upstream = http.client.HTTPConnection(host, port, timeout=30)
                upstream.request(self.command, self.path, body or None, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                self.close_connection = wrong is not None
                if wrong == CUT_OFF:
                    return None
                headers = [(name, value) for name, value in answer.getheaders() if name.lower() != "transfer-encoding"]
                return self.tell(answer.status, headers, content, wrong.lost if wrong else 0.0)

            def tell(self, status: int, headers: list[tuple[str, str]], content: bytes, lost: float = 0.0) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() != "content-length" or self.command == "HEAD":
                        self.send_header(name, value)
                if self.command != "HEAD":
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(OSError):  # who asked may have gone
                    self.wfile.write(content[: int(len(content) * (1 - lost))] if self.command != "HEAD" else b"")

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815  the library's names

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @contextmanager
    def running(self) -> Iterator[FaultyProxy]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def first(count: int, wrong: Answer, method: str, path_part: str = "") -> Callable[[str, str], Answer | None]:
    """The fault of the first requests of that method whose path holds the part."""
    left = [count]

    def fault(asked: str, path: str) -> Answer | None:
        if asked == method and path_part in path and left[0] > 0:
            left[0] -= 1
            return wrong
        return None

    return fault
