"""An Elasticsearch server as the index uses it: its address, how long it is waited for, its failures as ours."""

from __future__ import annotations

import base64
import logging
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3
from elastic_transport import ConnectionError as Unreachable
from elastic_transport import TlsError, TransportError, Urllib3HttpNode
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError
from tenacity import Retrying, retry_if_exception, stop_before_delay, wait_random_exponential

from search.errors import IndexUnavailable, SearchError

Call = Callable[[Any], Any]  # given the client, returns its response

CONNECT_S = 2.0
ANSWER_S = 60.0
READING_PATIENCE_S = 3.0  # somebody waits for the page
WRITING_PATIENCE_S = 20.0

_BUSY = (429, 502, 503, 504)
_REFUSALS: tuple[tuple[int | str, str, bool], ...] = (  # kind or status, what is told, whether it may pass
    ("cluster_block_exception", "search.index_blocked", True),
    (401, "search.index_credentials", False),
    (403, "search.index_forbidden", False),
    *((status, "search.index_overloaded", True) for status in _BUSY),
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


class IndexGone(IndexUnavailable):
    """The index that was asked is not on the server any more: it may have been replaced meanwhile."""


class RequestRefused(IndexUnavailable):
    """The server takes this request in no way, however often it is sent."""


@dataclass(frozen=True, slots=True)
class Address:
    server: str  # scheme, host and port: what messages may name
    credentials: tuple[str, str] | None
    name: str  # of the index: an alias on the server

    @classmethod
    def parse(cls, url: str) -> Address:
        """http(s)://USER:PASSWORD@HOST:PORT/NAME; without a name it is `archive`."""
        try:
            parts = urlsplit(url)
            name = parts.path.strip("/") or "archive"
            port = parts.port or (443 if parts.scheme == "https" else 9200)
        except ValueError as error:
            raise IndexUnavailable("search.index_address") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or not _NAME.fullmatch(name):
            raise IndexUnavailable("search.index_address")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        return cls(f"{parts.scheme}://{host}:{port}", credentials, name)


class _Node(Urllib3HttpNode):
    """Waits long for an answer and briefly for a connection, so that a server that is away is told of in seconds."""

    def perform_request(self, *args: Any, **options: Any) -> Any:
        options["request_timeout"] = urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S)
        return super().perform_request(*args, **options)


class Server:
    """May be asked by several threads; connects when first asked, and again after `close`."""

    def __init__(self, address: Address, ca_file: Path | None) -> None:
        self.address = address.server
        self._credentials = address.credentials
        self._ca_file = ca_file
        self._client: Elasticsearch | None = None
        self._lock = threading.Lock()

    def read(self, call: Call) -> Any:
        return self._ask(call, READING_PATIENCE_S)

    def write(self, call: Call) -> Any:
        """`call` must be one that may be repeated: whether a lost answer meant that it was done is not known."""
        return self._ask(call, WRITING_PATIENCE_S)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(self, call: Call, patience_s: float) -> Any:
        """The body of the answer."""
        with self._translated():
            retrying = Retrying(
                retry=retry_if_exception(_passes),
                wait=wait_random_exponential(multiplier=0.1, max=2.0),
                stop=stop_before_delay(patience_s),
                reraise=True,
            )
            return retrying(lambda: call(self._connected()).body)

    def _connected(self) -> Elasticsearch:
        with self._lock:
            if self._client is None:
                options: dict[str, Any] = {"headers": self._authorization(), "node_class": _Node, "max_retries": 0}
                if self.address.startswith("https:"):
                    options["ssl_context"] = self._authorities()
                logging.getLogger("elastic_transport").setLevel(logging.ERROR)  # each failure is told of by us, once
                self._client = Elasticsearch(self.address, **options)
            return self._client

    def _authorization(self) -> dict[str, str]:
        """Made by us: the client takes names and passwords of ASCII only."""
        if self._credentials is None:
            return {}
        return {"authorization": "Basic " + base64.b64encode(":".join(self._credentials).encode()).decode()}

    def _authorities(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file is not None:
            try:
                context.load_verify_locations(self._ca_file)
            except OSError as error:  # ssl.SSLError is one
                raise IndexUnavailable("search.index_ca_file", file=str(self._ca_file)) from error
        return context

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SearchError:
            raise
        except TlsError as error:
            raise IndexUnavailable("search.index_untrusted", server=self.address) from error
        except Unreachable as error:
            raise IndexUnavailable("search.index_away", server=self.address, retry=True) from error
        except UnsupportedProductError as error:
            raise IndexUnavailable("search.index_other_product", server=self.address) from error
        except ApiError as error:
            raise self._refused(error) from error
        except TransportError as error:
            raise IndexUnavailable("search.index_failed", server=self.address, detail=str(error)[:200]) from error

    def _refused(self, error: ApiError) -> IndexUnavailable:
        status, kind = error.status_code, kind_of(error)
        if kind == "index_not_found_exception":
            return IndexGone("search.index_gone", server=self.address, retry=True)
        for told, reason, retry in _REFUSALS:
            if told in (kind, status):
                return IndexUnavailable(reason, server=self.address, retry=retry)
        if error.meta.headers.get("x-elastic-product") != "Elasticsearch":
            return IndexUnavailable("search.index_other_product", server=self.address)
        failure = RequestRefused if status in (400, 413) else IndexUnavailable
        return failure("search.index_failed", server=self.address, detail=f"{status} {kind}".strip())


def kind_of(error: ApiError) -> str:
    """What the server calls this failure."""
    body = error.body
    told = body.get("error") if isinstance(body, dict) else None
    return str(told.get("type", "")) if isinstance(told, dict) else ""


def _passes(error: BaseException) -> bool:
    if isinstance(error, ApiError):
        return error.status_code in _BUSY and kind_of(error) != "cluster_block_exception"
    return isinstance(error, Unreachable) and not isinstance(error, TlsError)
