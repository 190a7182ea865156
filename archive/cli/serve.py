"""archive serve: the pages and the background work, in one process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import errno
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from archive import i18n
from archive.bootstrap import App
from archive.cli import fixity, ingest, reindex
from archive.cli.holdings import acting, opened
from archive.cli.output import Output
from archive.errors import InvalidInput
from archive.service import run_background
from archive.service_socket import Handler, serve_socket
from archive.web.app import create_app

# commands that change something, run here for whoever gives them beside the service
HANDLERS: dict[str, Handler] = {"ingest": ingest.perform, "reindex": reindex.perform, "fixity": fixity.perform}
GRACE_S = 3  # what a request under way still gets
BACKLOG = 128


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help=i18n.text("serve.host"))
    parser.add_argument("--port", type=int, help=i18n.text("serve.port"))


def run(args: argparse.Namespace, out: Output) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with _term_as_interrupt(), opened() as app:
        host = args.host or app.settings.host
        port = app.settings.port if args.port is None else args.port
        with _listen(host, port) as listener, serve_socket(app, HANDLERS, acting), run_background(app):
            try:
                url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
                out.say(i18n.text("serve.ready", url=url))
                _server(app).run(sockets=[listener])
            except KeyboardInterrupt:
                pass  # that is how it is told to stop
            finally:
                _ignore_signals()  # an impatient second Ctrl-C must not leave half of it running
    out.say(i18n.text("serve.stopped"))
    return 0


def _server(app: App) -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(app),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        proxy_headers=bool(app.settings.trusted_proxies),
        forwarded_allow_ips=list(app.settings.trusted_proxies),
    )
    return uvicorn.Server(config)


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    """Before any work begins: a taken port is told in one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as failure:
        if getattr(failure, "errno", None) == errno.EADDRINUSE:
            raise InvalidInput("serve.port_taken", field="port", host=host, port=port, other=port + 1) from failure
        raise InvalidInput("serve.address_unusable", field="host", host=host, port=port, detail=failure) from failure
    with listener:
        yield listener


@contextmanager
def _term_as_interrupt() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does: what was opened is closed."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
